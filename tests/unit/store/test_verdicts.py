"""Verdicts: what is owed, what was found, what it cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from store import verdicts
from store.records import Status, TextState, Verdict
from store.store import Store
from store.verdicts import PendingQuery, VerdictFilter, VerdictSummary
from tests.builders import NOON, make_sample, make_verdict

HOUR = timedelta(hours=1)
FULL = Verdict(
    sample_id="req_1",
    ts=NOON,
    judged_at=NOON + timedelta(seconds=2, microseconds=9),
    feature="support-chat",
    judge="smell_test",
    judge_version="abc123",
    kind="llm",
    status=Status.OK,
    session_id="s1",
    sampling_class="errors",
    judge_probability=0.01,
    passed=False,
    score=0.25,
    label="FAIL",
    explanation="It contradicts itself. \x00 Grüße",
    reason="because",
    model="claude-haiku-5-5",
    input_tokens=900,
    output_tokens=40,
    cache_read_tokens=800,
    cache_write_tokens=1,
    cost_usd=0.00031,
    duration_ms=412.5,
)


def owed(store: Store, **fields: Any) -> list[str]:
    """The ids of the samples that the judge `tone` v1 still owes a verdict."""
    query = PendingQuery(**{"judge": "tone", "judge_version": "v1", "since": NOON - HOUR, **fields})
    with store.read() as c:
        return [sample_id for sample_id, _ in verdicts.pending(c, query)]


def test_every_field_comes_back(store: Store) -> None:
    """A verdict with every field set is read back equal."""
    store.append_verdicts([FULL]).result()
    with store.read() as c:
        assert verdicts.of_samples(c, ["req_1"]) == [FULL]


def test_a_bare_verdict_comes_back(store: Store) -> None:
    """A verdict with nothing optional is read back equal: None stays None."""
    bare = make_verdict("a", passed=None, reason="timeout")
    store.append_verdicts([bare]).result()
    with store.read() as c:
        assert verdicts.find(c, VerdictFilter(sample_id="a")) == [bare]


def test_of_samples_gives_all_judges(store: Store) -> None:
    """Every verdict on the asked samples comes, by sample and judge, and no other."""
    given = [make_verdict("a", judge="z"), make_verdict("a", judge="b"), make_verdict("c"), make_verdict("x")]
    store.append_verdicts(given).result()
    with store.read() as c:
        found = verdicts.of_samples(c, ["c", "a"])
        later = verdicts.of_samples(c, ["a"], from_ts=NOON + HOUR)
    assert [(verdict.sample_id, verdict.judge) for verdict in found] == [("a", "b"), ("a", "z"), ("c", "tone")]
    assert later == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (VerdictFilter(), ["d", "c", "b", "a"]),
        (VerdictFilter(passed=False), ["b"]),
        (VerdictFilter(status=Status.ERROR), ["c"]),
        (VerdictFilter(feature="other"), ["d"]),
        (VerdictFilter(judge="nobody"), []),
        (VerdictFilter(judge="tone", judge_version="v1", limit=2), ["d", "c"]),
        (VerdictFilter(start_at=NOON + HOUR, end_at=NOON + 3 * HOUR), ["c", "b"]),
    ],
)
def test_find_filters(store: Store, wanted: VerdictFilter, found: list[str]) -> None:
    """Each filter narrows the verdicts, newest first."""
    store.append_verdicts(
        [
            make_verdict("a"),
            make_verdict("b", passed=False, ts=NOON + HOUR),
            make_verdict("c", passed=None, ts=NOON + 2 * HOUR),
            make_verdict("d", feature="other", ts=NOON + 3 * HOUR),
        ]
    ).result()
    with store.read() as c:
        assert [verdict.sample_id for verdict in verdicts.find(c, wanted)] == found


def test_what_has_no_verdict_is_owed(store: Store) -> None:
    """A sample is owed until the judge version gave any verdict, first received first; errors count as given."""
    late = make_sample("late", received_at=NOON + HOUR)
    store.append_samples([late, make_sample("a"), make_sample("b"), make_sample("c")]).result()
    store.append_verdicts(
        [make_verdict("a"), make_verdict("b", passed=None), make_verdict("c", judge="other")]
    ).result()
    assert owed(store) == ["c", "late"]
    assert owed(store, judge_version="v2", limit=2) == ["a", "b"]


def test_only_what_arrived_since_is_owed(store: Store) -> None:
    """Arrival decides, not the sample's own time: old logs that arrive now are owed."""
    old = make_sample("old log", ts=NOON - 1000 * HOUR, received_at=NOON)
    store.append_samples([old, make_sample("long ago", received_at=NOON - 2 * HOUR)]).result()
    assert owed(store) == ["old log"]


@pytest.mark.parametrize(
    ("features", "found"),
    [(("*",), ["a", "b"]), (("support-*",), ["a"]), (("se?rch",), ["b"]), (("none",), []), ((), [])],
)
def test_only_the_judges_features_are_owed(store: Store, features: tuple[str, ...], found: list[str]) -> None:
    """Globs pick the features."""
    store.append_samples([make_sample("a"), make_sample("b", feature="search")]).result()
    assert owed(store, features=features) == found


def test_the_rate_decides_what_is_owed(store: Store) -> None:
    """A sample is owed when its position lies below the rate of its class, or below the default rate."""
    positions = [make_sample(f"u{u}", sampling_u=u) for u in (0.0, 0.4, 0.8)]
    errors = make_sample("error", sampling_u=0.8, sampling_class="errors")
    store.append_samples([*positions, errors]).result()
    assert owed(store, default_rate=0.4, rates={"errors": 1.0}) == ["error", "u0.0"]
    assert owed(store, default_rate=0.0, rates={"errors": 0.5}) == []


