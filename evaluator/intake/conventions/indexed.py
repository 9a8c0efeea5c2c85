"""Indexed attributes, `llm.input_messages.3.message.role` and their like, as a list of smaller attribute sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

MAX_DIGITS = 9


class Family(NamedTuple):
    """The members in the order of their indexes; `whole` when the indexes are 0, 1, 2 … without a hole."""

    members: list[dict[str, Any]]
    whole: bool


def indexed(attributes: Mapping[str, Any], prefix: str) -> Family:
    """The attributes below a prefix by index: {"p.0.role": "user", "p.0.content": "Hi"} below "p." is one member.

    >>> indexed({"p.4.role": "user", "p.2.role": "system", "q.0.role": "?"}, "p.")
    Family(members=[{'role': 'system'}, {'role': 'user'}], whole=False)
    """
    found: dict[int, dict[str, Any]] = {}
    start, beyond = len(prefix), False
    for name, value in attributes.items():
        if name.startswith(prefix):
            index, _, rest = name[start:].partition(".")
            if index.isdecimal() and len(index) <= MAX_DIGITS:
                found.setdefault(int(index), {})[rest] = value
            elif index.isdecimal():
                beyond = True
    return Family([found[index] for index in sorted(found)], not beyond and max(found, default=-1) == len(found) - 1)
