"""Why a series begins where it does: which judge version voted before, and how far the new one's baseline is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from evaluator.api.baseline_shapes import Collecting, Predecessor
from evaluator.monitors import baseline, marks, reference
from evaluator.monitors.baseline import MIN_VOTES, Enough, Gathered, votes_in
from evaluator.monitors.metrics import metric_of
from evaluator.settings import BaselineSettings, Settings
from store import versions
from store.records import Monitor, Series
from store.rollup import Total
from store.versions import Asked, VersionSpan

if TYPE_CHECKING:
    from evaluator.monitors.views import Watched
    from store.database import Connection

TOLD = timedelta(days=30)
"""For so long after a judge changed it is told what changed: the verdicts since then are read for that."""
LLM = "llm"


def predecessors(
    c: Connection, known: Sequence[Monitor], told: Sequence[Series], until: datetime
) -> dict[Series, Predecessor]:
    """The judge version before each series that is to be told; none for the first, and for what has no judge.

    `known` are all monitors: only where a judge has several versions is anything read.
    """
    of: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in known:
        if one.series.judge:
            of[one.series.feature, one.series.judge].add(one.series.judge_version)
    pairs = {(series.feature, series.judge) for series in told}
    spans: dict[tuple[str, str], list[VersionSpan]] = defaultdict(list)
    for span in versions.judged(c, (pair for pair in pairs if len(of[pair]) > 1), until):
        spans[span.feature, span.judge].append(span)
    befores = {series: found for series in told if (found := _before(spans[series.feature, series.judge], series))}
    models = _models(c, list(befores.values()), until)
    return {series: _predecessor(old, new, models) for series, (old, new) in befores.items()}


def _before(spans: Sequence[VersionSpan], series: Series) -> tuple[VersionSpan, VersionSpan] | None:
    """Of the versions that began to vote earlier the one that voted last, and the series' own."""
    own = next((span for span in spans if span.judge_version == series.judge_version), None)
    if own is None:
        return None
    earlier = [span for span in spans if span.first_at < own.first_at]
    return (max(earlier, key=lambda span: span.last_at), own) if earlier else None


def _models(
    c: Connection, pairs: Sequence[tuple[VersionSpan, VersionSpan]], until: datetime
) -> Mapping[tuple[str, str], Asked]:
    lately = [(old, new) for old, new in pairs if new.first_at >= until - TOLD]
    if not lately:
        return {}
    since = min(min(old.last_at, new.first_at) for old, new in lately) - timedelta(days=1)
    return versions.models(c, sorted({new.judge for _, new in lately}), max(since, until - 2 * TOLD))


def _predecessor(old: VersionSpan, new: VersionSpan, models: Mapping[tuple[str, str], Asked]) -> Predecessor:
    why = _why(models.get((old.judge, old.judge_version)), models.get((new.judge, new.judge_version)))
    words = f"judge version {new.judge_version} replaced {old.judge_version} on {_moment(new.first_at)}"
    words += f" ({why})" if why else ""
    return Predecessor(
        judge_version=old.judge_version,
        last_at=old.last_at,
        cut_at=new.first_at,
        why=why,
        in_words=f"{words}: verdicts of two versions are never mixed",
    )


def _why(old: Asked | None, new: Asked | None) -> str | None:
    if old is None or new is None:
        return None
    if old.kind != new.kind:
        return f"it was {_a(old.kind)} judge and is {_a(new.kind)} judge"
    if old.model != new.model:
        return f"its model changed from {old.model or 'none'} to {new.model or 'none'}"
    return "its rubric, prompt or settings changed" if new.kind == LLM else "its definition changed"


def _a(kind: str) -> str:
    return f"{'an' if kind[:1] in 'aeio' or kind == LLM else 'a'} {'LLM' if kind == LLM else kind}"


def gathering(
    c: Connection,
    lacking: Sequence[Watched],
    before: Mapping[Series, Predecessor],
    until: datetime,
    settings: Settings,
) -> dict[Monitor, Collecting]:
    """How far each of these monitors, which have no baseline, is with it."""
    marked = marks.times(marks.of_features(c, lacking)) if lacking else {}
    told = {}
    for one, votes in zip(lacking, reference.votes(c, lacking, until), strict=True):
        series, given = one.monitor.series, settings.feature(one.monitor.series.feature).baseline
        if given.end:
            told[one.monitor] = awaiting(votes, until, given)
            continue
        found = baseline.gathered(votes, until, marked[series.feature])
        needed = baseline.enough(metric_of(settings, series), settings.drift)
        told[one.monitor] = collecting(found, needed, before.get(series))
    return told


def collecting(found: Gathered | None, needed: Enough, before: Predecessor | None) -> Collecting:
    """How far a first window is, in figures and words."""
    votes, hours = (found.votes, min(found.hours, needed.hours)) if found else (0.0, 0.0)
    so_far = f"{int(10 * hours) / 10:g} of {needed.hours:g} hours"
    words = f"collects its baseline: {votes:,.0f} of {needed.votes:,.0f} votes, {so_far}"
    if found and found.is_after_marker:
        words += f", since the marker at {_moment(found.since)}"
    elif before:
        words += f", since the judge changed at {_moment(before.cut_at)}"
    return Collecting(
        since=found and found.since,
        votes=votes,
        votes_needed=needed.votes,
        hours=hours,
        hours_needed=needed.hours,
        in_words=words,
    )


def awaiting(votes: Sequence[Total], until: datetime, given: BaselineSettings) -> Collecting:
    """How far the window is that the configuration gives: it has to end, and to hold votes enough."""
    assert given.end is not None
    start, end = given.start or (votes[0].start_at if votes else given.end), given.end
    held, past = votes_in(votes, (start, end)), max(min(until, end) - start, timedelta())
    words = f"waits for its baseline: the configured window to {_moment(end)} holds {held:,.0f} votes"
    words += f" ({MIN_VOTES} are needed)" if held < MIN_VOTES else ""
    return Collecting(
        since=start,
        votes=held,
        votes_needed=MIN_VOTES,
        hours=past / timedelta(hours=1),
        hours_needed=max((end - start) / timedelta(hours=1), 0.0),
        in_words=words,
    )


def _moment(at: datetime) -> str:
    return f"{at:%-d %b %H:%M} UTC"
