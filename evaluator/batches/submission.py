"""From pending samples to batches: what needs no model is decided at once, the rest is written down and submitted."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

import structlog

from evaluator.batches.draft import Candidate, Draft, Purse
from evaluator.batches.harvest import CANCELED, STOPPED, decide
from evaluator.batches.means import BatchLane, Means, chunks
from evaluator.lane import key_of
from judges.batch import Unsure
from judges.budget import REASON
from judges.errors import JudgeError, Rejected, Stopped, Unavailable
from judges.judge import Judgement
from judges.llm import Prepared
from store import batches as batch_store
from store.batches import Batch, BatchItem, BatchState
from store.database import Connection
from store.records import Sample, TextState
from store.samples import Key

log = structlog.get_logger(__name__)

UNTRIED = frozenset({CANCELED, STOPPED})
"""Outcomes that were not the request's fault: they do not count as a try."""
SOON_SECONDS = 600.0
"""A budget that has room again within this time is waited for."""


@dataclass(slots=True)
class Submitted:
    """What became of pending samples: batches made, verdicts given at once, and what stopped it, if anything."""

    batches: list[Batch] = field(default_factory=list)
    verdicts: int = 0
    later: dict[str, list[Key]] = field(default_factory=dict)
    """Samples by judge whose content is being judged in a batch: afterwards they cost nothing."""
    failure: JudgeError | None = None

    @property
    def passing(self) -> bool:
        """Whether the failure will pass by itself, and soon."""
        failure = self.failure
        return isinstance(failure, Unavailable) and (
            failure.reason != REASON or failure.retry_after_seconds <= SOON_SECONDS
        )

    @property
    def moved(self) -> bool:
        """Whether anything was done."""
        return bool(self.batches or self.verdicts)

    def __iadd__(self, other: Submitted) -> Submitted:
        self.batches += other.batches
        self.verdicts += other.verdicts
        for judge, keys in other.later.items():
            self.later.setdefault(judge, []).extend(keys)
        self.failure = other.failure or self.failure
        return self


