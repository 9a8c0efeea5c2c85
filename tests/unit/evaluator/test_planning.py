"""Plans: what is in the way of a fall that should be seen, and what it takes."""

from __future__ import annotations

from typing import Any

import pytest

from evaluator import planning
from evaluator.advice import advice
from evaluator.api.plan_shapes import PlanView
from evaluator.drift.planner import days_needed
from evaluator.planning import Asked, Supply
from evaluator.settings import DriftSettings
from tests.fake_api import bounded, monitor, unlearned

DRIFT = DriftSettings()
FIVE_IN_A_DAY = Asked(0.05, 1.0)
RARE = Supply(votes_at_most=1000.0, rate=0.01, share=0.01, usd_per_vote=0.002)


def plan(supply: Supply = RARE, asked: Asked = FIVE_IN_A_DAY, /, **fields: Any) -> tuple[PlanView, str]:
    """The plan of a monitor with 10 votes a day, and its advice; name what is different."""
    view = planning.plan(monitor("f", "j", "llm", **{"votes_per_day": 10.0, **fields}), supply, asked)
    return view, advice(view, supply, DRIFT, 0.02)


def test_more_votes_are_a_rate_and_money() -> None:
    """What is needed is told as votes, as the judge's setting, and in USD, each from now to needed."""
    view, said = plan()
    assert view.reason == "more_votes"
    assert view.votes_per_day_needed is not None
    assert view.rate_needed == pytest.approx(view.votes_per_day_needed / 1000)
    assert view.usd_per_day == pytest.approx(0.02)
    assert view.usd_per_day_needed == pytest.approx(view.votes_per_day_needed * 0.002)
    assert f"set the judge's rate from 0.01 to {view.rate_needed:.2g}" in said


def test_the_rate_that_is_needed_sees_the_drop_in_time() -> None:
    """With the votes of the rate that is advised, the plan says seen."""
    view, _ = plan()
    assert view.votes_per_day_needed is not None
    then, said = plan(votes_per_day=1.01 * view.votes_per_day_needed)
    assert then.reason == "seen"
    assert "nine times in ten" in said


def test_a_sampling_rate_bounds_what_a_judge_can_take() -> None:
    """At sampling.rate 0.1 a judge's rate of 0.1 takes all that is kept: no higher rate is advised."""
    view, _ = plan(Supply(votes_at_most=400.0, rate=0.05, share=0.5, usd_per_vote=0.0))
    assert view.rate_needed is not None
    assert view.rate_needed <= 0.1
    assert view.share_needed == pytest.approx(view.rate_needed / 0.1)


def test_judging_everything_may_not_be_enough() -> None:
    """When all that is kept is too little, the plan says how long it takes then, and what keeping all would bring."""
    view, said = plan(Supply(votes_at_most=40.0, keepable=3.0, rate=0.25, share=0.25))
    assert (view.reason, view.rate_needed) == ("traffic", None)
    assert view.days_at_most is not None
    assert view.days_at_most > 1
    assert f"even judging everything (40 votes a day) takes {view.days_at_most:.1f} days" in said
    assert "sampling.rate = 1) gives 120 votes a day" in said


def test_a_small_baseline_is_told_its_size() -> None:
    """Where no number of votes helps, the plan says how large the baseline must be, and when it will be by itself."""
    view, said = plan(RARE, Asked(0.03, 1.0), reference_votes=100.0, baseline=bounded(97, 100))
    assert view.reason == "small_baseline"
    assert view.reference_needed is not None
    assert f"enlarge it to {view.reference_needed:,.0f} votes" in said
    assert "votes without an alarm join it" in said


def test_a_fall_that_no_baseline_finds_is_told() -> None:
    """Where no baseline size is enough, no size is told, and no wait is advised."""
    view, said = plan(RARE, Asked(0.005, 1.0), min_drop=0.001)
    assert (view.reason, view.reference_needed) == ("small_baseline", None)
    assert said == "no baseline size is enough for this fall: ask for a larger drop"


def test_an_enlarged_baseline_sees_the_drop() -> None:
    """With the baseline that was asked for, more votes find the drop."""
    asked = Asked(0.03, 1.0)
    small, _ = plan(RARE, asked, reference_votes=100.0)
    large, _ = plan(RARE, asked, reference_votes=small.reference_needed)
    assert large.votes_per_day_needed is not None


def test_a_budget_that_thins_the_rate_is_what_to_raise() -> None:
    """Where the rate would do but for its budget, money is advised and no rate."""
    _, said = plan(Supply(votes_at_most=1000.0, rate=1.0, share=1.0, factor=0.01, usd_per_vote=0.002))
    assert "a budget leaves 1 % of its rate: raise it to" in said


