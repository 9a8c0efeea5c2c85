"""What the detector decides, and what it says when there is little to decide on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.drift.detector import evaluate
from tests.unit.evaluator.drift.tables import BASELINE, fallen, rows

ARL = 28800.0


def test_a_drop_raises_an_alarm_with_its_onset_in_the_interval() -> None:
    """A fall from 95 % to 80 % alarms and is dated to the bucket where it began."""
    found = evaluate(BASELINE, fallen(), arl=ARL)
    assert found.alarm
    assert (found.onset, found.flags) == (100, ())
    assert found.onset_lo is not None
    assert found.onset_hi is not None
    assert found.onset_lo <= 100 <= found.onset_hi


def test_the_drop_is_measured_from_the_onset_on() -> None:
    """p_now, drop and its interval speak of the votes since the onset, against all that came before."""
    found = evaluate(BASELINE, fallen(), arl=ARL)
    assert found.p_ref == pytest.approx(0.95, abs=1e-9)
    assert found.p_now == pytest.approx(0.80)
    assert found.drop == pytest.approx(0.15, abs=1e-9)
    assert found.drop_lo is not None
    assert found.drop_hi is not None
    assert 0.12 < found.drop_lo < 0.15 < found.drop_hi < 0.18
    assert (found.votes, found.votes_since_onset) == (3200, 1200)


def test_nothing_wrong_gives_numbers_but_no_onset() -> None:
    """At the baseline's rate there is no alarm and no onset, and the drop is about 0 over all buckets."""
    found = evaluate(BASELINE, rows((200, 20, 19)), arl=ARL)
    assert not found.alarm
    assert (found.onset, found.onset_lo, found.onset_hi) == (None, None, None)
    assert found.drop == pytest.approx(0.0, abs=1e-9)
    assert found.votes_since_onset == found.votes == 4000


def test_an_improvement_never_alarms() -> None:
    """Passes above expectation are no evidence, however many."""
    found = evaluate({"n": [1000], "x": [500]}, rows((500, 20, 19)), arl=ARL)
    assert not found.alarm
    assert found.log_evidence == 0.0


def test_bad_up_watches_the_complement() -> None:
    """A rise of errors is the same decision as a fall of passes, told in the rate of errors."""
    down = evaluate(BASELINE, fallen(), arl=ARL)
    table = fallen()
    up = evaluate({"n": [1000], "x": [50]}, {"n": table["n"], "x": table["n"] - table["x"]}, arl=ARL, bad="up")
    assert (up.alarm, up.onset, up.drop) == (down.alarm, down.onset, down.drop)
    assert up.p_ref == pytest.approx(0.05, abs=1e-9)
    assert up.p_now == pytest.approx(0.20)


def test_a_shift_below_delta_is_minor() -> None:
    """Much evidence for one point is shown as a minor shift and not paged."""
    found = evaluate({"n": [1e6], "x": [0.95e6]}, rows((500, 1000, 935)), arl=ARL)
    assert found.log_evidence is not None
    assert found.log_evidence > np.log(ARL)
    assert (found.alarm, found.flags) == (False, ("minor_shift",))


def test_two_fails_are_too_few() -> None:
    """However good the baseline, fewer than three fails never alarm."""
    found = evaluate({"n": [1e6], "x": [1e6]}, rows((50, 2, 2), (1, 2, 0)), arl=100)
    assert (found.alarm, found.flags) == (False, ("few_fails",))


def test_no_baseline_gives_none() -> None:
    """Without baseline votes nothing is claimed."""
    found = evaluate({"n": [0, 0], "x": [0, 0]}, {"n": [[5, 5]], "x": [[5, 0]]}, arl=ARL)
    assert (found.alarm, found.log_evidence, found.p_ref, found.p_now, found.drop) == (False, None, None, None, None)
    assert (found.votes, found.flags) == (10, ("no_baseline",))


@pytest.mark.parametrize(
    "buckets", [{"n": np.zeros((0, 1)), "x": np.zeros((0, 1))}, {"n": [], "x": []}, rows((9, 0, 0))]
)
def test_no_votes_gives_none(buckets: dict[str, object]) -> None:
    """With a baseline and no votes only the reference is known."""
    found = evaluate(BASELINE, buckets, arl=ARL)  # type: ignore[arg-type]
    assert (found.alarm, found.p_ref, found.p_now, found.drop, found.flags) == (False, 0.95, None, None, ("no_votes",))


