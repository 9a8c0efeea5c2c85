"""Choosing the reference window."""

from __future__ import annotations

from datetime import timedelta

from evaluator.buckets import STEP
from evaluator.monitors.baseline import Enough, Gathered, first_window, gathered, given_window
from evaluator.settings import BaselineSettings
from store.rollup import Total
from tests.builders import NOON


def steady(buckets: int, votes: float = 10) -> list[Total]:
    return [Total(NOON + i * STEP, votes, votes * 0.9) for i in range(buckets)]


def test_the_first_window_ends_with_enough_votes() -> None:
    """The window is as short as the wanted votes allow, once it is long enough."""
    assert first_window(steady(100), NOON + 100 * STEP, Enough(500, 1)) == (NOON, NOON + 50 * STEP)


def test_the_first_window_covers_its_hours() -> None:
    """Many votes in an hour still wait for a whole day."""
    assert first_window(steady(100), NOON + 100 * STEP, Enough(20, 24)) == (NOON, NOON + timedelta(days=1))


def test_the_first_window_is_whole_quarter_hours() -> None:
    """Hours that are no quarter hours are rounded up."""
    assert first_window(steady(100), NOON + 100 * STEP, Enough(20, 6.1)) == (NOON, NOON + 25 * STEP)


def test_too_few_votes_make_no_window() -> None:
    """Without votes enough there is no baseline yet."""
    assert first_window(steady(10), NOON + 10 * STEP, Enough(500, 24)) is None


def test_a_day_that_has_not_ended_makes_no_window() -> None:
    """Votes enough in half a day still make no baseline of a day."""
    assert first_window(steady(48), NOON + 48 * STEP, Enough(20, 24)) is None


def test_no_marker_lies_inside_the_first_window() -> None:
    """A deploy in the middle of the first votes puts the window behind it."""
    marker = NOON + 20 * STEP + timedelta(minutes=5)
    found = first_window(steady(100), NOON + 100 * STEP, Enough(500, 1), [marker])
    assert found == (NOON + 21 * STEP, NOON + 71 * STEP)


def test_markers_everywhere_do_not_put_it_off_for_ever() -> None:
    """Where no stretch between markers is enough, four times the votes make a window with markers inside."""
    markers = [NOON + i * STEP for i in range(0, 300, 10)]
    assert first_window(steady(150), NOON + 150 * STEP, Enough(500, 1), markers) is None
    assert first_window(steady(200), NOON + 200 * STEP, Enough(500, 1), markers) == (NOON, NOON + 50 * STEP)


def test_a_given_window_waits_for_its_end() -> None:
    """A configured window counts once it has ended."""
    given = BaselineSettings(end=NOON + 10 * STEP)
    assert given_window(steady(9), NOON + 9 * STEP, given) is None
    assert given_window(steady(10), NOON + 10 * STEP, given) == (NOON, NOON + 10 * STEP)


def test_a_given_window_needs_votes() -> None:
    """A configured window with fewer than twenty votes is no baseline."""
    given = BaselineSettings(end=NOON + 10 * STEP)
    assert given_window(steady(10, votes=1), NOON + 10 * STEP, given) is None


def test_what_is_gathered_is_counted_from_the_last_marker() -> None:
    """Votes before a marker do not count for the window that waits; the quarter hour it splits is left out."""
    marker = NOON + 20 * STEP + timedelta(minutes=5)
    until = NOON + 40 * STEP
    assert gathered(steady(40), until) == Gathered(NOON, 400, 10, is_after_marker=False)
    assert gathered(steady(40), until, [marker]) == Gathered(NOON + 21 * STEP, 190, 4.75, is_after_marker=True)


def test_nothing_is_gathered_without_votes() -> None:
    """No vote at all, or none since the marker, is nothing to count."""
    assert gathered([], NOON) is None
    assert gathered(steady(10), NOON + 30 * STEP, [NOON + 20 * STEP]) is None
