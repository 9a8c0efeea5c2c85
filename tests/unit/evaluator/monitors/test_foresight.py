"""What a baseline of so many votes could notice, in words."""

from __future__ import annotations

from dataclasses import replace

from evaluator.drift.planner import detectable
from evaluator.monitors.foresight import Held, in_words, noticed

FEW = Held(votes=43, rate=0.95, per_day=480, arl=2880, min_drop=0.02)


def test_the_votes_that_it_takes_do_notice_five_points() -> None:
    """The number in the sentence keeps its promise, and a tenth less would not."""
    needed = float(in_words(FEW).split("a baseline of ")[1].split(" votes")[0].replace(",", ""))
    assert (detectable(0.95, 480, needed, 7, 2880) or 1) <= 0.05
    assert (detectable(0.95, 480, 0.85 * needed, 7, 2880) or 1) > 0.05


def test_a_large_window_needs_no_larger_one() -> None:
    """What notices five points is not told to grow; a fall below min_drop raises no alert and is not promised."""
    assert in_words(replace(FEW, votes=600)).endswith("today's 480 votes a day.")
    assert noticed(replace(FEW, votes=1e6)) == 0.02


def test_no_promise_without_votes() -> None:
    """Where nothing comes in, or the window is empty, nothing would be noticed."""
    assert "there would be nothing to notice a fall in" in in_words(replace(FEW, per_day=0))
    assert in_words(replace(FEW, votes=1)).startswith(
        "The window holds 1 vote. With it, no fall at all would be noticed"
    )
    assert noticed(replace(FEW, votes=0)) is None


def test_more_votes_are_not_advised_where_they_do_not_help() -> None:
    """With too little traffic no baseline notices five points."""
    assert in_words(replace(FEW, per_day=10)).endswith("today's 10 votes a day.")


def test_numbers_are_spoken_of_by_a_share_of_one_in_ten() -> None:
    """They are watched through many shares; one stands for them."""
    assert "points in a share of one in ten would be noticed" in in_words(replace(FEW, rate=None, votes=200))
