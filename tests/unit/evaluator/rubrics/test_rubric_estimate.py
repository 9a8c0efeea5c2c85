"""The arithmetic of what a rubric would cost."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from evaluator.rubrics.estimate import Quote, Span, Work, quote

HAIKU, OLD_HAIKU, OPUS = "claude-haiku-5-5", "claude-haiku-4-5-20251001", "claude-opus-5-5"


def exactly(value: float) -> Span:
    return Span(value, value, value)


# 288 judgements a day are one in five minutes.
WORK = Work(
    judgements=exactly(288),
    prefix_tokens=exactly(1_000),
    sample_tokens=exactly(400),
    answer_tokens=exactly(100),
)


def priced(work: Work, model: str = HAIKU) -> Quote:
    """The quote of a model whose price is known."""
    found = quote(work, model)
    assert found is not None
    return found


def test_a_batch_costs_half_of_all_tokens() -> None:
    """1,400 tokens in and 100 out at Haiku's batch prices, 288 times."""
    assert priced(WORK).batch.likely == pytest.approx(288 * (1_400 * 0.05 + 100 * 0.25) / 1e6)


def test_calls_at_random_times_find_the_prefix_that_was_used_within_five_minutes() -> None:
    """At one call in five minutes 63 % find it; the others write it anew."""
    hit = 1 - math.exp(-1)
    expected = 400 * 0.10 + 100 * 0.50 + 1_000 * (hit * 0.01 + (1 - hit) * 0.125)
    assert priced(WORK).hit_rate == pytest.approx(hit)
    assert priced(WORK).live.likely == pytest.approx(288 * expected / 1e6)


def test_the_ends_are_a_cache_that_always_and_one_that_never_serves() -> None:
    """Between them the real cost lies, whatever the traffic's rhythm."""
    rest = 400 * 0.10 + 100 * 0.50
    ends = priced(WORK).live
    assert ends.low == pytest.approx(288 * (rest + 1_000 * 0.01) / 1e6)
    assert ends.high == pytest.approx(288 * (rest + 1_000 * 0.125) / 1e6)


def test_a_short_prefix_is_paid_like_any_input() -> None:
    """Haiku 4.5 caches from 4,096 tokens on: no hit rate, and no dearer writing."""
    found = priced(WORK, OLD_HAIKU)
    assert found.hit_rate is None
    assert found.live == exactly(pytest.approx(288 * (1_400 * 1.0 + 100 * 5.0) / 1e6))


def test_votes_and_repeats_multiply_the_calls() -> None:
    """Three votes on every judgement, a tenth of them twice: 3.3 calls each."""
    many = replace(WORK, votes=3, repeat_rate=0.1)
    assert priced(many).batch.likely == pytest.approx(3.3 * priced(WORK).batch.likely)


def test_an_escalated_share_is_paid_at_the_stronger_models_price() -> None:
    """A quarter of the judgements asks Sonnet once more, nothing of it from a cache."""
    work = replace(WORK, escalated=exactly(0.25), escalation_model="claude-sonnet-5-5")
    more = priced(work).batch.likely - priced(WORK).batch.likely
    assert more == pytest.approx(288 * 0.25 * (1_400 * 1.0 + 100 * 5.0) / 1e6)


def test_a_model_that_always_thinks_pays_for_its_thoughts() -> None:
    """Opus is taken to think 400 tokens per answer, and the assumption shows in the range."""
    found = priced(WORK, OPUS).batch
    assert found.likely == pytest.approx(288 * (1_400 * 2.0 + 500 * 10.0) / 1e6)
    assert found.low < found.likely < found.high


@pytest.mark.parametrize("work", [WORK, replace(WORK, escalation_model="llama")])
def test_without_a_price_there_is_no_cost(work: Work) -> None:
    """A model nobody knows the price of has no quote, also when it is only escalated to."""
    assert quote(work, "llama" if work is WORK else HAIKU) is None
