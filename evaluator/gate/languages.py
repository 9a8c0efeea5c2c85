"""In which language was it asked? Found when somebody wants it as a slice, since it takes a millisecond a sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from judges import languages
from judges.text import last_request_text
from store import samples
from store.records import Sample
from store.samples import Key
from store.sides import Said

if TYPE_CHECKING:
    from store.database import Connection

LANGUAGE = "language"
MOST = 5_000
"""Samples of one side whose language is found: the newest. The others are in no slice of a language."""
CHUNK = 500


def with_languages(c: Connection, said: Sequence[Said]) -> list[Said]:
    """The same, with the language as a field; None where there is no text, or too little."""
    newest = said[-MOST:]
    found: dict[Key, str | None] = {}
    for first in range(0, len(newest), CHUNK):
        keys = [(one.sample_id, one.ts) for one in newest[first : first + CHUNK]]
        found |= {(sample.sample_id, sample.ts): _language(sample) for sample in samples.load(c, keys)}
    return [one._replace(fields={**one.fields, LANGUAGE: found.get((one.sample_id, one.ts))}) for one in said]


def _language(sample: Sample) -> str | None:
    text = last_request_text(sample)
    if not languages.enough(text):
        return None
    ranked = languages.ranked(text)
    return max(ranked, key=ranked.__getitem__)
