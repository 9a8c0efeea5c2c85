"""From verdicts to votes: what is one item, what belongs together, and what is missing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.drift.paired import Pairs
from evaluator.drift.unpaired import Groups
from evaluator.gate import matching
from evaluator.gate.counted import count
from evaluator.gate.matching import Votes
from store.sides import Said
from tests.builders import NOON


def said(sample_id: str, passed: bool | None = True, **fields: Any) -> Said:
    plain: dict[str, Any] = {"ts": NOON, "session_id": None, "fields": {}, "metadata": {}}
    return Said(sample_id=sample_id, passed=passed, **{**plain, **fields})


def by_request(before: list[Said], after: list[Said]) -> Votes:
    """Votes of samples whose request is the first letter of their id, should ids not do."""
    asked = {(one.sample_id, one.ts): one.sample_id[-1] for one in (*before, *after)}
    return matching.votes(before, after, lambda: (matching.by_request(asked), matching.by_request(asked)))


def live(before: list[Said], after: list[Said]) -> Votes:
    """The same of two releases."""
    asked = {(one.sample_id, one.ts): one.sample_id[-1] for one in (*before, *after)}
    return matching.votes(before, after, lambda: (matching.by_request(asked), matching.by_request(asked)), live=True)


def by_id(before: list[Said], after: list[Said]) -> Votes:
    return matching.votes(before, after, lambda: (lambda _: None, lambda _: None))


def test_equal_ids_are_pairs() -> None:
    """Each id is one pair with its two verdicts."""
    votes = by_id([said("a"), said("b")], [said("a", False), said("b")])
    assert (votes.matched_by, count(votes).compared) == ("id", Pairs(1, 1, 0, 0))


def test_without_common_ids_equal_requests_are_pairs() -> None:
    """Ids of production differ from run to run; the questions of a test set do not."""
    votes = by_request([said("1a"), said("1b", False)], [said("2a"), said("2b")])
    assert (votes.matched_by, count(votes).compared) == ("request", Pairs(1, 0, 1, 0))


def test_with_too_little_in_common_there_are_two_groups() -> None:
    """One of three is no pairing."""
    votes = by_id([said("a"), said("b"), said("c")], [said("a"), said("x", False), said("y")])
    assert (votes.matched_by, count(votes).compared) == (None, Groups(3, 3, 3, 2))


def test_requests_that_repeat_in_live_traffic_make_no_pairs() -> None:
    """Of two releases, a request that came more often on one side, or on one only, is no case of a test set."""
    often = [said("1a"), said("2a"), said("3b")], [said("4a", False), said("5b")]
    once = [said("1a"), said("2b"), said("3c")], [said("4a"), said("5b")]
    assert [live(*sides).matched_by for sides in (often, once)] == [None, None]
    assert [by_request(*sides).matched_by for sides in (often, once)] == ["request", "request"]


def test_a_test_set_sent_with_two_releases_makes_pairs() -> None:
    """Nine of ten requests, each as often on both sides, are one set: what the candidate lacks is missing."""
    before = [said(f"{side}{name}") for side in "12" for name in "abcdefghij"]
    votes = live(before, [said(f"{side}{name}") for side in "34" for name in "abcdefghi"])
    assert (votes.matched_by, count(votes).missing_candidate) == ("request", 1)
    assert live(before, [said(f"{side}{name}") for side in "34" for name in "abcdefgh"]).matched_by is None


def test_ids_of_two_releases_need_no_whole_set() -> None:
    """An id is a name that somebody gave; half of the smaller side's do, as with files."""
    assert live([said("1a"), said("2b")], [said("1a"), said("3c")]).matched_by == "id"


def test_ids_made_of_content_are_no_names() -> None:
    """They match where the answers are equal, and would leave out exactly what changed."""
    same, before, after = (f"h-{letter * 32}" for letter in "abc")
    votes = by_id([said(same), said(before)], [said(same), said(after, False)])
    assert (votes.matched_by, count(votes).compared) == (None, Groups(2, 2, 2, 1))


def test_a_session_is_one_pair() -> None:
    """Its turns' verdicts are averaged on each side."""
    before = [said("a", session_id="s"), said("b", session_id="s"), said("c")]
    after = [said("a", False, session_id="t"), said("b", session_id="t"), said("c")]
    assert count(by_id(before, after)).compared == Pairs(1.5, 0.5, 0, 0)


def test_items_that_only_the_other_side_joins_are_one_pair_too() -> None:
    """Pairs must be independent, so a session of either side holds its items together."""
    before = [said("a"), said("b", False)]
    after = [said("a", session_id="s"), said("b", session_id="s")]
    assert count(by_id(before, after)).compared == Pairs(0.5, 0, 0.5, 0)


