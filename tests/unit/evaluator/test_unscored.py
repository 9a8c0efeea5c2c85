"""What judges left unscored: each quarter hour is counted once, when its judge has had its time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from evaluator.buckets import STEP, floor
from evaluator.lane import Lane
from evaluator.monitors.counting import GRACE, Counting
from evaluator.settings import SamplingSettings, Settings
from evaluator.waiting import BATCH_TIME, Waiting
from store import rollup
from store.queries import aware
from store.records import Verdict
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock
from tests.fake_judges import FakeJudge

HOUR = timedelta(hours=1)
Votes = dict[tuple[datetime, str], float]


def counting(store: Store, clock: Clock, **entry: Any) -> Counting:
    """The counting of a service with the judge `tone`; `entry` says how it judges."""
    judge = FakeJudge("tone")
    lane = Lane(judge.entry_for({}, **entry), judge, SamplingSettings(), clock)
    return Counting(store, Settings(), Waiting([lane], 7.0, clock).unscored)


def count(store: Store, clock: Clock, now: datetime, **entry: Any) -> None:
    clock.now = now
    counting(store, clock, **entry).bring_up_to_date(floor(now), now)


def votes(store: Store) -> Votes:
    """What was counted, by quarter hour and label; two rows of one would be counted twice."""
    with store.read() as c:
        found = c.execute("SELECT bucket, label, votes FROM rollup_value WHERE metric = 'unscored' ORDER BY ALL")
        rows = [(aware(bucket), label, n) for bucket, label, n in found.fetchall()]
    assert len({row[:2] for row in rows}) == len(rows)
    return {(bucket, label): n for bucket, label, n in rows}


def arrive(store: Store, *ids: str, at: datetime = NOON, judged: bool = False, session: str | None = None) -> None:
    """Samples of that time; judged: with verdicts a minute later."""
    store.append_samples([make_sample(one, ts=at, session_id=session) for one in ids]).result()
    if judged:
        store.append_verdicts([verdict(one, at) for one in ids]).result()


def verdict(sample_id: str, at: datetime) -> Verdict:
    return make_verdict(sample_id, ts=at, judged_at=at + timedelta(minutes=1))


@pytest.fixture
def at_work(store: Store) -> None:
    """The judge has been at work since the morning."""
    arrive(store, "early", at=NOON - 6 * HOUR, judged=True)


@pytest.mark.usefixtures("at_work")
def test_a_quarter_hour_is_counted_an_hour_after_its_end(store: Store, clock: Clock) -> None:
    """What has its verdict by then is scored, what has none or an error is not."""
    arrive(store, "a", "b", judged=True)
    arrive(store, "c", at=NOON + timedelta(minutes=1))
    store.append_verdicts([make_verdict("c", ts=NOON + timedelta(minutes=1), passed=None)]).result()
    arrive(store, "d")
    count(store, clock, NOON + GRACE)
    assert votes(store) == {}
    count(store, clock, NOON + STEP + GRACE)
    assert votes(store) == {(NOON, "scored"): 2.0, (NOON, "unscored"): 2.0}


@pytest.mark.usefixtures("at_work")
def test_what_is_counted_stays(store: Store, clock: Clock) -> None:
    """A verdict that comes after the count, and a sample that comes late, change nothing."""
    arrive(store, "a")
    count(store, clock, NOON + STEP + GRACE)
    store.append_verdicts([verdict("a", NOON)]).result()
    arrive(store, "late")
    count(store, clock, NOON + 2 * STEP + GRACE)
    assert votes(store) == {(NOON, "unscored"): 1.0}


@pytest.mark.usefixtures("at_work")
def test_two_checks_at_the_same_time_count_once(store: Store, clock: Clock) -> None:
    """Two that read before either wrote do not double what they found."""
    arrive(store, "a")
    clock.now = NOON + 2 * HOUR
    lane = Lane(FakeJudge("tone").entry, FakeJudge("tone"), SamplingSettings(), clock)
    with store.read() as c:
        found = Waiting([lane], 7.0, clock).unscored(c, {}, floor(clock.now - GRACE))
    for _ in range(2):
        store.run(lambda c: rollup.append_unscored(c, found)).result()
    assert votes(store) == {(NOON, "unscored"): 1.0}


@pytest.mark.usefixtures("at_work")
def test_after_a_gap_all_quarter_hours_are_made_up_for(store: Store, clock: Clock) -> None:
    """A service that was down for hours counts every quarter hour since; one that was down for days, the last day."""
    arrive(store, "a")
    count(store, clock, NOON + STEP + GRACE)
    for hour in (3, 5, 90, 100):
        arrive(store, f"h{hour}", at=NOON + hour * HOUR)
    count(store, clock, NOON + 7 * HOUR)
    assert [at for at, _ in votes(store)] == [NOON, NOON + 3 * HOUR, NOON + 5 * HOUR]
    count(store, clock, NOON + 120 * HOUR)
    assert [at for at, _ in votes(store)][3:] == [NOON + 100 * HOUR]


def test_a_new_judges_backlog_is_not_counted(store: Store, clock: Clock) -> None:
    """What came before the judge's first verdict says how new the judge is, not how well it keeps up."""
    arrive(store, *(f"old{n}" for n in range(20)), at=NOON - 3 * HOUR)
    arrive(store, "first", at=NOON, judged=True)
    arrive(store, "next", at=NOON + HOUR)
    count(store, clock, NOON + 3 * HOUR)
    assert votes(store) == {(NOON + HOUR, "unscored"): 1.0}