def test_a_budget_below_what_is_needed_is_named() -> None:
    """A rate that its budget would thin again is not advised without a word on the budget."""
    _, said = plan(Supply(votes_at_most=1000.0, rate=0.01, share=0.01, usd_per_vote=0.02, usd_limit=0.5))
    assert "raise its budget of 0.50 USD a day" in said


def test_a_price_that_is_not_known_is_no_zero() -> None:
    """Without a price there is no sum."""
    view, _ = plan(Supply(votes_at_most=1000.0, rate=0.01, share=0.01, usd_per_vote=None))
    assert (view.usd_per_day, view.usd_per_day_needed) == (None, None)


def test_what_could_be_judged_may_be_unknown() -> None:
    """A judge that does not judge now has a need of votes, and no rate."""
    view, said = plan(Supply())
    assert (view.reason, view.rate_needed) == ("more_votes", None)
    assert "what could be judged is not known" in said


def test_a_rate_that_is_higher_than_needed_is_told() -> None:
    """Where a fraction of the rate would do, the plan says so: sampling less costs less."""
    _, said = plan(Supply(votes_at_most=5000.0, rate=1.0, share=1.0), votes_per_day=5000.0)
    assert "a rate of 0.0" in said


@pytest.mark.parametrize(
    ("fields", "asked", "reason", "says"),
    [
        ({"votes_per_day": 0.0}, FIVE_IN_A_DAY, "no_traffic", "no votes in the last 7 days"),
        ({}, Asked(0.01, 1.0), "below_min_drop", "its min_drop (2 points) raises no alert"),
        ({"baseline": bounded(0, 500)}, FIVE_IN_A_DAY, "at_zero", "cannot get worse"),
    ],
)
def test_what_no_votes_help_is_told(fields: dict[str, Any], asked: Asked, reason: str, says: str) -> None:
    """Nothing to see, nothing to be told of, nothing to fall: each has its own word."""
    view, said = plan(RARE, asked, **fields)
    assert view.reason == reason
    assert says in said


def test_without_a_baseline_there_is_nothing_to_plan_with() -> None:
    """Before the baseline stands no figure is made up, and the plan says what it waits for."""
    view = planning.plan(unlearned("f", "j"), RARE, FIVE_IN_A_DAY)
    assert (view.reason, view.votes_per_day_needed, view.days_now) == ("no_baseline", None, None)
    assert "it takes 500 votes and 24 hours" in advice(view, RARE, DRIFT, 0.02)


def test_traffic_is_told_the_week_that_its_baseline_takes() -> None:
    """A metric that needs more than the settings say is told so."""
    view = planning.plan(unlearned("f", ""), RARE, FIVE_IN_A_DAY).model_copy(update={"metric": "volume"})
    assert "it takes 168 votes and 168 hours" in advice(view, RARE, DRIFT, 0.3)


def test_a_label_at_its_end_is_one_share_of_several() -> None:
    """That one label cannot get worse does not say that the metric is blind."""
    says = {"metric": "stop_reason", "says": "with stop reason end_turn"}
    _, said = plan(RARE, FIVE_IN_A_DAY, baseline=bounded(0, 500), **says)
    assert said.startswith("the share with stop reason end_turn cannot get worse; the metric's other shares")


def test_the_blindest_come_first() -> None:
    """The order is by reason, then by how long the fall takes to be found."""
    found = [plan(votes_per_day=votes)[0] for votes in (2000.0, 10.0, 2.0, 0.0)]
    ordered = sorted(found, key=planning.order)
    assert [view.votes_per_day for view in ordered] == [2.0, 10.0, 0.0, 2000.0]


def test_the_curve_is_the_detectors() -> None:
    """A point of the curve is the drop that takes the days that were asked for."""
    one = monitor("f", "j")
    points = planning.curve(one, RARE, 2.0)
    point = points[-1]
    assert (len(points), point.share, point.usd_per_day) == (24, 1.0, 2.0)
    assert point.drop is not None
    assert point.drop_sure is not None
    assert point.drop < point.drop_sure
    arl = 2.718281828**one.log_threshold if one.log_threshold else 0.0
    assert days_needed(0.971, point.drop, 1000.0, one.reference_votes, arl) == pytest.approx(2.0, rel=0.05)


def test_a_share_whose_rise_is_worse_is_planned_by_its_complement() -> None:
    """Latency beyond the baseline's p90 (10 %) needs the votes that a pass rate of 90 % needs."""
    slow, _ = plan(bad="up", says="latency slower than the p90", baseline=bounded(100, 1000))
    rate, _ = plan(baseline=bounded(900, 1000))
    assert slow.votes_per_day_needed == rate.votes_per_day_needed
