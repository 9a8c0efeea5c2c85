"""Fenced code blocks of Markdown text, as CommonMark reads them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_OPENING = re.compile(r" {0,3}(`{3,}(?=[^`]*$)|~{3,})[ \t]*([^\s`]*)")
_CLOSING = re.compile(r" {0,3}(`{3,}|~{3,})[ \t\r]*$")


@dataclass(frozen=True, slots=True)
class Fence:
    """A block's language (lower case, may be empty) and its lines."""

    language: str
    body: str


def fences(text: str) -> Iterator[Fence]:
    r"""Every fenced block in order; one that is never closed reaches to the end.

    >>> list(fences("Here:\n```json\n{}\n```\nDone."))
    [Fence(language='json', body='{}')]
    """
    mark, language, lines = "", "", list[str]()
    for line in text.split("\n"):  # not splitlines(): a JSON string may hold U+2028
        if not mark:
            if opening := _OPENING.match(line):
                mark, language, lines = opening[1], opening[2].casefold(), []
        elif (closing := _CLOSING.match(line)) and closing[1].startswith(mark):
            yield Fence(language, "\n".join(lines))
            mark = ""
        else:
            lines.append(line)
    if mark:
        yield Fence(language, "\n".join(lines))
