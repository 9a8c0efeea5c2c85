"""Which strata are compared, and which are taken together: the rules of the docstring on random votes."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from evaluator.monitors.strata import ANY_HOUR, FEWEST_VOTES, MOST_STRATA, REST, grouped
from store.cells import Stratum


def votes(rng: random.Random, strata: int) -> dict[Stratum, float]:
    return {
        (f"s{rng.randrange(12)}", rng.randrange(4), rng.choice("xy")): rng.choice([1.0, 4.0, 30.0, 300.0])
        for _ in range(strata)
    }


@pytest.mark.parametrize("seed", range(20))
def test_strata_are_never_mixed_across_classes(seed: int) -> None:
    """Every stratum belongs to one of at most forty and two, of its own class, and to its own segment or the rest."""
    rng = random.Random(seed)
    baseline, seen = votes(rng, rng.choice([3, 40, 90])), votes(rng, rng.choice([0, 10, 90]))
    found = grouped(baseline, seen, by_hour=bool(seed % 2))
    assert found.keys() == baseline.keys() | seen.keys()
    assert all(own[2] == stratum[2] and own[0] in (stratum[0], REST) for stratum, own in found.items())
    assert len(set(found.values())) <= MOST_STRATA + 2


@pytest.mark.parametrize("seed", range(20))
def test_only_the_rest_is_sparse(seed: int) -> None:
    """A stratum of the baseline that stands for itself has votes enough; what is left over is taken together."""
    rng = random.Random(seed)
    baseline = votes(rng, 60)
    own: Counter[Stratum] = Counter()
    found = grouped(baseline, {}, by_hour=True)
    for stratum, n in baseline.items():
        own[found[stratum]] += n  # type: ignore[assignment]
    assert all(n >= FEWEST_VOTES for stratum, n in own.items() if stratum[0] != REST)


def test_hours_are_pooled_before_segments() -> None:
    """Two sparse hours of a segment are its own day; a segment with few votes in all joins the others."""
    baseline = {("a", 0, "x"): 15.0, ("a", 1, "x"): 15.0, ("b", 0, "x"): 5.0, ("c", 0, "x"): 30.0}
    found = grouped(baseline, {}, by_hour=True)
    assert found[("a", 0, "x")] == found[("a", 1, "x")] == ("a", ANY_HOUR, "x")
    assert (found[("b", 0, "x")], found[("c", 0, "x")]) == ((REST, ANY_HOUR, "x"), ("c", 0, "x"))


def test_a_new_kind_of_traffic_stays_apart() -> None:
    """What the baseline never saw is not compared with what it saw."""
    found = grouped({("a", 0, "x"): 90.0}, {("new", 0, "x"): 500.0, ("a", 0, "x"): 5.0}, by_hour=True)
    assert found[("new", 0, "x")] == ("new", 0, "x")
