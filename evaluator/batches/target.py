"""Where `leadline score --batch` sends its rows: stored and judged as ever, but LLM judges judge them by batches."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Protocol

from evaluator.backfill import LocalTarget, by_time
from evaluator.batches.runner import Batches, Standing
from evaluator.errors import InputError
from evaluator.service import Service
from store.samples import Key

Keys = Mapping[str, Collection[Key]]


class Observer(Protocol):
    """Who is told how far the batches are."""

    def waiting(self, standing: Standing) -> None: ...


class BatchTarget(LocalTarget):
    """The database file of this process. With `wait`, it is finished when nothing is under way or held up any more."""

    by_batches = True

    def __init__(
        self,
        service: Service,
        observer: Observer,
        *,
        wait: bool,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        super().__init__(service)
        if service.batches is None or not service.batches.judges:
            raise InputError(_nobody(service))
        self._batches: Batches = service.batches
        self._run = service.pipeline.run
        self._observer = observer
        self._wait = wait
        self._sleep = sleep
        self._poll_seconds = service.settings.judge.batch_poll_seconds
        self._mine: set[str] = set()

    async def finish(self) -> str | None:
        """Submits what LLM judges owe, waits for the batches (those of earlier runs too), and says what is left."""
        await self.settled()
        self._mine = {batch.batch_key for batch in await self._run(self._batches.open())}
        later = await self._submit(self._owed_in_batches())
        if not self._wait and (await self._show()).open:
            return self._said("the batches are under way; run the same command again, or a service, to take them in")
        while self._wait and ((await self._show()).open or later or self._batches.hindered):
            await self._sleep(self._poll_seconds)
            await self._run(self._batches.poll())
            later = await self._submit(later)
        await asyncio.to_thread(self._count_owed)
        return self._said(await super().finish())

    async def _submit(self, keys: Keys) -> Keys:
        """What has to be submitted again later: for a reason that passes, or behind a batch with the same content."""
        later: dict[str, Collection[Key]] = {}
        for judge, wanted in keys.items():
            told = await self._run(self._batches.submit({judge: wanted}))
            if again := wanted if told.passing else told.later.get(judge):
                later[judge] = again
        return later

    async def _show(self) -> Standing:
        self._mine |= {batch.batch_key for batch in await self._run(self._batches.open())}
        standing = await self._run(self._batches.standing(self._mine))
        self._observer.waiting(standing)
        return standing

    def _owed_in_batches(self) -> Keys:
        owed: dict[str, list[Key]] = defaultdict(list)
        for judge, key in by_time(self._owed):
            if judge in self._batches.judges:
                owed[judge].append(key)
        return owed

    def _said(self, left: str | None) -> str | None:
        failures = [f"{name}: {failure}" for name, failure in self._batches.failures.items()]
        return "\n".join([*([left] if left else []), *failures]) or None


def _nobody(service: Service) -> str:
    """Why there is nobody to judge by batches."""
    if service.batches is None and any(lane.judge.kind == "llm" for lane in service.pipeline.lanes):
        return "--batch: none of the providers has the Message Batches API; without --batch its models are called"
    return "--batch: no LLM judge is configured; `leadline judges` says what to set"
