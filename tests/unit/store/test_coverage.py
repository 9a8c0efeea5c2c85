"""What became of everything that arrived, step by step."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from store import coverage
from store.coverage import Fate, FateRow, Window
from store.rates import append
from store.records import Outcome, RateChange, Sample, Status, TextState, TrafficCount
from store.store import Store
from store.verdicts import PendingQuery
from tests.builders import NOON, make_sample, make_verdict

DAY = timedelta(days=1)
MIDNIGHT = NOON - timedelta(hours=12)
ASK = PendingQuery(judge="tone", judge_version="v1", since=NOON - DAY, default_rate=0.5)
WEEK = Window(start_at=NOON - 7 * DAY, end_at=NOON + DAY)


def fates(store: Store, query: PendingQuery = ASK, window: Window = WEEK) -> list[FateRow]:
    with store.read() as c:
        return coverage.fates(c, query, window)


def fate(store: Store, sample: Sample, query: PendingQuery = ASK, window: Window = WEEK) -> list[Fate]:
    """What becomes of this one sample."""
    store.append_samples([sample]).result()
    return [row.fate for row in fates(store, query, window)]


def test_traffic_is_summed_by_feature_day_and_outcome(store: Store) -> None:
    """Counts of several requests add up; kept samples are counted where they are kept."""

    def count(n: int, outcome: Outcome, bucket: datetime = NOON) -> TrafficCount:
        return TrafficCount(
            bucket=bucket, feature="f", model="m", stop_reason="end_turn", latency_bin="1s", outcome=outcome, n=n
        )

    store.append_samples([], [count(2, Outcome.RATE), count(9, Outcome.RATE, NOON - DAY)])
    store.append_samples([make_sample(feature="f")], [count(3, Outcome.RATE), count(4, Outcome.REJECTED)]).result()
    with store.read() as c:
        found = coverage.traffic(c, NOON - DAY, NOON + DAY)
    assert found == [
        ("f", MIDNIGHT - DAY, Outcome.RATE, 9),
        ("f", MIDNIGHT, Outcome.ACCEPTED, 1),
        ("f", MIDNIGHT, Outcome.RATE, 5),
        ("f", MIDNIGHT, Outcome.REJECTED, 4),
    ]


@pytest.mark.parametrize(
    ("sample", "query", "expected"),
    [
        ({}, {}, Fate.WAITING),
        ({"sampling_u": 0.5}, {}, Fate.RATE),
        ({"sampling_u": 0.5, "sampling_class": "errors"}, {"rates": {"errors": 0.6}}, Fate.WAITING),
        ({"text": TextState.MISSING}, {}, Fate.MISSING),
        ({"text": TextState.WITHHELD}, {}, Fate.WITHHELD),
        ({"text": TextState.EXPIRED, "sampling_u": 0.9}, {}, Fate.EXPIRED),
        ({"incomplete": "cut_json"}, {}, Fate.INCOMPLETE),
        ({"incomplete": "cut_json"}, {"incomplete": True}, Fate.WAITING),
        ({}, {"applies_to": {"model": "gpt-*"}}, Fate.OTHER),
        ({}, {"applies_to": {"model": "claude-*", "metadata.plan": ""}}, Fate.WAITING),
        ({"received_at": NOON - 2 * DAY}, {}, Fate.OVERDUE),
    ],
)
def test_a_sample_without_a_verdict_has_one_fate(
    store: Store, sample: dict[str, Any], query: dict[str, Any], expected: Fate
) -> None:
    """The first thing in the way is named: no text, not for this judge, not chosen; else it waits."""
    assert fate(store, replace(make_sample(), **sample), replace(ASK, **query)) == [expected]


@pytest.mark.parametrize(("u", "expected"), [(0.05, Fate.WAITING), (0.1, Fate.BUDGET), (0.5, Fate.RATE)])
def test_what_a_budget_left_out_is_told_from_what_the_rate_did(store: Store, u: float, expected: Fate) -> None:
    """Between the thinned and the whole rate the budget is the reason, by the factor in force at arrival."""
    changes = [
        RateChange(judge="tone", since=NOON - n * DAY, factor=f, reason="budget") for n, f in ((2, 1.0), (1, 0.2))
    ]
    store.run(lambda c: append(c, [*changes, replace(changes[0], judge="other", factor=0.0)])).result()
    assert fate(store, make_sample(sampling_u=u)) == [expected]


@pytest.mark.parametrize("status", Status)
def test_a_verdict_counts_whatever_the_settings_say_now(store: Store, status: Status) -> None:
    """A judged sample stays judged when its text is gone or the rate was lowered since."""
    store.append_verdicts([make_verdict(status=status, reason="why")]).result()
    found = fate(store, replace(make_sample(), sampling_u=0.9, text=TextState.EXPIRED))
    assert (found, fates(store)[0].reason) == ([Fate(status)], "why")


def test_only_the_present_version_judges(store: Store) -> None:
    """Verdicts of another version or judge, or on another sample of that id, leave a sample waiting."""
    others = [make_verdict(judge_version="v0"), make_verdict(judge="smell"), make_verdict(ts=NOON + DAY / 4)]
    store.append_verdicts(others).result()
    assert fate(store, make_sample()) == [Fate.WAITING]


def test_rows_are_by_feature_and_step(store: Store) -> None:
    """Samples are counted by feature and quarter hour; features that the judge does not take are left out."""
    times = (NOON, NOON + timedelta(minutes=14), NOON + timedelta(minutes=15))
    store.append_samples([make_sample(f"s{n}", ts=ts) for n, ts in enumerate(times)])
    store.append_samples([make_sample("x", feature="other"), make_sample("old", ts=NOON - 8 * DAY)]).result()
    found = fates(store, replace(ASK, features=("support-*",)), replace(WEEK, step_minutes=15))
    assert [(row.start_at, row.n) for row in found] == [(NOON, 2), (NOON + timedelta(minutes=15), 1)]


def test_only_some_fates_are_asked_for(store: Store) -> None:
    """Asked for some fates, the answer is those rows of the whole one, and no others."""
    store.append_samples([make_sample(f"s{n}", sampling_u=n / 4) for n in range(4)]).result()
    store.append_verdicts([make_verdict("s0")]).result()
    ask = replace(ASK, default_rate=0.6)
    with store.read() as c:
        some, every = coverage.fates(c, ask, WEEK, (Fate.WAITING,)), coverage.fates(c, ask, WEEK)
    assert len(every) > len(some) == 1
    assert some == [row for row in every if row.fate is Fate.WAITING]


def test_samples_kept_for_bad_feedback_have_no_vote(store: Store) -> None:
    """They are counted like all others, and not among the votes."""
    store.append_samples([make_sample("a"), make_sample("b", sampling_class="feedback")]).result()
    assert [(row.n, row.votes) for row in fates(store)] == [(2, 1)]


def test_what_the_rate_would_choose_is_expected(store: Store) -> None:
    """Of a sample kept with probability p, a judge's rate r chooses r/p, at most all."""
    shares = (1.0, 0.8, 0.25)
    store.append_samples(
        [make_sample(f"s{p}", sampling_probability=p, sampling_u=0.2, ts=NOON) for p in shares]
    ).result()
    assert fates(store)[0].expected == pytest.approx(0.5 + 0.5 / 0.8 + 1)


