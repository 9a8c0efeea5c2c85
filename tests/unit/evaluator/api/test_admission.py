"""One budget of bytes for all bodies under way."""

from __future__ import annotations

from contextlib import suppress

import pytest

from evaluator.api.admission import Budget, BusyError


def test_what_a_request_holds_is_given_back() -> None:
    """However a request ends, its share is free again."""
    budget = Budget(100)
    with suppress(ZeroDivisionError), budget.hold() as hold:
        hold.reach(70)
        assert budget.used == 70
        raise ZeroDivisionError
    assert budget.used == 0


def test_a_hold_grows_to_its_largest_need() -> None:
    """Packed and unpacked size are not added up, and a smaller need gives nothing back before the end."""
    budget = Budget(100)
    with budget.hold() as hold:
        for size in (30, 80, 50):
            hold.reach(size)
    with budget.hold() as hold:
        hold.reach(100)
        assert budget.used == 100


def test_beyond_the_budget_a_request_is_put_off() -> None:
    """A second body that does not fit beside the first is refused, and does not disturb it."""
    budget = Budget(100)
    with budget.hold() as first, budget.hold() as second:
        first.reach(60)
        with pytest.raises(BusyError, match="max_memory_mb"):
            second.reach(41)
        second.reach(40)
        assert budget.used == 100


def test_a_request_that_ended_takes_nothing_more() -> None:
    """A thread that still unpacks for a client that has gone is stopped, and nothing leaks."""
    budget = Budget(100)
    with budget.hold() as hold:
        hold.reach(10)
    with pytest.raises(BusyError):
        hold.reach(20)
    assert budget.used == 0
