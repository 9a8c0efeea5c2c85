"""Which votes are compared: those of the baseline and since without an alarm, with those since the onset."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from evaluator.buckets import ceil
from evaluator.drift.counts import Bad
from store.records import Baseline, DriftCheck, Monitor, Series, Share

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Question:
    """What happened to this share of a series between these two spans? `bad` is the share's worse direction.

    `is_sure`: an alarm says that it got worse.
    """

    series: Series
    share: Share
    bad: Bad
    before: Span
    now: Span
    is_sure: bool = False


def question(
    monitor: Monitor, baseline: Baseline, check: DriftCheck, *, now: Span, firing: bool, bad: Bad
) -> Question | None:
    """The question of a monitor whose tested time is `now`; None when nothing lies before it.

    `bad` is the share's worse direction. What came after the baseline without an alarm belongs to the time before,
    unless an alarm parts the two.
    """
    untouched = monitor.restart_at is None or monitor.restart_at <= ceil(baseline.end_at)
    began = (check.onset_lo_at or now[0]) if firing else now[0]
    end = max(baseline.end_at, min(began, now[0])) if untouched else baseline.end_at
    end = min(end, now[0])
    if not (baseline.start_at < end and now[0] < now[1]):
        return None
    return Question(monitor.series, check.share, bad, (baseline.start_at, end), now, firing)
