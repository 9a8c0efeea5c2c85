"""Which reference window each monitor gets: the first that is fit, one from the configuration, or one by command."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from evaluator.errors import InputError
from evaluator.monitors import baseline as windows
from evaluator.monitors.baseline import Enough
from evaluator.monitors.look import make_baseline
from evaluator.monitors.metrics import metric_of
from evaluator.monitors.views import Watched
from evaluator.settings import Settings
from store import rollup
from store.database import Connection
from store.records import Baseline
from store.rollup import Total, Window

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
    votes = _votes(c, needing, until)
    found = {}
    for one, counted in zip(needing, votes, strict=True):
        window, origin = _window(one, counted, until, settings, marked)
        if window is not None:
            found[one.monitor.monitor_id] = (one, window, origin)
    return found


def _window(
    one: Watched, votes: Sequence[Total], until: datetime, settings: Settings, marked: Mapping[str, Sequence[datetime]]
) -> tuple[windows.Window | None, str]:
    series = one.monitor.series
    given = settings.feature(series.feature).baseline
    if given.end:
        return windows.given_window(votes, until, given), "config"
    metric, drift = metric_of(settings, series), settings.drift
    enough = Enough(metric.votes or drift.baseline_votes, metric.hours or drift.baseline_hours)
    return windows.first_window(votes, until, enough, marked.get(series.feature, ())), "first_window"


def _is_other(one: Watched, settings: Settings) -> bool:
    """Whether the configuration names another window than the one in use, which no command has chosen."""
    given, newest = settings.feature(one.monitor.series.feature).baseline, one.baseline
    if newest is None or newest.origin not in ("config", "first_window"):
        return False
    return given.end not in (None, newest.end_at) or given.start not in (None, newest.start_at)


def commanded(
    c: Connection,
    chosen: Sequence[Watched],
    window: tuple[datetime | None, datetime],
    until: datetime,
    made: tuple[datetime, str],
) -> list[tuple[Watched, Baseline]]:
    """Another window for each of these monitors; InputError when it is empty, or holds too few votes of one."""
    found = []
    for one, votes in zip(chosen, _votes(c, chosen, until), strict=True):
        start, end = window[0] or (votes[0].start_at if votes else window[1]), window[1]
        if end <= start and window[0] is not None:
            raise InputError(f"The window ends ({end.isoformat()}) before it starts ({start.isoformat()}).")
        held = windows.votes_in(votes, (start, end))
        if held < windows.MIN_VOTES:
            raise InputError(
                f"The window holds {held:.0f} votes; a baseline needs at least {windows.MIN_VOTES}. "
                "Choose a longer one."
            )
        version = one.baseline.version + 1 if one.baseline else 1
        found.append((one, make_baseline(one.monitor, version, "command", (start, end), made)))
    return found


def _votes(c: Connection, known: Sequence[Watched], until: datetime) -> list[list[Total]]:
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
