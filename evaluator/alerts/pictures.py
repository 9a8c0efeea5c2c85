"""The chart of an alert: its share over time, from the last days of the baseline to the event, out of the store."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from evaluator.alerts.evidence import share_of
from evaluator.alerts.message import Attachment
from evaluator.alerts.plain import excerpt
from evaluator.buckets import ceil, floor
from evaluator.monitors import levels
from evaluator.plots.regression import Course, Point, chart
from store import rollup
from store.records import Alert, Json, Series
from store.rollup import Window

if TYPE_CHECKING:
    from store.database import Connection

BEFORE = timedelta(days=3)
"""How much of the baseline, and of the time before the onset, is shown at least."""
AT_MOST = timedelta(days=14)
"""How far the chart reaches back while the fall is younger."""
POINTS = (12, 120)
"""Fewest and most points: the fewer votes, the fewer."""
VOTES_PER_POINT = 25
STEPS = (15, 30, 60, 120, 180, 240, 360, 720, 1440, 2880, 7 * 1440)
"""Minutes of a point."""
NAME = "leadline.png"


def chart_of(c: Connection, alert: Alert, now: datetime) -> bytes | None:
    """The alert's chart as PNG, as of `now`; None where there is nothing to draw."""
    found = course_of(c, alert, now)
    return chart(found) if found else None


def attached(png: bytes) -> Attachment:
    """The chart as it goes along with a message."""
    return Attachment(NAME, "image/png", png)


def course_of(c: Connection, alert: Alert, now: datetime) -> Course | None:
    """What the alert's chart shows; None for the alert of a plain rule, and when fewer than two points have votes."""
    told = alert.evidence
    if "rule" in told:
        return None
    resolved = alert.resolved_at if alert.resolved_at and alert.resolved_at <= now else None
    until = min(now, resolved + timedelta(days=1)) if resolved else now
    monitor = told["monitor"]
    series = Series(**{name: monitor[name] for name in ("feature", "judge", "judge_version", "metric")})
    window = Window(series, _start(alert, until), floor(until), share_of(told))
    minutes = _step(c, window)
    [totals] = rollup.steps(c, [window], minutes)
    shown = [(total.start_at, levels.shown(series, total)) for total in totals]
    points = [
        Point(start, one.rate, one.lo, one.hi, one.n)
        for start, one in shown
        if one.rate is not None and one.lo is not None and one.hi is not None
    ]
    if len(points) < 2:
        return None
    return Course(
        title=_title(told),
        points=points,
        step=timedelta(minutes=minutes),
        baseline=told["baseline"]["rate"],
        onset=_onset(told),
        marker=_marker(told, window.start_at),
        fired_at=alert.fired_at,
        resolved_at=resolved,
    )


def _start(alert: Alert, until: datetime) -> datetime:
    """The baseline's last days, unless they are long ago: then some time before the onset."""
    baseline = alert.evidence["baseline"]
    began = _time(alert.evidence["onset"]["lo_at"]) or alert.fired_at
    first, last = _time(baseline["start_at"]) or began, _time(baseline["end_at"]) or began
    return ceil(max(first, last - BEFORE, min(began - BEFORE, until - AT_MOST)))


def _step(c: Connection, window: Window) -> int:
    """So many minutes that the points are not too many, nor their intervals too wide."""
    [votes] = rollup.votes(c, [window])
    fewest, most = POINTS
    wanted = min(max(votes / VOTES_PER_POINT, fewest), most)
    length = (window.end_at - window.start_at) / timedelta(minutes=1)
    return next((step for step in STEPS if length / step <= wanted), STEPS[-1])


def _title(told: Json) -> str:
    """Feature and judge, and the share that the chart is of, each short enough to leave room for the others."""
    name = " · ".join(excerpt(told["monitor"][part], 22) for part in ("feature", "judge") if told["monitor"][part])
    return f"{name}: {told.get('says') or told['monitor']['metric'].replace('_', ' ')}"


def _onset(told: Json) -> tuple[datetime, datetime, datetime] | None:
    lo, at, hi = (_time(told["onset"][name]) for name in ("lo_at", "at", "hi_at"))
    return (lo, at, hi) if lo and at and hi else None


def _marker(told: Json, start: datetime) -> tuple[datetime, str] | None:
    """The nearest marker, when it lies on the chart."""
    marker = told.get("marker")
    at = _time(marker["ts"]) if marker else None
    if not marker or at is None or at < start:
        return None
    return at, marker["name"] if marker["kind"] == "other" else f"{marker['kind'].replace('_', ' ')} {marker['name']}"


def _time(moment: str | None) -> datetime | None:
    return None if moment is None else datetime.fromisoformat(moment)