def test_no_strata_is_no_baseline() -> None:
    """Zero strata are an empty table, not an error."""
    found = evaluate({"n": [], "x": []}, {"n": np.zeros((4, 0)), "x": np.zeros((4, 0))}, arl=ARL)
    assert found.flags == ("no_baseline",)


def test_a_baseline_without_a_single_pass_cannot_fall() -> None:
    """From 0 % nothing falls, and nothing divides by zero."""
    found = evaluate({"n": [100, 50], "x": [0, 0]}, {"n": [[9, 9]] * 50, "x": [[0, 0]] * 50}, arl=ARL)
    assert (found.alarm, found.p_ref, found.drop) == (False, 0.0, 0.0)


def test_a_perfect_baseline_can_fall() -> None:
    """From 100 % a fall alarms, in one stratum and in one of two."""
    one = evaluate({"n": [200], "x": [200]}, rows((40, 10, 9)), arl=ARL)
    two = evaluate({"n": [100, 100], "x": [100, 100]}, {"n": [[5, 5]] * 40, "x": [[4, 5]] * 40}, arl=ARL)
    assert one.alarm
    assert two.alarm


def test_a_mix_shift_is_not_a_drop() -> None:
    """Traffic moving to the harder stratum alarms unstratified and does not alarm stratified."""
    easy, hard = [[36, 4]] * 100, [[4, 36]] * 100
    n = np.array(easy + hard, dtype=float)
    x = n * [0.95, 0.70]
    split = evaluate({"n": [900, 100], "x": [855, 70]}, {"n": n, "x": x}, arl=ARL)
    lumped = evaluate({"n": [1000], "x": [925]}, {"n": n.sum(1, keepdims=True), "x": x.sum(1, keepdims=True)}, arl=ARL)
    assert (split.alarm, lumped.alarm) == (False, True)


def test_a_drop_hidden_by_a_better_mix_is_seen() -> None:
    """Both strata fall while the pooled rate stays: the strata alarm, the pool does not."""
    n = np.array([[10, 30]] * 50 + [[30, 10]] * 50, dtype=float)
    x = np.concatenate([n[:50] * [0.95, 0.70], n[50:] * [0.825, 0.575]])
    split = evaluate({"n": [500, 1500], "x": [475, 1050]}, {"n": n, "x": x}, arl=ARL)
    lumped = evaluate({"n": [2000], "x": [1525]}, {"n": n.sum(1, keepdims=True), "x": x.sum(1, keepdims=True)}, arl=ARL)
    assert (split.alarm, lumped.alarm) == (True, False)


def test_a_fall_in_one_of_five_segments_is_seen() -> None:
    """One segment down 30 points while four stand still alarms, although no common drop fits."""
    n = np.full((200, 5), 1.0)
    x = n * [0.65, 0.95, 0.95, 0.95, 0.95]
    assert evaluate({"n": [200] * 5, "x": [190] * 5}, {"n": n, "x": x}, arl=ARL).alarm


def test_a_stratum_without_baseline_is_flagged_and_borrows_the_pooled_rate() -> None:
    """Votes in a new stratum are used with the pooled rate and named."""
    found = evaluate({"n": [1000, 0], "x": [950, 0]}, {"n": [[10, 10]] * 20, "x": [[9.5, 9.5]] * 20}, arl=ARL)
    assert (found.alarm, found.flags) == (False, ("new_stratum",))
    assert found.p_ref == pytest.approx(0.95)


def test_an_empty_stratum_changes_nothing() -> None:
    """A stratum without baseline and votes does not move the evidence of two others by a millionth of a nat."""
    n, x = np.array([[10.0, 10.0]] * 60), np.array([[8.0, 9.0]] * 60)
    two = evaluate({"n": [500, 500], "x": [475, 475]}, {"n": n, "x": x}, arl=ARL)
    padded = {"n": np.pad(n, ((0, 0), (0, 1))), "x": np.pad(x, ((0, 0), (0, 1)))}
    three = evaluate({"n": [500, 500, 0], "x": [475, 475, 0]}, padded, arl=ARL)
    assert three.log_evidence == pytest.approx(two.log_evidence, abs=1e-6)


def test_a_marker_at_the_change_finds_it_sooner() -> None:
    """A marker adds evidence at its bucket and never lowers it."""
    table = fallen(clean=100, down=6)
    plain, marked = evaluate(BASELINE, table, arl=ARL), evaluate(BASELINE, table, arl=ARL, markers=[100, 100, -5, 999])
    assert plain.log_evidence is not None
    assert marked.log_evidence is not None
    assert marked.log_evidence > plain.log_evidence + 1.0


