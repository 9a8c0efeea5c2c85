"""Marks stand for what was taken out until a sample is whole; then they become <EMAIL_1>, <EMAIL_2> …

A mark carries a keyed hash of the value, so that equal values are seen to be equal. What looks like a mark in a
client's text loses its brackets in the first step (`forged`), so that there are no marks but ours.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from hashlib import blake2b

from evaluator.redact.finds import Find

OPEN = "\u27e6"
FORGED = "forged"
_MARK = re.compile("\u27e6([A-Z0-9_]{1,60}):([0-9a-f]{16})\u27e7")
_ID = re.compile(r"([a-z])_([0-9a-f]{16})([0-9a-f]{8})")
USER = "u"
ID = "i"
"""What hashed ids of users, and of everything else, begin with."""


class Marks:
    """Makes and knows marks and keyed ids of one instance."""

    def __init__(self, key: bytes) -> None:
        self._key = blake2b(key, digest_size=32, person=b"leadline redact").digest()

    def mark(self, kind: str, value: str) -> str:
        """What stands in the text in place of the value."""
        return f"{OPEN}{kind}:{self._hash(kind, value)}\u27e7"

    def hashed(self, prefix: str, value: str) -> str:
        """A keyed hash in place of an id; an own hash, which its check gives away, stays as it is."""
        own = _ID.fullmatch(value)
        if own and own[1] == prefix and own[3] == self._check(prefix, own[2]):
            return value
        name = self._hash(prefix, value)
        return f"{prefix}_{name}{self._check(prefix, name)}"

    def digest(self, content: bytes) -> str:
        """A keyed hash of all that a call says."""
        return blake2b(content, key=self._key, digest_size=16).hexdigest()

    def _hash(self, kind: str, value: str) -> str:
        return blake2b(_bytes(f"{kind}\0{value}"), key=self._key, digest_size=8).hexdigest()

    def _check(self, kind: str, name: str) -> str:
        return blake2b(f"{kind}:{name}".encode(), key=self._key, digest_size=4, person=b"check").hexdigest()


class Numbers:
    """Marks → placeholders, numbered per kind in the order they are met."""

    def __init__(self) -> None:
        self._of: dict[str, dict[str, int]] = defaultdict(dict)

    def placed(self, text: str) -> str:
        """The text with a placeholder for every mark."""
        return _MARK.sub(self._placeholder, text) if OPEN in text else text

    def _placeholder(self, match: re.Match[str]) -> str:
        kind, name = match.groups()
        known = self._of[kind]
        return f"<{kind}_{known.setdefault(name, len(known) + 1)}>"


def forged(text: str) -> Iterator[Find]:
    """What would read as a mark in a client's text; `value` is what becomes of it."""
    if OPEN in text:
        for match in _MARK.finditer(text):
            yield Find(*match.span(), FORGED, f"[{match[0][1:-1]}]")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
