"""What a battery of indicators decides, which one leads, and what it says of it."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.drift.battery import evaluate_battery, merged
from evaluator.drift.counts import Bad
from evaluator.drift.cuts import cuts
from evaluator.drift.detector import evaluate
from evaluator.drift.evidence import log_e
from evaluator.drift.ridit import Ridit
from tests.unit.evaluator.drift.tables import BASELINE, fallen

ARL = 28800.0
SHARES = (0.5, 0.1)


def _numbers(*runs: tuple[int, float, tuple[float, ...], float]) -> tuple[dict[str, Any], dict[str, Any], Ridit]:
    """Two cuts and ridits from runs of (buckets, votes in each, share beyond each cut, mean ridit)."""
    table = [(votes, shares, mean) for count, votes, shares, mean in runs for _ in range(count)]
    n = np.array([[votes] for votes, _, _ in table])
    x = np.array([[[votes * shares[j]] for votes, shares, _ in table] for j in range(2)])
    r = np.array([[votes * mean] for votes, _, mean in table])
    baseline = {"n": [1000.0], "x": [[1000.0 * share] for share in SHARES]}
    return baseline, {"n": n, "x": x}, Ridit({"r": [500.0], "rr": [333.3]}, {"r": r})


CLEAN = (100, 20.0, SHARES, 0.5)


def test_a_pass_rate_is_the_battery_of_one() -> None:
    """One indicator and no ridit give the decision of `evaluate`, field by field."""
    table = fallen()
    lifted = {"n": table["n"], "x": table["x"][None]}
    one = evaluate_battery({"n": [1000.0], "x": [[950.0]]}, lifted, arl=ARL, bad=["down"])
    assert one == evaluate(BASELINE, table, arl=ARL)
    assert (one.alarm, one.leading) == (True, 0)


def test_the_indicator_that_moved_leads() -> None:
    """Only the share beyond the second cut rose: it leads, and the rates and the drop are its own."""
    baseline, buckets, ridit = _numbers(CLEAN, (60, 20.0, (0.5, 0.3), 0.5))
    found = evaluate_battery(baseline, buckets, arl=ARL, bad=["up", "up"], ridit=ridit)
    assert (found.alarm, found.onset, found.leading, found.reading) == (True, 100, 1, 1)
    assert found.p_ref == pytest.approx(0.1)
    assert found.p_now == pytest.approx(0.3)
    assert found.drop == pytest.approx(0.2, abs=1e-3)


def test_a_level_above_all_that_were_seen_is_an_alarm() -> None:
    """Of 100, 200 and 400 tokens the longest become 900: no old cut moves, the one beyond all of them leads."""
    before = dict(zip([100.0, 200.0, 400.0], [300, 400, 300], strict=True))
    found = cuts(list(before), list(before.values()), "up")
    values = np.repeat([[100, 200, 400], [100, 200, 900]], (100, 60), axis=0)
    x = 20.0 * np.array([one.holds(values) @ [0.3, 0.4, 0.3] for one in found])[..., None]
    x0 = [[sum(votes for level, votes in before.items() if one.holds(level))] for one in found]
    looked = evaluate_battery(
        {"n": [1000.0], "x": x0}, {"n": np.full((160, 1), 20.0), "x": x}, arl=ARL, bad=["up"] * len(found)
    )
    assert (looked.alarm, looked.onset, looked.leading) == (True, 100, len(found) - 1)
    assert looked.p_now == pytest.approx(0.3)


def test_where_the_ridit_leads_the_best_supported_cut_is_told() -> None:
    """A shift of the whole that cuts see less of is led by the ridit term and told by the cut that saw most of it."""
    baseline, buckets, ridit = _numbers(CLEAN, (60, 20.0, (0.56, 0.1), 0.62))
    found = evaluate_battery(baseline, buckets, arl=ARL, bad=["up", "up"], ridit=ridit)
    assert (found.alarm, found.leading, found.reading) == (True, 2, 0)
    assert found.p_now == pytest.approx(0.56)


def test_a_calm_battery_tells_of_its_first_indicator() -> None:
    """Below arl nothing leads, and none is picked because it looks bad."""
    baseline, buckets, ridit = _numbers(CLEAN, (1, 20.0, (0.5, 0.15), 0.5))
    found = evaluate_battery(baseline, buckets, arl=ARL, bad=["up", "up"], ridit=ridit)
    assert (found.alarm, found.leading, found.reading, found.onset) == (False, None, 0, None)
    assert found.p_ref == pytest.approx(0.5)


def test_an_improvement_is_no_alarm_and_to_both_sides_it_is() -> None:
    """Fewer beyond the cut is good where up is bad; listed with both directions the fall leads."""
    baseline, buckets, _ = _numbers(CLEAN, (60, 20.0, (0.3, 0.05), 0.4))
    twice = {"n": buckets["n"], "x": buckets["x"][[0, 0]]}
    before = {"n": baseline["n"], "x": [baseline["x"][0]] * 2}
    assert not evaluate_battery(baseline, buckets, arl=ARL, bad=["up", "up"]).alarm
    found = evaluate_battery(before, twice, arl=ARL, bad=["up", "down"])
    assert (found.alarm, found.leading) == (True, 1)
    assert (found.p_ref, found.p_now) == (pytest.approx(0.5), pytest.approx(0.3))


def test_more_indicators_cost_at_most_their_logarithm() -> None:
    """Evidence that one indicator has alone is divided by the number of indicators."""
    table = fallen(100, 8)
    alone = evaluate(BASELINE, table, arl=ARL)
    calm = table["n"] * 0.5
    among = evaluate_battery(
        {"n": [1000.0], "x": [[950.0], [500.0], [500.0]]},
        {"n": table["n"], "x": np.stack([table["x"], calm, calm])},
        arl=ARL,
        bad=["down"] * 3,
    )
    assert alone.log_evidence is not None
    assert among.log_evidence is not None
    assert among.log_evidence == pytest.approx(alone.log_evidence - np.log(3), abs=0.2)


def test_a_battery_averages_the_evidence_of_its_parts() -> None:
    """log E of the battery is the mean of what each indicator says, the ridit term counting half."""
    each, ridit = np.log([[3.0, 1.0], [1.0, 0.5]]), np.log([8.0, 1.0])
    assert np.exp(merged(each, ridit)).tolist() == pytest.approx([8.0 / 2.5, 2.0 / 2.5])


def test_an_indicator_below_delta_is_a_minor_shift() -> None:
    """Where the leading indicator moved by less than delta nothing is paged."""
    baseline = {"n": [1e6], "x": [[1e4]]}
    n = np.full((300, 1), 1000.0)
    found = evaluate_battery(baseline, {"n": n, "x": 0.02 * n[None]}, arl=ARL, bad=["up"])
    assert (found.alarm, found.leading, found.flags) == (False, 0, ("minor_shift",))


def test_a_rare_outcome_that_a_stratum_never_had_is_no_alarm_at_once() -> None:
    """Two bad votes where 50 baseline votes had none count as half a vote against them allows, not as impossible."""
    n, x = np.full((10, 2), 5.0), np.zeros((10, 2))
    x[4:6, 0] = 1.0
    before = {"n": [50.0, 950.0], "x": [[0.0, 3.0]]}
    twice = {"n": before["n"], "x": before["x"] * 2}
    single = evaluate_battery(before, {"n": n, "x": x[None]}, arl=ARL, bad=["up"])
    found = evaluate_battery(twice, {"n": n, "x": np.stack([x, x])}, arl=ARL, bad=["up", "up"])
    assert found.log_evidence is not None
    assert single.log_evidence is not None
    assert found.log_evidence < single.log_evidence - 1.0


@pytest.mark.parametrize("bad", ["up", "down"])
def test_one_indicator_in_strata_is_evaluate(bad: Bad) -> None:
    """With several strata, too, a battery of one decides as `evaluate`."""
    rng = np.random.default_rng(2)
    n = rng.poisson(4.0, (200, 3)).astype(float)
    x = rng.binomial(n.astype(int), np.where(np.arange(200) < 150, 0.9, 0.5)[:, None]).astype(float)
    n0, x0 = [40.0, 300.0, 0.0], [40.0, 270.0, 0.0]
    found = evaluate_battery({"n": n0, "x": [x0]}, {"n": n, "x": x[None]}, arl=ARL, bad=[bad])
    assert found == evaluate({"n": n0, "x": x0}, {"n": n, "x": x}, arl=ARL, bad=bad)


def test_a_marker_helps_a_battery_too() -> None:
    """A marker at the change adds evidence."""
    table = fallen(100, 6)
    args = ({"n": [1000.0], "x": [[950.0]]}, {"n": table["n"], "x": table["x"][None]})
    plain, marked = (evaluate_battery(*args, arl=ARL, bad=["down"], markers=m).log_evidence for m in ((), (100, 100)))
    assert plain is not None
    assert marked is not None
    assert marked > plain + 1.0


def test_indicators_with_a_series_axis_give_the_same_evidence() -> None:
    """Many series at once, as simulations need them, agree with one at a time."""
    rng = np.random.default_rng(5)
    passes, fails = rng.integers(0, 30, (2, 4, 3, 7, 2)).astype(float)
    refs = rng.integers(50, 90, (2, 4, 3, 7, 2)).astype(float)
    rate = rng.uniform(0.5, 0.95, (4, 3, 2))
    together = merged(log_e(passes, fails, *refs, rate))
    single = [merged(log_e(passes[i], fails[i], refs[0, i], refs[1, i], rate[i])) for i in range(4)]
    assert together == pytest.approx(np.array(single))


@pytest.mark.parametrize("buckets", [{"n": [], "x": []}, {"n": np.zeros((9, 1)), "x": np.zeros((2, 9, 1))}])
def test_without_votes_only_the_reference_is_known(buckets: dict[str, Any]) -> None:
    """No buckets, or empty ones, give None and not 0."""
    found = evaluate_battery({"n": [10.0], "x": [[9.0], [1.0]]}, buckets, arl=ARL, bad=["down", "up"])
    assert (found.alarm, found.p_ref, found.p_now, found.drop, found.flags) == (False, 0.9, None, None, ("no_votes",))


@given(st.integers(1, 60), st.integers(1, 3), st.integers(1, 4), st.integers(0, 2**32 - 1))
def test_any_valid_table_gives_a_finite_decision(buckets: int, strata: int, size: int, seed: int) -> None:
    """Fractional votes, empty strata, no baseline in some and any ridits never give NaN."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(2.0, (buckets, strata)) * rng.integers(0, 2, strata)
    n0 = rng.integers(0, 60, strata).astype(float)
    x0, x = n0 * rng.beta(0.5, 0.5, (size, strata)), n * rng.beta(0.5, 0.5, (size, buckets, strata))
    ridit = Ridit({"r": n0 * 0.5, "rr": n0 * rng.uniform(0.25, 0.5)}, {"r": n * rng.uniform(0, 1, n.shape)}, "both")
    bad = ["up" if odd else "down" for odd in rng.integers(0, 2, size)]
    found = evaluate_battery({"n": n0, "x": x0}, {"n": n, "x": x}, arl=20, bad=bad, ridit=ridit)  # type: ignore[arg-type]
    numbers = [value for value in dataclasses.astuple(found) if isinstance(value, float)]
    assert np.isfinite(numbers).all()
    assert (found.leading is None) == (found.onset is None)


