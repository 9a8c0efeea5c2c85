"""When a plain rule fires, resolves, or says that it cannot tell: timelines of quarter hours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from evaluator.rules.threshold import Judged, Reason, Tally, Threshold, judge

RULE = Threshold(at=0.05, buckets=2, votes=None, min_n=20, for_looks=1)


def looks(bad: list[float], rule: Threshold = RULE, *, n: float = 10, firing: bool = False) -> list[Judged]:
    """What the rule says after each quarter hour with `n` votes, of which so many were bad."""
    each = np.full(len(bad), n)
    return judge(Tally(each, each, np.array(bad)), range(1, len(bad) + 1), rule, firing=firing)


def states(found: list[Judged]) -> list[str]:
    return [str(one.state) for one in found]


def test_it_fires_over_the_limit_and_resolves_within_it() -> None:
    """The window of two quarter hours is over 5 % with two bad ones of twenty, and within it with one."""
    found = looks([0, 0, 2, 0, 1, 0])
    assert states(found) == ["insufficient", "ok", "firing", "firing", "ok", "ok"]
    assert [str(one.action) for one in found if one.action != "stay"] == ["fire", "resolve"]


def test_with_fewer_than_min_n_it_says_so_and_never_fires() -> None:
    """However bad they are."""
    found = looks([9, 9, 9], n=9)
    assert {(str(one.state), one.reason) for one in found} == {("insufficient", Reason.INSUFFICIENT)}


def test_no_votes_are_no_data() -> None:
    """An empty window is another state than a small one."""
    assert looks([0, 0], n=0)[-1].reason == Reason.NO_DATA


def test_without_a_baseline_there_is_nothing_to_compare_with() -> None:
    """A drop counts from a baseline."""
    assert looks([9, 9, 9], replace(RULE, at=None))[-1].reason == Reason.NO_BASELINE


def test_it_waits_for_as_many_looks_as_asked_for() -> None:
    """Three looks in a row fire it, and three within the limit end it; a shorter while changes nothing."""
    found = looks([0, 5, 0, 0, 5, 5, 5, 0, 0, 5, 0, 0, 0, 0], replace(RULE, buckets=1, min_n=10, for_looks=3))
    assert [one.end for one in found if one.action != "stay"] == [7, 13]
    assert found[4].reason == Reason.OVER_TOO_SHORT
    assert found[7].reason == Reason.WITHIN_TOO_SHORT


def test_too_few_votes_do_not_end_an_alert() -> None:
    """No news is no good news."""
    assert states(looks([0, 0], n=3, firing=True)) == ["firing", "firing"]


def test_a_share_at_the_limit_is_not_above_it_but_a_drop_of_it_is_one() -> None:
    """ "Above 5 %" means more than 5 %; "down 5 points" means 5 points or more."""
    at_the_limit = [1.0, 0.0]
    assert states(looks(at_the_limit))[-1] == "ok"
    assert states(looks(at_the_limit, replace(RULE, inclusive=True)))[-1] == "firing"


def test_looks_in_one_go_say_what_looks_one_by_one_say() -> None:
    """A backlog is made up for in order, with what each look saw."""
    rng = np.random.default_rng(1)
    n = rng.poisson(6, 300).astype(float)
    table = Tally(n, n, rng.binomial(n.astype(int), 0.05).astype(float))
    rule = Threshold(at=0.08, buckets=None, votes=50, min_n=50, for_looks=2)
    together = judge(table, range(1, 301), rule, firing=False)
    single: list[Judged] = []
    for end in range(1, 301):
        cut = Tally(table.n[:end], table.weight[:end], table.bad[:end])
        single += judge(cut, range(end, end + 1), rule, firing=bool(single) and single[-1].state == "firing")
    assert together == single
    assert {str(one.action) for one in together} == {"stay", "fire", "resolve"}