def test_what_is_owed_is_counted(store: Store) -> None:
    """The count goes beyond the limit and tells since when the oldest waits; nothing owed has no oldest."""
    store.append_samples([make_sample(f"s{n}", received_at=NOON + n * HOUR) for n in range(3)]).result()
    store.append_verdicts([make_verdict("s0")]).result()
    query = PendingQuery(judge="tone", judge_version="v1", since=NOON, limit=1)
    nobody = PendingQuery(judge="tone", judge_version="v1", since=NOON, features=("none",))
    with store.read() as c:
        assert verdicts.pending_count(c, query) == (2, NOON + HOUR)
        assert verdicts.pending_count(c, nobody) == (0, None)


def test_a_reused_id_is_owed_again(store: Store) -> None:
    """A sample of another time under the same id is another sample, and owed a verdict of its own."""
    store.append_samples([make_sample("a"), make_sample("a", ts=NOON + HOUR)]).result()
    store.append_verdicts([make_verdict("a")]).result()
    assert owed(store) == ["a"]
    assert store.append_verdicts([make_verdict("a", ts=NOON + HOUR)]).result() == [True]


def test_counts_tell_how_judging_ended(store: Store) -> None:
    """Verdicts are counted by series, status and reason, in [start, end)."""
    store.append_verdicts(
        [
            make_verdict("a"),
            make_verdict("b", passed=False),
            make_verdict("c", passed=None, reason="timeout"),
            make_verdict("d", ts=NOON + HOUR),
        ]
    ).result()
    with store.read() as c:
        found = verdicts.counts(c, NOON, NOON + HOUR)
    series = ("support-chat", "tone", "v1", "check")
    assert found == [(*series, Status.ERROR, "timeout", 1), (*series, Status.OK, None, 2)]


def test_verdicts_by_judge_cover_all_time(store: Store) -> None:
    """Every judge's verdicts of all times, features and versions are counted together by status."""
    given = [make_verdict("a"), make_verdict("b", ts=NOON + 9999 * HOUR, judge_version="v2", feature="other")]
    store.append_verdicts([*given, make_verdict("c", passed=None), make_verdict("a", judge="smell")]).result()
    with store.read() as c:
        found = verdicts.by_judge(c)
    assert found == {("tone", Status.OK): 2, ("tone", Status.ERROR): 1, ("smell", Status.OK): 1}


def test_costs_are_summed_by_day(store: Store) -> None:
    """Spend is by the UTC day of judging; a verdict without tokens costs nothing and does not hide the sum."""
    store.append_verdicts(
        [
            make_verdict("a", cost_usd=0.25, input_tokens=10),
            make_verdict("b", cost_usd=0.5, input_tokens=10),
            make_verdict("c", passed=None),
            make_verdict("d", cost_usd=1.0, input_tokens=10, judged_at=NOON + 12 * HOUR),
        ]
    ).result()
    with store.read() as c:
        found = verdicts.costs(c, NOON, NOON + 24 * HOUR)
    assert found == [("2026-11-20", "support-chat", "tone", 3, 0.75), ("2026-11-21", "support-chat", "tone", 1, 1.0)]


def test_an_unknown_price_makes_the_cost_unknown(store: Store) -> None:
    """Tokens without a price give no sum, never a sum that is too low."""
    store.append_verdicts([make_verdict("a", cost_usd=0.25, input_tokens=10), make_verdict("b", input_tokens=10)])
    store.append_verdicts([]).result()
    with store.read() as c:
        assert [cost.usd for cost in verdicts.costs(c, NOON, NOON + HOUR)] == [None]


def test_summary_counts_by_sample(store: Store) -> None:
    """The summary has decided, passed, failed-to-judge and skipped apart, for all features or the asked ones."""
    store.append_verdicts(
        [
            make_verdict("a"),
            make_verdict("b", passed=False),
            make_verdict("c", passed=None),
            make_verdict("d", passed=None, status=Status.SKIPPED),
            make_verdict("e", feature="other"),
        ]
    ).result()
    series = {"feature": "support-chat", "judge": "tone", "judge_version": "v1", "kind": "check"}
    with store.read() as c:
        assert verdicts.summary(c, ["support-chat"]) == [VerdictSummary(**series, n=2, passed=1, errors=1, skipped=1)]
        assert [row.feature for row in verdicts.summary(c)] == ["other", "support-chat"]


def test_kinds_of_series(store: Store) -> None:
    """Every series that has verdicts comes with the kind of its judge."""
    store.append_verdicts([make_verdict("a"), make_verdict("b"), make_verdict("a", judge="smell", kind="llm")]).result()
    sources = [("support-chat", judge, "v1") for judge in ("tone", "smell")]
    with store.read() as c:
        assert verdicts.kinds(c) == {sources[0]: "check", sources[1]: "llm"}


def test_samples_without_their_text_owe_nothing(store: Store) -> None:
    """A sample whose client sent no text, or whose text is not kept, is never pending."""
    states = {state.value: replace(make_sample(state.value), text=state) for state in TextState}
    store.append_samples(list(states.values())).result()
    assert owed(store) == ["kept"]


def test_incomplete_samples_are_owed_only_by_judges_that_take_them(store: Store) -> None:
    """A sample whose text is cut is pending for a judge that allows it, and for no other."""
    store.append_samples([make_sample("whole"), make_sample("cut", incomplete="cut_json")]).result()
    assert owed(store) == ["whole"]
    assert sorted(owed(store, incomplete=True)) == ["cut", "whole"]
