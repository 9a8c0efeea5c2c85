"""Baselines by command: which monitors get another window, and whether each holds votes enough."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from evaluator.api.baseline_shapes import BaselineRequest, BaselineView
from evaluator.buckets import STEP, floor
from evaluator.errors import InputError
from evaluator.monitors import baseline as windows
from evaluator.monitors import foresight, marks, reference, views
from evaluator.monitors.choice import Chosen, chosen
from evaluator.monitors.history import Lens
from evaluator.monitors.look import make_baseline
from evaluator.monitors.metrics import METRICS
from evaluator.monitors.views import ENDED, Watched
from evaluator.settings import Settings
from store import rollup
from store.database import Connection
from store.records import Baseline, Monitor
from store.rollup import Total
from store.votes import OF_NO_SAMPLE

Made = tuple[Watched, Baseline, BaselineView]


def commanded(c: Connection, asked: BaselineRequest, settings: Settings, now: datetime) -> list[Made]:
    """Another baseline for each monitor that is meant; InputError when one of them cannot have it.

    Where no metric is named, monitors that have no baseline and too few votes are left to collect them.
    """
    every = views.watched(c)
    meant = [one for one in every if one.monitor.state not in ENDED and _is_meant(one.monitor, asked)]
    if not meant:
        raise InputError(_nobody(asked))
    lens, until = Lens.over(settings, [one.monitor for one in every]), floor(now) + STEP
    counted = zip(meant, reference.votes(c, meant, until), strict=True)
    given = None if asked.automatic else chosen(c, asked, now)
    found, refused = [], []
    for one, votes in counted:
        window = given or _automatic(c, one, votes, (settings, floor(now)), asked.note)
        made = _made(c, lens, one, (window, votes), (now, until))
        if isinstance(made, str):
            refused.append((one, made))
        else:
            found.append(made)
    vital = [said for one, said in refused if asked.metric or one.baseline]
    if vital or not found:
        raise InputError(vital[0] if vital else refused[0][1])
    return found


def _is_meant(monitor: Monitor, asked: BaselineRequest) -> bool:
    series = monitor.series
    if (series.feature, series.judge) != (asked.feature, asked.judge):
        return False
    return series.metric == asked.metric if asked.metric else series.metric not in OF_NO_SAMPLE


def _nobody(asked: BaselineRequest) -> str:
    if asked.metric and asked.metric not in METRICS:
        return f"There is no metric {asked.metric[:80]!r}; there are: {', '.join(METRICS)}."
    whose = f"judge {asked.judge!r} on feature {asked.feature!r}" if asked.judge else f"the feature {asked.feature!r}"
    what = f"There is no monitor of {whose}" + (f" for {asked.metric}" if asked.metric else "")
    if asked.metric and METRICS[asked.metric].is_of_judge and not asked.judge:
        return f"{what}: {asked.metric} is a judge's, so name the judge."
    return f"{what}; see `leadline check`."


def _automatic(
    c: Connection, one: Watched, votes: Sequence[Total], at: tuple[Settings, datetime], why: str
) -> Chosen | None:
    """The window that the monitor would choose by itself; None when none is fit yet."""
    (settings, until), marked = at, marks.times(marks.of_features(c, [one]))
    ended = [total for total in votes if total.start_at + STEP <= until]
    window, origin = reference.automatic(one, ended, until, settings, marked)
    return Chosen(window[0], window[1], origin, why) if window else None


def _made(
    c: Connection, lens: Lens, one: Watched, given: tuple[Chosen | None, Sequence[Total]], at: tuple[datetime, datetime]
) -> Made | str:
    """The monitor's new baseline, or why it cannot have it."""
    (window, votes), (now, until) = given, at
    noun = METRICS[one.monitor.series.metric].noun
    if window is None:
        return f"No window is fit to be the baseline of {noun} by itself yet; `leadline check` says how far it is."
    start = window.start or (votes[0].start_at if votes else window.end)
    if window.origin != "command" and votes:
        start = min(max(start, votes[0].start_at), window.end)
    [total] = rollup.totals(c, [lens.window(one.monitor.series, start, window.end)])
    per_day = views.votes_per_day(votes, until)
    if total.votes < windows.MIN_VOTES:
        held = lens.held(one.monitor, total, per_day)
        said = foresight.in_words(held) if held else f"The window holds {total.votes:.0f} votes."
        return f"{said} A baseline of {noun} needs at least {windows.MIN_VOTES} votes: choose a longer window."
    version = one.baseline.version + 1 if one.baseline else 1
    base = make_baseline(one.monitor, version, window.origin, (start, window.end), (now, window.note))
    return one, base, lens.view(one.monitor, base, total, per_day)
