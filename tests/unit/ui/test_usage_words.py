"""How usage reads, and what moves it."""

from __future__ import annotations

from datetime import date

import pytest

from evaluator.api.shapes import Interval
from evaluator.api.usage_shapes import ByNow, DayUse, Difference, PassRates
from tests.fake_usage import days, use
from ui.usage_words import about, beside, compared_with, drivers, error_share, leading, moved

TODAY = date(2026, 11, 20)
NONE = Interval(n=0, rate=None, lo=None, hi=None)


def rates(judge: str, yesterday: Difference | None, week: Difference | None = None) -> PassRates:
    now = Interval(n=100, rate=0.9, lo=0.82, hi=0.95)
    told = {"today": now, "yesterday": now, "last_week": now, "since_yesterday": yesterday, "since_last_week": week}
    return PassRates(feature="chat", judge=judge, judge_version="v1", **told)


def gap(change: float, *, sure: bool) -> Difference:
    return Difference(change=change, lo=change - 0.01, hi=change + 0.01, beyond_chance=sure)


def test_a_day_that_just_began_is_not_compared() -> None:
    """Without a full quarter hour there is no change to tell."""
    assert beside(None, lambda use: use.calls, "Friday") == "too early to compare"


def test_changes_are_those_by_the_same_time_of_day() -> None:
    """Against yesterday and against the weekday, a line each; a price that is not known is no change."""
    by_now = ByNow(today=use(110), yesterday=use(100), last_week=use(0))
    assert beside(by_now, lambda use: use.calls, "Friday") == "yesterday: +10 %  \nlast Friday: no calls"
    assert beside(by_now, lambda use: use.errors, "Friday").endswith("last Friday: no calls")
    assert beside(by_now, lambda use: None, "Friday").startswith("yesterday: not known")


def test_only_days_with_votes_are_compared_with() -> None:
    """One pass rate that has them is enough; a day that none of them has is not named."""
    assert compared_with([], "Friday") == []
    assert compared_with([rates("tone", gap(0.0, sure=False)), rates("schema", None)], "Friday") == ["yesterday"]
    assert compared_with([rates("tone", None, gap(0.0, sure=False))], "Friday") == ["last Friday"]


def test_an_estimate_has_a_sign() -> None:
    """What is counted whole has none, and an unknown price is said."""
    assert about(use(8), 1.5) == "≈\u00a01.50\u00a0USD"
    assert about(use(8, estimated=False), 1.5) == "1.50\u00a0USD"
    assert about(use(8), None) == "price unknown"


def test_the_share_of_errors_is_of_all_calls() -> None:
    """It needs calls, and no estimate makes it more than all."""
    assert (error_share(use(0)), error_share(use(100, errors=5)), error_share(use(4, errors=9))) == (None, 0.05, 1.0)


def test_only_what_chance_does_not_explain_has_moved() -> None:
    """The deepest fall first; a judge that differs from both days is told once, with the larger difference."""
    found = moved(
        [
            rates("noisy", gap(-0.2, sure=False)),
            rates("fell", gap(-0.1, sure=True), gap(-0.3, sure=True)),
            rates("rose", gap(0.1, sure=True)),
            rates("new", None),
        ],
        "Friday",
    )
    assert [(one.rates.judge, one.since, one.difference.change) for one in found] == [
        ("fell", "last Friday", -0.3),
        ("rose", "yesterday", 0.1),
    ]


def test_drivers_are_the_busiest_first_with_their_shares() -> None:
    """Calls and cost are shares of all features; a day without calls is a gap of no height."""
    told = [*days({"busy": 300}, TODAY, 2), *days({"dear": 100}, TODAY, 1)]
    told[-1] = told[-1].model_copy(update={"usd": 9.0, "judging_usd": None})
    busy, dear = drivers(told)
    assert (busy.feature, busy.calls, dear.calls_share) == ("busy", 600, pytest.approx(1 / 7))
    assert (dear.by_day, dear.usd, dear.judging_usd) == ([0.0, 100.0], 9.0, None)
    assert leading([busy, dear]) == "`busy` makes 86\u00a0% of the calls; `dear` makes 82\u00a0% of the cost."


@pytest.mark.parametrize("told", [[], [DayUse(day=TODAY, feature="a", **use(0).model_dump())]])
def test_without_calls_nothing_leads(told: list[DayUse]) -> None:
    """The sentence says so, and nothing is divided by nothing."""
    assert leading(drivers(told)) == "no calls came."


def test_without_calls_judging_still_costs() -> None:
    """What came before the days that are told is judged in them."""
    found = drivers([DayUse(day=TODAY, feature="a", **use(0, usd=0.0, judging_usd=2.0).model_dump())])
    assert leading(found) == "no calls came; `a` makes 100\u00a0% of the cost."


def test_without_any_price_calls_lead_alone() -> None:
    """The share of the cost is not told where there is none."""
    found = drivers([DayUse(day=TODAY, feature="a", **use(5, usd=None, judging_usd=None).model_dump())])
    assert (found[0].usd, leading(found)) == (None, "`a` makes 100\u00a0% of the calls.")
