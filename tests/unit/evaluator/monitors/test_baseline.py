"""Choosing the reference window."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from evaluator.buckets import STEP
from evaluator.monitors.baseline import first_window, given_window
from evaluator.monitors.counts import Counts
from evaluator.settings import BaselineSettings, DriftSettings
from tests.builders import NOON


def steady(buckets: int, votes: float = 10) -> Counts:
    n = np.full((buckets, 1), votes)
    return Counts(NOON, n, n * 0.9, (("", 0, "default"),))


def test_the_first_window_ends_with_enough_votes() -> None:
    """The window is as short as the wanted votes allow, once it is long enough."""
    settings = DriftSettings(baseline_votes=500, baseline_hours=1)
    assert first_window(steady(100), settings) == (NOON, NOON + 50 * STEP)


def test_the_first_window_covers_its_hours() -> None:
    """Many votes in an hour still wait for a whole day."""
    settings = DriftSettings(baseline_votes=20, baseline_hours=24)
    assert first_window(steady(100), settings) == (NOON, NOON + timedelta(days=1))


def test_too_few_votes_make_no_window() -> None:
    """Without votes enough there is no baseline yet."""
    assert first_window(steady(10), DriftSettings(baseline_votes=500)) is None


def test_a_day_that_has_not_ended_makes_no_window() -> None:
    """Votes enough in half a day still make no baseline of a day."""
    assert first_window(steady(48), DriftSettings(baseline_votes=20, baseline_hours=24)) is None


def test_a_given_window_waits_for_its_end() -> None:
    """A configured window counts once it has ended."""
    given = BaselineSettings(end=NOON + 10 * STEP)
    assert given_window(steady(9), given) is None
    assert given_window(steady(10), given) == (NOON, NOON + 10 * STEP)


def test_a_given_window_needs_votes() -> None:
    """A configured window with fewer than twenty votes is no baseline."""
    assert given_window(steady(10, votes=1), BaselineSettings(end=NOON + 10 * STEP)) is None