class Submission:
    """One judge's samples on their way into batches. Use it once."""

    def __init__(self, means: Means, lane: BatchLane) -> None:
        self._means = means
        self._lane = lane
        self._told = Submitted()
        self._contents: set[str] = set()
        self._claimed: set[Key] = set()
        self._draft = self._new_draft()

    async def run(self, keys: Sequence[Key]) -> Submitted:
        """Submits what of these samples is not judged, not in a batch and not in other hands."""
        self._contents = await self._means.read(lambda c: batch_store.contents_under_way(c, self._lane.series))
        try:
            for some in chunks(keys):
                await self._take(some)
            await self._send()
        except (Unavailable, Rejected, Stopped) as failure:
            self._told.failure = failure
        finally:
            self._draft.purse.held.settle(0.0)
            self._release(self._claimed)
        return self._told

    async def _take(self, keys: Sequence[Key]) -> None:
        """Claimed first, then looked up: nobody can judge a sample after the look and before it is in the batch."""
        mine = [key for key in dict.fromkeys(keys) if self._lane.lane.claim(key)]
        self._claimed.update(mine)
        samples, undone = await self._means.read(lambda c: self._find(c, mine))
        found = [(sample, await self._look_at(sample, undone.get(key_of(sample), []))) for sample in samples]
        # Kept before anything is submitted, which may fail: some have cost an escalation.
        stamp = self._lane.lane.stamp
        verdicts = [stamp(sample, one) for sample, one in found if isinstance(one, Judgement)]
        self._told.verdicts += await self._means.keep(verdicts)
        candidates = [one for _, one in found if isinstance(one, Candidate)]
        asked = {key_of(one.sample) for one in candidates}
        await self._forget(undone.keys() - asked)
        self._release(set(mine) - asked)
        for candidate in candidates:
            await self._add(candidate)

    async def _forget(self, keys: Collection[Key]) -> None:
        """What earlier batches left undone of samples that have their verdict by now."""
        if keys:
            left = await self._means.read(lambda c: {key_of(one) for one in self._lane.unjudged(c, list(keys))})
            done = [key for key in keys if key not in left]
            await self._means.write(lambda c: batch_store.settle(c, self._lane.series, done))

    def _find(self, c: Connection, keys: Sequence[Key]) -> tuple[list[Sample], dict[Key, list[BatchItem]]]:
        under_way = batch_store.under_way(c, keys)
        samples = self._lane.unjudged(c, [key for key in keys if (*key, *self._lane.series) not in under_way])
        undone: dict[Key, list[BatchItem]] = defaultdict(list)
        for item in batch_store.undone(c, self._lane.series, keys):
            undone[item.key].append(item)
        return samples, undone

    async def _look_at(self, sample: Sample, undone: Sequence[BatchItem]) -> Candidate | Judgement | None:
        """What to ask; a judgement when there is nothing to ask; None when it has to wait."""
        judge = self._lane.judge
        wanted = judge.rubric.votes * (2 if judge.repeats(sample) else 1)
        paid = tuple(item for item in undone if item.opinion is not None)
        tries = {item.vote: item.tries + (item.outcome not in UNTRIED) for item in undone if item.opinion is None}
        missing = {vote: tries.get(vote, 1) for vote in range(wanted) if vote not in {item.vote for item in paid}}
        if paid and not missing:
            return await decide(self._means, self._lane, sample, paid)
        if sample.text is not TextState.KEPT:
            return None
        prepared = judge.prepare(sample)
        if isinstance(prepared, Judgement):
            return prepared
        known = self._means.resources.reuse.known((judge.version, prepared.content_hash))
        if known is not None and not paid:
            return judge.finished(known, prepared)
        return self._candidate(sample, prepared, missing, paid)

    def _candidate(
        self, sample: Sample, prepared: Prepared, missing: dict[int, int], paid: tuple[BatchItem, ...]
    ) -> Candidate:
        usd = self._lane.judge.estimate_usd(prepared.request, batch=True)
        return Candidate(sample=sample, prepared=prepared, missing=missing, paid=paid, usd=usd or 0.0)

    async def _add(self, candidate: Candidate) -> None:
        while candidate.prepared.content_hash not in self._contents:
            try:
                if self._draft.add(candidate):
                    return
            except Unavailable:
                # What the budget covers is submitted all the same.
                await self._send()
                raise
            await self._send()
        key = key_of(candidate.sample)
        self._told.later.setdefault(self._lane.judge.name, []).append(key)
        self._release({key})

    async def _send(self) -> None:
        """Written down, then submitted, then its id written down: after a stop the store tells how to go on."""
        if not self._draft.requests:
            return
        draft, self._draft = self._draft, self._new_draft()
        means, name = self._means, self._lane.judge.name
        reservation = draft.purse.held
        batch = self._batch(draft)
        try:
            await means.write(lambda c: batch_store.begin(c, batch, draft.items))
        except BaseException:
            reservation.settle(0.0)
            raise
        means.held[batch.batch_key] = reservation
        self._contents.update(item.content_hash for item in draft.items)
        self._release({item.key for item in draft.items})
        provider_id = await self._submit(batch, draft)
        await means.write(lambda c: batch_store.submitted(c, batch.batch_key, provider_id))
        log.info("batch submitted", judge=name, batch=batch.batch_key, requests=batch.requests)
        self._told.batches.append(replace(batch, state=BatchState.IN_PROGRESS, provider_id=provider_id))

    async def _submit(self, batch: Batch, draft: Draft) -> str:
        try:
            return await self._means.client.submit(draft.requests)
        except Unsure:
            # It may exist: evaluator.batches.recovery finds out.
            self._told.batches.append(batch)
            raise
        except Unavailable:
            await self._means.write(lambda c: batch_store.discard(c, batch.batch_key))
            self._means.settle(batch.batch_key, 0.0)
            raise
        except (Rejected, Stopped) as error:
            failed = replace(batch, state=BatchState.FAILED, ended_at=self._means.clock(), reason=str(error))
            await self._means.write(lambda c: batch_store.fail(c, failed))
            self._means.settle(batch.batch_key, 0.0)
            raise

    def _batch(self, draft: Draft) -> Batch:
        name, version = self._lane.series
        return Batch(
            batch_key=draft.batch_key,
            judge=name,
            judge_version=version,
            provider=self._means.client.host,
            submitted_at=self._means.clock(),
            requests=len(draft.requests),
            bytes=draft.bytes,
            estimate_usd=draft.purse.held.usd,
        )

    def _new_draft(self) -> Draft:
        purse = Purse(self._means.resources.budgets, self._lane.judge.name)
        return Draft(f"leadline-{secrets.token_hex(8)}", self._means.client, purse)

    def _release(self, keys: set[Key]) -> None:
        for key in list(keys & self._claimed):
            self._lane.lane.release(key)
        self._claimed -= keys