def test_a_case_that_was_asked_several_times_is_one_pair() -> None:
    """Repeats of one id are averaged."""
    before = [said("a"), said("a", False), said("b")]
    assert count(by_id(before, [said("a"), said("b")])).compared == Pairs(1.5, 0, 0.5, 0)


def test_a_turn_counts_only_where_both_sides_are_decided() -> None:
    """In a session with a failed judgement, the turns without one are compared."""
    before = [said("a", session_id="s"), said("b", False, session_id="s")]
    after = [said("a", session_id="s"), said("b", None, session_id="s")]
    assert count(by_id(before, after)).compared == Pairs(1, 0, 0, 0)


def test_what_the_candidate_lacks_is_missing_and_could_have_failed() -> None:
    """An item without an answer, or with an error in place of a verdict, is counted, and its worst case."""
    before = [said("a"), said("b"), said("c"), said("d", False)]
    found = count(by_id(before, [said("a"), said("b", None), said("d")]))
    assert (found.missing_candidate, found.missing_baseline) == (2, 0)
    assert found.worst == (1 - 2) / 4


def test_what_only_the_candidate_has_is_counted() -> None:
    """It is compared with nothing."""
    found = count(by_id([said("a"), said("b", None)], [said("a"), said("b"), said("c")]))
    assert (found.compared, found.missing_baseline) == (Pairs(1, 0, 0, 0), 2)


def test_errors_of_groups_are_missing_votes() -> None:
    """A judge's error is no vote; had all of them failed, the candidate would be so much worse."""
    found = count(matching.groups([said("a"), said("b", None)], [said("x"), said("y", None)]))
    assert (found.compared, found.missing_baseline, found.missing_candidate) == (Groups(1, 1, 1, 1), 1, 1)
    assert found.worst == -0.5


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 4), st.booleans()), min_size=1, max_size=30))
def test_votes_do_not_depend_on_the_order(rows: list[tuple[int, int, bool]]) -> None:
    """The same verdicts in any order give the same counts."""
    before = [said(f"i{n}", passed, session_id=f"s{s}" if s else None) for n, s, passed in rows]
    after = [said(f"i{n}", not passed) for n, _, passed in rows]
    one, other = count(by_id(before, after)), count(by_id(before[::-1], after[::-1]))
    assert round_(one.compared) == pytest.approx(round_(other.compared), abs=2e-9)


def round_(table: Pairs | Groups) -> list[float]:
    return [round(getattr(table, name), 9) for name in table.__slots__]


def mixed(easy: int, hard: int, fails: int = 0) -> list[Said]:
    """So many easy samples, that all pass, and hard ones, of which half do; `fails` more of those fail."""
    letters = f"{easy}-{hard}-{fails}"
    simple = [said(f"{letters}-e{n}", metadata={"kind": "easy"}) for n in range(easy)]
    return [*simple, *(said(f"{letters}-h{n}", n >= hard // 2 + fails, metadata={"kind": "hard"}) for n in range(hard))]


def test_groups_are_compared_in_one_mix() -> None:
    """When only the share of hard questions moved, there is no difference."""
    before, after = mixed(900, 100), mixed(100, 900)
    plain, fair = count(matching.groups(before, after)), count(matching.groups(before, after, ["kind"]))
    assert round(plain.compared.difference or 0, 2) == -0.4
    assert abs(fair.compared.difference or 0) < 1e-9
    assert (fair.strata, fair.sizes) == (2, (1000, 1000))


def test_a_fall_behind_an_easier_mix_is_seen() -> None:
    """The rate rose, and yet both kinds of question are no better, one worse."""
    before, after = mixed(100, 900), mixed(900, 100, fails=40)
    plain, fair = count(matching.groups(before, after)), count(matching.groups(before, after, ["kind"]))
    assert (plain.compared.difference or 0) > 0.3
    assert round(fair.compared.difference or 0, 2) == -0.04


def test_strata_that_the_baseline_lacks_are_left_out_and_counted() -> None:
    """There is nothing to compare them with."""
    found = count(matching.groups(mixed(50, 0), mixed(50, 30), ["kind"]))
    assert (found.left_out, found.compared) == (30, Groups(50.0, 50.0, 50, 50.0))


def test_sparse_strata_are_looked_at_together() -> None:
    """A stratum with a handful of baseline votes says nothing by itself."""
    before = [said(f"b{n}", n % 2 == 0, metadata={"kind": str(n % 10)}) for n in range(40)]
    after = [said(f"a{n}", n % 2 == 0, metadata={"kind": str(n % 10)}) for n in range(40)]
    found = count(matching.groups(before, after, ["kind"]))
    assert (found.strata, found.compared) == (1, Groups(40.0, 20.0, 40, 20))
