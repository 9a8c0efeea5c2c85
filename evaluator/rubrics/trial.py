"""A rubric tried on samples that people have labelled: asked through the real client, compared, and paid for once."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from evaluator.agreement import Agreement, agreement
from evaluator.rubrics.labelled import Labelled
from evaluator.rubrics.workload import ESCALATED
from judges import budget
from judges.errors import Stopped, Unavailable
from judges.judge import Judgement
from judges.llm import LlmJudge, Prepared
from judges.rubric import Rubric
from store.records import Status

TRIES = 5
LONGEST_WAIT_SECONDS = 120.0
SPENT = "the money for this trial is spent"
PASS, FAIL = "pass", "fail"


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled sample and what the judge said of it."""

    labelled: Labelled
    judgement: Judgement


@dataclass(slots=True)
class Trial:
    """Asks a judge about labelled samples; the first one alone, for a refused key shows with it.

    `unjudged` counts samples that nobody could be asked about, by reason; `stopped` says why asking ended early.
    """

    judge: LlmJudge
    concurrency: int
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep
    on_case: Callable[[], None] = lambda: None
    cases: list[Case] = field(default_factory=list)
    unjudged: Counter[str] = field(default_factory=Counter)
    stopped: str | None = None
    _under_way: int = 0
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, samples: Sequence[Labelled]) -> None:
        """Asks about every sample once. Stopped: the provider refuses the first one, as it would all others."""
        for first in samples[:1]:
            self._note(first, await self._asked(first))
        waiting = iter(samples[1:])
        async with asyncio.TaskGroup() as group:
            for _ in range(self.concurrency):
                group.create_task(self._worker(waiting))

    async def _worker(self, waiting: Iterator[Labelled]) -> None:
        for labelled in waiting:
            try:
                outcome = await self._asked(labelled)
            except Stopped as error:
                self.stopped = outcome = str(error)
            self._note(labelled, outcome)

    def _note(self, labelled: Labelled, outcome: Judgement | str) -> None:
        if isinstance(outcome, Judgement):
            self.cases.append(Case(labelled, outcome))
        else:
            self.unjudged[outcome] += 1
        self.on_case()

    async def _asked(self, labelled: Labelled) -> Judgement | str:
        """The judgement, or why there is none. A full rate limit is waited for; a long absence ends the trial."""
        tries = 0
        while self.stopped is None and tries < TRIES:
            try:
                return await self._judgement(labelled)
            except Unavailable as error:
                if not error.everyone:
                    return error.reason
                if error.reason == budget.REASON:
                    await self._money_back()
                elif error.retry_after_seconds > LONGEST_WAIT_SECONDS:
                    self.stopped = str(error)
                else:
                    tries += 1
                    await self.sleep(error.retry_after_seconds)
        return self.stopped or "unavailable"

    async def _judgement(self, labelled: Labelled) -> Judgement:
        self._under_way += 1
        try:
            return await self.judge.judge(labelled.sample)
        finally:
            self._under_way -= 1
            self._ended.set()
            self._ended = asyncio.Event()

    async def _money_back(self) -> None:
        """Waits for a call under way, which costs less than was set aside for it; without one, all is spent."""
        if self._under_way:
            await self._ended.wait()
        else:
            self.stopped = SPENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a trial showed. `sides`: people said only whether samples pass, so only that is compared.

    `errors` and `skipped` count judgements without a verdict by reason; they are in no rate. `usd` is None as soon as a
    price is unknown, `usd_per_1000` is for judgements that were paid for.
    """

    agreement: Agreement
    sides: bool
    errors: Counter[str]
    skipped: Counter[str]
    disagreements: list[Case]
    usd: float | None
    usd_per_1000: float | None
    reused: int


def report(cases: Sequence[Case], rubric: Rubric) -> Report:
    """Compares what people and the judge said."""
    sides = any(isinstance(case.labelled.label, bool) for case in cases)
    decided = sorted((case for case in cases if case.judgement.status is Status.OK), key=lambda case: case.labelled.row)
    pairs = [pair(case, rubric, sides=sides) for case in decided]
    passing = {PASS} if sides else {label for label in rubric.choices if rubric.passes(label)}
    order = list(rubric.scale) if rubric.scale and not sides else None
    usd, paid = _spent([case.judgement for case in cases])
    return Report(
        agreement=agreement(pairs, passing, order),
        sides=sides,
        errors=_reasons(cases, Status.ERROR),
        skipped=_reasons(cases, Status.SKIPPED),
        disagreements=[case for case, (human, judge) in zip(decided, pairs, strict=True) if human != judge],
        usd=usd,
        usd_per_1000=None if usd is None or not paid else 1000 * usd / paid,
        reused=sum(case.judgement.via == "cache" for case in cases),
    )


def pair(case: Case, rubric: Rubric, *, sides: bool) -> tuple[str, str]:
    """What the person and the judge said: labels, or with `sides` whether it passes."""
    human, judgement = case.labelled.label, case.judgement
    if not sides:
        return str(human), str(judgement.label)
    passes = human if isinstance(human, bool) else rubric.passes(human)
    return (PASS if passes else FAIL), (PASS if judgement.passed else FAIL)


def estimate_usd(judge: LlmJudge, samples: Sequence[Labelled]) -> float | None:
    """About what a trial will cost, nothing taken from a cache; None when a price is not known."""
    prepared = [judge.prepare(labelled.sample) for labelled in samples]
    known = [once_usd(judge, one) for one in prepared if isinstance(one, Prepared)]
    return None if None in known else math.fsum(usd for usd in known if usd is not None)


def once_usd(judge: LlmJudge, prepared: Prepared) -> float | None:
    """About what one judgement will cost, nothing taken from a cache; None when a price is not known."""
    escalation = judge.rubric.escalation
    usd = judge.estimate_usd(prepared.request)
    strong = judge.estimate_usd(replace(prepared.request, model=escalation.model)) if escalation else 0.0
    return None if usd is None or strong is None else judge.rubric.votes * usd + ESCALATED.likely * strong


def _reasons(cases: Sequence[Case], status: Status) -> Counter[str]:
    return Counter(case.judgement.reason or "unknown" for case in cases if case.judgement.status is status)


def _spent(judgements: Sequence[Judgement]) -> tuple[float | None, int]:
    """USD for all judgements, and how many of them were paid for."""
    asked = [one for one in judgements if one.input_tokens is not None]
    costs = [one.cost_usd for one in asked if one.cost_usd is not None]
    return (math.fsum(costs) if len(costs) == len(asked) else None), len(asked)
