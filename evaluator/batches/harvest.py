"""From a batch that has ended to verdicts: votes are put together, what failed is left for a next batch."""

from __future__ import annotations

import asyncio
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import structlog
from pydantic import BaseModel

from evaluator.batches.draft import position_of
from evaluator.batches.means import CHUNK, BatchLane, Means, chunks
from evaluator.lane import key_of
from judges import batch as provider
from judges.batch import BatchStatus, Ending
from judges.errors import JudgeError, Rejected, Stopped, Unavailable
from judges.exchange import Completion, Request
from judges.failures import CONNECTION
from judges.judge import Judgement
from judges.llm import Prepared
from judges.opinions import concluded, repeated
from judges.reuse import reused
from store import batches as batch_store
from store.batches import Batch, BatchItem, BatchState
from store.records import Opinion, Sample, Status, Verdict
from store.samples import Key

log = structlog.get_logger(__name__)

TRIES = 3
"""So many batches may lose or fail a request; then its failure is the verdict."""
ANSWERED, CANCELED, STOPPED = "answered", provider.CANCELED, "stopped"
VIA = "batch"


@dataclass(frozen=True, slots=True)
class Missed:
    """A request without an answer: why, and in words."""

    outcome: str
    detail: str


class Harvest:
    """Takes the results of one batch in. What it did before a crash it finds done the next time."""

    def __init__(self, means: Means, lane: BatchLane, batch: Batch) -> None:
        self._means = means
        self._lane = lane
        self._batch = batch
        self._answers: dict[int, Opinion | Missed] = {}

    async def take(self, status: BatchStatus) -> Batch:
        """Stores the verdicts, then closes the batch: in this order, so that a stop between the two loses nothing."""
        await self._read(status)
        items = await self._means.read(lambda c: batch_store.items(c, self._batch.batch_key))
        left: list[BatchItem] = []
        # Escalations are calls: a crash pays for no more of them twice than live judging does.
        size = self._means.at_once if self._lane.judge.rubric.escalation else CHUNK
        for groups in chunks(list(_by_content(items).values()), size):
            left += await self._settle(groups)
        ended = self._ended(status)
        await self._means.write(lambda c: batch_store.end(c, ended, left))
        self._means.settle(ended.batch_key, ended.spent_usd or 0.0)
        log.info("batch taken in", judge=ended.judge, batch=ended.batch_key, left=len({item.key for item in left}))
        return ended

    async def _read(self, status: BatchStatus) -> None:
        lines = 0
        async for custom_id, ending in self._means.client.results(status.id, self._lane.judge.model):
            lines += 1
            if lines % CHUNK == 0:
                # Results that have arrived are read without waiting: others have their turn in the loop now and then.
                await asyncio.sleep(0)
            position = position_of(custom_id, self._batch.batch_key)
            if position is not None:
                self._answers[position] = self._heard(ending)
        if lines < status.total:
            raise Unavailable("The provider sent fewer results than there are requests.", reason=CONNECTION)

    def _heard(self, ending: Ending) -> Opinion | Missed:
        if isinstance(ending, Completion):
            return self._lane.judge.opinion(ending, via=VIA)
        if isinstance(ending, Rejected):
            return _failed(ending.reason, str(ending))
        if isinstance(ending, Stopped):
            self._lane.lane.stopped = str(ending)
            return Missed(STOPPED, str(ending))
        return Missed(ending.reason, ending.detail)

    def _ended(self, status: BatchStatus) -> Batch:
        costs = [one.cost_usd or 0.0 for one in self._answers.values() if isinstance(one, Opinion)]
        return replace(
            self._batch,
            state=BatchState.ENDED,
            ended_at=self._means.clock(),
            spent_usd=math.fsum(costs),
            succeeded=status.succeeded,
            errored=status.errored,
            expired=status.expired,
            canceled=status.canceled,
            reason=None,
        )

    async def _settle(self, groups: Sequence[list[BatchItem]]) -> list[BatchItem]:
        """Verdicts for samples of equal content, group by group; what is left of those that cannot have one yet."""
        keys = list(dict.fromkeys(item.key for group in groups for item in group))
        samples = {key_of(one): one for one in await self._means.read(lambda c: self._lane.unjudged(c, keys))}
        heard = [[self._with_answer(item) for item in group if item.key in samples] for group in groups]
        decided = await asyncio.gather(*(self._verdicts(group, samples) for group in heard))
        await self._means.keep([verdict for verdicts in decided for verdict in verdicts])
        still = await self._means.read(lambda c: {key_of(one) for one in self._lane.unjudged(c, list(samples))})
        return [item for group in heard for item in group if item.key in still]

    def _with_answer(self, item: BatchItem) -> BatchItem:
        """The item with what was said about it, or why nothing was."""
        if item.opinion is not None or item.position is None:
            return item
        answer = self._answers.get(item.position) or Missed(provider.EXPIRED, "it is not among the results")
        if isinstance(answer, Opinion):
            return replace(item, outcome=ANSWERED, opinion=answer)
        if answer.outcome in (CANCELED, STOPPED) or item.tries < TRIES:
            return replace(item, outcome=answer.outcome)
        why = f"Asked in {item.tries} batches without an answer; at last: {answer.detail}."
        return replace(item, outcome=ANSWERED, opinion=_failed(answer.outcome, why))

    async def _verdicts(self, group: Sequence[BatchItem], samples: dict[Key, Sample]) -> list[Verdict]:
        """One judgement for all samples of this content: the first one paid for it, the others get it for nothing."""
        if not group:
            return []
        owner, *twins = dict.fromkeys(item.key for item in group)
        judgement = await decide(self._means, self._lane, samples[owner], [i for i in group if i.key == owner])
        if judgement is None:
            return []
        stamp = self._lane.lane.stamp
        return [stamp(samples[owner], judgement), *(stamp(samples[key], reused(judgement)) for key in twins)]


