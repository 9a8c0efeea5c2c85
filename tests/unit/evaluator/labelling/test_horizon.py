"""Which labels count, and of which time they tell."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from evaluator.labelling.horizon import horizon
from store.labels import Judged
from tests.builders import NOON

HOUR = timedelta(hours=1)
MONTH = timedelta(days=30)


def at(place: float, hours: float = -1, verdict: bool = True) -> Judged:
    """A verdict so many hours after noon."""
    return Judged(place, NOON + hours * HOUR, verdict)


def test_everything_counts_while_nothing_was_passed_over() -> None:
    """The time is the last month, up to now."""
    drawn = [at(0.1), at(0.2), at(0.1, verdict=False)]
    seen = horizon(drawn, [], MONTH, NOON)
    assert (all(map(seen.counts, drawn)), seen.start, seen.end) == (True, NOON - MONTH, NOON)


def test_what_lies_behind_one_that_was_left_out_does_not_count() -> None:
    """Picking samples, or leaving one out, gives fewer labels and no others; fails have an order of their own."""
    drawn = [at(0.1), at(0.5), at(0.9, verdict=False)]
    seen = horizon(drawn, [at(0.3, hours=-2)], MONTH, NOON)
    assert [seen.counts(one) for one in drawn] == [True, False, True]


def test_labels_go_on_telling_of_the_time_before_new_traffic() -> None:
    """One that came an hour ago ends the time that they tell of, rather than taking most of them away."""
    drawn = [at(0.1 * i, hours=-5) for i in range(2, 9)]
    seen = horizon(drawn, [at(0.01, hours=-1)], MONTH, NOON)
    assert (all(map(seen.counts, drawn)), seen.end) == (True, NOON - HOUR)


def test_the_time_moves_on_once_as_many_count() -> None:
    """When what came since is labelled up to where most lie, all of it tells of now."""
    drawn = [at(0.1, hours=-5), at(0.2, hours=-5), at(0.05), at(0.15)]
    seen = horizon(drawn, [at(0.3)], MONTH, NOON)
    assert (all(map(seen.counts, drawn)), seen.end) == (True, NOON)


def test_old_labels_tell_of_their_own_month() -> None:
    """Labels of two months ago count for the month before traffic went on without them."""
    drawn = [at(0.1, hours=-1440), at(0.2, hours=-1440)]
    seen = horizon(drawn, [at(0.05, hours=-1439), at(0.01, hours=-2)], MONTH, NOON)
    assert all(map(seen.counts, drawn))
    assert seen.end == NOON - 1439 * HOUR


def test_a_pass_and_a_fail_are_worth_more_than_two_passes() -> None:
    """Of two times the one is taken that tells of both verdicts."""
    passes, fails = [at(0.1 * i, hours=-5) for i in range(1, 5)], [at(0.5, hours=-5, verdict=False)]
    later = [at(0.05 + 0.1 * i, hours=-2) for i in range(1, 3)]
    seen = horizon([*passes, *later, *fails], [at(0.1, hours=-3, verdict=False)], MONTH, NOON)
    assert (seen.end, all(map(seen.counts, [*passes, *fails]))) == (NOON - 3 * HOUR, True)


places = st.lists(
    st.tuples(st.floats(0, 0.999), st.floats(-2000, -0.01), st.booleans()).map(lambda one: at(*one)), max_size=12
)


@given(places, places)
def test_what_counts_is_complete(drawn: list[Judged], over: list[Judged]) -> None:
    """Of the time told of, nothing that was left out lies before anything that counts."""
    seen = horizon(drawn, over, MONTH, NOON)
    left = [one for one in over if seen.start <= one.judged_at < seen.end]
    for one in filter(seen.counts, drawn):
        assert not [each for each in left if each.verdict is one.verdict and each.place <= one.place]
