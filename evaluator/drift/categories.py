"""Which questions with yes or no watch a category: each label against the rest.

Idea: a change of a label's share is a change of one pass rate, to either side. Labels with at least 0.2 % of the
baseline, the 20 most frequent at most, are watched one by one; the rarer ones together as "other"; and labels that the
baseline never had are an indicator of their own, which can only rise. A fall is watched from a share of 2 % on: less
has no 2 points to lose. The evidence is exact for rare labels (evidence.py), so no expected count is too small.

The limit is low so that one of many rare labels is not lost among the others when it rises: how soon that is found is
printed by tests/statistics/test_battery_delay.py.

Reference: one against the rest, K. Pearson, Phil. Mag. 50 (1900) taken apart. Deviations: no chi-square, whose normal
approximation raises false alarms on rare labels; the limits are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluator.drift.counts import Bad

SMALLEST_SHARE = 0.002
SMALLEST_FALL = 0.02
MOST_LABELS = 20


@dataclass(frozen=True, slots=True)
class Category:
    """An indicator that counts the votes with one of `labels`, or with none of them where `kind` is "new".

    `bad` is its direction in a battery, `share` the baseline's; `name` is the label, "other" or "new".
    """

    kind: Literal["label", "other", "new"]
    labels: tuple[str, ...]
    bad: Bad
    share: float

    @property
    def name(self) -> str:
        """What it is called."""
        return self.labels[0] if self.kind == "label" else self.kind

    def holds(self, labels: Sequence[str]) -> NDArray[np.bool_]:
        """Which of these labels it counts.

        >>> Category("new", ("end_turn",), "up", 0.0).holds(["end_turn", "refusal"]).tolist()
        [False, True]
        """
        known = frozenset(self.labels)
        return np.array([(label in known) != (self.kind == "new") for label in labels], dtype=np.bool_)


def categories(labels: Sequence[str], votes: ArrayLike) -> tuple[Category, ...]:
    """The indicators of a baseline with that many votes (L,) for each label.

    >>> found = categories(["end_turn", "max_tokens", "refusal", "pause"], [9500, 480, 12, 8])
    >>> [(one.name, one.bad, one.share) for one in found]  # doctest: +NORMALIZE_WHITESPACE
    [('end_turn', 'up', 0.95), ('end_turn', 'down', 0.95), ('max_tokens', 'up', 0.048), ('max_tokens', 'down', 0.048),
     ('other', 'up', 0.002), ('new', 'up', 0.0)]
    """
    weight = np.asarray(votes, dtype=np.float64)
    if weight.shape != (len(labels),) or len(set(labels)) != len(labels):
        raise ValueError("categories need distinct labels and as many votes")
    if not np.isfinite(weight).all() or (weight < 0).any() or not weight.sum() > 0:
        raise ValueError("categories need a baseline with votes, none of them negative or infinite")
    share = {label: float(part) for label, part in zip(labels, weight / weight.sum(), strict=True) if part > 0}
    ranked = sorted(share, key=lambda label: (-share[label], label))
    single = [label for label in ranked[:MOST_LABELS] if share[label] >= SMALLEST_SHARE]
    rest = tuple(ranked[len(single) :])
    single += rest if len(rest) == 1 else ()
    found = [one for label in single for one in _both_sides("label", (label,), share[label])]
    if len(rest) > 1:
        found += _both_sides("other", rest, sum(share[label] for label in rest))
    return (*found, Category("new", tuple(ranked), "up", 0.0))


def _both_sides(kind: Literal["label", "other"], labels: tuple[str, ...], share: float) -> list[Category]:
    sides: list[Bad] = ["up", "down"] if share >= SMALLEST_FALL else ["up"]
    return [Category(kind, labels, bad, share) for bad in sides]
