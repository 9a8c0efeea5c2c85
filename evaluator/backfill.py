"""Scoring a history: rows of files go the way of live traffic, chunk by chunk; a rerun resumes and repeats nothing."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple, Protocol

from evaluator.api import present
from evaluator.api.shapes import IngestReport, SummaryRow
from evaluator.errors import InputError
from evaluator.intake import public
from evaluator.intake.decode import Item
from evaluator.intake.files import Row
from evaluator.lane import Lane, key_of
from evaluator.service import Service
from store import batches as batch_store
from store import samples as sample_store
from store import verdicts as verdict_store
from store.records import Outcome, Sample, Status, Verdict
from store.samples import Key
from store.verdicts import VerdictSummary

CHUNK = 500
ENDINGS = ("passed", "failed", Status.ERROR.value, Status.SKIPPED.value)
Fields = dict[str, Any]


class Reject(NamedTuple):
    """A row that became no sample: file:line, and why."""

    where: str
    error: str


@dataclass(slots=True)
class Tally:
    """What became of the rows so far; `left_out` counts rows that are no calls of a model, by what they are."""

    rows: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    features: set[str] = field(default_factory=set)

    @property
    def stored(self) -> int:
        return self.outcomes[Outcome.ACCEPTED] + self.outcomes[Outcome.DUPLICATE]

    def as_json(self) -> dict[str, int]:
        counts = {outcome: self.outcomes[outcome] for outcome in Outcome} | {"left_out": self.left_out.total()}
        return {"read": self.rows, **{name: count for name, count in counts.items() if count}}


class Target(Protocol):
    """Where rows go: this process' database, or a running service."""

    async def send(self, items: Sequence[Fields]) -> IngestReport: ...
    async def finish(self) -> str | None: ...
    async def summary(self, features: Iterable[str]) -> list[SummaryRow]: ...


class Watcher(Protocol):
    """Who is told of rejected rows and of every chunk done."""

    def rejected(self, reject: Reject) -> None: ...
    def progress(self) -> None: ...


async def score(rows: Iterable[Row], target: Target, tally: Tally, watcher: Watcher) -> str | None:
    """Sends all rows and waits for their verdicts; returns what is left to be done, if anything, in words."""
    for chunk in _chunks(rows):
        good = [row for row in chunk if row.item is not None]
        for row in chunk:
            if row.error is not None:
                tally.outcomes[Outcome.REJECTED] += 1
                watcher.rejected(Reject(row.where, str(row.error)))
            if row.left_out is not None:
                tally.left_out[row.left_out] += 1
        report = await target.send([row.item for row in good if row.item is not None])
        for result in report.items:
            tally.outcomes[result.outcome] += 1
            row = good[result.index]
            if result.outcome == Outcome.REJECTED:
                watcher.rejected(Reject(row.where, f"{row.where}: {result.error}"))
            else:
                tally.features.add(str((row.item or {}).get("feature") or public.DEFAULT_FEATURE))
        tally.rows += len(chunk)
        watcher.progress()
    return await target.finish()


def _chunks(rows: Iterable[Row]) -> Iterator[list[Row]]:
    remaining = iter(rows)
    while chunk := list(islice(remaining, CHUNK)):
        yield chunk


