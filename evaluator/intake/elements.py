"""The elements of a JSON array of which one is broken, found without parsing them."""

from __future__ import annotations

import re

MAX_TOKENS = 2_000_000
_TOKEN = re.compile(rb'"(?:[^"\\]++|\\.)*+"|[\[\]{},]', re.DOTALL)
_STEP = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}


def split(array: bytes) -> list[bytes] | None:
    """The texts between the top-level commas of an array; None when its brackets do not close at its very end.

    Reads at most MAX_TOKENS strings and brackets, so that a hostile body costs bounded time.

    >>> split(b'[{"a": "x,]"}, {"b": NaN}]')
    [b'{"a": "x,]"}', b' {"b": NaN}']
    """
    found: list[bytes] = []
    depth, start, end = 0, 0, 0
    for count, token in enumerate(_TOKEN.finditer(array)):
        if count > MAX_TOKENS or (end and depth == 0):
            return None
        mark = token.group()
        depth += _STEP.get(mark, 0)
        if depth == 1 and mark == b"[" and not end:
            start = end = token.end()
        elif (depth == 1 and mark == b",") or depth == 0:
            found.append(array[start : token.start()])
            start = end = token.end()
    return found if end and depth == 0 and not array[end:].strip() else None
