"""What a sample measures beside what its client says: the length of its answer and what the call cost."""

from __future__ import annotations

from dataclasses import replace

from judges.cost import Usage, cost_usd
from judges.text import response_text
from store.records import Sample, TextState


def measured(sample: Sample) -> Sample:
    """The sample with its length (None without text) and its cost at the day's list price.

    The cost is None for a model without a price, and where the client told no tokens: nobody knows what it cost.
    """
    length = len(response_text(sample)) if sample.text is TextState.KEPT and sample.response else None
    return replace(sample, length=length, cost_usd=_cost(sample))


def _cost(sample: Sample) -> float | None:
    told = (sample.input_tokens, sample.output_tokens, sample.cache_read_tokens, sample.cache_write_tokens)
    if sample.model is None or all(tokens is None for tokens in told):
        return None
    used = Usage(
        input_tokens=sample.input_tokens or 0,
        output_tokens=sample.output_tokens or 0,
        cache_read_tokens=sample.cache_read_tokens or 0,
        cache_write_5m_tokens=sample.cache_write_tokens or 0,
    )
    return cost_usd(sample.model, used, on=sample.ts.date())
