"""Feedback in the store: once each, attached to the right sample, the newest word counts, and it is a vote."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from store import feedback, rollup, verdicts
from store.feedback import Feedback, Match
from store.parts import PartRow, Settled, remember
from store.records import Sample, Series, Verdict
from store.samples import EARLIEST
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.unit.store.counting import Bucket, buckets

SERIES = Series(feature="support-chat", judge="feedback", judge_version=feedback.VERSION)
MINUTE = timedelta(minutes=1)


def said(feedback_id: str = "f1", /, **fields: Any) -> Feedback:
    """A thumb up on sample s1, a minute after noon."""
    plain: dict[str, Any] = {
        "received_at": NOON + MINUTE,
        "given_at": NOON + MINUTE,
        "judge": "feedback",
        "source": "end_user",
        "passed": True,
    }
    named = {} if fields.keys() & {"sample_id", "trace_id", "response_id"} else {"sample_id": "s1"}
    return Feedback(feedback_id=feedback_id, **{**plain, **named, **fields})


def add(store: Store, *given: Feedback) -> list[bool]:
    return store.run(lambda c: feedback.append(c, given)).result()


def keep(store: Store, *samples: Sample) -> None:
    store.append_samples(samples).result()


def found(store: Store, *, fresh_only: bool = False) -> list[Match]:
    with store.read() as c:
        return feedback.matches(c, fresh_only=fresh_only, since=EARLIEST, from_ts=EARLIEST, limit=100)


def attach(store: Store) -> int:
    """Attaches all that can be; how many verdicts changed."""
    matches = found(store)
    return store.run_numbered(lambda c, after: feedback.attach(c, matches, after)).result() if matches else 0


def given(store: Store, sample_id: str = "s1") -> list[Verdict]:
    with store.read() as c:
        return verdicts.of_samples(c, [sample_id])


def votes(store: Store) -> list[Bucket]:
    store.run(lambda c: rollup.refresh(c, {})).result()
    with store.read() as c:
        return buckets(c, SERIES)


def test_what_is_sent_again_is_known(store: Store) -> None:
    """Each feedback is stored once, also within one write."""
    assert add(store, said("a"), said("a"), said("b")) == [True, False, True]
    assert add(store, said("b"), said("c")) == [False, True]


def test_feedback_becomes_a_verdict_of_its_sample(store: Store) -> None:
    """The verdict has the sample's time, feature, session and class, and what was said."""
    keep(store, make_sample(session_id="s", sampling_class="slow", sampling_probability=0.5))
    add(store, said(passed=False, score=0.25, label="wrong", comment="Not my order."))
    assert attach(store) == 1
    (verdict,) = given(store)
    assert (verdict.ts, verdict.session_id, verdict.sampling_class, verdict.judge_probability) == (
        NOON,
        "s",
        "slow",
        0.5,
    )
    assert (verdict.kind, verdict.passed, verdict.score, verdict.label) == ("feedback", False, 0.25, "wrong")
    assert (verdict.explanation, verdict.judged_at) == ("Not my order.", NOON + MINUTE)


def test_what_has_found_its_sample_is_not_looked_for_again(store: Store) -> None:
    """Attaching ends the waiting."""
    keep(store, make_sample())
    add(store, said())
    attach(store)
    with store.read() as c:
        assert (found(store), feedback.oldest_waiting(c)) == ([], None)


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_the_newest_word_counts_in_any_order(store: Store, order: tuple[int, ...]) -> None:
    """Up, down, up: however they arrive and are attached, the last one said is the verdict, and the only one."""
    keep(store, make_sample())
    words = [said(f"f{i}", given_at=NOON + i * MINUTE, passed=passed) for i, passed in enumerate((True, False, True))]
    for place in order:
        add(store, words[place])
        attach(store)
    assert [(verdict.passed, verdict.judged_at) for verdict in given(store)] == [(True, NOON + 2 * MINUTE)]


def test_an_older_word_changes_nothing(store: Store) -> None:
    """What was said before the verdict that stands is attached without a trace."""
    keep(store, make_sample())
    add(store, said("new", passed=False))
    attach(store)
    add(store, said("old", given_at=NOON))
    assert attach(store) == 0
    assert [verdict.passed for verdict in given(store)] == [False]


def test_a_change_of_mind_is_counted_anew(store: Store) -> None:
    """The replaced verdict has a number of its own, so the rollup takes one vote back and counts the other."""
    keep(store, make_sample(), make_sample("s2"))
    add(store, said("a"), said("b", sample_id="s2"))
    attach(store)
    before = votes(store)[0]
    store.append_verdicts([make_verdict("s2")]).result()
    add(store, said("c", given_at=NOON + 2 * MINUTE, passed=False))
    attach(store)
    after = votes(store)[0]
    assert [(before.votes, before.passes), (after.votes, after.passes)] == [(2.0, 2.0), (2.0, 1.0)]


