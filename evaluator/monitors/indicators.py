"""The questions with yes or no that watch a metric: one for a rate, else a battery that its baseline gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import ceil

import numpy as np
from numpy.typing import NDArray

from evaluator.alerts.evidence import share_of
from evaluator.alerts.plain import excerpt
from evaluator.drift.categories import Category, categories
from evaluator.drift.counts import Bad
from evaluator.drift.cuts import Cut, cuts
from evaluator.drift.ridit import Direction, ridits
from evaluator.drift.words import Wording, which
from evaluator.monitors.metrics import Kind, Metric
from store.cells import Cells
from store.records import Json, Share

Floats = NDArray[np.float64]
DIGITS = 9
"""Sums of votes are rounded to so many digits, so that they do not depend on the order of the rows."""
BIN = 1.05
"""How much larger the edge of each bin of numbers is than that of the one before it."""
HEADLINE = "p90"
"""The cut that is shown while nothing fires, where there is one."""


@dataclass(frozen=True, slots=True)
class Indicators:
    """J indicators of one metric. `says` names the share that each counts, `shares` how the store counts it.

    `bad` is each one's worse direction, `direction` that of the values as a whole (None: they have no order).
    `by_hour`: whether votes are compared within six-hour blocks of the day.
    """

    bad: tuple[Bad, ...]
    says: tuple[str, ...]
    shares: tuple[Share, ...]
    direction: Direction | None = None
    by_hour: bool = True
    found: tuple[Cut | Category, ...] = ()
    levels: tuple[Floats, Floats] | None = None
    labels: Mapping[int, str] = field(default_factory=dict, compare=False)

    def outcomes(self, cells: Cells) -> Floats:
        """Votes with the outcome that each indicator counts (J, rows)."""
        if not self.found:
            return cells.passes[None]
        return np.stack([cells.votes * self._holds(one, cells) for one in self.found])

    def ridits(self, cells: Cells) -> Floats:
        """The ridit of each row in the baseline; zeros where values have no order."""
        if self.levels is None:
            return np.zeros(len(cells.votes))
        return ridits(cells.value, *self.levels)

    def told(self, alert: Json) -> int:
        """The position of the indicator that this evidence of an alert speaks of, or of that which is nearest to it.

        Votes that come late for the baseline may move it among the others.
        """
        share, bad = share_of(alert), alert.get("bad", self.bad[0])
        held = [i for i, one in enumerate(self.shares) if self.bad[i] == bad and _is_alike(one, share)]
        return min(held, key=lambda i: _distance(self.shares[i], share), default=0)

    def _holds(self, one: Cut | Category, cells: Cells) -> NDArray[np.bool_]:
        if isinstance(one, Cut):
            return one.holds(cells.value)
        keys, at = np.unique(cells.label, return_inverse=True)
        held = one.holds([self.labels.get(int(key), "") for key in keys])
        return held[at] if len(keys) else np.zeros(0, dtype=np.bool_)


def indicators(metric: Metric, reference: Cells, labels: Mapping[int, str], *, by_hour: bool) -> Indicators | None:
    """The metric's indicators, from the votes of its baseline by value or label; None without votes."""
    if not reference.votes.sum() > 0:
        return None
    if metric.kind is Kind.RATE:
        bad: Bad = "up" if metric.direction == "up" else "down"
        return Indicators((bad,), (metric.noun,), (Share(),), by_hour=by_hour)
    if metric.kind is Kind.FLAG:
        flag = Category("label", (metric.flag,), "up", 0.0)
        return Indicators(("up",), (metric.noun,), (_share(flag),), by_hour=by_hour, found=(flag,), labels=labels)
    if metric.kind is Kind.NUMBER:
        return _of_numbers(metric, reference, by_hour)
    return _of_labels(metric, reference, labels, by_hour)


def _of_numbers(metric: Metric, reference: Cells, by_hour: bool) -> Indicators:
    values, at = np.unique(reference.value, return_inverse=True)
    votes: Floats = np.bincount(at, weights=reference.votes).astype(np.float64).round(DIGITS)
    found = sorted(cuts(values, votes, metric.direction), key=lambda cut: cut.name != HEADLINE)
    return Indicators(
        bad=tuple(cut.bad for cut in found),
        says=_says(found, metric),
        shares=tuple(_share(cut) for cut in found),
        direction=metric.direction,
        by_hour=by_hour,
        found=tuple(found),
        levels=(values, votes),
    )


def _of_labels(metric: Metric, reference: Cells, labels: Mapping[int, str], by_hour: bool) -> Indicators:
    keys, at = np.unique(reference.label, return_inverse=True)
    votes = np.bincount(at, weights=reference.votes).round(DIGITS)
    found = [
        one
        for one in categories([labels[int(key)] for key in keys], votes)
        if metric.direction == "both" or one.bad == metric.direction
    ]
    return Indicators(
        bad=tuple(one.bad for one in found),
        says=_says(found, metric),
        shares=tuple(_share(one) for one in found),
        by_hour=by_hour,
        found=tuple(found),
        labels=labels,
    )


def _says(found: Sequence[Cut | Category], metric: Metric) -> tuple[str, ...]:
    value = f"{{}} {metric.unit}" if metric.unit else "{}"
    wording = Wording(metric.more, metric.less, value, "of", f"with {metric.noun}")
    return tuple(
        f"{metric.noun} {which(_on_its_edge(one, metric), wording)}" if isinstance(one, Cut) else which(one, wording)
        for one in found
    )


def _on_its_edge(cut: Cut, metric: Metric) -> Cut:
    """A cut as it is told: of numbers that come in bins, the edge between two of them and not the bin before it."""
    if metric.is_of_judge or cut.name.startswith("p"):
        return cut
    above = cut.direction == "up"
    edge = cut.shown * BIN if cut.name.startswith(">") else cut.level
    if metric.whole:
        edge = ceil(edge) - above
    return replace(cut, name=f"{'>' if above else '<'} {edge:g}", shown=max(edge, 0.0))


def _is_alike(one: Share, other: Share) -> bool:
    """Whether both are of the same kind: of numbers from a level on or below one, of some labels or all others."""
    kinds = [(share.low is None, share.high is None, share.others, not share.labels) for share in (one, other)]
    return kinds[0] == kinds[1]


def _distance(one: Share, told: Share) -> float:
    """How far apart two shares of one kind are: in levels, or in labels that only one of them has."""
    ends = zip((one.low, one.high), (told.low, told.high), strict=True)
    apart = sum(abs(ours - theirs) for ours, theirs in ends if ours is not None and theirs is not None)
    return apart + len({excerpt(label) for label in one.labels} ^ set(told.labels))


def _share(one: Cut | Category) -> Share:
    if isinstance(one, Category):
        return Share(labels=one.labels, others=one.kind == "new")
    return Share(low=one.level) if one.direction == "up" else Share(high=one.level)
