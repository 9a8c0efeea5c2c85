"""Examples side by side: samples that show what got worse, each beside one like it from the time before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from evaluator.api.cause_shapes import KeyView
from evaluator.monitors import spans
from evaluator.monitors.metrics import METRICS, Kind, metric_of, worse
from evaluator.monitors.views import Watched
from evaluator.settings import Settings
from store import examples as example_store
from store.database import Connection
from store.examples import Found, Wanted
from store.votes import OF_NO_SAMPLE

CANDIDATES = 200
"""Samples of the time before among which like ones are sought."""
MOST_ALIKE = 6


@dataclass(frozen=True, slots=True)
class Asked:
    """Which slice, how many pairs, and which outcome on either side: a good one or a bad one."""

    slice: Sequence[tuple[str, str]] = ()
    good_before: bool = True
    good_now: bool = False
    limit: int = 5


@dataclass(frozen=True, slots=True)
class Pair:
    """A sample of now and the one before that is most like it; either may be missing."""

    before: Found | None
    now: Found | None
    alike: tuple[tuple[str, str], ...] = ()


def pairs(c: Connection, watched: Watched, asked: Asked, settings: Settings, now: datetime) -> list[Pair]:
    """The pairs of one monitor, those of the newest samples first."""
    series = watched.monitor.series
    if series.metric in OF_NO_SAMPLE or not _has_share(watched):
        return []
    current = spans.current(watched, now)
    bad = worse(metric_of(settings, series), watched.check)

    def wanted(start: datetime, end: datetime, *, good: bool) -> Wanted:
        return Wanted(series, current.share, good == (bad == "down"), start, end, asked.slice)

    found = example_store.newest(c, wanted(current.start_at, current.end_at, good=asked.good_now), CANDIDATES // 4)
    baseline, candidates = watched.baseline, []
    if baseline:
        candidates = example_store.newest(
            c, wanted(baseline.start_at, baseline.end_at, good=asked.good_before), CANDIDATES
        )
    return paired(one_a_session(found)[: asked.limit], one_a_session(candidates), asked.limit)


def paired(now: Sequence[Found], before: Sequence[Found], most: int) -> list[Pair]:
    """Each of now beside the unused one before with which it shares most metadata; what is left over, alone.

    >>> from datetime import datetime
    >>> def found(name, language):
    ...     return Found(name, datetime(2026, 11, 20), None, None, None, {"language": language})
    >>> both = paired([found("n1", "de")], [found("b1", "en"), found("b2", "de")], 2)
    >>> [(one.now and one.now.sample_id, one.before and one.before.sample_id, one.alike) for one in both]
    [('n1', 'b2', (('language', 'de'),)), (None, 'b1', ())]
    """
    left, made = list(before), []
    for one in now:
        like = max(left, key=lambda other: len(_shared(one.metadata, other.metadata)), default=None)
        if like:
            left.remove(like)
        made.append(Pair(like, one, _shared(one.metadata, like.metadata)[:MOST_ALIKE] if like else ()))
    return [*made, *(Pair(one, None) for one in left[: max(most - len(made), 0)])]


def one_a_session(found: Sequence[Found]) -> list[Found]:
    """The newest of each session: one conversation is one example."""
    newest: dict[object, Found] = {}
    for place, one in enumerate(found):
        newest.setdefault(place if one.session_id is None else one.session_id, one)
    return list(newest.values())


def keys(told: Sequence[tuple[str, str]]) -> list[KeyView]:
    """Keys with their values, as the API tells them."""
    return [KeyView(key=key, value=value) for key, value in told]


def _has_share(watched: Watched) -> bool:
    """Whether it is known which share gets worse: of numbers and labels a look says so first."""
    return watched.check is not None or METRICS[watched.monitor.series.metric].kind in (Kind.RATE, Kind.FLAG)


def _shared(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple((key, value) for key, value in one.items() if value and other.get(key) == value)
