"""What the configured judges still owe, by series and time: a rate that is shown must not forget the unscored."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import accumulate

from evaluator.buckets import STEP, floor
from evaluator.lane import Lane
from evaluator.monitors.counting import GRACE
from store import coverage, verdicts
from store.coverage import Fate, FateRow, Window
from store.database import Connection
from store.records import Clock, Series
from store.rollup import Counted, Source
from store.samples import EARLIEST, LATEST

Span = tuple[Series, datetime, datetime]
OWED = (Fate.WAITING, Fate.OVERDUE)
LABELS = {Fate.OK: "scored", **dict.fromkeys((Fate.WAITING, Fate.OVERDUE, Fate.ERROR), "unscored")}
LONGEST_GAP = timedelta(days=1)
BATCH_TIME = timedelta(days=2)
"""A batch is submitted once a day at the least, and comes back within another day."""
STEP_MINUTES = STEP // timedelta(minutes=1)


class Waiting:
    """Counts samples that were chosen and have no verdict yet; `days` is how far back such samples are looked for."""

    def __init__(self, lanes: Sequence[Lane], days: float, clock: Clock) -> None:
        self._lanes = lanes
        self._days = days
        self._clock = clock

    def since(self) -> datetime:
        """What arrived before then and has no verdict is not looked for any more."""
        return self._clock() - timedelta(days=self._days)

    def fates(self, c: Connection, lane: Lane, start: datetime, end: datetime, minutes: int) -> list[FateRow]:
        """What became of the kept samples of [start, end) at one judge, in steps of so many minutes."""
        return coverage.fates(c, lane.pending(self.since(), 1), self._window(lane, start, end, minutes))

    def _owed(self, c: Connection, lane: Lane, start: datetime, end: datetime, minutes: int) -> list[FateRow]:
        """Those of them that wait, or waited too long."""
        return coverage.fates(c, lane.pending(self.since(), 1), self._window(lane, start, end, minutes), OWED)

    def _window(self, lane: Lane, start: datetime, end: datetime, minutes: int) -> Window:
        quiet = lane.entry.quiet_minutes
        return Window(
            start_at=start,
            end_at=end,
            step_minutes=minutes,
            quiet_before=None if quiet is None else self._clock() - timedelta(minutes=quiet),
        )

    def in_spans(self, c: Connection, spans: Sequence[Span]) -> list[int]:
        """How many samples wait in each span [start, end) of a series, whole quarter hours; each may become a vote."""
        owed: dict[Series, list[FateRow]] = defaultdict(list)
        for lane in self._lanes:
            mine = [span for span in spans if _is_of(lane, span[0]) and span[1] < span[2]]
            if mine:
                start, end = min(span[1] for span in mine), max(span[2] for span in mine)
                for row in self._owed(c, lane, start, end, STEP_MINUTES):
                    owed[_series(lane, row.feature)].append(row)
        sums = {series: _Sums(rows) for series, rows in owed.items()}
        return [sums[series].between(start, end) if series in sums else 0 for series, start, end in spans]

    def unscored(self, c: Connection, done: Mapping[Source, datetime], end: datetime) -> list[Counted]:
        """How many samples each judge was to score before `end`, scored or not, from where it is `done` on.

        A conversation has to be quiet first, and a batch to come back: such a judge is given as much longer. Up to the
        first quarter hour with samples that came too lately to call them unscored: what is counted stays. When nobody
        counted for longer than a day, the last day before that. What lies before a judge's first verdict is its
        backlog, and not counted.
        """
        found = []
        for lane in self._lanes:
            name, version = lane.judge.name, lane.judge.version
            until = floor(end - patience(lane))
            mine = [at + STEP for (_, *judge), at in done.items() if judge == [name, version]]
            start = max(max(mine) if mine else _begun(c, lane, until), until - LONGEST_GAP)
            fates = self._settled(c, lane, start, until) if start < until else []
            found += [
                Counted(row.feature, name, version, row.start_at, LABELS[row.fate], float(row.votes))
                for row in fates
                if row.votes and row.fate in LABELS
            ]
        return found

    def _settled(self, c: Connection, lane: Lane, start: datetime, end: datetime) -> list[FateRow]:
        """The fates of [start, end), up to the first quarter hour with a sample that may still be scored in time."""
        window = replace(self._window(lane, start, end, STEP_MINUTES), settled_before=self._clock() - GRACE)
        found = coverage.fates(c, lane.pending(self.since(), 1), window)
        fresh = min((row.start_at for row in found if row.fate == Fate.TALKING), default=end)
        return [row for row in found if row.start_at < fresh]

    def of_all_time(self, c: Connection) -> dict[Series, int]:
        """How many samples wait, or waited too long, in every series."""
        found: dict[Series, int] = defaultdict(int)
        for lane in self._lanes:
            for row in self._owed(c, lane, EARLIEST, LATEST, coverage.DAY_MINUTES):
                found[_series(lane, row.feature)] += row.votes
        return found


def patience(lane: Lane) -> timedelta:
    """How long after a sample its judge begins, or can be expected to have answered, when it works as it should."""
    return BATCH_TIME if not lane.live else lane.quiet or timedelta(0)


def _begun(c: Connection, lane: Lane, until: datetime) -> datetime:
    """Where the counting of a judge begins that nobody counted."""
    first = verdicts.first_judged(c, lane.judge.name, lane.judge.version)
    return until - STEP if first is None else floor(first) + STEP


class _Sums:
    """Votes by time, summed up once: a chart asks for hundreds of spans."""

    def __init__(self, rows: Sequence[FateRow]) -> None:
        ordered = sorted(rows, key=lambda row: row.start_at)
        self._times = [row.start_at for row in ordered]
        self._until = list(accumulate((row.votes for row in ordered), initial=0))

    def between(self, start: datetime, end: datetime) -> int:
        return self._until[bisect_left(self._times, end)] - self._until[bisect_left(self._times, start)]


def _is_of(lane: Lane, series: Series) -> bool:
    mine = (lane.judge.name, lane.judge.version) == (series.judge, series.judge_version)
    return mine and series.metric == "pass_rate"


def _series(lane: Lane, feature: str) -> Series:
    return Series(feature=feature, judge=lane.judge.name, judge_version=lane.judge.version)
