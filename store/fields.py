"""Fields of a sample that rules look at by name, and the patterns they are compared with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from hashlib import blake2b

from store.records import Sample

FIELDS = ("feature", "model", "stop_reason", "error", "environment", "release", "prompt_version")
METADATA = "metadata."
_PIECES = re.compile(r"(\*|\?|\[(?:!(?:\][^\]]*|[^\]]+)|\][^\]]*|[^!\]][^\]]*)\])")
"""A bracket right behind the opening one belongs to the set, as in fnmatch."""


def position(name: str) -> float:
    """Where a name lies in [0, 1): the first 53 bits of a BLAKE2b hash of it.

    53 bits are what a float holds exactly; with all 64 the largest hashes would round up to 1.0.

    >>> position("a") == position("a"), position("a") == position("b")
    (True, False)
    """
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / float(1 << 53)


def known_field(field: str) -> bool:
    """True for a name that a rule can look at: one of FIELDS, or `metadata.KEY`."""
    return field in FIELDS or (field.startswith(METADATA) and len(field) > len(METADATA))


def require_known(when: Mapping[str, str]) -> Mapping[str, str]:
    """The conditions themselves; ValueError names a field that no sample has, or a pattern that is none."""
    for name, glob in when.items():
        if not known_field(name):
            raise ValueError(f"{name!r} is no field of a sample; known: {', '.join(FIELDS)}, metadata.KEY")
        try:
            re.compile(as_regex(glob))
        except re.error as error:
            raise ValueError(f"{name}: {glob!r} is no pattern ({error})") from None
    return when


def matches(when: Mapping[str, str], sample: Sample) -> bool:
    """True when every field that `when` names matches its glob (case counts); an empty `when` matches all."""
    return all(_matches(value_of(sample, field), pattern) for field, pattern in when.items())


def value_of(sample: Sample, field: str) -> str | None:
    """The sample's value of a known field; None when it has none."""
    if field.startswith(METADATA):
        return sample.metadata.get(field[len(METADATA) :])
    return getattr(sample, field) if field in FIELDS else None


def _matches(value: str | None, pattern: str) -> bool:
    """A field that is absent matches only the empty pattern, so that `error = "*"` means: there is an error."""
    return fnmatchcase(value, pattern) if value else pattern == ""


def as_regex(glob: str) -> str:
    """The glob as a regular expression that Python and the database read alike, to be matched in full.

    `*` asks for a character at least when it is all of the pattern, as an absent field matches no glob.

    >>> as_regex("chat-*"), as_regex("v[12]?"), as_regex("*")
    ('chat\\\\-.*', 'v[12].', '.+')
    """
    if glob and not glob.strip("*"):
        return ".+"
    return "".join(_piece(piece) for piece in _PIECES.split(glob))


def _piece(piece: str) -> str:
    if piece in ("*", "?"):
        return {"*": ".*", "?": "."}[piece]
    if _PIECES.fullmatch(piece):
        negated = piece[1] == "!"
        inside = re.escape(piece[1 + negated : -1]).replace("\\-", "-")
        return f"[{'^' * negated}{inside}]"
    return re.escape(piece)
