"""Feedback on its way: stored when it comes, a verdict of kind "feedback" once its sample is there."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

import structlog

from evaluator.api.shapes import IngestReport, ItemResult
from evaluator.errors import InputError
from evaluator.feedback.form import Cleaner, Form
from evaluator.feedback.item import FeedbackItem, read
from evaluator.intake.decode import Item
from evaluator.intake.public import MAX_ID
from evaluator.redact.keep import TextPolicy
from evaluator.settings import Settings
from store import feedback as feedback_store
from store.database import Connection
from store.errors import StoreError, StoreUnavailable
from store.feedback import Feedback, Match
from store.records import Clock, Outcome, Sample
from store.store import Store

log = structlog.get_logger(__name__)

WAITS = timedelta(days=7)
REMEMBERED = timedelta(days=30)
REACH = timedelta(days=30)
"""How long before it was said a sample may have happened."""
RECENT = timedelta(minutes=30)
LOOK_EVERYWHERE = timedelta(hours=1)
"""Samples are looked for among those that arrived just now; once an hour, among all, for what was long under way."""
CHUNK = 2_000
FRESH = 20_000
MAX_FOUND_BAD = 100_000
MAX_NAMES = 100
TOO_MANY = f"name: there are {MAX_NAMES} names of feedback already; use one of them, and tell in label what differs"
KEPT = {True: Outcome.ACCEPTED, False: Outcome.DUPLICATE, None: Outcome.REJECTED}
BEGINNING = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Feedbacks:
    """The way in for feedback of every channel. `count` is told what became of how many."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Clock,
        redactor: Cleaner,
        count: Callable[[str, int], object] = lambda _outcome, _n: None,
    ) -> None:
        self._store = store
        self._policy = TextPolicy(settings)
        self._form = Form(settings, redactor)
        self._clock = clock
        self._count = count
        self._one_at_a_time = asyncio.Lock()
        self._found_bad: set[str] = set()
        self._names: set[str] | None = None
        self._looked_everywhere: datetime | None = None

    async def accept(self, items: Sequence[Item]) -> IngestReport:
        """What became of every item of a body, answered after the commit; StoreUnavailable when nothing can be kept."""
        received_at = self._clock()
        results = [_read(item, received_at) for item in items]
        outcomes = iter(await self.add([found for found in results if isinstance(found, FeedbackItem)]))
        listed = [_result(item, found, outcomes) for item, found in zip(items, results, strict=True)]
        self._count(Outcome.REJECTED, sum(isinstance(found, InputError) for found in results))
        return _report(listed)

    async def add(self, items: Sequence[FeedbackItem]) -> list[Outcome]:
        """ACCEPTED, DUPLICATE or REJECTED (a name too many) per item, after the commit, with its verdict."""
        if not items:
            return []
        if self._store.nearly_full():
            raise StoreUnavailable("the disk is nearly full: free some space")
        told = await asyncio.to_thread(self._form.of, items, self._clock())
        given = await asyncio.to_thread(self._named, told)
        written = self._store.run(partial(feedback_store.append, given=given))
        stored = await asyncio.shield(asyncio.wrap_future(written))
        new = dict(zip(map(id, given), stored, strict=True))
        outcomes = [KEPT[new.get(id(one))] for one in told]
        for outcome in set(outcomes):
            self._count(outcome, outcomes.count(outcome))
        if any(stored):
            bad = {one.sample_id or one.response_id or one.trace_id or "" for one in given if one.passed is False}
            await self._attach_now(bad)
        return outcomes

    async def attach(self) -> int:
        """Makes verdicts of the feedback whose sample has come; how many verdicts are new or other than before."""
        async with self._one_at_a_time:
            now = self._clock()
            written = await self._attach_fresh(now)
            everywhere = self._looked_everywhere is None or now - self._looked_everywhere >= LOOK_EVERYWHERE
            written += await self._attach_found(fresh=False, since=BEGINNING if everywhere else now - RECENT)
            if everywhere:
                await self._drop(now)
                self._looked_everywhere = now
            self._found_bad = await asyncio.to_thread(self._negative)
            return written

    def wants(self, sample: Sample) -> bool:
        """Whether somebody found it bad before it came: such a sample is kept whatever the rate. Safe in any thread."""
        return not self._found_bad.isdisjoint((sample.sample_id, sample.trace_id, sample.response_id))

    async def _attach_now(self, found_bad: set[str]) -> None:
        """Those that wait for the same turn share one look. It failing costs nothing: the scheduler looks again."""
        async with self._one_at_a_time:
            self._found_bad |= found_bad
            try:
                await self._attach_fresh(self._clock())
            except StoreError as error:
                log.warning("feedback waits for its sample", reason=str(error))

    async def _attach_fresh(self, now: datetime) -> int:
        """Looks everywhere for the samples of feedback that came since the last time."""
        ids = await asyncio.to_thread(self._fresh)
        if not ids:
            return 0
        written = await self._attach_found(fresh=True, since=BEGINNING)
        marked = self._store.run(partial(feedback_store.mark_looked_for, ids=ids, looked_at=now))
        await asyncio.wrap_future(marked)
        return written

    async def _attach_found(self, *, fresh: bool, since: datetime) -> int:
        total = 0
        while found := await asyncio.to_thread(self._found, fresh, since):
            total += await asyncio.wrap_future(self._store.run_numbered(partial(_attach, found)))
            if len(found) < CHUNK:
                break
        return total

    def _named(self, told: Sequence[Feedback]) -> list[Feedback]:
        """Those whose name has a place: every name is a series that is watched, and shares the alarms' budget."""
        if self._names is None:
            with self._store.read() as c:
                self._names = feedback_store.names(c)
        for one in told:
            if len(self._names) < MAX_NAMES:
                self._names.add(one.judge)
        return [one for one in told if one.judge in self._names]

    def _negative(self) -> set[str]:
        with self._store.read() as c:
            return feedback_store.negative(c, MAX_FOUND_BAD)

    def _fresh(self) -> list[str]:
        with self._store.read() as c:
            return feedback_store.fresh(c, FRESH)

    def _found(self, fresh: bool, since: datetime) -> list[Match]:
        with self._store.read() as c:
            oldest = feedback_store.oldest_waiting(c)
            if oldest is None:
                return []
            found = feedback_store.matches(c, fresh_only=fresh, since=since, from_ts=oldest - REACH, limit=CHUNK)
        return [replace(one, comment_kept=not self._policy.withholds(one.feature)) for one in found]

    async def _drop(self, now: datetime) -> None:
        written = self._store.run(
            partial(feedback_store.drop, waiting_since=now - WAITS, received_before=now - REMEMBERED)
        )
        dropped = await asyncio.wrap_future(written)
        if dropped:
            self._count("no_sample", dropped)
            log.info("feedback dropped: its sample never came", n=dropped, days=WAITS.days)


def _read(item: Item, received_at: datetime) -> FeedbackItem | InputError:
    try:
        if item.error is not None:
            raise item.error
        return read(item.value, received_at)
    except InputError as error:
        return error


def _attach(found: Sequence[Match], c: Connection, after: int) -> tuple[int, int]:
    return feedback_store.attach(c, found, after)


def _result(item: Item, found: FeedbackItem | InputError, outcomes: Iterator[Outcome]) -> ItemResult:
    given = item.value.get("id") if isinstance(item.value, dict) else None
    name = given if isinstance(given, str) and len(given) <= MAX_ID else None
    if isinstance(found, InputError):
        return ItemResult(index=item.index, id=name, outcome=Outcome.REJECTED, error=str(found))
    outcome = next(outcomes)
    return ItemResult(
        index=item.index, id=name, outcome=outcome, error=TOO_MANY if outcome is Outcome.REJECTED else None
    )


def _report(listed: list[ItemResult]) -> IngestReport:
    n = Counter(one.outcome for one in listed)
    return IngestReport(
        accepted=n[Outcome.ACCEPTED],
        duplicate=n[Outcome.DUPLICATE],
        not_kept=0,
        rejected=n[Outcome.REJECTED],
        items=listed,
    )
