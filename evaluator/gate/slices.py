"""The parts of the traffic that are looked at beside the whole: those with one value of a field or a metadata key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from evaluator.gate.counted import Counted, count
from evaluator.gate.matching import Vote, Votes
from store.fields import METADATA
from store.sides import Said

LEAST_VOTES = 10
"""On each side; a slice with fewer is not looked at."""
MOST_VALUES = 50
"""Of one key; of more, the most frequent are looked at."""


class Slice(NamedTuple):
    """One part: all votes whose sample has this value."""

    key: str
    value: str
    counted: Counted


def slices(votes: Votes, keys: Sequence[str], whole: Counted) -> Iterator[Slice]:
    """The parts with votes enough; one that holds all votes says nothing new and is left out."""
    for key in keys:
        for value, part in _most_frequent(votes, key):
            counted = count(part)
            if min(counted.sizes) >= LEAST_VOTES and counted.sizes != whole.sizes:
                yield Slice(key, value, counted)


def keys_of(votes: Votes, keys: Sequence[str]) -> frozenset[str]:
    """Those of the keys that some vote has a value of."""
    every = [vote.first for side in (votes.pairs, votes.baseline, votes.candidate) for vote in side]
    return frozenset(key for key in keys if any(value_of(said, key) is not None for said in every))


def value_of(said: Said, key: str) -> str | None:
    """A field by its name, or what the metadata hold under `metadata.KEY`, or under a key that is no field's name."""
    if key in said.fields:
        return said.fields[key]
    return said.metadata.get(key.removeprefix(METADATA))


def _most_frequent(votes: Votes, key: str) -> list[tuple[str, Votes]]:
    """The votes of each value, those with most votes first."""
    parts: dict[str, tuple[list[Vote], list[Vote], list[Vote]]] = {}
    for place, side in enumerate((votes.pairs, votes.baseline, votes.candidate)):
        for vote in side:
            value = value_of(vote.first, key)
            if value is not None:
                parts.setdefault(value, ([], [], []))[place].append(vote)
    largest = sorted(parts, key=lambda value: (-sum(map(len, parts[value])), value))[:MOST_VALUES]
    return [(value, Votes(votes.matched_by, *parts[value], votes.strata)) for value in largest]