ONE = ({"n": [10], "x": [[9]]}, {"n": [[1]], "x": [[[1]]]})


@pytest.mark.parametrize(
    ("baseline", "buckets", "options", "says"),
    [
        (*ONE, {"bad": []}, "at least one indicator"),
        (*ONE, {"bad": ["sideways"]}, "bad must be"),
        (*ONE, {"bad": ["up", "up"]}, r"x of 2 indicator\(s\) needs \(2, 1\) and has \(1, 1\)"),
        ({"n": [10], "x": [9]}, ONE[1], {}, "2 dimension"),
        (ONE[0], {"n": [[1]], "x": [[[2]]]}, {}, r"passes exceed votes at \(0, 0, 0\)"),
        (ONE[0], {"n": [[1, 1]], "x": [[[1, 1]]]}, {}, "2 strata, the baseline has 1"),
        (*ONE, {"arl": 0.5}, "arl must be"),
        (*ONE, {"ridit": Ridit({"r": [5]}, {"r": [[0.5]]})}, 'needs "rr"'),
        (*ONE, {"ridit": Ridit({"r": [5], "rr": [3]}, {"r": [[0.5], [0.5]]})}, r"shape \(1, 1\), r of the ridit"),
        (*ONE, {"ridit": Ridit({"r": [5], "rr": [3]}, {"r": [[1.5]]})}, "ridits exceed votes"),
        (*ONE, {"ridit": Ridit({"r": [5], "rr": [3]}, {"r": [[0.5]]}, "left")}, "the ridit's bad"),  # type: ignore
    ],
)
def test_bad_input_is_named(baseline: dict, buckets: dict, options: dict, says: str) -> None:  # type: ignore[type-arg]
    """What cannot be used is refused with a ValueError that says what is wrong."""
    with pytest.raises(ValueError, match=says):
        evaluate_battery(baseline, buckets, **{"arl": ARL, "bad": ["down"], **options})
