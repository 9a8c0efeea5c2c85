r"""JSON inside texts: `\n+49 30 …` in a tool's result is a line's end and a number, not a word before it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

# However often JSON was put into JSON. Of `\\\"` one backslash stays: it tells the quote from one that ends a value.
_ESCAPE = re.compile(r"(?<!\\)\\++(?:[nrtbf/]|u[0-9a-fA-F]{4}|(?<=\\\\)\")")
_SAID = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "/": "/", '"': '\\"'}


class Plain(NamedTuple):
    """A text without its escapes, and how much is left out before which places of it."""

    text: str
    places: Sequence[int] = ()
    left_out: Sequence[int] = (0,)

    def original(self, place: int) -> int:
        """Where in the text as it was written this place is."""
        return place + self.left_out[bisect_right(self.places, place)]


def plain(text: str) -> Plain:
    r"""The text as its rules should see it.

    >>> told = plain(r"to:\u0009a@b.io\n")
    >>> told.text, told.original(4), told.original(10)
    ('to:\ta@b.io\n', 9, 15)
    """
    if "\\" not in text:
        return Plain(text)
    parts: list[str] = []
    places: list[int] = []
    left_out = [0]
    size = done = 0
    for match in _ESCAPE.finditer(text):
        start, end = match.span()
        said = _said(match[0])
        parts += (text[done:start], said)
        size += start - done + len(said)
        done = end
        places.append(size)
        left_out.append(end - size)
    return Plain("".join((*parts, text[done:])), places, left_out) if places else Plain(text)


def _said(escape: str) -> str:
    return _SAID.get(escape[-1], "") if escape[-2] == "\\" else chr(int(escape[-4:], 16))
