"""What a rubric would cost: the workload that is stored at the prices of several models, with each figure's source."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

from evaluator.api.shapes import QuoteView, RubricCost, SpanView
from evaluator.rubrics.estimate import NEVER, TOKENS_PER_CHARACTER, Span, Work, quote
from evaluator.rubrics.workload import ANSWER_TOKENS, ENOUGH, ESCALATED, Asked, Workload
from judges.models import cacheable_tokens, traits
from judges.prompt import system_text
from judges.warmth import CHARS_PER_TOKEN

MODELS = ("claude-haiku-5-5", "claude-haiku-4-5-20251001", "claude-sonnet-5-5", "claude-opus-5-5")


@dataclass(frozen=True, slots=True)
class Counted:
    """Tokens as the provider counts them: those of the prefix, and of each prompt behind it."""

    prefix: int
    samples: Sequence[int]


def price(asked: Asked, load: Workload, *, repeat_rate: float, counted: Counted | None = None) -> RubricCost:
    """What the judge would cost with its own model and with the others; `counted` are tokens that are not estimated."""
    rubric, model = asked.meant.rubric, asked.meant.model
    prefix, sample = _tokens(len(system_text(rubric)), [len(prompt) for prompt in load.prompts], counted)
    escalation = rubric.escalation
    work = Work(
        judgements=load.judgements or NEVER,
        prefix_tokens=prefix,
        sample_tokens=sample or NEVER,
        answer_tokens=load.answers,
        votes=rubric.votes,
        repeat_rate=repeat_rate,
        escalated=load.escalated,
        escalation_model=escalation.model if escalation else None,
    )
    measured = load.judgements is not None and sample is not None
    return RubricCost(
        name=asked.meant.config.name,
        version=asked.meant.version,
        rates=asked.rates(),
        days=load.days,
        eligible=load.eligible,
        prompts=len(load.prompts),
        judgements=_view(load.judgements),
        prefix_tokens=SpanView(**prefix._asdict()),
        sample_tokens=_view(sample),
        answer_tokens=SpanView(**load.answers._asdict()),
        votes=rubric.votes,
        repeat_rate=repeat_rate,
        quotes=[_quote(work, name) for name in dict.fromkeys((model, *MODELS))] if measured else [],
        sources=list(_sources(load, work, counted, model)),
    )


def _tokens(prefix: int, samples: Sequence[int], counted: Counted | None) -> tuple[Span, Span | None]:
    """Tokens of the prefix and of the mean prompt behind it, from characters where the provider did not count."""
    if counted is None:
        mean = _mean(samples)
        return Span(*(prefix * each for each in TOKENS_PER_CHARACTER)), mean and mean.times(TOKENS_PER_CHARACTER)
    return Span(counted.prefix, counted.prefix, counted.prefix), _mean(counted.samples)


def _mean(values: Sequence[int]) -> Span | None:
    """A mean with its 95 % interval; None without values, the values' own bounds while they are few."""
    if not values:
        return None
    if len(values) < ENOUGH:
        return Span(min(values), fmean(values), max(values))
    mean, half = fmean(values), 1.96 * stdev(values) / math.sqrt(len(values))
    return Span(max(mean - half, 0.0), mean, mean + half)


def _quote(work: Work, model: str) -> QuoteView:
    found = quote(work, model)
    if found is None:
        return QuoteView(model=model, live=None, batch=None, hit_rate=None)
    return QuoteView(model=model, live=_view(found.live), batch=_view(found.batch), hit_rate=found.hit_rate)


def _view(span: Span | None) -> SpanView | None:
    return None if span is None else SpanView(**span._asdict())


def _sources(load: Workload, work: Work, counted: Counted | None, model: str) -> Iterator[str]:
    """In words: what was measured, what was assumed, and what is left out."""
    yield _of_volume(load)
    if load.askable < 1.0:
        yield f"{100 * (1 - load.askable):.0f} % of them lack what the rubric needs: they are skipped and cost nothing"
    if load.prompts:
        yield f"prompts: {len(load.prompts)} stored samples, {_of_tokens(counted)}"
    measured = load.answers is not ANSWER_TOKENS
    yield f"answers: {_from(measured, f'{load.habits.answers:,} answers of this judge')}, {_range(load.answers)} tokens"
    if work.escalation_model:
        share = Span(*(100 * each for each in work.escalated))
        how = _from(work.escalated is not ESCALATED, f"{load.habits.verdicts:,} verdicts")
        yield f"escalation to {work.escalation_model}: {how}, {_range(share)} % of judgements"
    if load.reused:
        yield f"{100 * load.reused:.0f} % of past verdicts were given again for equal content and cost nothing"
    if work.prefix_tokens.likely < cacheable_tokens(model):
        yield f"prompt cache: the prefix is below the {cacheable_tokens(model):,} tokens from which on {model} caches"
    if any(not traits(name).thinking_off for name in (model, *MODELS)):
        yield "claude-opus-5-5 always thinks: 100 to 1,500 tokens more per answer are assumed for it"
    yield "batches cost half, and are taken to gain nothing from the prompt cache"
    yield "the range takes the quietest day, short answers and a full cache, or the busiest, long ones and no cache"


def _of_volume(load: Workload) -> str:
    if not load.eligible:
        return "volume: nothing is stored that this judge would be for"
    window = f"from {load.start_at:%Y-%m-%d %H:%M} to {load.end_at:%Y-%m-%d %H:%M} UTC"
    short = "" if load.day_counts else "; less than a day, so the volume is a guess"
    told = f"{load.eligible:,} samples that it would be for, {window}, of which it takes {100 * load.share:.3g} %"
    return f"volume: {told}{short}"


def _of_tokens(counted: Counted | None) -> str:
    if counted:
        return f"{len(counted.samples)} of them counted by the provider"
    fewest, most = (1 / each for each in (TOKENS_PER_CHARACTER.high, TOKENS_PER_CHARACTER.low))
    return f"at {CHARS_PER_TOKEN} characters per token ({fewest:.1f} to {most:.1f})"


def _from(measured: bool, source: str) -> str:
    return f"measured on {source}" if measured else "assumed, as this judge has not judged enough yet"


def _range(span: Span) -> str:
    return f"{span.likely:.0f} ({span.low:.0f} to {span.high:.0f})"
