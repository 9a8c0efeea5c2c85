"""Did the users change, or the model? Whether the requests since a change look like those before it.

Each feature of the requests is asked on its own: numbers (their length, tokens), categories (their language, metadata),
and the text itself. A feature changed when its p-value, adjusted by Holm for the number of features asked, is at most
alpha, and its effect is at least small: with many requests any triviality is significant.

    the smallest effect that counts: D >= .1 for numbers, V >= .1 for categories, AUC >= .55 for texts

Reference: S. Rabanser, S. Günnemann, Z. Lipton, "Failing loudly", NeurIPS 2019: univariate tests with a correction
hold up beside multivariate ones. Deviations: Holm for Bonferroni, a least effect. Scope: requests independent of each
other, so one per session; requests at other hours of the day are other requests: compare whole days.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from numpy.typing import ArrayLike

from evaluator.drift import text_shift, two_windows
from evaluator.drift.correction import holm
from evaluator.drift.two_windows import Difference

Kind = Literal["number", "category", "text"]
LEAST_EFFECT: Mapping[Kind, float] = {"number": 0.1, "category": 0.1, "text": 0.55}


@dataclass(frozen=True, slots=True)
class Requests:
    """A window's requests: their texts, other numbers, and categories with None where a request has no value.

    The length of the texts is asked by itself; features that only one of the two windows has are not asked.
    """

    texts: Sequence[str] = ()
    numbers: Mapping[str, ArrayLike] = field(default_factory=dict)
    categories: Mapping[str, Sequence[object]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feature:
    """One feature's effect (D, V or AUC by its kind), the p-value adjusted for all, and whether it changed.

    Which way: of numbers `before` and `now` are the medians, of categories the shares of the `value` that moved most
    (None: a missing one); of texts neither is known.
    """

    name: str
    kind: Kind
    effect: float
    p: float
    changed: bool
    before: float | None = None
    now: float | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class InputDrift:
    """`changed` is None when nothing could be asked; the features, those that changed first."""

    changed: bool | None
    features: tuple[Feature, ...]

    @property
    def verdict(self) -> str:
        """In plain words."""
        if self.changed is None:
            return "too few requests to say whether they changed"
        names = ", ".join(feature.name for feature in self.features if feature.changed)
        return f"the requests changed ({names})" if names else "the requests look the same"


def compare(before: Requests, now: Requests, alpha: float = 0.05) -> InputDrift:
    """Ask every feature that both windows have.

    >>> old, new = [f"order {i}?" for i in range(99)], [f"where is my parcel {i}?" for i in range(99)]
    >>> plan = {"plan": ["pro", "free", "free"] * 33}
    >>> compare(Requests(old, categories=plan), Requests(new, categories=plan)).verdict
    'the requests changed (length, text)'
    >>> compare(Requests(old), Requests(old)).verdict, compare(Requests(), Requests()).verdict
    ('the requests look the same', 'too few requests to say whether they changed')
    """
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must lie in (0, 1), not {alpha}")
    asked = _asked(before, now)
    adjusted = holm([found.p for _, _, found, _ in asked])
    features = [
        Feature(name, kind, found.effect, p, p <= alpha and found.effect >= LEAST_EFFECT[kind], *way)
        for (name, kind, found, way), p in zip(asked, adjusted, strict=True)
    ]
    features.sort(key=lambda feature: (not feature.changed, feature.p, -feature.effect, feature.name))
    return InputDrift(any(feature.changed for feature in features) if features else None, tuple(features))


Way = tuple[float | None, float | None, str | None]
"""Before, now, and of which value: as in Feature."""


def _asked(before: Requests, now: Requests) -> list[tuple[str, Kind, Difference, Way]]:
    number: dict[str, tuple[ArrayLike, ArrayLike]] = {
        "length": ([len(text) for text in before.texts], [len(text) for text in now.texts])
    }
    number |= {name: (before.numbers[name], now.numbers[name]) for name in before.numbers if name in now.numbers}
    category = {
        name: (values, now.categories[name]) for name, values in before.categories.items() if name in now.categories
    }
    found: list[tuple[str, Kind, Difference | None, Way]] = []
    found += [(name, "number", two_windows.kolmogorov_smirnov(*pair), _medians(*pair)) for name, pair in number.items()]
    found += [(name, "category", two_windows.chi_square(*pair), _moved(*pair)) for name, pair in category.items()]
    found.append(("text", "text", text_shift.told_apart(before.texts, now.texts), (None, None, None)))
    return [(name, kind, difference, way) for name, kind, difference, way in found if difference is not None]


def _medians(before: ArrayLike, now: ArrayLike) -> Way:
    found = two_windows.medians(before, now)
    return (None, None, None) if found is None else (*found, None)


def _moved(before: Sequence[object], now: Sequence[object]) -> Way:
    found = two_windows.most_moved(before, now)
    return (None, None, None) if found is None else (found[1], found[2], found[0])
