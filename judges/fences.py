"""Fenced code blocks of Markdown text, as CommonMark reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_OPENING = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})[ \t]*([^\s`]*)")
_CLOSING = re.compile(r" {0,3}(`{3,}|~{3,})[ \t\r]*$")
OUTSIDE, OPENING, INSIDE, CLOSING = "outside", "opening", "inside", "closing"


@dataclass(frozen=True, slots=True)
class Fence:
    """A block's language (lower case, may be empty), its lines, and whether its closing line is there."""

    language: str
    body: str
    closed: bool = True


def fences(text: str) -> Iterator[Fence]:
    r"""Every fenced block in order; one that is never closed reaches to the end.

    >>> list(fences("Here:\n```json\n{}\n```\nDone."))
    [Fence(language='json', body='{}', closed=True)]
    """
    language, lines, inside = "", list[str](), False
    for line, place in _placed(text):
        if place == OPENING:
            opening = _OPENING.match(line)
            language, lines, inside = opening[2].casefold() if opening else "", [], True
        elif place == INSIDE:
            lines.append(line)
        elif place == CLOSING:
            yield Fence(language, "\n".join(lines))
            inside = False
    if inside:
        yield Fence(language, "\n".join(lines), closed=False)


def masked(text: str) -> str:
    r"""The text with blanks in place of fenced blocks, so that everything else stays where it is.

    >>> masked("Here:\n```json\n{}\n```\nDone.")
    'Here:\n       \n  \n   \nDone.'
    """
    return "\n".join(line if place == OUTSIDE else " " * len(line) for line, place in _placed(text))


def _placed(text: str) -> Iterator[tuple[str, str]]:
    """Each line, and what it is to a block."""
    mark = ""
    for line in text.split("\n"):  # not splitlines(): a JSON string may hold U+2028
        if not mark:
            opening = _OPENING.match(line)
            mark = opening[1] if opening else ""
            yield line, OPENING if mark else OUTSIDE
        elif (closing := _CLOSING.match(line)) and closing[1].startswith(mark):
            mark = ""
            yield line, CLOSING
        else:
            yield line, INSIDE
