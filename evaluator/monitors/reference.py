"""Which reference window each monitor gets by itself: the first that is fit, or the one from the configuration."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from evaluator.monitors import baseline as windows
from evaluator.monitors.metrics import metric_of
from evaluator.settings import Settings
from store import rollup
from store.rollup import Total, Window

if TYPE_CHECKING:
    from evaluator.monitors.views import Watched
    from store.database import Connection

HISTORY = timedelta(days=400)
"""How far back a first window is looked for; what lies before is no evidence."""
QUARTER_MINUTES = 15


def missing(
    c: Connection,
    known: Sequence[Watched],
    until: datetime,
    settings: Settings,
    marked: Mapping[str, Sequence[datetime]],
) -> dict[str, tuple[Watched, windows.Window, str]]:
    """The windows of monitors that need one and can have it, by monitor id, each with its origin.

    A monitor needs one while it has none, or when the configuration names another than the one in use, which no command
    has chosen. `marked` are the times of markers, by feature.
    """
    needing = [one for one in known if one.baseline is None or _is_other(one, settings)]
    found = {}
    for one, counted in zip(needing, votes(c, needing, until), strict=True):
        window, origin = automatic(one, counted, until, settings, marked)
        if window is not None:
            found[one.monitor.monitor_id] = (one, window, origin)
    return found


def automatic(
    one: Watched,
    counted: Sequence[Total],
    until: datetime,
    settings: Settings,
    marked: Mapping[str, Sequence[datetime]],
) -> tuple[windows.Window | None, str]:
    """The window that nobody chose, and its origin: the configuration's, or the first one that is fit."""
    series = one.monitor.series
    given = settings.feature(series.feature).baseline
    if given.end:
        return windows.given_window(counted, until, given), "config"
    enough = windows.enough(metric_of(settings, series), settings.drift)
    return windows.first_window(counted, until, enough, marked.get(series.feature, ())), "first_window"


def _is_other(one: Watched, settings: Settings) -> bool:
    """Whether the configuration names another window than the one in use, which no command has chosen."""
    given, newest = settings.feature(one.monitor.series.feature).baseline, one.baseline
    if newest is None or newest.origin not in ("config", "first_window"):
        return False
    return given.end not in (None, newest.end_at) or given.start not in (None, newest.start_at)


def votes(c: Connection, known: Sequence[Watched], until: datetime) -> list[list[Total]]:
    """Votes of each by bucket, oldest first, up to `until`."""
    since = until - HISTORY
    return rollup.steps(c, [Window(one.monitor.series, since, until) for one in known], QUARTER_MINUTES)


def by_feature(found: Mapping[str, tuple[Watched, windows.Window, str]]) -> dict[str, windows.Window]:
    """The span of the first windows of each feature."""
    spans: dict[str, list[windows.Window]] = defaultdict(list)
    for one, window, _ in found.values():
        if one.baseline is None:
            spans[one.monitor.series.feature].append(window)
    return {feature: (min(s for s, _ in held), max(e for _, e in held)) for feature, held in spans.items()}
