"""What rules look at, and what they find."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

GAP = "\x00"
"""Between two texts of a sample: no rule matches across it."""


class Find(NamedTuple):
    """A place in the text with something to take out; `value` is the same for every way to write the same thing."""

    start: int
    end: int
    kind: str
    value: str


Ranked = tuple[int, int, Find]
"""A find with its start, by which it is sorted, and the rank of its rule."""

Finder = Callable[["View"], Iterable[Find]]

_SHAPE = bytes(
    ord("0") if chr(c).isdecimal() and c < 128 else ord("A") if 65 <= c <= 90 else ord("a") if 97 <= c <= 122 else c
    for c in range(256)
)
_RUNS = bytes(ord("x") if c < 128 and (chr(c).isalnum() or chr(c) in "_-./+=") else 32 for c in range(256))
_LONG_RUN = b"x" * 16
_NO_HEX = bytes(c if c == ord(":") else 32 for c in range(256))
_BETWEEN = b" -/()\xa0?"
"""What stands between groups of digits; `?` is what a character beyond Latin-1 becomes, a narrow space among them."""


class View:
    """A text with cheap answers to what it could contain: each takes about 1 µs per kB, a pattern ten times that.

    `raw` has one byte per character. `lower` is it in lower case, for keywords. `shape` has digits as 0 and letters as
    A or a, without what separates groups of digits. `has_numbers`: three digits follow one another; `has_digits`: eight
    do, or a dot stands between two (`has_dotted`). `has_run`: 16 characters of a token follow one another.
    """

    __slots__ = ("_tokens", "has_digits", "has_dotted", "has_numbers", "has_run", "lower", "raw", "shape", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.raw = raw = text.encode("latin-1", "replace")
        self.lower = raw.lower()
        self.shape = shape = raw.translate(_SHAPE, _BETWEEN)
        self._tokens = raw.translate(_RUNS)
        self.has_run = _LONG_RUN in self._tokens
        any_digit = b"0" in shape
        self.has_dotted = any_digit and b"0.0" in shape
        self.has_numbers = any_digit and (self.has_dotted or b"000" in shape)
        self.has_digits = self.has_numbers and (self.has_dotted or b"00000000" in shape)

    def has_colons(self) -> bool:
        """Whether colons stand together, or three with hexadecimal digits alone between them."""
        if self.raw.count(b":") < 2:
            return False
        return b"::" in self.raw or b":::" in self.raw.translate(_NO_HEX, b"0123456789abcdefABCDEF")

    def runs(self) -> Iterator[tuple[int, int]]:
        """Where at least 16 characters of a token follow one another."""
        tokens, place = self._tokens, 0
        while (place := tokens.find(_LONG_RUN, place)) >= 0:
            start, end = tokens.rfind(b" ", 0, place) + 1, tokens.find(b" ", place)
            end = len(tokens) if end < 0 else end
            yield start, end
            place = end


def settled(found: Iterable[Ranked]) -> list[Find]:
    """The finds in order without overlaps: what overlaps becomes one, of the kind with the lowest rank.

    >>> settled([(0, 2, Find(0, 9, "PHONE", "1")), (4, 1, Find(4, 12, "EMAIL", "x"))])
    [Find(start=0, end=12, kind='EMAIL', value='x')]
    """
    kept: list[Find] = []
    end = held = -1
    for start, rank, find in sorted(found):
        if start >= end:
            kept.append(find)
            end, held = find.end, rank
            continue
        last = kept[-1]
        strong = find if rank < held else last
        end, held = max(last.end, find.end), min(rank, held)
        kept[-1] = Find(last.start, end, strong.kind, strong.value)
    return kept
