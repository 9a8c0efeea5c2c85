"""When the scheduler would have looked, and which of these looks cannot be made up for later."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from evaluator.buckets import EPOCH, STEP
from evaluator.scheduler import AT_BUCKETS
from store.records import Series
from store.replay import First, Late

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MOMENT = timedelta(microseconds=1)
SHORTEST_MINUTES, LONGEST_MINUTES = 0.1, 43_200.0
Name = tuple[str, str, str]
"""Feature, judge, judge version."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The scheduler's looks: every so often, a minute after a quarter hour."""

    every: timedelta = STEP
    origin: datetime = AT_BUCKETS

    @classmethod
    def of(cls, minutes: float) -> Grid:
        """Looks every so many minutes, within reason."""
        return cls(timedelta(minutes=min(max(minutes, SHORTEST_MINUTES), LONGEST_MINUTES)))

    def at_or_before(self, moment: datetime) -> datetime:
        """The last look up to then.

        >>> from datetime import UTC
        >>> Grid().at_or_before(datetime(2026, 11, 20, 12, 15, 59, tzinfo=UTC)).isoformat()
        '2026-11-20T12:01:00+00:00'
        """
        return self.origin + (moment - self.origin) // self.every * self.every

    def around(self, moment: datetime) -> tuple[datetime, datetime]:
        """The last look before that moment, and the first one that knows of it."""
        before = self.at_or_before(moment - MOMENT)
        return before, before + self.every


@dataclass(slots=True)
class Step:
    """A look that has to be taken before what comes next is known; at all series, or at some."""

    look: datetime
    everything: bool = False
    series: set[Name] = field(default_factory=set)

    def concerns(self, series: Series) -> bool:
        """Whether this series has to be looked at."""
        return self.everything or (series.feature, series.judge, series.judge_version) in self.series


def steps(late: Iterable[Late], whole: Iterable[datetime]) -> list[Step]:
    """The steps in order: at a late series that series alone, at the moments of `whole` everything.

    >>> at = AT_BUCKETS
    >>> [(one.everything, len(one.series)) for one in steps([Late(at, "f", "tone", "v1")], [at + STEP, at + STEP])]
    [(False, 1), (True, 0)]
    """
    found: dict[datetime, Step] = {}
    for one in late:
        found.setdefault(one.look, Step(one.look)).series.add((one.feature, one.judge, one.judge_version))
    for look in whole:
        found.setdefault(look, Step(look)).everything = True
    return [found[look] for look in sorted(found)]


def hour_end(moment: datetime) -> datetime:
    """When the hour ends that the moment lies in."""
    return moment - (moment - EPOCH) % HOUR + HOUR


def days(start: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The time from before `start` to `until` in pieces (after, end] of at most a day."""
    after = start - MOMENT
    while after < until:
        end = min(after + DAY, until)
        yield after, end
        after = end


def current(firsts: Sequence[First], moment: datetime) -> dict[str, str]:
    """The version that each judge had then: of those in use, the one that came last. People have none.

    >>> from datetime import UTC
    >>> day = lambda n: datetime(2026, 11, n, tzinfo=UTC)
    >>> told = [First("f", "tone", "v1", day(1), day(9), "llm"), First("f", "tone", "v2", day(5), day(20), "llm")]
    >>> [current(told, day(n)).get("tone") for n in (1, 5, 30)]
    ['v1', 'v2', 'v2']
    """
    spans: dict[tuple[str, str], tuple[datetime, datetime]] = {}
    for one in firsts:
        if one.kind not in ("", "feedback"):
            first, last = spans.get((one.judge, one.judge_version), (one.known_at, one.last_at))
            spans[one.judge, one.judge_version] = min(first, one.known_at), max(last, one.last_at)
    found: dict[str, tuple[tuple[bool, datetime], str]] = {}
    for (judge, version), (first, last) in spans.items():
        if first <= moment:
            rank = (last >= moment, first if last >= moment else last)
            found[judge] = max(found.get(judge, (rank, version)), (rank, version))
    return {judge: version for judge, (_, version) in found.items()}
