"""What a rubric would cost per day, from how much there is to judge and how long its prompts and answers are. Pure.

    calls  = judgements x votes x (1 + share judged twice)
    a call = prefix x (h x read + (1 - h) x write) + sample x input + answer x output
    h      = 1 - exp(-calls per 5 minutes) where the prefix is long enough to be cached, as calls at random times meet
             a prefix that was used within 5 minutes; else the prefix costs what any input costs
    usd    = calls x a call + judgements x share escalated x a call of the stronger model

Every unknown is a span (low, likely, high). The low end of the result takes the low end of each, and a prefix that is
always read from the cache; the high end takes the high ends, and one that never is. So the span is wider than an
interval with a stated probability would be. A batch costs half and is taken not to gain from the cache.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from judges.cost import Usage, cost_usd
from judges.models import cacheable_tokens, traits
from judges.warmth import CHARS_PER_TOKEN

BLOCKS_PER_DAY = 24 * 60 / 5
ENDS = ("low", "likely", "high")


class Span(NamedTuple):
    """What something is likely to be, and within which bounds it is taken to lie."""

    low: float
    likely: float
    high: float

    def times(self, other: Span) -> Span:
        """The span of a product.

        >>> Span(1, 2, 3).times(Span(0.5, 1, 2))
        Span(low=0.5, likely=2, high=6)
        """
        return Span(self.low * other.low, self.likely * other.likely, self.high * other.high)


NEVER = Span(0.0, 0.0, 0.0)
TOKENS_PER_CHARACTER = Span(1 / 4.5, 1 / CHARS_PER_TOKEN, 1 / 3.2)
"""English prose has more characters per token than code, JSON or other languages."""
THINKING_TOKENS = Span(100, 400, 1_500)
"""What a model that cannot be told not to think adds to each answer; assumed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What there is to judge per day, and how long it is in tokens; `sample_tokens` are those behind the prefix."""

    judgements: Span
    prefix_tokens: Span
    sample_tokens: Span
    answer_tokens: Span
    votes: int = 1
    repeat_rate: float = 0.0
    escalated: Span = NEVER
    escalation_model: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """USD per day with one model, live and in batches; `hit_rate` is the share of calls that find the prefix cached.

    `hit_rate` is None where the prefix is too short to be cached.
    """

    model: str
    live: Span
    batch: Span
    hit_rate: float | None


def quote(work: Work, model: str) -> Quote | None:
    """The cost of the work with a model; None when a model that it takes has no known price."""
    live = [_usd(work, model, end, _hit_rate(work, model, end), batch=False) for end in range(len(ENDS))]
    batch = [_usd(work, model, end, None, batch=True) for end in range(len(ENDS))]
    if None in live or None in batch:
        return None
    hit_rate = _hit_rate(work, model, ENDS.index("likely"))
    return Quote(model=model, live=_span(live), batch=_span(batch), hit_rate=hit_rate)


def calls_per_judgement(work: Work) -> float:
    """Calls of the judge's own model for one judgement."""
    return work.votes * (1.0 + work.repeat_rate)


def _usd(work: Work, model: str, end: int, hit_rate: float | None, *, batch: bool) -> float | None:
    call = _call_usd(work, model, end, hit_rate, batch=batch)
    strong = 0.0
    if work.escalation_model is not None:
        # Few calls go to it, so nothing is taken to be cached there.
        strong_usd = _call_usd(work, work.escalation_model, end, None, batch=batch)
        if strong_usd is None:
            return None
        strong = work.escalated[end] * (1.0 + work.repeat_rate) * strong_usd
    return None if call is None else work.judgements[end] * (calls_per_judgement(work) * call + strong)


def _call_usd(work: Work, model: str, end: int, hit_rate: float | None, *, batch: bool) -> float | None:
    prefix, sample = round(work.prefix_tokens[end]), round(work.sample_tokens[end])
    thinks = 0.0 if traits(model).thinking_off else THINKING_TOKENS[end]
    answer = round(work.answer_tokens[end] + thinks)
    if hit_rate is None:
        return cost_usd(model, Usage(input_tokens=prefix + sample, output_tokens=answer), batch)
    read = cost_usd(model, Usage(input_tokens=sample, cache_read_tokens=prefix, output_tokens=answer), batch)
    write = cost_usd(model, Usage(input_tokens=sample, cache_write_5m_tokens=prefix, output_tokens=answer), batch)
    return None if read is None or write is None else hit_rate * read + (1.0 - hit_rate) * write


def _hit_rate(work: Work, model: str, end: int) -> float | None:
    """1 at the low end, 0 at the high end, between them as calls at random times meet the prefix."""
    if work.prefix_tokens.likely < cacheable_tokens(model):
        return None
    per_block = work.judgements.likely * calls_per_judgement(work) / BLOCKS_PER_DAY
    return (1.0, -math.expm1(-per_block), 0.0)[end]


def _span(values: list[float | None]) -> Span:
    low, likely, high = (value or 0.0 for value in values)
    return Span(low, likely, high)
