"""Monitors as Prometheus gauges: the state of each, its evidence, what fires, and pass rates with their intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from evaluator.alerts.state import State
from evaluator.api.shapes import MonitorView
from evaluator.monitors.words import RATE_OF_JUDGE
from evaluator.readings import Names, Reading

OPEN = (State.FIRING, State.ACKNOWLEDGED)
STATES = (State.INSUFFICIENT, State.OK, State.PENDING, State.NO_DATA, State.JUDGE_BROKEN, *OPEN)
"""States of monitors that are watched. Each is counted, also where no monitor is in it."""
HORIZON_DAYS = 7


def watched(monitors: Sequence[MonitorView]) -> Iterator[Reading]:
    """What the last look left; in detail for the features and judges with most votes, the state of all the others.

    Where two versions of a judge are watched, which happens when none is configured, the newer one is told.
    """
    living = [one for one in monitors if one.state in STATES]
    features = Names((one.feature, one.votes_per_day) for one in living)
    judges = Names((one.judge, one.votes_per_day) for one in living)
    counted = Counter(one.state for one in living)
    yield from (Reading("monitors", (state,), counted[state]) for state in STATES)
    newest = {(one.feature, one.judge, one.metric): one for one in living}
    states = Counter((features(one.feature), judges(one.judge), one.metric, one.state) for one in newest.values())
    yield from (Reading("monitor_state", labels, n) for labels, n in states.items())
    for labels, one in newest.items():
        if one.feature in features and one.judge in judges:
            yield from _detail(labels, one)


def _detail(labels: tuple[str, str, str], one: MonitorView) -> Iterator[Reading]:
    detectable = next((each.drop for each in one.detectable if each.days == HORIZON_DAYS), None)
    told = {
        "monitor_log_evidence": one.log_evidence,
        "monitor_log_threshold": one.log_threshold,
        "monitor_detectable_drop": detectable,
        **(_fall(one) if one.state in OPEN else {}),
    }
    yield from (Reading(name, labels, value) for name, value in told.items() if value is not None)
    if one.metric == RATE_OF_JUDGE:
        yield from (Reading(name, labels[:2], value) for name, value in _rate(one).items() if value is not None)


def _fall(one: MonitorView) -> dict[str, float | None]:
    """How much worse it is by now, or was at the alarm where nothing newer is known, and since when."""
    now = (one.drop_refreshed, one.drop_refreshed_lo, one.drop_refreshed_hi)
    size, lo, hi = now if one.drop_refreshed is not None else (one.drop, one.drop_lo, one.drop_hi)
    return {
        "monitor_drop": size,
        "monitor_drop_interval_low": lo,
        "monitor_drop_interval_high": hi,
        "monitor_onset_timestamp_seconds": one.onset.timestamp() if one.onset else None,
    }


def _rate(one: MonitorView) -> dict[str, float | None]:
    return {
        "pass_rate_interval_low": one.current.lo,
        "pass_rate_interval_high": one.current.hi,
        "pass_rate_votes": one.current.n,
        "pass_rate_baseline": one.baseline.rate if one.baseline else None,
    }
