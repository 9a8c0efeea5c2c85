"""What of a text is prose: without code, links, placeholders, markup and numbers."""

from __future__ import annotations

import re

from judges.fences import masked

_NOT_PROSE = re.compile(
    r"`[^`\n]{1,500}`"  # code
    r"|https?://\S+|www\.\S+|[\w.+-]{1,64}@[\w.-]{1,200}"  # links and addresses
    r"|</?[A-Za-z][^<>\n]{0,200}>|<[A-Z0-9_]{1,60}>|\$[^$\n]{1,200}\$"  # tags, placeholders, formulas
    r"|[#*_>|=\-]{2,}|[0-9]+"
)


def prose(text: str) -> str:
    """The text without what is the same in every language.

    >>> prose("Run `ls -l` on https://example.com and see 3 files.")
    'Run on and see files.'
    """
    return " ".join(_NOT_PROSE.sub(" ", masked(text)).split())
