"""A judge that asks a language model to decide by a rubric."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any, Protocol

from judges import needs
from judges.answer import UNCERTAIN, answer_of, read
from judges.budget import Budgets
from judges.client import Completion, Request
from judges.cost import cost_usd, estimate_usd
from judges.errors import JudgeError, Rejected, Unavailable
from judges.failures import BAD_REQUEST, TIMEOUT
from judges.judge import Judgement, skipped
from judges.models import require_pinned
from judges.opinions import ESCALATION, SPLIT, VOTE, concluded, cost_of, escalated, repeated, with_cost_of
from judges.prompt import TEMPLATE, build, system_text
from judges.reuse import Reuse
from judges.rubric import Effort, Rubric
from store.fields import position
from store.records import Opinion, Sample, Status

MAX_EXPLANATION = 2_000
UNUSABLE = {
    "refusal": ("refusal", "The judge's model refused to judge this sample."),
    "max_tokens": ("truncated", "The judge's answer was cut off before its verdict could be relied on."),
    "model_context_window_exceeded": ("truncated", "The sample and the answer do not fit the judge's model."),
}
MALFORMED = ("malformed", "The judge's answer holds no single verdict of the rubric's labels.")
REPAIR = (
    "That is not the JSON object that was asked for. Answer with it alone, without any other words: the keys and "
    "labels are those of the task, and your judgement stays as it was."
)
CUT_NOTE = " (Judged on a sample with about {} characters cut from its middle.)"
FIRST_GUESS_TOKENS = 150.0
REFUSED_IN_A_ROW = 3
"""So many bad requests, and never an answer, are no matter of the samples."""
BEGUN = 1_000
"""Judgements whose votes came in part before the provider went away, kept in memory; beyond it the oldest is let go."""


class Model(Protocol):
    """Whoever answers requests: a client of one provider, or a route over several."""

    async def complete(self, request: Request) -> Completion: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What all LLM judges share; `repeat_rate` is the share of samples judged twice, to measure the judge's noise.

    `fallback_model` is what the routes ask when the judge's own model cannot be had: estimates allow for its price.
    """

    model: Model
    budgets: Budgets
    fallback_model: str | None = None
    reuse: Reuse = field(default_factory=Reuse)
    repeat_rate: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A sample ready to be asked about: the request, how much of the sample was cut, and the hash of what is shown."""

    request: Request
    cut: int
    content_hash: str


class LlmJudge:
    """Judges by one rubric with one pinned model, and with a stronger one where the rubric escalates."""

    kind = "llm"
    waits = True
    at_once = None

    def __init__(
        self,
        rubric: Rubric,
        resources: Resources,
        *,
        features: tuple[str, ...] = ("*",),
        rate: float,
        model: str,
        incomplete: bool = False,
    ) -> None:
        self.rubric = rubric
        self.model = require_pinned(model)
        self.name = rubric.name
        self.version = rubric.version(model=self.model, template=TEMPLATE)
        self.features = features
        self.rate = rate
        self.incomplete = incomplete
        self._shared = resources
        self._system = system_text(rubric)
        self._shape = answer_of(tuple(rubric.choices), certainty=rubric.escalation is not None)
        self._output_tokens = FIRST_GUESS_TOKENS
        self._begun: dict[str, list[Opinion]] = {}
        self._answered_by: set[str] = set()
        self._refused = 0

    async def judge(self, sample: Sample) -> Judgement:
        """The rubric's verdict with an explanation; Unavailable and Stopped come from the model and the budget."""
        prepared = self.prepare(sample)
        if isinstance(prepared, Judgement):
            return prepared

        async def ask() -> Judgement:
            judgement = await self._decide(prepared)
            again = judgement.status is Status.OK and self.repeats(sample)
            return await self._repeated(judgement, sample) if again else judgement

        return self.finished(await self._shared.reuse.once((self.version, prepared.content_hash), ask), prepared)

    async def again(self, sample: Sample) -> Judgement:
        """A judgement that is asked for anew, also when equal text was judged before; errors as in `judge`.

        Nobody has to ask for the rest of one that fails in the middle, so what was answered does not wait for that.
        """
        prepared = self.prepare(sample)
        if isinstance(prepared, Judgement):
            return prepared
        try:
            return self.finished(await self._decide(prepared), prepared)
        except JudgeError:
            self._begun.pop(prepared.content_hash, None)
            raise

    def prepare(self, sample: Sample) -> Prepared | Judgement:
        """What to ask about a sample, under a new boundary; a skipped judgement when there is nothing to ask."""
        if (missing := needs.missing(sample, self.rubric.needs)) is not None:
            return skipped(*missing)
        return self._again(sample)

    def opinion(self, completion: Completion, *, role: str = VOTE, via: str = "call") -> Opinion:
        """What one answer says, with its cost; a refusal, a truncation or no verdict is an error with its reason."""
        answer = None if completion.stop_reason in UNUSABLE else read(completion.text, self._shape)
        self._output_tokens += 0.05 * (completion.usage.output_tokens - self._output_tokens)
        if answer is None:
            reason, explanation = UNUSABLE.get(completion.stop_reason or "", MALFORMED)
            failed = {"status": Status.ERROR, "reason": reason, "explanation": explanation}
            return _charged(completion, role=role, via=via, **failed)
        label, explanation = answer["verdict"], answer["explanation"][:MAX_EXPLANATION]
        unsure = "uncertain" if answer.get("certainty") == UNCERTAIN else None
        return _charged(
            completion,
            role=role,
            via=via,
            passed=self.rubric.passes(label),
            score=self.rubric.score(label),
            label=label,
            explanation=explanation,
            reason=unsure,
        )

    async def settled(self, votes: Sequence[Opinion], prepared: Prepared) -> Judgement:
        """The judgement that follows from the votes, the stronger model asked where the rubric says so."""
        first = concluded(votes)
        escalation = self.rubric.escalation
        if escalation is None or not self._doubtful(first, votes, escalation.when):
            return first
        request = replace(prepared.request, model=escalation.model, effort=escalation.effort)
        return escalated(first, await self._ask(request, role=ESCALATION))

    def finished(self, judgement: Judgement, prepared: Prepared) -> Judgement:
        """The judgement as it is stored: marked when the sample was cut, with single answers only if there are several.

        What an answer said of its certainty stays with the single answers.
        """
        note = CUT_NOTE.format(prepared.cut) if prepared.cut else ""
        return replace(
            judgement,
            # A verdict that is given again has its note already.
            explanation=(judgement.explanation or "").removesuffix(note) + note,
            reason=judgement.reason if judgement.status is not Status.OK else None,
            cut=prepared.cut or None,
            content_hash=prepared.content_hash,
            opinions=judgement.opinions if len(judgement.opinions) > 1 else (),
        )

    def repeats(self, sample: Sample) -> bool:
        """Whether this sample is one of those judged twice on purpose; a hash decides, another one than sampling's."""
        return position(f"repeat:{self.name}:{sample.sample_id}") < self._shared.repeat_rate

    def estimate_usd(self, request: Request, *, batch: bool = False) -> float | None:
        """What a call is expected to cost without any cache, from its length and the answers so far.

        A call may end at the fallback model, a batch does not; the dearer one counts.
        """
        characters = sum(map(len, (request.system, request.user, *chain.from_iterable(request.turns))))
        models = {request.model} if batch else {request.model, self._shared.fallback_model or request.model}
        known = [
            usd
            for model in models
            if (usd := estimate_usd(model, characters=characters, output_tokens=self._output_tokens, batch=batch))
        ]
        return max(known, default=None)

    def _again(self, sample: Sample) -> Prepared:
        prompt = build(self.rubric, sample, boundary=secrets.token_hex(16), system=self._system)
        request = self._request(prompt.system, prompt.user, self.model, self.rubric.effort)
        return Prepared(request=request, cut=prompt.cut, content_hash=prompt.content_hash)

    def _request(self, system: str, user: str, model: str, effort: Effort) -> Request:
        return Request(model=model, system=system, user=user, answer=self._shape, effort=effort)

    async def _decide(self, prepared: Prepared) -> Judgement:
        """The judgement; when it cannot be had, the error tells what the answers that wait for the rest have cost."""
        votes: list[Opinion] = []
        try:
            votes = await self._votes(prepared)
            return await self.settled(votes, prepared)
        except JudgeError as error:
            if votes:
                self._remember(prepared.content_hash, votes)
            error.paid_usd = cost_of(self._begun.get(prepared.content_hash, ()))
            raise

    async def _repeated(self, judgement: Judgement, sample: Sample) -> Judgement:
        """The judgement with a second one beside it; when that cannot be had whole, with what was answered of it."""
        prepared = self._again(sample)
        try:
            return repeated(judgement, await self._decide(prepared))
        except JudgeError:
            paid = self._begun.pop(prepared.content_hash, ())
            return repeated(judgement, Judgement(status=Status.ERROR, opinions=tuple(paid))) if paid else judgement

    async def _votes(self, prepared: Prepared) -> list[Opinion]:
        """All votes at once; when some could not be had, those that were paid for wait in memory for the rest."""
        paid = self._begun.pop(prepared.content_hash, [])
        missing = self.rubric.votes - len(paid)
        if not missing:
            return paid
        if self.rubric.votes == 1:
            return [await self._ask(prepared.request)]
        asked = await asyncio.gather(*(self._ask(prepared.request) for _ in range(missing)), return_exceptions=True)
        paid += [answer for answer in asked if isinstance(answer, Opinion)]
        failures = [answer for answer in asked if isinstance(answer, BaseException)]
        if failures:
            self._remember(prepared.content_hash, paid)
            raise failures[0]
        return paid

    def _remember(self, content_hash: str, paid: list[Opinion]) -> None:
        self._begun[content_hash] = paid
        if len(self._begun) > BEGUN:
            del self._begun[next(iter(self._begun))]

    async def _ask(self, request: Request, *, role: str = VOTE) -> Opinion:
        try:
            completion = await self._paid(request)
            opinion = self.opinion(completion, role=role)
            if opinion.reason != MALFORMED[0] or completion.structured:
                return opinion
            return await self._repaired(request, completion, opinion)
        except Rejected as error:
            if error.reason == BAD_REQUEST and role == VOTE and request.model not in self._answered_by:
                raise self._not_yet(error) from None
            return Opinion(role=role, status=Status.ERROR, reason=error.reason, explanation=str(error))

    def _not_yet(self, error: Rejected) -> Unavailable:
        """Some servers call a wrong model or key a bad request: no sample must pay for a setting, nor one by one."""
        self._refused += 1
        return Unavailable(
            f"{error} It has taken none of this judge's requests yet: check judge.model, judge.base_url and the key. "
            "The sample stays pending.",
            reason=BAD_REQUEST,
            everyone=self._refused >= REFUSED_IN_A_ROW,
        )

    async def _repaired(self, request: Request, first: Completion, malformed: Opinion) -> Opinion:
        """One more try where the server does not hold the model to the schema; both calls are paid for."""
        try:
            second = await self._paid(replace(request, turns=((first.text, REPAIR),)))
        except Rejected:
            return malformed
        return with_cost_of(self.opinion(second, role=malformed.role), malformed)

    async def _paid(self, request: Request) -> Completion:
        """One call, its money set aside before and booked after."""
        reservation = self._shared.budgets.reserve(self.name, self.estimate_usd(request))
        try:
            completion = await self._shared.model.complete(request)
        except Unavailable as error:
            # Whoever did not answer in time may have done the work, and ask for its price.
            reservation.settle(None if error.reason == TIMEOUT else 0.0)
            raise
        except BaseException:
            reservation.settle(0.0)
            raise
        reservation.settle(cost_usd(completion.model, completion.usage))
        self._answered_by.add(request.model)
        return completion

    def _doubtful(self, first: Judgement, votes: Sequence[Opinion], when: Sequence[str]) -> bool:
        split = first.reason == SPLIT or bool(first.disagreement)
        failed = first.status is Status.ERROR and first.reason != SPLIT
        unsure = any(vote.reason == "uncertain" for vote in votes)
        return ("split" in when and split) or ("error" in when and failed) or ("uncertain" in when and unsure)


def _charged(completion: Completion, *, role: str, via: str, **told: Any) -> Opinion:
    """What an answer says, with what it cost."""
    usage = completion.usage
    return Opinion(
        **told,
        role=role,
        via=via,
        provider=completion.provider,
        model=completion.model,
        input_tokens=usage.input_tokens,
        output_tokens=usage.output_tokens,
        cache_read_tokens=usage.cache_read_tokens,
        cache_write_tokens=usage.cache_write_tokens,
        cost_usd=cost_usd(completion.model, usage, via == "batch"),
    )
