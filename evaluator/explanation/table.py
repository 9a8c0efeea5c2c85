"""The votes of a question as a table of dimensions: metadata keys, model, prompt version, release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.drift.cube import MOST_VALUES
from evaluator.explanation.question import Question
from store import votes
from store.database import Connection
from store.votes import Key, Voted

MOST_KEYS = 12
"""Metadata keys that are looked into, those that most votes have; pairs of keys grow with their square."""
LONGEST_KEY = 200
DEPLOYED = ("model", "prompt_version", "release")
"""Dimensions that say what was deployed, not what was asked."""


@dataclass(frozen=True, slots=True)
class Table:
    """One array element per vote; `requests` are the dimensions from metadata, `deployed` the others by name."""

    voted: Voted
    requests: Mapping[str, NDArray[Any]]
    deployed: Mapping[str, NDArray[Any]]
    left_out: Mapping[str, str]

    @property
    def dimensions(self) -> dict[str, NDArray[Any]]:
        """All of them; a metadata key called like one of ours is metadata.KEY."""
        return {**self.deployed, **self.requests}


def of(voted: Voted, kept: Sequence[str]) -> Table:
    """The table of votes that were read with `kept` keys."""
    return Table(
        voted,
        {named(key): column for key, column in voted.values.items()},
        dict(voted.text),
        {named(key.name)[:LONGEST_KEY]: why for key in voted.keys if key.name not in kept and (why := _why(key))},
    )


def kept(first: Sequence[str], keys: Sequence[Key]) -> list[str]:
    """The keys to look into: those that cut the feature into segments, then those of most votes."""
    fit = [key.name for key in keys if not _unfit(key)]
    ordered = [key for key in first if key in fit] + [key for key in fit if key not in first]
    return ordered[:MOST_KEYS]


def named(key: str) -> str:
    """How a metadata key is called beside our own names."""
    return f"metadata.{key}" if key in DEPLOYED else key


def joined(columns: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """The columns' values put together, vote by vote; "" where one has none of them.

    >>> joined([np.array(["a", "b"], object), np.array(["x", ""], object)]).tolist()
    ['a, x', 'b, -']
    """
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return np.array([", ".join(value or "-" for value in row) if any(row) else "" for row in rows], dtype=object)


def _unfit(key: Key) -> str:
    if len(key.name) > LONGEST_KEY:
        return "its name is too long"
    if key.n_values > MOST_VALUES:
        own = key.n_values == key.n
        return "a value of its own for each vote" if own else f"{key.n_values} values, more than {MOST_VALUES}"
    return ""


def _why(key: Key) -> str:
    return _unfit(key) or f"not among the {MOST_KEYS} keys that most votes have"


def read(c: Connection, asked: Question, first: Sequence[str]) -> Table:
    """The votes that a question compares, cut by `first` keys before others."""
    chosen: list[str] = []

    def keep(keys: Sequence[Key]) -> Sequence[str]:
        chosen.extend(kept(first, keys))
        return chosen

    voted = votes.votes(c, asked.series, asked.share, (asked.before, asked.now), keep)
    return of(voted, chosen)