def test_a_conversation_is_one(store: Store) -> None:
    """A judge of conversations owes one verdict per session, on its last sample, once it was quiet."""
    said = [make_sample(f"a{n}", session_id="a", ts=NOON + n * DAY / 96) for n in range(3)]
    alone = [make_sample("alone"), make_sample("late", session_id="b", ts=NOON + DAY / 2)]
    store.append_samples([*said, *alone]).result()
    found = fates(store, window=replace(WEEK, quiet_before=NOON + DAY / 4))
    assert [(row.start_at, row.fate, row.n) for row in found] == [
        (MIDNIGHT, Fate.WAITING, 1),
        (MIDNIGHT + DAY, Fate.TALKING, 1),
    ]


def test_a_conversation_that_goes_on_keeps_its_verdict(store: Store) -> None:
    """What was judged counts at its own day, though the session has a later end by now."""
    store.append_verdicts([make_verdict("a")]).result()
    ends = [make_sample("a", session_id="s"), make_sample("b", session_id="s", ts=NOON + DAY / 2)]
    store.append_samples(ends).result()
    found = fates(store, window=replace(WEEK, quiet_before=NOON + DAY))
    assert [(row.start_at, row.fate) for row in found] == [(MIDNIGHT, Fate.OK), (MIDNIGHT + DAY, Fate.WAITING)]


def test_a_conversation_ends_at_one_moment(store: Store) -> None:
    """A sample of the same id and an earlier time is not its end."""
    store.append_samples([make_sample("a", session_id="s", ts=NOON - n * DAY) for n in (0, 1)]).result()
    found = fates(store, window=replace(WEEK, quiet_before=NOON + DAY))
    assert [(row.start_at, row.fate) for row in found] == [(MIDNIGHT, Fate.WAITING)]
