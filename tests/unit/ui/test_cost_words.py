"""What judging cost, added up and looked ahead."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from evaluator.api.judge_shapes import CostRow
from tests import accounts
from ui.components.cost_bars import OTHERS, file_rows, pieces
from ui.components.costs import known
from ui.cost_words import added, added_by, day_limit, forecast

TODAY = date(2026, 11, 20)


def row(ago: int, usd: float | None, judge: str = "a", **fields: Any) -> CostRow:
    day = (TODAY - timedelta(days=ago)).isoformat()
    known = {"usd": usd, "known_usd": usd or 0.0}
    return CostRow(**{"day": day, "feature": "chat", "judge": judge, "verdicts": 10, **known, **fields})


def test_sums_say_what_they_lack() -> None:
    """A group without a price adds nothing, and is counted; the mean is of what has a price."""
    found = added("", [row(0, 1.0), row(1, None, unpriced=10)])
    assert (found.usd, found.unpriced, found.per_verdict) == (1.0, 10, 0.1)


def test_what_is_known_beside_what_is_not_counts() -> None:
    """One verdict without a price takes no other's money from a row, its bar or its file."""
    partly = row(0, None, known_usd=1.8, unpriced=1)
    assert (added("", [partly]).usd, added("", [partly]).per_verdict, known(partly)) == (1.8, 0.2, 1.8)
    assert [part["usd"] for part in pieces([partly], "Judge", TODAY, 7)[0]] == [1.8]
    assert [(one["known_usd"], one["unpriced"]) for one in file_rows([partly])] == [(1.8, 1)]
    assert known(row(0, None, unpriced=10)) is None


def test_trials_without_a_price_are_no_verdicts() -> None:
    """They take none from those with a price, and alone they have no mean."""
    tried = row(0, None, "(trials)", verdicts=0, known_usd=0.5, unpriced=3)
    assert added("", [tried]).per_verdict is None
    assert added("", [row(0, 1.0, verdicts=2), tried]).priced == 2
    assert added("", [row(0, 1.0, verdicts=2, reused=1), tried]).reuse_saved == pytest.approx(1.5)


def test_batches_saved_as_much_as_they_cost() -> None:
    """They cost half; what was given again saved what a paid verdict costs."""
    found = added("", [row(0, 1.0, reused=5, batched=2, batched_usd=0.3)])
    assert (found.batches_saved, found.reuse_saved) == (0.3, pytest.approx(1.0))
    assert added("", [row(0, 0.0, reused=10)]).reuse_saved is None


def test_the_dearest_comes_first() -> None:
    """By judge, and of equal cost by name."""
    found = added_by([row(0, 1.0, "b"), row(0, 3.0, "c"), row(1, 1.0, "a")], lambda one: one.judge)
    assert [one.name for one in found] == ["c", "a", "b"]


def test_the_month_goes_on_at_the_rate_of_the_last_full_days() -> None:
    """Nineteen days were spent, seven of them make the rate, and eleven days are left, today among them."""
    rows = [row(ago, 2.0 if ago <= 7 else 1.0) for ago in range(25)]
    found = forecast(rows, TODAY)
    assert found is not None
    assert (found.usd, found.days) == (12 * 1.0 + 7 * 2.0 + 11 * 2.0, 7)


def test_a_young_service_has_a_young_rate() -> None:
    """Two full days make it after two days; on the first day there is none."""
    found = forecast([row(0, 0.1), row(1, 3.0), row(2, 1.0)], TODAY)
    assert found is not None
    assert (found.days, found.usd) == (2, 4.0 + 11 * 2.0)
    assert (forecast([row(0, 5.0)], TODAY), forecast([], TODAY)) == (None, None)


def test_days_without_spending_belong_to_the_rate() -> None:
    """A judge that spent on one of seven days costs a seventh a day."""
    found = forecast([row(9, 0.001), row(3, 7.0)], TODAY)
    assert found is not None
    assert found.usd == pytest.approx(7.001 + 11 * 1.0)


def test_bars_have_few_colours() -> None:
    """The five dearest by name, all the others together; names that look alike are told apart."""
    rows = [row(0, 10.0 - n, f"judge {n}") for n in range(8)]
    parts, order = pieces(rows, "Judge", TODAY, 7)
    assert order == [*(f"judge {n}" for n in range(5)), OTHERS]
    assert [part["usd"] for part in parts if part["what"] == OTHERS] == [pytest.approx(5.0 + 4.0 + 3.0)]
    twins = [row(0, 2.0, "x" * 40 + "1"), row(0, 1.0, "x" * 40 + "2"), row(0, 0.5, OTHERS)]
    assert len(set(pieces(twins, "Judge", TODAY, 7)[1])) == 3


def test_bars_stop_at_the_chosen_days() -> None:
    """What is older than the first day, or free, is no bar."""
    parts, _ = pieces([row(0, 1.0), row(6, 1.0), row(7, 1.0), row(1, 0.0)], "Feature", TODAY, 7)
    assert [part["day"] for part in parts] == ["today", "14 Nov"]


def test_a_budget_is_for_what_it_holds() -> None:
    """All judges have one, a judge has its own, a feature has none."""
    judges = accounts.llm_judges([])
    assert day_limit(judges, None, None) == 2.0
    assert day_limit(judges, None, "helpfulness") == 1.0
    assert (day_limit(judges, "chat", None), day_limit([], None, None)) == (None, None)


def test_the_file_of_the_bars_has_whole_names() -> None:
    """Day by day what cost anything, with no name cut and no judge among others."""
    rows = [row(0, 1.0, f"{'x' * 40}{n}") for n in range(8)] + [row(3, 2.0), row(1, 0.0), row(1, None)]
    told = file_rows(rows)
    day = {"day_utc": "2026-11-17", "feature": "chat", "judge": "a", "verdicts": 10, "unpriced": 0, "known_usd": 2.0}
    assert told[0] == day
    assert [one["judge"] for one in told[1:]] == [f"{'x' * 40}{n}" for n in range(8)]
