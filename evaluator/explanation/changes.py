"""The change of a rate: split into within and mix by one dimension after the other, and the slices that explain it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.api.cause_shapes import (
    ChangeView,
    KeyView,
    LeftOutView,
    MixView,
    NewValueView,
    PartView,
    SliceView,
)
from evaluator.drift import slices as slicing
from evaluator.drift.counts import Bad
from evaluator.drift.cube import MOST_VALUES, Cube, enumerate_slices
from evaluator.drift.mix import Change, Mix, Z, decompose
from evaluator.drift.slices import RankedSlice
from evaluator.drift.two_windows import chi_square
from evaluator.explanation import table
from evaluator.explanation.table import Table

SEGMENTS = "segments"
ALPHA = 0.05
MOST_PARTS = 12
MOST_SLICES = 10
MOST_NEW = 10
MOST_LEFT_OUT = 20
REST = "others"
NONE = "(none)"


def mixes(votes: Table, segments: Sequence[str]) -> list[MixView]:
    """The split by the segments, else by the requests' key that moved most; then by what was deployed.

    Without segments there is a choice among keys, so a mix only counts when it stands out among so many. The intervals
    of few votes are too narrow: whether the shares moved is asked by a test of its own.
    """
    keys = segment_keys(votes, segments)
    columns = {SEGMENTS: table.joined([votes.requests[key] for key in keys])} if keys else votes.requests
    found = sorted(_splits(votes, columns), key=_order)
    chosen = [_mix(by, split, len(found), moved=_moved(votes, columns[by], len(found))) for by, split in found[:1]]
    deployed = _splits(votes, votes.deployed)
    if keys:
        chosen = [one.model_copy(update={"keys": keys}) for one in chosen]
    return chosen + [_mix(by, split, 0, moved=_moved(votes, votes.deployed[by])) for by, split in deployed]


def segment_keys(votes: Table, segments: Sequence[str]) -> list[str]:
    """The segments' keys that the votes have, as they are called beside our own names."""
    return [name for name in map(table.named, segments) if name in votes.requests]


def total(votes: Table) -> ChangeView | None:
    """The change as a whole; None without votes on both sides."""
    split = _split(votes, np.full(len(votes.voted.y), "", dtype=object))
    return None if split is None else _change(split.total)


def slices(votes: Table, bad: Bad) -> tuple[list[SliceView], list[NewValueView], list[LeftOutView]]:
    """The slices that got worse, best explanation first; values that are new; keys that make no slices."""
    cube = enumerate_slices(
        {name: column.tolist() for name, column in votes.dimensions.items()}, votes.voted.y, votes.voted.is_current
    )
    ranked = slicing.rank(cube.slices, bad=bad, top=MOST_SLICES)
    return [_slice(one) for one in ranked], _new(cube), _left_out(votes, cube)


def stands_out(change: ChangeView, among: int = 1) -> bool:
    """Whether a change is there beyond chance, as the largest of so many.

    >>> change = ChangeView(size=-0.05, lo=-0.09, hi=-0.01)
    >>> stands_out(change), stands_out(change, 9)
    (True, False)
    """
    error = (change.hi - change.lo) / (2.0 * Z)
    return bool(error > 0) and abs(change.size) / error > NormalDist().inv_cdf(1.0 - 0.025 / among)


def _split(votes: Table, column: NDArray[Any]) -> Mix | None:
    """The decomposition by the values of a column; values beyond thirty are taken together."""
    values, at, counts = np.unique(column.astype(str), return_inverse=True, return_counts=True)
    if len(values) > MOST_VALUES:
        order = np.argsort(-counts, kind="stable")
        place = np.full(len(values), MOST_VALUES)
        place[order[:MOST_VALUES]] = np.arange(MOST_VALUES)
        values, at = np.append(values[order[:MOST_VALUES]], REST), place[at]
    current = votes.voted.is_current

    def counted(side: NDArray[Any]) -> dict[str, NDArray[Any]]:
        n, x = (np.bincount(at[side], weight, len(values)) for weight in (None, votes.voted.y[side]))
        return {"n": n, "x": np.minimum(x, n)}

    return decompose([str(value) or NONE for value in values], counted(~current), counted(current))


def _splits(votes: Table, columns: Mapping[str, NDArray[Any]]) -> list[tuple[str, Mix]]:
    """The decompositions by columns that have more than one value."""
    found = [(by, _split(votes, column)) for by, column in columns.items()]
    return [(by, split) for by, split in found if split and len(split.parts) > 1]


def _moved(votes: Table, column: NDArray[Any], among: int = 1) -> bool | None:
    """Whether the shares of a column's values differ beyond chance; None with too few votes on a side."""
    current = votes.voted.is_current
    found = chi_square(column[~current].tolist(), column[current].tolist())
    return None if found is None else found.p <= ALPHA / among


def _order(one: tuple[str, Mix]) -> tuple[float, str]:
    """The split whose mix stands out most comes first; by name where none does."""
    by, split = one
    return -abs(split.mix.size) / max((split.mix.hi - split.mix.lo) / (2.0 * Z), 1e-9), by


def _mix(by: str, split: Mix, among: int, *, moved: bool | None) -> MixView:
    return MixView(
        by=by,
        keys=[by],
        is_of_requests=among > 0,
        among=among,
        moved=moved,
        total=_change(split.total),
        within=_change(split.within),
        mix=_change(split.mix),
        parts=[
            PartView(
                name=part.name,
                share_before=part.share_before,
                share_now=part.share_now,
                rate_before=part.rate_before,
                rate_now=part.rate_now,
                within=part.within,
                mix=part.mix,
            )
            for part in split.parts[:MOST_PARTS]
        ],
    )


def _change(change: Change) -> ChangeView:
    return ChangeView(size=change.size, lo=change.lo, hi=change.hi)


def _slice(one: RankedSlice) -> SliceView:
    return SliceView(
        name=one.name,
        keys=[KeyView(key=key, value=value) for key, value in one.keys],
        score=one.score,
        rate_before=one.rate_before,
        rate_now=one.rate_now,
        n_before=one.votes_before,
        n_now=one.votes_now,
        same=[" and ".join(f"{key}={value}" for key, value in keys) for keys in one.same],
    )


def _new(cube: Cube) -> list[NewValueView]:
    found = sorted(cube.new, key=lambda one: (-one.n, one.keys))[:MOST_NEW]
    return [NewValueView(key=one.keys[0][0], value=one.keys[0][1], n=one.n, rate=one.x / one.n) for one in found]


def _left_out(votes: Table, cube: Cube) -> list[LeftOutView]:
    told = {**cube.left_out, **votes.left_out}
    ours = {name for name in table.DEPLOYED if told.get(name) == "no values"}
    return [LeftOutView(key=key, reason=why) for key, why in told.items() if key not in ours][:MOST_LEFT_OUT]
