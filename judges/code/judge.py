"""A judge that is a user's own function, called in worker processes: what it does there harms only its verdict."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from judges.code.given import given
from judges.code.process import Answer, Ended, Program, Worker
from judges.code.returned import Passing, judgement, malformed
from judges.errors import Stopped, Unavailable
from judges.judge import Judgement, errored
from judges.validator import unanswered
from store.records import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a code judge goes by: `source` is the hash its version stands for, None when the user counts versions.

    `deciding` is all that can change a verdict.
    """

    program: Program
    source: str | None
    deciding: Mapping[str, Any]
    passing: Passing
    timeout_seconds: float
    workers: int


class CodeJudge:
    """Calls the function in at most `at_once` processes, started when needed and kept; a bad one is replaced."""

    kind = "code"
    waits = True
    what = "function"

    def __init__(
        self, name: str, version: str, rules: Rules, *, features: tuple[str, ...], rate: float, incomplete: bool
    ) -> None:
        self.name = name
        self.version = version
        self.features = features
        self.rate = rate
        self.incomplete = incomplete
        self.at_once = rules.workers
        self._rules = rules
        self._turns = asyncio.Semaphore(rules.workers)
        self._idle: list[Worker] = []
        self._ending: set[Worker] = set()

    @property
    def deciding(self) -> Mapping[str, Any]:
        """What its version is a hash of."""
        return self._rules.deciding

    async def judge(self, sample: Sample) -> Judgement:
        """What the function says; a crash, a hang or a strange result is an error verdict."""
        return unanswered(sample) or await self._asked(given(sample))

    async def _asked(self, question: Mapping[str, Any]) -> Judgement:
        seconds = self._rules.timeout_seconds
        try:
            async with self._turns, self._worker() as worker:
                answer = await worker.ask(question, seconds)
                if answer.get("raised") == MemoryError.__name__:
                    raise Ended("it used all the memory it may use (memory_mb)")
        except TimeoutError:
            return errored("timeout", f"The {self.what} did not answer within {seconds:g} s; its process was ended.")
        except Ended as error:
            return errored("crashed", f"The {self.what} took its process with it: {error}.")
        return self._judgement(answer)

    async def close(self) -> None:
        """Ends all processes, and waits until they are gone."""
        while self._idle:
            self._end(self._idle.pop())
        await asyncio.gather(*(worker.gone() for worker in self._ending))

    @asynccontextmanager
    async def _worker(self) -> AsyncIterator[Worker]:
        """A process for one question: whatever goes wrong meanwhile, nobody else gets it."""
        worker = await self._ready()
        try:
            yield worker
        except BaseException:
            self._end(worker)
            raise
        self._idle.append(worker)

    async def _ready(self) -> Worker:
        while self._idle:
            worker = self._idle.pop()
            if worker.alive:
                return worker
            self._end(worker)
        return await self._started()

    async def _started(self) -> Worker:
        program = self._rules.program
        try:
            worker, hello = await Worker.start(program)
        except TimeoutError:
            raise _not_now(program, f"its import took over {program.start_seconds:g} s") from None
        except (Ended, OSError) as error:
            raise _not_now(program, str(error)) from None
        if (why := self._unusable(hello)) is not None:
            self._end(worker)
            raise Stopped(f"{program.call} {why}. Mend it if need be, and start again.", reason="code_changed")
        return worker

    def _unusable(self, hello: Answer) -> str | None:
        """Why verdicts of this process would not be those of the judge's version."""
        if "raised" in hello:
            return f"can no longer be imported: {imported_badly(hello)}"
        if self._rules.source not in (None, hello.get("source")):
            return "has changed since the start, and what it says now belongs to a new series"
        return None

    def _end(self, worker: Worker) -> None:
        worker.kill()
        self._ending = {ending for ending in self._ending if ending.alive} | {worker}

    def _judgement(self, answer: Answer) -> Judgement:
        if "returned" in answer:
            return judgement(answer["returned"], self._rules.passing)
        if "raised" in answer:
            return errored("crashed", f"The {self.what} raised {answer['raised']}{_place(answer)}.")
        if "too_large" in answer:
            return malformed(f"{answer['too_large']:,} bytes")
        return malformed(f"something of type {answer.get('unreadable')}, which is no JSON")


def imported_badly(hello: Answer) -> str:
    """What went wrong with the import, in the words of the exception."""
    return f"{hello.get('raised')}{_place(hello)}: {hello.get('message')}"


def _place(answer: Answer) -> str:
    return f" at {answer['place']}" if "place" in answer else ""


def _not_now(program: Program, why: str) -> Unavailable:
    return Unavailable(f"{program.call}: no process can be started ({why}).", reason="no_process")
