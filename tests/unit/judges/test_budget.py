"""Budgets: asked before a call, trued up after it, per UTC day and week, in total and per judge."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from judges.budget import TOTAL, Budgets, Limit, Spent
from judges.errors import Unavailable
from tests.conftest import Clock

FRIDAY = date(2026, 11, 20)


@pytest.fixture
def budgets(clock: Clock) -> Budgets:
    """10 USD a day for all, 1 USD a day and 3 USD a week for `tone`; it is Friday noon."""
    by_judge = {"tone": Limit(usd_per_day=1.0, usd_per_week=3.0)}
    return Budgets(Limit(usd_per_day=10.0), by_judge, clock)


def left(budgets: Budgets, judge: str) -> dict[tuple[str, str], float]:
    return {(one.name, one.period): round(one.usd, 6) for one in budgets.left(judge)}


def test_money_is_set_aside_before_the_call(budgets: Budgets) -> None:
    """Calls under way count with their estimate, so that many at once cannot overdraw."""
    under_way = budgets.reserve("tone", 0.6)
    with pytest.raises(Unavailable, match="set aside for judgements under way") as caught:
        budgets.reserve("tone", 0.6)
    assert caught.value.retry_after_seconds < 60
    under_way.settle(0.1)
    budgets.reserve("tone", 0.6)


def test_a_rest_for_a_few_calls_is_not_waited_for(budgets: Budgets) -> None:
    """Near the end calls would trickle, one a minute: the budget counts as spent, and says until when."""
    budgets.load([Spent(FRIDAY, "tone", 0.7)])
    budgets.reserve("tone", 0.2)
    with pytest.raises(Unavailable, match="1 USD per day is spent"):
        budgets.reserve("tone", 0.2)


def test_money_that_is_spent_is_not_waited_for(budgets: Budgets) -> None:
    """When the true cost leaves too little, judging rests until there is new money."""
    budgets.reserve("tone", 0.6).settle(0.6)
    with pytest.raises(Unavailable, match="1 USD per day is spent"):
        budgets.reserve("tone", 0.6)


def test_the_estimate_is_trued_up(budgets: Budgets) -> None:
    """What the call did cost is booked in place of the estimate."""
    budgets.reserve("tone", 0.9).settle(0.1)
    assert left(budgets, "tone") == {(TOTAL, "day"): 9.9, ("tone", "day"): 0.9, ("tone", "week"): 2.9}


def test_a_call_that_failed_costs_nothing(budgets: Budgets) -> None:
    """The money set aside is free again."""
    budgets.reserve("tone", 1.0).settle(0.0)
    assert left(budgets, "tone")["tone", "day"] == 1.0


def test_an_unknown_price_is_not_held_back(budgets: Budgets) -> None:
    """A model without a price is asked also when money is spent: nobody knows that it costs any."""
    budgets.load([Spent(FRIDAY, "tone", 5.0)])
    budgets.reserve("tone", None).settle(None)


def test_what_nobody_counted_is_booked_as_estimated(budgets: Budgets) -> None:
    """A server that keeps no count of tokens spends the budget all the same."""
    budgets.reserve("tone", 0.4).settle(None)
    assert left(budgets, "tone")["tone", "day"] == 0.6


def test_the_total_holds_for_every_judge(budgets: Budgets) -> None:
    """One judge can spend what another one then lacks; the refusal is everybody's, not the sample's."""
    budgets.reserve("other", 9.5).settle(9.5)
    with pytest.raises(Unavailable) as caught:
        budgets.reserve("tone", 0.9)
    assert (caught.value.reason, caught.value.everyone) == ("budget", True)


def test_a_new_day_begins_at_midnight_utc(budgets: Budgets, clock: Clock) -> None:
    """The wait that the refusal names leads to a day with new money."""
    budgets.reserve("tone", 1.0).settle(1.0)
    with pytest.raises(Unavailable) as caught:
        budgets.reserve("tone", 0.1)
    assert caught.value.retry_after_seconds == 12 * 3600
    clock.advance(seconds=caught.value.retry_after_seconds)
    budgets.reserve("tone", 0.1)


def test_a_week_goes_from_monday_to_sunday(budgets: Budgets, clock: Clock) -> None:
    """What was spent since Monday counts against the week, what was spent on the Sunday before does not."""
    budgets.load([Spent(date(2026, 11, 15), "tone", 50.0), Spent(date(2026, 11, 16), "tone", 2.8)])
    assert left(budgets, "tone")["tone", "week"] == 0.2
    clock.now = datetime(2026, 11, 23, tzinfo=UTC)
    assert left(budgets, "tone")["tone", "week"] == 3.0


def test_a_restart_remembers_what_was_spent(budgets: Budgets) -> None:
    """What earlier runs spent today is not given out again."""
    budgets.load([Spent(FRIDAY, "tone", 0.95)])
    with pytest.raises(Unavailable):
        budgets.reserve("tone", 0.1)


def test_without_limits_everything_goes(clock: Clock) -> None:
    """No limit set means no refusal, and the spending is known all the same."""
    free = Budgets(Limit(), {}, clock)
    free.reserve("tone", 1e6).settle(1e6)
    assert (free.left("tone"), free.spent("tone", FRIDAY)) == ([], 1e6)
