"""Hostile text made harmless: what samples and judges wrote, as it may stand in a message.

A message ends in Slack, mail, Discord or a pager, and each reads other marks as markup, mentions or links. So every
mark that one of them knows becomes its full-width twin, which looks the same and means nothing.
"""

from __future__ import annotations

import re
import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_MARKUP = str.maketrans({mark: chr(ord(mark) + 0xFEE0) for mark in "<>&@#*`~|[]\\"})
_EDGE_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_SCHEME_COLON = re.compile(r"(?<=[^\W\d_]):(?=\S)")
_HOST_DOT = re.compile(r"\.(?=[^\W\d_])")


def excerpt(text: str, limit: int = 300) -> str:
    """One line of at most `limit` characters without control, direction-changing or invisible characters.

    >>> excerpt("a\\x00b\\n\\n  c", 4)
    'ab c'
    """
    head = text[: limit * 8]
    seen = "".join(char for char in " ".join(head.split()) if unicodedata.category(char) not in _INVISIBLE)
    return seen if len(seen) <= limit and len(head) == len(text) else seen[: limit - 1].rstrip() + "…"


def plain(text: str, limit: int = 300) -> str:
    """An excerpt in which nothing is markup, a mention or a link any more.

    >>> plain("<!channel> [pay](http://evil.example) @everyone, order_id 3.5")
    '＜!channel＞ ［pay］(http：//evil․example) ＠everyone, order_id 3.5'
    """
    marked = excerpt(text, limit).translate(_MARKUP)
    return _HOST_DOT.sub("․", _SCHEME_COLON.sub("：", _EDGE_UNDERSCORE.sub("＿", marked)))