def test_a_judge_that_never_answers_is_counted_from_now_on(store: Store, clock: Clock) -> None:
    """Without any verdict the last quarter hour that had its time is where counting begins."""
    arrive(store, "old", at=NOON - 3 * HOUR)
    arrive(store, "a")
    for n in range(4):
        count(store, clock, NOON + GRACE + n * STEP)
    assert votes(store) == {(NOON, "unscored"): 1.0}


@pytest.mark.usefixtures("at_work")
def test_a_conversation_has_to_be_quiet_first(store: Store, clock: Clock) -> None:
    """A judge of conversations is given the time that they have to be quiet; each of them is one sample of work."""
    arrive(store, "a", "b", session="s")
    quiet = {"quiet_minutes": 120.0}
    count(store, clock, NOON + STEP + GRACE, **quiet)
    assert votes(store) == {}
    count(store, clock, NOON + STEP + GRACE + 2 * HOUR, **quiet)
    assert votes(store) == {(NOON, "unscored"): 1.0}


@pytest.mark.usefixtures("at_work")
def test_a_batch_has_to_come_back_first(store: Store, clock: Clock) -> None:
    """A judge by batches answers within two days when it works as it should."""
    arrive(store, "a")
    count(store, clock, NOON + STEP + GRACE + HOUR, batch=True)
    assert votes(store) == {}
    count(store, clock, NOON + STEP + GRACE + BATCH_TIME, batch=True)
    assert votes(store) == {(NOON, "unscored"): 1.0}


@pytest.mark.usefixtures("at_work")
def test_what_was_not_chosen_is_not_unscored(store: Store, clock: Clock) -> None:
    """Sessions above the judge's rate, and samples kept for bad feedback, are no work that it left undone."""
    store.append_samples(
        [make_sample("above", sampling_u=0.9), make_sample("complained", sampling_class="feedback"), make_sample("a")]
    ).result()
    judge = FakeJudge("tone", rate=0.5)
    lane = Lane(judge.entry, judge, SamplingSettings(), clock)
    clock.now = NOON + 2 * HOUR
    Counting(store, Settings(), Waiting([lane], 7.0, clock).unscored).bring_up_to_date(clock.now, clock.now)
    assert votes(store) == {(NOON, "unscored"): 1.0}
