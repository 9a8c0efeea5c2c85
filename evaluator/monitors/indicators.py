"""The questions with yes or no that watch a metric: one for a rate, else a battery that its baseline gives."""

from __future__ import annotations

from collections.abc import Sequence
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
from store.cells import Coding, Levels
from store.records import Json, Share

BIN = 1.05
"""How much larger the edge of each bin of numbers is than that of the one before it."""
HEADLINE = "p90"
"""The cut that is shown while nothing fires, where there is one."""


def _one_pattern() -> NDArray[np.bool_]:
    return np.ones((1, 1), dtype=np.bool_)


def _no_coding() -> Coding:
    return Coding(np.zeros(0, dtype=np.int64), np.zeros(0))


@dataclass(frozen=True, slots=True)
class Indicators:
    """J indicators of one metric. `says` names the share that each counts, `shares` how the store counts it.

    `bad` is each one's worse direction, `direction` that of the values as a whole (None: they have no order). Of the
    votes with a pattern, indicator j counts those with `patterns[j, pattern]`; `coding` gives each level's pattern and
    ridit; a rate has none.
    """

    bad: tuple[Bad, ...]
    says: tuple[str, ...]
    shares: tuple[Share, ...]
    direction: Direction | None = None
    found: tuple[Cut | Category, ...] = ()
    patterns: NDArray[np.bool_] = field(default_factory=_one_pattern, compare=False)
    coding: Coding = field(default_factory=_no_coding, compare=False)

    def told(self, alert: Json) -> int:
        """The position of the indicator that this evidence of an alert speaks of, or of that which is nearest to it.

        Votes that come late for the baseline may move it among the others. Older alerts tell the position alone.
        """
        if "share" not in alert:
            return min(int(alert.get("reading") or 0), len(self.shares) - 1)
        share, bad = share_of(alert), alert.get("bad", self.bad[0])
        held = [i for i, one in enumerate(self.shares) if self.bad[i] == bad and _is_alike(one, share)]
        return min(held, key=lambda i: _distance(self.shares[i], share), default=0)


def of_rate(metric: Metric) -> Indicators:
    """The one question of a rate."""
    bad: Bad = "up" if metric.direction == "up" else "down"
    return Indicators((bad,), (metric.noun,), (metric.rate_of,))


def indicators(metric: Metric, levels: Levels) -> Indicators | None:
    """The indicators of a metric that is no rate, from its levels; None where the baseline has no votes."""
    seen = levels.votes > 0
    if not seen.any():
        return None
    if metric.kind is Kind.NUMBER:
        return _of_numbers(metric, levels, seen)
    if metric.kind is Kind.FLAG:
        return _of_labels([Category("label", (metric.flag,), "up", 0.0)], (metric.noun,), levels)
    found = [
        one
        for one in categories(levels.label[seen].tolist(), levels.votes[seen])
        if metric.direction == "both" or one.bad == metric.direction
    ]
    return _of_labels(found, _says(found, metric), levels)


def _of_numbers(metric: Metric, levels: Levels, seen: NDArray[np.bool_]) -> Indicators:
    values, votes = levels.value[seen], levels.votes[seen]
    found = sorted(cuts(values, votes, metric.direction), key=lambda cut: cut.name != HEADLINE)
    patterns, pattern = _patterns([cut.holds(levels.value) for cut in found])
    return Indicators(
        bad=tuple(cut.bad for cut in found),
        says=_says(found, metric),
        shares=tuple(_share(cut) for cut in found),
        direction=metric.direction,
        found=tuple(found),
        patterns=patterns,
        coding=Coding(pattern, ridits(levels.value, values, votes)),
    )


def _of_labels(found: Sequence[Category], says: tuple[str, ...], levels: Levels) -> Indicators:
    patterns, pattern = _patterns([one.holds(levels.label.tolist()) for one in found])
    return Indicators(
        bad=tuple(one.bad for one in found),
        says=says,
        shares=tuple(_share(one) for one in found),
        found=tuple(found),
        patterns=patterns,
        coding=Coding(pattern, np.zeros(len(levels.votes))),
    )


def _patterns(holds: Sequence[NDArray[np.bool_]]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """The distinct patterns (J, P) of J indicators over levels, and the one of each level (L,)."""
    patterns, pattern = np.unique(np.stack(holds), axis=1, return_inverse=True)
    return patterns, pattern


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


def _distance(one: Share, told: Share) -> tuple[float, int, int]:
    """How far a share is from one of its kind that was told: in levels, or in labels that it lacks and has beside."""
    ends = zip((one.low, one.high), (told.low, told.high), strict=True)
    apart = sum(abs(ours - theirs) for ours, theirs in ends if ours is not None and theirs is not None)
    labels, wanted = {excerpt(label) for label in one.labels}, set(told.labels)
    return apart, len(wanted - labels), len(labels - wanted)


def _share(one: Cut | Category) -> Share:
    if isinstance(one, Category):
        return Share(labels=one.labels, others=one.kind == "new")
    return Share(low=one.level) if one.direction == "up" else Share(high=one.level)
