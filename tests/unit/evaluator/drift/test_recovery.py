"""When an alarm may be resolved."""

from __future__ import annotations

import numpy as np
import pytest

from evaluator.drift.recovery import recovered
from tests.unit.evaluator.drift.tables import BASELINE, rows


def test_a_lasting_drop_stays_unresolved() -> None:
    """At the fallen rate the evidence for recovery stays low."""
    found = recovered(BASELINE, rows((200, 20, 16)), drop=0.15)
    assert (found.resolved, found.at) == (False, None)


def test_a_recovery_resolves_where_it_began() -> None:
    """Back at the baseline for long enough, the alarm resolves at the bucket of the return."""
    found = recovered(BASELINE, rows((50, 20, 16), (40, 20, 19)), drop=0.15)
    assert (found.resolved, found.at) == (True, 50)
    assert found.log_ratio >= np.log(100)


def test_half_a_recovery_is_none() -> None:
    """A rate that climbed back only half-way does not resolve."""
    assert not recovered(BASELINE, rows((50, 20, 15), (300, 20, 17)), drop=0.20).resolved


@pytest.mark.parametrize("buckets", [{"n": [], "x": []}, rows((30, 0, 0))])
def test_no_votes_resolve_nothing(buckets: dict[str, object]) -> None:
    """Silence is not recovery."""
    found = recovered(BASELINE, buckets, drop=0.1)  # type: ignore[arg-type]
    assert (found.resolved, found.log_ratio, found.at) == (False, 0.0, None)


def test_an_exaggerated_drop_at_the_alarm_is_forgotten() -> None:
    """An alarm that read 40 points but lasts at 10 does not resolve at 10 points down."""
    assert not recovered(BASELINE, rows((400, 20, 17)), drop=0.40).resolved


def test_a_better_mix_is_not_a_recovery() -> None:
    """Both strata still down while traffic moves to the easier one: the pooled rate rises, nothing resolves."""
    n = np.array([[5, 35]] * 50 + [[38, 2]] * 150, dtype=float)
    x = n * [0.90, 0.60]
    found = recovered({"n": [500, 500], "x": [495, 400]}, {"n": n, "x": x}, drop=0.15)
    assert not found.resolved


def test_bad_up_is_the_same_rule_on_the_complement() -> None:
    """A rate of errors that came back down resolves an alarm on errors."""
    table = rows((50, 20, 4), (60, 20, 1))
    assert recovered({"n": [1000], "x": [50]}, table, drop=0.15, bad="up").at == 50


@pytest.mark.parametrize("options", [{"drop": -0.1}, {"drop": float("nan")}, {"drop": 0.1, "delta": 1.0}])
def test_bad_options_are_named(options: dict[str, float]) -> None:
    """A drop or a delta that is no share is refused."""
    with pytest.raises(ValueError, match="drop must lie"):
        recovered(BASELINE, rows((1, 1, 1)), **options)  # type: ignore[arg-type]
