"""Is a text caught in a loop? Exact repetition only: what changes a number on every turn is not seen."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

TAIL_CHARACTERS = 4000
LEAST_TIMES = 4
LEAST_CHARACTERS = 120
LEAST_LINE = 20


@dataclass(frozen=True, slots=True)
class Loop:
    """A piece of text and how many times it stands there."""

    piece: str
    times: int


def loop_in(text: str) -> Loop | None:
    """The loop a text ends in, or the long line it mostly consists of; None when it does neither.

    >>> loop_in("So: " + "I will check that now. " * 12)
    Loop(piece='I will check that now.', times=12)
    """
    return _ending(text.strip()[-TAIL_CHARACTERS:]) or _line(text)


def _ending(tail: str) -> Loop | None:
    """The shortest piece that the tail repeats up to its end; a piece cut short by the end counts as begun.

    With z[p] characters of the reversed tail equal to it shifted by p, the last z[p] + p characters have period p.
    """
    backwards = tail[::-1]
    for period, same in enumerate(_z(backwards)):
        run = period + same
        if period and run >= LEAST_CHARACTERS and run // period >= LEAST_TIMES:
            piece = tail[len(tail) - period :]
            if any(character.isalnum() for character in piece):
                return Loop(piece.strip(), run // period)
    return None


def _z(text: str) -> list[int]:
    """Z function in O(n): z[i] is how many characters from i on equal the beginning (Gusfield 1997, section 1.4)."""
    z = [0] * len(text)
    left = right = 0
    for i in range(1, len(text)):
        same = min(right - i, z[i - left]) if i < right else 0
        while i + same < len(text) and text[same] == text[i + same]:
            same += 1
        z[i] = same
        if i + same > right:
            left, right = i, i + same
    return z


def _line(text: str) -> Loop | None:
    """A line that stands there LEAST_TIMES or more and makes up at least half of the text."""
    lines = Counter(line.strip() for line in text.split("\n"))
    for line, times in lines.most_common(3):
        if len(line) >= LEAST_LINE and times >= LEAST_TIMES and 2 * len(line) * times >= len(text):
            return Loop(line, times)
    return None
