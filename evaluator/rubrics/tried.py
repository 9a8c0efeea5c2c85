"""A rubric tried on one stored sample: asked through the service's client and budget, and stored as no verdict."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from evaluator.alerts import actions
from evaluator.alerts.actions import Actor
from evaluator.conversation import whole
from evaluator.errors import InputError
from evaluator.rubrics.names import Meant
from evaluator.rubrics.trial import once_usd
from judges.errors import Stopped, Unavailable
from judges.failures import BAD_REQUEST, TIMEOUT
from judges.judge import Judgement
from judges.llm import LlmJudge
from judges.registry import NOT_CONFIGURED
from judges.reuse import Reuse
from store import repeats, samples, sessions
from store.rates import TRIALS
from store.records import Sample, TextState

if TYPE_CHECKING:
    from evaluator.service import Service

ACTION = "tried"
LONGEST_SECONDS = 120.0
NO_TEXT = {
    TextState.MISSING: "its client sent no text of it",
    TextState.WITHHELD: "its text is not kept: the setting text.keep says so",
    TextState.EXPIRED: "its text was deleted after the days that text.days allows",
}
# What clients say of a sample that is pending; of a trial it is not true.
PENDING = re.compile(r" The sample stays pending( and is tried again)?\.")


class TrialError(InputError):
    """The sample cannot be judged by the rubric now; `status` is how HTTP says it."""

    def __init__(self, message: str, *, reason: str, status: int = 409, retry_after_seconds: float = 0.0) -> None:
        super().__init__(message, reason=reason)
        self.status = status
        self.retry_after_seconds = retry_after_seconds
        self.paid_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What came of it."""

    meant: Meant
    sample_id: str
    judgement: Judgement
    duration_ms: float


class Estimate(NamedTuple):
    """The calls that a trial takes and what they may cost; `skipped` says why there would be none."""

    calls: int
    usd: float | None
    cut: int = 0
    skipped: str = ""


def estimate(service: Service, meant: Meant, sample_id: str) -> Estimate:
    """What a trial may cost. TrialError: it cannot be had."""
    judge, sample = _judge(service, meant), _sample(service, meant, sample_id)
    prepared = judge.prepare(sample)
    if isinstance(prepared, Judgement):
        return Estimate(0, 0.0, skipped=prepared.explanation or "")
    return Estimate(meant.rubric.votes, once_usd(judge, prepared), prepared.cut)


async def tried(service: Service, meant: Meant, sample_id: str, actor: Actor) -> Tried:
    """Judges the sample, and writes one line of the audit log with what that cost. TrialError: it could not be judged.

    In the judges' event loop: the client's limits and the budgets live there.
    """
    judge = _judge(service, meant)
    sample = await asyncio.to_thread(_sample, service, meant, sample_id)
    began = time.perf_counter()
    try:
        judgement = await service.pipeline.run(_asked(judge, sample))
    except TrialError as error:
        # Whoever did not answer in time may have done the work, and ask for its price.
        paid = error.paid_usd or error.reason == TIMEOUT
        apart = repeats.spent(service.clock(), error.paid_usd) if paid else {}
        await _log(service, actor, meant, sample_id=sample_id, outcome=error.reason, cost_usd=error.paid_usd, **apart)
        raise
    seconds, apart = time.perf_counter() - began, repeats.apart(service.clock(), judgement)
    told = {"outcome": judgement.status, "cost_usd": judgement.cost_usd, **apart}
    await _log(service, actor, meant, sample_id=sample_id, **told)
    return Tried(meant=meant, sample_id=sample_id, judgement=judgement, duration_ms=seconds * 1000)


def _judge(service: Service, meant: Meant) -> LlmJudge:
    """A judge for once: what it says is neither taken from memory nor remembered, nor asked for twice.

    In the budgets it goes by a name of its own: no judge's own limit pays for a trial.
    """
    if service.resources is None or service.client is None:
        raise TrialError(f"No model can be asked: {NOT_CONFIGURED}.", reason="not_configured")
    resources = replace(
        service.resources, model=service.client.apart(), reuse=Reuse(), repeat_rate=0.0, fallback_model=None
    )
    rubric = meant.rubric.model_copy(update={"name": TRIALS})
    return LlmJudge(rubric, resources, rate=1.0, model=meant.model, incomplete=True)


def _sample(service: Service, meant: Meant, sample_id: str) -> Sample:
    """The sample, or the conversation that ends with it where the rubric is of whole ones."""
    with service.store.read() as c:
        found = samples.get(c, sample_id)
        if found is None:
            told = f"There is no sample {sample_id[:80]!r}: it was never sent, or not kept. GET /v1/samples lists them."
            raise TrialError(told, reason="no_sample", status=404)
        if found.text is not TextState.KEPT:
            raise TrialError(f"The sample has no text to judge: {NO_TEXT[found.text]}.", reason="no_text")
        return whole(sessions.turns(c, found)) if meant.rubric.conversation and found.session_id else found


async def _asked(judge: LlmJudge, sample: Sample) -> Judgement:
    """The judgement; what keeps the model from answering as a TrialError."""
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            return await judge.judge(sample)
    except TimeoutError:
        told = f"No judgement came within {LONGEST_SECONDS:g} seconds. Try again later."
        raise TrialError(told, reason=TIMEOUT, status=503) from None
    except Unavailable as error:
        told = PENDING.sub("", str(error))
        wait = 0.0 if error.reason == BAD_REQUEST else error.retry_after_seconds
        failed = TrialError(told, reason=error.reason, status=503 if wait else 409, retry_after_seconds=wait)
        failed.paid_usd = error.paid_usd
        raise failed from None
    except Stopped as error:
        failed = TrialError(str(error), reason=error.reason)
        failed.paid_usd = error.paid_usd
        raise failed from None


async def _log(service: Service, actor: Actor, meant: Meant, **outcome: Any) -> None:
    """Who tried what, and what it cost: no text of rubric or sample."""
    now, name = service.clock(), meant.config.name
    told = {"version": meant.version, "model": meant.model, **outcome}
    await asyncio.wrap_future(service.store.run(lambda c: actions.log(c, actor, now, (ACTION, "rubric", name), **told)))
