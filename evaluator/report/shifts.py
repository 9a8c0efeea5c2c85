"""Minor shifts: monitors that have moved, but for which no alert was raised; a list that is right nine times in ten.

With R the detector's evidence at its last look, over all starts of the last T buckets, and M masses of markers:

    log e = ln R - ln(T + arl .001 M)     while nothing changed, R has at most that mean: e is an e-value
    the list = e-BH over all watched monitors at the level FDR

A monitor that fires is told as a regression. Here it counts as e = 0, among as many monitors, so that the promise holds
for this list alone: on average, at most the share FDR of it is false, however the monitors depend on each other.

The drop that is shown is measured from the likeliest start on, of the share with the most evidence, as it is for an
alert: it tends to read a little too large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import exp, inf, log
from typing import TYPE_CHECKING

from evaluator.alerts.state import State
from evaluator.buckets import STEP, ceil, floor
from evaluator.drift.battery import MARKER_ALPHA
from evaluator.drift.correction import e_bh
from evaluator.monitors import marks, reading, views
from evaluator.monitors.follow import WINDOW, Rule, Standing, follow
from evaluator.monitors.metrics import metric_of
from evaluator.monitors.reading import Wanted
from evaluator.monitors.views import ENDED, Watched
from evaluator.report.shapes import Began, Change, ShiftFact, ShiftList
from store import monitors as monitor_store
from store.records import Baseline, DriftCheck, Marker

if TYPE_CHECKING:
    from evaluator.drift.decision import Decision
    from evaluator.monitors.counts import Counts
    from evaluator.report.asked import Asked
    from evaluator.settings import Settings
    from store.database import Connection

FDR = 0.1
LARGEST_LOG = 690.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """A monitor with its last look in the period, where the evidence of that began, and the masses of markers in it."""

    one: Watched
    base: Baseline
    check: DriftCheck
    restart: datetime
    masses: int

    @property
    def log_e(self) -> float:
        """The logarithm of its e-value; -inf for a monitor that fires, which is told elsewhere."""
        if self.check.state == State.FIRING or self.check.log_evidence is None:
            return -inf
        buckets = min((self.check.looked_at - self.restart) // STEP, WINDOW)
        return log_e(self.check.log_evidence, buckets, self.masses, self.check.log_threshold)


def log_e(log_evidence: float, buckets: int, masses: int, log_threshold: float) -> float:
    """The evidence over the most that its mean can be while nothing changes.

    >>> round(log_e(log(3000.0), 96, 0, log(2880.0)), 3), round(log(3000.0 / 96.0), 3)
    (3.442, 3.442)
    """
    return log_evidence - log(max(buckets, 1) + masses * MARKER_ALPHA * exp(min(log_threshold, LARGEST_LOG)))


def chosen(log_e_values: Sequence[float], fdr: float = FDR) -> list[int]:
    """The places of those that the list holds, those with the most evidence first.

    >>> chosen([log(100.0), -inf, log(31.0)]), chosen([])
    ([0, 2], [])
    """
    listed = [place for place, counts in enumerate(e_bh(log_e_values, fdr)) if counts]
    return sorted(listed, key=lambda place: -log_e_values[place])


def shifts(c: Connection, settings: Settings, asked: Asked) -> ShiftList:
    """The list as of the end of the period."""
    found = candidates(c, asked)
    listed = [found[place] for place in chosen([one.log_e for one in found])]
    measured = {
        place: _fact(listed[place], counts, settings)
        for place, counts in reading.each(c, [_wanted(one, settings) for one in listed])
        if len(counts)
    }
    told = (measured.get(place) for place in range(len(listed)))
    return ShiftList(fdr=FDR, monitors=len(found), found=tuple(fact for fact in told if fact))


def candidates(c: Connection, asked: Asked) -> list[Candidate]:
    """Every watched monitor that was looked at since its baseline."""
    until = floor(asked.end)
    known = [
        one for one in views.watched(c) if one.monitor.state not in ENDED and asked.takes(one.monitor.series.feature)
    ]
    marked = marks.of_features(c, known)
    return [found for one in known if (found := _candidate(c, one, until, marked[one.monitor.series.feature]))]


def _candidate(c: Connection, one: Watched, until: datetime, marked: Sequence[Marker]) -> Candidate | None:
    base, check = one.baseline, _check(c, one, until)
    if base is None or check is None or check.looked_at <= base.end_at:
        return None
    restart = _restart(one, base, check.looked_at)
    first = max(restart, check.looked_at - WINDOW * STEP)
    length = (check.looked_at - first) // STEP
    masses = marks.indices(marked, first, length, arl=exp(min(check.log_threshold, LARGEST_LOG)))
    return Candidate(one, base, check, restart, len(masses))


def _check(c: Connection, one: Watched, until: datetime) -> DriftCheck | None:
    """The last look that was taken by then."""
    if one.check is None or one.check.looked_at <= until:
        return one.check
    past = [check for check in monitor_store.checks(c, one.monitor.monitor_id) if check.looked_at <= until]
    return past[-1] if past else None


def _restart(one: Watched, base: Baseline, looked_at: datetime) -> datetime:
    """Where the evidence of that look began, or earlier: a recovery that came later does not count."""
    since, again = ceil(base.end_at), one.monitor.restart_at
    return max(since, ceil(again)) if again and again < looked_at else since


def _wanted(found: Candidate, settings: Settings) -> Wanted:
    series, looked_at = found.one.monitor.series, found.check.looked_at
    return reading.wanted(series, metric_of(settings, series), found.base, span=(found.restart, looked_at, looked_at))


def _fact(found: Candidate, counts: Counts, settings: Settings) -> ShiftFact | None:
    """What the look would have said had it been an alarm: which share, since when, and how far."""
    series = found.one.monitor.series
    metric = metric_of(settings, series)
    anyhow = Rule(arl=1.0, delta=metric.min_drop)
    look = next(follow(counts, Standing(counts.index(found.restart)), [len(counts)], anyhow))
    told, size = look.decision, _change(look.decision)
    if told.p_ref is None or told.p_now is None or size is None or told.onset is None:
        return None
    lo, hi = told.onset if told.onset_lo is None else told.onset_lo, told.onset_hi or told.onset
    likely, first, last = (counts.time(look.origin + bucket) for bucket in (told.onset, lo, hi + 1))
    return ShiftFact(
        feature=series.feature,
        judge=series.judge,
        metric=series.metric,
        says=counts.indicators.says[told.reading],
        bad=counts.indicators.bad[told.reading],
        before=told.p_ref,
        now=told.p_now,
        change=size,
        began=Began(likely=likely, lo=first, hi=last),
        e_value=exp(min(found.log_e, LARGEST_LOG)),
        threshold=exp(min(found.check.log_threshold, LARGEST_LOG)),
        evidence=exp(min(found.check.log_evidence or 0.0, LARGEST_LOG)),
        small=size.size < metric.min_drop,
        min_drop=metric.min_drop,
    )


def _change(told: Decision) -> Change | None:
    if told.drop is None or told.drop_lo is None or told.drop_hi is None:
        return None
    return Change(size=told.drop, lo=told.drop_lo, hi=told.drop_hi)
