"""Verdicts counted by the hour say what the verdicts say, one by one, whenever and how often they were taken in."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from store import judging, queries, verdict_hours, verdicts
from store.database import Connection
from store.records import Status, Verdict
from store.samples import EARLIEST, LATEST
from store.store import Store
from tests.builders import NOON, make_verdict

SPANS = (
    (EARLIEST, LATEST),
    (NOON - timedelta(hours=7, minutes=20), NOON + timedelta(minutes=1)),
    (NOON - timedelta(minutes=50), NOON - timedelta(minutes=10)),
    (NOON - timedelta(hours=30), NOON - timedelta(hours=3)),
    (NOON, NOON),
)
ONE_BY_ONE = """
SELECT
  feature, judge, judge_version, kind, status, reason, count(*) AS n, count(passed) AS decided,
  count(*) FILTER (WHERE passed) AS passed, round(sum(cost_usd), 9) AS usd
FROM verdict WHERE {at} >= $since AND {at} < $until
GROUP BY ALL ORDER BY ALL
"""
BY_THE_HOUR = """
SELECT
  feature, judge, judge_version, kind, status, reason, sum(n)::BIGINT AS n, sum(decided)::BIGINT AS decided,
  sum(passed)::BIGINT AS passed, round(sum(usd), 9) AS usd
FROM {table}($since, $until, $first, $last, (SELECT max(seq) FROM verdict_hour_watermark))
GROUP BY ALL ORDER BY ALL
"""


def some(rng: random.Random, first: int, count: int) -> list[Verdict]:
    """Verdicts of three judges on two features, in two days; some of feedback, some without a price."""
    return [_one(rng, f"s{number}") for number in range(first, first + count)]


def _one(rng: random.Random, sample_id: str) -> Verdict:
    ts = NOON - timedelta(minutes=rng.randrange(2880))
    kind = rng.choice(["check", "llm", "feedback"])
    passed = rng.choice([True, False, None])
    tokens = rng.randrange(500) if kind == "llm" else None
    return make_verdict(
        sample_id,
        ts=ts,
        judged_at=ts + timedelta(minutes=rng.randrange(200)),
        feature=rng.choice(["a", "b"]),
        judge=f"{kind}-judge",
        kind=kind,
        passed=passed,
        status=Status.SKIPPED
        if passed is None and rng.random() < 0.5
        else (Status.ERROR if passed is None else Status.OK),
        sampling_class=rng.choice(["default", "feedback"]),
        input_tokens=tokens,
        cost_usd=None if tokens is None or rng.random() < 0.1 else tokens / 7e6,
    )


def told(c: Connection, start: datetime, end: datetime) -> list[object]:
    """Everything that is asked of the hours."""
    moments = [start, NOON - timedelta(days=1, minutes=7)]
    return [
        verdicts.counts(c, start, end),
        sorted(verdicts.by_judge(c).items()),
        [one._replace(usd=one.usd and round(one.usd, 9)) for one in verdicts.costs(c, start, end)],
        verdicts.summary(c),
        verdicts.kinds(c),
        sorted(judging.unscored(c, start), key=str),
        {key: usd and round(usd, 9) for key, usd in judging.spending(c, moments).items()},
    ]


@pytest.mark.parametrize("seed", range(3))
def test_the_hours_hold_what_the_verdicts_say(store: Store, seed: int) -> None:
    """Taken in at once, in parts or not yet: every answer is the same, and so is a count of the verdicts themselves."""
    rng = random.Random(seed)
    first = 0
    for count in (40, 1, 25):
        store.append_verdicts(some(rng, first, count)).result()
        first += count
        with store.read() as c:
            before = [told(c, *span) for span in SPANS]
        store.run(verdict_hours.refresh).result()
        with store.read() as c:
            assert [told(c, *span) for span in SPANS] == before
            for start, end in SPANS:
                assert by_the_hour(c, start, end) == one_by_one(c, start, end)


class Overtaken:
    """A cursor on which all fresh verdicts are taken in after each statement: as late as can be, before the next."""

    def __init__(self, c: Connection, store: Store) -> None:
        self._c = c
        self._store = store

    def execute(self, *asked: Any) -> Connection:
        answer = self._c.execute(*asked)
        self._store.run(verdict_hours.refresh).result()
        return answer


def test_verdicts_that_are_taken_in_meanwhile_count_once(store: Store) -> None:
    """An answer is of one moment: what moves into the hours while it is asked for is not counted twice."""
    store.append_verdicts([make_verdict("a"), make_verdict("b")]).result()
    with store.read() as c:
        assert verdicts.by_judge(cast("Connection", Overtaken(c, store))) == {("tone", Status.OK): 2}


def one_by_one(c: Connection, start: datetime, end: datetime) -> list[object]:
    """The verdicts of a span by judgement, then by sample."""
    bounds = {"since": start.replace(tzinfo=None), "until": end.replace(tzinfo=None)}
    return [c.execute(ONE_BY_ONE.format(at=at), bounds).fetchall() for at in ("judged_at", "ts")]


def by_the_hour(c: Connection, start: datetime, end: datetime) -> list[object]:
    """The same as the hours tell it."""
    bounds = verdict_hours.bounds(start, end).items()
    plain = {name: value.replace(tzinfo=None) if isinstance(value, datetime) else value for name, value in bounds}
    tables = ("judged_between", "sampled_between")
    return [c.execute(BY_THE_HOUR.format(table=table), plain).fetchall() for table in tables]


def test_counting_in_parts_equals_a_recount(store: Store) -> None:
    """What the watermark took in piece by piece is what one pass over all verdicts counts."""
    rng = random.Random(9)
    for first in range(0, 60, 20):
        store.append_verdicts(some(rng, first, 20)).result()
        store.run(verdict_hours.refresh).result()
    in_parts = rows(store)
    store.run(forget).result()
    store.run(verdict_hours.refresh).result()
    assert rows(store) == in_parts
    assert in_parts


def forget(c: Connection) -> None:
    """As if nothing had been counted."""
    c.execute("DELETE FROM verdict_hour")
    queries.run(c, "set_verdict_hour_watermark", seq=-1)


def rows(store: Store) -> list[tuple[object, ...]]:
    """The counted hours, money to nine places."""
    with store.read() as c:
        return c.execute("SELECT * REPLACE (round(usd, 9) AS usd) FROM verdict_hour ORDER BY ALL").fetchall()