async def decide(means: Means, lane: BatchLane, sample: Sample, items: Sequence[BatchItem]) -> Judgement | None:
    """The judgement that the answers make, the stronger model asked where the rubric says so; None when it has to wait.

    Answers beyond the rubric's votes are those of a second judgement on purpose; without all of them there is none.
    """
    judge, votes = lane.judge, lane.judge.rubric.votes
    said = {item.vote: item.opinion for item in items if item.opinion is not None}
    first = [said[vote] for vote in range(votes) if vote in said]
    second = [said[vote] for vote in range(votes, 2 * votes) if vote in said]
    if len(first) < votes:
        return None
    prepared = _prepared(lane, sample, items[0])
    try:
        judgement = await _settled(lane, first, prepared)
        if len(second) == votes:
            judgement = repeated(judgement, await _settled(lane, second, prepared))
    except Stopped as error:
        lane.lane.stopped = str(error)
        return None
    except JudgeError as error:
        log.warning("judgement waits for the stronger model", judge=judge.name, reason=type(error).__name__)
        return None
    finished = judge.finished(judgement, prepared)
    means.resources.reuse.remember((judge.version, prepared.content_hash), finished)
    return finished


async def _settled(lane: BatchLane, votes: Sequence[Opinion], prepared: Prepared) -> Judgement:
    return await lane.judge.settled(votes, prepared) if prepared.request.user else concluded(votes)


def _prepared(lane: BatchLane, sample: Sample, item: BatchItem) -> Prepared:
    """What was asked, as far as it can still be said: without its text nobody else can be asked about a sample."""
    found = lane.judge.prepare(sample)
    nothing = Request(model=lane.judge.model, system="", user="", answer=BaseModel)
    request = found.request if isinstance(found, Prepared) else nothing
    return Prepared(request=request, cut=item.cut, content_hash=item.content_hash)


def _failed(reason: str, explanation: str) -> Opinion:
    return Opinion(via=VIA, status=Status.ERROR, reason=reason, explanation=explanation)


def _by_content(items: Iterable[BatchItem]) -> dict[str, list[BatchItem]]:
    groups: dict[str, list[BatchItem]] = defaultdict(list)
    for item in items:
        groups[item.content_hash].append(item)
    return groups
