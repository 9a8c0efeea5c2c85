"""Whether a judge fails: then its monitors have nothing to say, and that is not health."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from evaluator.monitors.metrics import JUDGED
from evaluator.monitors.spans import Waits
from evaluator.monitors.words import RATE_OF_JUDGE
from store import rollup
from store.database import Connection
from store.records import Monitor, Series
from store.rollup import Window

RECENT = timedelta(hours=3)
LEAST_ERRORS = 10
MUTE = timedelta(days=2)
"""A judge is broken when more than half of its verdicts of the last hours are errors, and so many; or when it gave
none for two days, which a batch may take, although samples wait for it."""


def broken(c: Connection, found: Sequence[Monitor], until: datetime, waiting: Waits) -> frozenset[str]:
    """The monitors of what a judge says whose judge fails as of `until`, by id."""
    judged = [one for one in found if one.series.metric in JUDGED]
    recent = rollup.totals(c, [Window(one.series, until - RECENT, until) for one in judged])
    failed = rollup.totals(c, [Window(_of_judge(one), until - RECENT, until) for one in judged])
    lately = rollup.totals(c, [Window(one.series, until - MUTE, until) for one in judged])
    silent = [one for one, total in zip(judged, lately, strict=True) if not total.votes]
    owed = waiting(c, [(_of_judge(one), until - MUTE, until) for one in silent])
    failing = {
        one.monitor_id
        for one, total, of_judge in zip(judged, recent, failed, strict=True)
        if of_judge.errors >= LEAST_ERRORS and of_judge.errors > total.votes
    }
    mute = {one.monitor_id for one, n in zip(silent, owed, strict=True) if n > 0}
    return frozenset(failing | mute)


def _of_judge(one: Monitor) -> Series:
    """The series that errors and waiting samples of the monitor's judge are counted for, whatever the judge says."""
    return replace(one.series, metric=RATE_OF_JUDGE)