def test_a_word_that_is_neither_has_no_vote(store: Store) -> None:
    """A verdict without a pass or a fail is kept and counts nowhere."""
    keep(store, make_sample())
    add(store, said(passed=None, label="billing"))
    attach(store)
    assert ([verdict.label for verdict in given(store)], votes(store)) == (["billing"], [])


def test_what_was_kept_for_being_bad_has_no_vote(store: Store) -> None:
    """A sample that feedback alone kept is chosen by the outcome: it must not lower any rate."""
    keep(store, make_sample(), make_sample("s2", sampling_class="feedback", session_id="s"))
    add(store, said("a"), said("b", sample_id="s2", passed=False))
    attach(store)
    assert [(bucket.votes, bucket.passes) for bucket in votes(store)] == [(1.0, 1.0)]


@pytest.mark.parametrize(
    ("named", "sample_id"),
    [
        ({"trace_id": "t", "span_id": "one"}, "s1"),
        ({"trace_id": "t", "response_id": "msg_1"}, "s1"),
        ({"response_id": "msg_2"}, "s2"),
        ({"trace_id": "t"}, "s2"),
        ({"trace_id": "t", "given_at": NOON}, "s1"),
        ({"trace_id": "t", "span_id": "inner", "records": (7,)}, "s1"),
        ({"trace_id": "t", "span_id": "unknown", "records": (8,)}, None),
        ({"trace_id": "t", "response_id": "msg_9"}, None),
    ],
)
def test_a_sample_is_found_by_each_of_its_names(store: Store, named: dict[str, Any], sample_id: str | None) -> None:
    """By span, by a span within or above the call, by response; a whole trace is its last call before the word."""
    keep(
        store,
        make_sample(trace_id="t", span_id="one", response_id="msg_1"),
        make_sample("s2", trace_id="t", span_id="two", response_id="msg_2", ts=NOON + timedelta(seconds=9)),
        make_sample("s3", trace_id="t", span_id="three", ts=NOON + 5 * MINUTE),
    )
    store.run(lambda c: remember(c, [Settled(7, "s1", NOON)], NOON)).result()
    add(store, said(**named))
    assert [match.sample_id for match in found(store)] == ([sample_id] if sample_id else [])


def test_a_trace_is_waited_for_until_its_calls_are_settled(store: Store) -> None:
    """While a call of the trace is not a sample yet, nobody can say which one is the last."""
    keep(store, make_sample(trace_id="t", span_id="one"))
    add(store, said(trace_id="t"))
    row = PartRow(group_id="t:t", part_id="s:two", received_at=NOON, kind="call", body="{}")
    store.append_parts([row]).result()
    assert found(store) == []


def test_the_later_of_two_samples_with_one_id_is_meant(store: Store) -> None:
    """An id that was used at two times means the last use before the word."""
    keep(store, make_sample(), make_sample(ts=NOON - timedelta(days=1)), make_sample(ts=NOON + timedelta(hours=1)))
    add(store, said())
    assert [match.ts for match in found(store)] == [NOON]


def test_only_the_fresh_are_looked_for_everywhere(store: Store) -> None:
    """What was looked for in vain is left out until its sample could have arrived."""
    add(store, said())
    with store.read() as c:
        ids = feedback.fresh(c, 10)
    store.run(lambda c: feedback.mark_looked_for(c, ids, NOON)).result()
    keep(store, make_sample())
    assert (found(store, fresh_only=True), len(found(store))) == ([], 1)


def test_a_negative_word_names_what_is_to_be_kept(store: Store) -> None:
    """The newest word of each judge decides; what was attached is kept already."""
    bad: dict[str, Any] = {"passed": False}
    keep(store, make_sample("here"))
    add(store, said("a", sample_id="x", **bad), said("b", trace_id="t", **bad), said("c", sample_id="here", **bad))
    add(store, said("d", sample_id="y", **bad), said("e", sample_id="y", given_at=NOON + 9 * MINUTE))
    attach(store)
    with store.read() as c:
        assert feedback.negative(c, 10) == {"x", "t"}


def test_what_waited_too_long_is_dropped_and_counted(store: Store) -> None:
    """Waiting ends after a time; attached feedback is forgotten later, its verdict stays."""
    keep(store, make_sample())
    add(store, said(), said("b", sample_id="never"))
    attach(store)
    later = NOON + timedelta(hours=1)
    dropped = store.run(lambda c: feedback.drop(c, waiting_since=later, received_before=later)).result()
    assert (dropped, add(store, said()), len(given(store))) == (1, [True], 1)