def test_buckets_without_votes_before_the_change_do_not_hold_the_onset() -> None:
    """Where empty buckets tie, the onset is the first bucket with a vote."""
    found = evaluate(BASELINE, rows((50, 20, 19), (20, 0, 0), (40, 20, 14)), arl=ARL)
    assert (found.onset, found.onset_hi) == (70, 70)


@given(st.integers(1, 120), st.integers(1, 3), st.integers(0, 2**32 - 1), st.floats(0.0, 1.0))
def test_any_valid_table_gives_a_finite_decision(buckets: int, strata: int, seed: int, rate: float) -> None:
    """Fractional votes, empty strata and extreme rates never give NaN; intervals hold the drop and the onset."""
    rng = np.random.default_rng(seed)
    n = rng.poisson(2.0, (buckets, strata)) * rng.integers(0, 2, strata)
    x = n * rng.beta(0.5, 0.5, (buckets, strata))
    found = evaluate({"n": [50] * strata, "x": [50 * rate] * strata}, {"n": n, "x": x}, arl=50)
    numbers = [value for value in dataclasses.astuple(found) if isinstance(value, float)]
    assert np.isfinite(numbers).all()
    if found.drop is not None and found.drop_lo is not None and found.drop_hi is not None:
        assert found.drop_lo <= found.drop <= found.drop_hi
    if found.onset is not None and found.onset_lo is not None and found.onset_hi is not None:
        assert 0 <= found.onset_lo <= found.onset <= found.onset_hi < buckets


@given(
    st.lists(st.tuples(st.integers(1, 30), st.floats(0.0, 1.0)), min_size=5, max_size=60), st.permutations([0, 1, 2])
)
def test_the_order_of_strata_does_not_matter(votes: list[tuple[int, float]], order: list[int]) -> None:
    """Strata are a set: permuting them permutes nothing in the answer."""
    n = np.array([[count, count + 1, 2] for count, _ in votes], dtype=float)
    x = n * np.array([[share, 0.9, 0.5] for _, share in votes])
    base_n, base_x = np.array([100.0, 200.0, 50.0]), np.array([90.0, 180.0, 30.0])
    one = evaluate({"n": base_n, "x": base_x}, {"n": n, "x": x}, arl=ARL)
    two = evaluate({"n": base_n[order], "x": base_x[order]}, {"n": n[:, order], "x": x[:, order]}, arl=ARL)
    assert two.log_evidence == pytest.approx(one.log_evidence, abs=1e-6)
    assert two.alarm == one.alarm


@pytest.mark.parametrize(
    ("baseline", "buckets", "options", "says"),
    [
        ({"n": [10]}, {"n": [[1]], "x": [[1]]}, {}, 'baseline needs "n" and "x"'),
        ({"n": [10], "x": [11]}, {"n": [[1]], "x": [[1]]}, {}, "passes exceed votes"),
        ({"n": [10], "x": [9]}, {"n": [[1, 1]], "x": [[1, 1]]}, {}, "2 strata, the baseline has 1"),
        ({"n": [10], "x": [9]}, {"n": [1], "x": [1]}, {}, "2 dimension"),
        ({"n": [10], "x": [9]}, {"n": [[1], [1]], "x": [[1]]}, {}, "shape"),
        ({"n": [10], "x": [9]}, {"n": [[1]], "x": [[-1]]}, {}, "negative"),
        ({"n": [10], "x": [9]}, {"n": [[float("nan")]], "x": [[1]]}, {}, "NaN"),
        ({"n": ["many"], "x": [9]}, {"n": [[1]], "x": [[1]]}, {}, "not a table of numbers"),
        (BASELINE, {"n": [[1]], "x": [[1]]}, {"arl": 0.5}, "arl must be"),
        (BASELINE, {"n": [[1]], "x": [[1]]}, {"arl": float("nan")}, "arl must be"),
        (BASELINE, {"n": [[1]], "x": [[1]]}, {"delta": 1.0}, "delta"),
        (BASELINE, {"n": [[1]], "x": [[1]]}, {"bad": "left"}, "bad must be"),
    ],
)
def test_bad_input_is_named(baseline: dict, buckets: dict, options: dict, says: str) -> None:  # type: ignore[type-arg]
    """What cannot be used is refused with a ValueError that says what is wrong."""
    with pytest.raises(ValueError, match=says):
        evaluate(baseline, buckets, **{"arl": ARL, **options})
