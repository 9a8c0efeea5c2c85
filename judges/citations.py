"""Citations in text: [3], [1, 2], [2-4], [doc-2], 【3†source】 and web addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

MOST_CITATIONS = 5_000
"""Of one text; what follows is not read."""
_URL = re.compile(r"(?:https?://|(?<![\w/@.])www\.)[^\s<>\"'`|\\^{}\[\]（）「」，。]{1,2000}", re.IGNORECASE)
_BRACKETS = re.compile(
    r"(?<![\w\])])\[\^?(?P<numbers>\d{1,3}(?:\s?[,;–-]\s?\d{1,3}){0,20})\](?![(\[:]|\w)"
    r"|(?<![\w\])!])\[(?P<name>[A-Za-z]{2,20}[ _#:-]?\d{1,4})\](?!\()"
    r"|【(?P<dagger>\d{1,3}(?::\d{1,3})?)†[^】\n]{0,80}】"
)
_RANGE = re.compile(r"(\d{1,3})\s?[–-]\s?(\d{1,3})")
_TRAILING = ".,;:!?'\"*_~)»”’…"


class Citation(NamedTuple):
    """What is cited, in one form for all ways to write it, how it stands in the text, and where."""

    key: str
    text: str
    start: int


def citations_in(text: str) -> Iterator[Citation]:
    """The citations of a text, links last.

    >>> [citation.key for citation in citations_in("It is so [1, 3] (see https://www.Example.com/a/).")]
    ['1', '3', 'example.com/a']
    """
    found = 0
    for match in _BRACKETS.finditer(text):
        for key in _keys(match):
            found += 1
            if found > MOST_CITATIONS:
                return
            yield Citation(key, match[0], match.start())
    yield from links_in(text)


def links_in(text: str) -> Iterator[Citation]:
    """The web addresses of a text, the first MOST_CITATIONS."""
    for count, match in enumerate(_URL.finditer(text)):
        if count == MOST_CITATIONS:
            return
        written = _balanced(match[0])
        if key := address(written):
            yield Citation(key, written, match.start())


def address(written: str) -> str | None:
    """A web address without what makes no other page of it: scheme, www, upper case of the host, fragment, end slash.

    >>> address("HTTPS://www.Example.com/A/#top")
    'example.com/A'
    """
    try:
        parts = urlsplit(written if "://" in written[:8] else f"//{written}")
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    query = f"?{parts.query}" if parts.query else ""
    return f"{host}{parts.path.rstrip('/')}{query}" if "." in host else None


def _keys(match: re.Match[str]) -> Iterator[str]:
    if match["name"]:
        yield named(match["name"])
    elif match["dagger"]:
        yield match["dagger"].partition(":")[0]
    else:
        numbers = match["numbers"]
        for first, last in _RANGE.findall(numbers):
            yield from map(str, range(int(first), min(int(last), int(first) + 20) + 1))
        yield from (str(int(number)) for number in re.findall(r"\d+", _RANGE.sub(" ", numbers)))


def named(name: str) -> str:
    """A name of a source as it is compared: doc-2, Doc 2 and doc_2 are one."""
    return re.sub(r"[ _#:-]", "", name).casefold()


def _balanced(written: str) -> str:
    """The address without the punctuation of the sentence around it; a bracket that it opens itself stays."""
    while written and written[-1] in _TRAILING:
        if written[-1] == ")" and written.count("(") >= written.count(")"):
            break
        written = written[:-1]
    return written