class LocalTarget:
    """The database file of this process. One chunk is read and stored while the one before it is judged."""

    by_batches = False

    def __init__(self, service: Service) -> None:
        self._service = service
        self._started_at = service.clock()
        self._fresh: list[Sample] = []
        self._intake = service.intake_for(self._fresh.extend)
        self._counts: Counter[tuple[str, str, str, str, str]] = Counter()
        self._owed: dict[tuple[str, Key], str] = {}
        self._judging: deque[asyncio.Task[None]] = deque()
        self._of_conversations = [lane for lane in service.pipeline.lanes if lane.quiet is not None]
        self._last: dict[tuple[str, str, str], Key] = {}

    async def send(self, items: Sequence[Fields]) -> IngestReport:
        """Stores a chunk, and begins to judge what of it has no verdict yet, also when an earlier run stored it."""
        self._fresh.clear()
        known = await asyncio.to_thread(self._with_stored_times, items)
        report = await self._intake.accept([Item(i, item) for i, item in enumerate(known)], source="file")
        samples = self._fresh + await asyncio.to_thread(self._seen_before, known, report)
        self._judging.append(asyncio.create_task(self._judge(samples)))
        await self.settled(but=1)
        return report

    async def finish(self) -> str | None:
        """Which judges owe verdicts on samples of this run, how many, and what they last failed with."""
        await self.settled()
        await self._conclude()
        owed = Counter(judge for judge, _ in self._owed)
        lanes = [lane for lane in self._service.pipeline.lanes if owed[lane.judge.name]]
        if not lanes:
            return None
        with self._service.store.read() as c:
            waiting = batch_store.waiting(c)
        told = "; ".join(self._debt(lane, owed[lane.judge.name], waiting.get(lane.judge.name, 0)) for lane in lanes)
        return f"not all is judged yet ({told}); run the same command again later, it judges the rest"

    def _debt(self, lane: Lane, owed: int, waiting: int) -> str:
        why = self._why(lane, waiting)
        return f"{lane.judge.name}: {_samples(owed)}" + (f", {why}" if why else "")

    def _why(self, lane: Lane, waiting: int) -> str:
        """Why a judge owes verdicts; what the last batch failed with is told beside it."""
        if why := lane.stopped or lane.paused_why:
            return why
        if waiting:
            return f"{_samples(waiting)} of it are in batches" + ("" if self.by_batches else "; --batch takes them in")
        return "" if lane.live or self.by_batches else "it judges by batches; --batch submits them"

    async def summary(self, features: Iterable[str]) -> list[SummaryRow]:
        """Pass rates over the rows of this run, those of earlier runs included; each sample counts once."""
        wanted = set(features)
        lanes = {lane.judge.name: lane.judge for lane in self._service.pipeline.lanes}
        owing = {(feature, name) for (name, _), feature in self._owed.items()}
        owed = {(feature, name, lanes[name].version, lanes[name].kind) for feature, name in owing}
        series = sorted(key for key in owed | {key[:4] for key in self._counts} if key[0] in wanted)
        return [self._of_series(one) for one in series]

    async def _judge(self, samples: Sequence[Sample]) -> None:
        await self._service.pipeline.judge(samples)
        await asyncio.to_thread(self._count, samples)

    async def settled(self, *, but: int = 0) -> None:
        """Waits until what was sent is judged, all but so many chunks."""
        while len(self._judging) > but:
            await self._judging.popleft()

    def _of_series(self, series: tuple[str, str, str, str]) -> SummaryRow:
        feature, judge, version, kind = series
        passed, failed, errors, skipped = (self._counts[*series, ending] for ending in ENDINGS)
        waiting = sum((name, of) == (judge, feature) for (name, _), of in self._owed.items())
        return present.summary(
            VerdictSummary(
                feature=feature,
                judge=judge,
                judge_version=version,
                kind=kind,
                n=passed + failed,
                passed=passed,
                errors=errors,
                skipped=skipped,
            ),
            waiting,
        )

    def _with_stored_times(self, items: Sequence[Fields]) -> list[Fields]:
        """A row without a timestamp got its time of arrival when it was stored first: it keeps that one."""
        untimed = [(index, _read(item, self._started_at)) for index, item in enumerate(items) if not _has_time(item)]
        ids = {index: sample.sample_id for index, sample in untimed if sample}
        known = list(items)
        if ids:
            with self._service.store.read() as c:
                times = sample_store.newest_times(c, list(ids.values()))
            for index, sample_id in ids.items():
                if stored_at := times.get(sample_id):
                    known[index] = items[index] | {"id": sample_id, "timestamp": stored_at.isoformat()}
        return known

    def _seen_before(self, items: Sequence[Fields], report: IngestReport) -> list[Sample]:
        """The duplicates of earlier runs as they are stored; a row that repeats one of this run counts only once."""
        again = [items[result.index] for result in report.items if result.outcome == Outcome.DUPLICATE]
        keys = {(s.sample_id, s.ts) for item in again if (s := _read(item, self._started_at))}
        with self._service.store.read() as c:
            return [sample for sample in sample_store.load(c, sorted(keys)) if sample.received_at < self._started_at]

    def _count(self, samples: Sequence[Sample]) -> None:
        """Counts the verdicts on these samples, and notes who owes one."""
        lanes = self._service.pipeline.lanes
        for lane in lanes:
            if lane.quiet is None:
                self._owed |= {(lane.judge.name, key_of(one)): one.feature for one in samples if lane.wants(one)}
            else:
                self._note_last(lane.judge.name, [sample for sample in samples if lane.wants(sample)])
        later = {lane.judge.name for lane in self._of_conversations}
        for verdict in self._verdicts(samples):
            if self._is_current(verdict) and verdict.judge not in later:
                self._add(verdict)
                self._owed.pop((verdict.judge, (verdict.sample_id, verdict.ts)), None)

    def _note_last(self, judge: str, samples: Sequence[Sample]) -> None:
        for sample in samples:
            if sample.session_id is not None:
                name = (judge, sample.feature, sample.session_id)
                self._last[name] = max(self._last.get(name, key_of(sample)), key_of(sample), key=lambda key: key[::-1])

    async def _conclude(self) -> None:
        """Judges the conversations of this run, whose turns are all there by now."""
        if self._of_conversations:
            await self._service.pipeline.conclude()
            self._owed |= {(judge, key): feature for (judge, feature, _), key in self._last.items()}
            await asyncio.to_thread(self._count_owed)

    def _count_owed(self) -> None:
        """Counts verdicts that were owed when their samples were counted and have come since."""
        owed = by_time(self._owed)
        for first in range(0, len(owed), CHUNK):
            some = set(owed[first : first + CHUNK])
            for verdict in self._of_keys({key for _, key in some}):
                if self._is_current(verdict) and (name := (verdict.judge, (verdict.sample_id, verdict.ts))) in some:
                    self._add(verdict)
                    del self._owed[name]

    def _add(self, verdict: Verdict) -> None:
        self._counts[verdict.feature, verdict.judge, verdict.judge_version, verdict.kind, _ending(verdict)] += 1

    def _verdicts(self, samples: Sequence[Sample]) -> list[Verdict]:
        return self._of_keys({key_of(sample) for sample in samples}) if samples else []

    def _of_keys(self, keys: set[Key]) -> list[Verdict]:
        ids, times = [sample_id for sample_id, _ in keys], [ts for _, ts in keys]
        with self._service.store.read() as c:
            found = verdict_store.of_samples(c, ids, from_ts=min(times), until_ts=max(times))
        return [verdict for verdict in found if (verdict.sample_id, verdict.ts) in keys]

    def _is_current(self, verdict: Verdict) -> bool:
        lanes = self._service.pipeline.lanes
        return any((lane.judge.name, lane.judge.version) == (verdict.judge, verdict.judge_version) for lane in lanes)


def by_time(owed: Iterable[tuple[str, Key]]) -> list[tuple[str, Key]]:
    """Judge by judge, the oldest samples first: any piece of it is of a short time, and the store reads no more."""
    return sorted(owed, key=lambda one: (one[0], one[1][::-1]))


def _ending(verdict: Verdict) -> str:
    if verdict.status is not Status.OK:
        return verdict.status
    return "passed" if verdict.passed else "failed"


def _read(item: Fields, received_at: datetime) -> Sample | None:
    try:
        return public.read(item, received_at=received_at, source="file")
    except InputError:
        return None


def _has_time(item: Fields) -> bool:
    return bool(item.get("timestamp"))


def _samples(n: int) -> str:
    return f"{n:,} sample{'s' * (n != 1)}"
