"""Batches over time: submitted once a day or on demand, asked about, taken in, and taken up again after a stop."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from operator import itemgetter

import structlog

from evaluator.batches import recovery
from evaluator.batches.harvest import CANCELED, STOPPED, Harvest
from evaluator.batches.means import BatchLane, Means
from evaluator.batches.submission import Submission, Submitted
from evaluator.lane import Lane
from judges.errors import JudgeError, Stopped
from judges.llm import LlmJudge
from store import batches as batch_store
from store import verdicts as verdict_store
from store.batches import Batch, BatchState
from store.samples import Key

log = structlog.get_logger(__name__)

LIFE = timedelta(hours=25)
"""The provider ends every batch within a day; one that it does not know after that is lost."""
MEMORY = timedelta(days=30)
"""How long what batches left undone is waited for: results are there for 29 days."""
AT_ONCE = 20_000
"""Pending samples looked up in one go, by key."""
LISTED = 1_000
UNKNOWN = "the provider does not know this batch; is the key of another workspace?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How far batches are: requests in all, of them in open batches and ended well or not; USD expected and spent."""

    batches: int
    open: int
    requests: int
    done: int
    errored: int
    estimate_usd: float
    spent_usd: float


class Batches:
    """Judging by batches. Its coroutines run in the judges' event loop, one at a time."""

    def __init__(
        self,
        means: Means,
        lanes: Sequence[Lane],
        *,
        submit_at: time,
        window_start: Callable[[], datetime],
        show: Callable[[Mapping[str, int]], None],
    ) -> None:
        self.failures: dict[str, str] = {}
        """What the last submission of a judge failed with."""
        self.hindered: set[str] = set()
        """The judges of which something is not submitted for a reason that will pass."""
        self._means = means
        self._lanes = [BatchLane(lane, lane.judge) for lane in lanes if isinstance(lane.judge, LlmJudge)]
        self._submit_at = submit_at
        self._window_start = window_start
        self._show = show
        self._turn = asyncio.Lock()
        self._submitted: dict[str, datetime] = {}
        self._later: dict[str, set[Key]] = defaultdict(set)

    @property
    def judges(self) -> list[str]:
        """The judges that do not judge as samples come."""
        return [lane.judge.name for lane in self._waiting()]

    @property
    def provider(self) -> str:
        """The host that batches are sent to."""
        return self._means.client.host

    def recall(self) -> None:
        """Sets money aside for the batches that earlier runs left open."""
        with self._means.store.read() as c:
            for batch in batch_store.open_batches(c):
                self._hold(batch)
            self._show(batch_store.waiting(c))

    async def submit(self, keys: Mapping[str, Collection[Key]]) -> Submitted:
        """Submits these samples, by the name of the judge that owes them a verdict."""
        told = Submitted()
        async with self._turn:
            for lane in self._lanes:
                if wanted := keys.get(lane.judge.name):
                    told += await self._submit(lane, list(wanted))
        return told

    async def submit_due(self) -> Submitted:
        """Submits what is pending, once a day for each judge; a day that was missed is made up for."""
        told = Submitted()
        async with self._turn:
            due = _last(self._submit_at, self._means.clock())
            for lane in self._waiting():
                if self._submitted.get(lane.judge.name) == due:
                    continue
                found = await self._submit_pending(lane, due) if await self._is_due(lane, due) else Submitted()
                # Until the budget or a setting changes, trying again would end the same.
                if not found.passing:
                    self._submitted[lane.judge.name] = due
                told += found
        return told

    async def poll(self) -> list[Batch]:
        """Asks about the open batches and takes in what has ended; what those left undone goes into a next one."""
        async with self._turn:
            opened = await self._means.read(batch_store.open_batches)
            ended = [batch for batch in [await self._ask(batch) for batch in opened] if batch is not None]
            for lane in self._lanes:
                undone = partial(batch_store.owed_again, series=lane.series, but=(CANCELED, STOPPED))
                again = await self._means.read(undone)
                await self._submit(lane, [*again, *self._answered_by(lane, ended)])
            if ended:
                await self._means.write(lambda c: batch_store.forget(c, self._means.clock() - MEMORY))
            self._show(await self._means.read(batch_store.waiting))
        return ended

    async def open(self) -> list[Batch]:
        """The batches under way, oldest first."""
        return await self._means.read(batch_store.open_batches)

    async def standing(self, keys: Collection[str]) -> Standing:
        """How far the batches with these keys are."""
        listed = await self._means.read(lambda c: batch_store.newest(c, LISTED))
        return _standing([batch for batch in listed if batch.batch_key in keys])

    def _waiting(self) -> list[BatchLane]:
        return [lane for lane in self._lanes if not lane.lane.live]

    async def _submit(self, lane: BatchLane, keys: Sequence[Key]) -> Submitted:
        self.hindered.discard(lane.judge.name)
        if not keys or not lane.lane.available:
            return Submitted()
        told = await Submission(self._means, lane).run(keys)
        if told.passing:
            self.hindered.add(lane.judge.name)
        self._later[lane.judge.name].update(told.later.get(lane.judge.name, ()))
        self._tell(lane, told.failure)
        self._show(await self._means.read(batch_store.waiting))
        return told

    def _tell(self, lane: BatchLane, failure: JudgeError | None) -> None:
        name, before = lane.judge.name, self.failures.pop(lane.judge.name, "")
        if failure is None:
            return
        self.failures[name] = str(failure)
        if isinstance(failure, Stopped) and not lane.lane.live:
            lane.lane.stopped = str(failure)
        if str(failure) != before:
            log.warning("batch not submitted", judge=name, reason=str(failure))

    async def _submit_pending(self, lane: BatchLane, due: datetime) -> Submitted:
        """All that is pending, but for what somebody canceled since it was due."""
        left = partial(batch_store.left_since, series=lane.series, since=due, outcome=CANCELED)
        canceled = await self._means.read(left)
        told, moved = Submitted(), True
        while moved and told.failure is None:
            pending = partial(verdict_store.pending, query=lane.lane.pending(self._window_start(), AT_ONCE))
            found = await self._submit(lane, [key for key in await self._means.read(pending) if key not in canceled])
            told += found
            moved = found.moved
        return told

    def _answered_by(self, lane: BatchLane, ended: Sequence[Batch]) -> list[Key]:
        """Samples whose content was in a batch that has ended, most likely: they have its verdict for nothing.

        After a canceled one they wait for the next night, as its own samples do.
        """
        mine = [batch for batch in ended if batch.judge == lane.judge.name]
        if not mine:
            return []
        waiting = self._later.pop(lane.judge.name, set())
        return [] if any(batch.canceled for batch in mine) else sorted(waiting, key=itemgetter(1, 0))

    async def _is_due(self, lane: BatchLane, due: datetime) -> bool:
        """Whether anything has waited since before that time of day."""
        query = lane.lane.pending(self._window_start(), 1)
        _, oldest = await self._means.read(lambda c: verdict_store.pending_count(c, query))
        return oldest is not None and oldest < due

    async def _ask(self, batch: Batch) -> Batch | None:
        """The batch when it has ended and is taken in."""
        lane = next((one for one in self._lanes if one.series == (batch.judge, batch.judge_version)), None)
        if lane is None:
            return await self._give_up(batch, MEMORY, "its judge is not configured any more")
        if batch.provider != self.provider:
            return await self._give_up(
                batch, MEMORY, f"it is at {batch.provider}, which is not asked for batches any more"
            )
        try:
            if batch.batch_key not in self._means.held:
                self._hold(batch)
            provider_id = batch.provider_id or await recovery.find(self._means, batch)
            return await self._take(lane, batch, provider_id) if provider_id else None
        except JudgeError as error:
            log.warning("batch cannot be asked about", judge=batch.judge, batch=batch.batch_key, reason=str(error))
            await self._note(batch, str(error))
        return None

    async def _take(self, lane: BatchLane, batch: Batch, provider_id: str) -> Batch | None:
        status = await self._means.client.status(provider_id)
        if status is None:
            return await self._give_up(batch, LIFE, UNKNOWN)
        if not status.ended:
            await self._note(batch, None)
            return None
        return await Harvest(self._means, lane, replace(batch, provider_id=provider_id)).take(status)

    async def _give_up(self, batch: Batch, after: timedelta, why: str) -> Batch | None:
        """Not before its time: the setting that is in the way may be put back."""
        now = self._means.clock()
        if now - batch.submitted_at < after:
            await self._note(batch, why)
            return None
        lost = replace(batch, state=BatchState.FAILED, ended_at=now, reason=why)
        await self._means.write(lambda c: batch_store.fail(c, lost))
        self._means.settle(batch.batch_key, 0.0)
        return lost

    async def _note(self, batch: Batch, reason: str | None) -> None:
        if batch.reason != reason:
            await self._means.write(lambda c: batch_store.troubled(c, batch.batch_key, reason))

    def _hold(self, batch: Batch) -> None:
        usd = batch.estimate_usd or 0.0
        self._means.held[batch.batch_key] = self._means.resources.budgets.hold(batch.judge, usd)


def _last(at: time, now: datetime) -> datetime:
    """The last time before now that it was that time of day, UTC."""
    today = datetime.combine(now.astimezone(UTC).date(), at, tzinfo=UTC)
    return today if today <= now else today - timedelta(days=1)


def _standing(found: Sequence[Batch]) -> Standing:
    ended = [batch for batch in found if batch.state is BatchState.ENDED]
    return Standing(
        batches=len(found),
        open=sum(batch.state in batch_store.OPEN for batch in found),
        requests=sum(batch.requests for batch in found),
        done=sum(batch.succeeded or 0 for batch in ended),
        errored=sum((batch.errored or 0) + (batch.expired or 0) + (batch.canceled or 0) for batch in ended),
        estimate_usd=math.fsum(batch.estimate_usd or 0.0 for batch in found),
        spent_usd=math.fsum(batch.spent_usd or 0.0 for batch in ended),
    )
