"""Cost of a judgement: tiers, cache, batch, dates, and models without a price."""

from __future__ import annotations

from datetime import date

import pytest

from judges.cost import PRICES, Usage, cost_usd

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("model", "usage", "usd"),
    [
        ("claude-haiku-5-5", Usage(input_tokens=100_000), 0.01),
        ("claude-haiku-5-5", Usage(output_tokens=MILLION), 0.50),
        ("claude-haiku-4-5-20251001", Usage(input_tokens=MILLION, output_tokens=MILLION), 6.00),
        ("claude-haiku-4-5", Usage(input_tokens=MILLION), 1.00),
        ("claude-sonnet-5-5", Usage(cache_read_tokens=MILLION), 0.10),
        ("claude-sonnet-5-5", Usage(cache_write_5m_tokens=MILLION), 2.50),
        ("claude-opus-5-5", Usage(cache_write_1h_tokens=MILLION), 8.00),
    ],
)
def test_each_kind_of_token_has_its_price(model: str, usage: Usage, usd: float) -> None:
    """Input, output, cache reads and both cache writes are priced apart."""
    assert cost_usd(model, usage) == pytest.approx(usd)


def test_the_whole_prompt_decides_the_tier() -> None:
    """A prompt of more than 100k tokens costs Haiku's higher prices, cached tokens counted in, output included."""
    usage = Usage(input_tokens=1, cache_read_tokens=100_000, output_tokens=1_000)
    assert cost_usd("claude-haiku-5-5", usage) == pytest.approx((0.5 + 5_000 + 2_500) / MILLION)


def test_the_tier_ends_at_its_limit() -> None:
    """Exactly 100k tokens still cost the lower price."""
    assert cost_usd("claude-haiku-5-5", Usage(input_tokens=100_000)) == pytest.approx(0.01)


def test_a_batch_costs_half() -> None:
    """The Batches API takes half of every price."""
    usage = Usage(input_tokens=10_000, output_tokens=500)
    assert cost_usd("claude-haiku-5-5", usage, batch=True) == pytest.approx((0.05 * 10_000 + 0.25 * 500) / MILLION)


def test_an_unknown_model_has_no_cost() -> None:
    """No price is None: a 0 would look like a free judge."""
    assert cost_usd("llama-4", Usage(input_tokens=1)) is None


def test_a_server_that_counts_nothing_has_no_cost() -> None:
    """Some answer with no usage, or with zeros: what that call cost is not known."""
    assert cost_usd("claude-haiku-5-5", Usage()) is None


@pytest.mark.parametrize(("day", "usd"), [(date(2026, 10, 6), 0.20), (date(2026, 10, 7), 0.10), (None, 0.10)])
def test_a_price_change_holds_from_its_day_on(day: date | None, usd: float) -> None:
    """What was spent before a change keeps the old price."""
    assert cost_usd("claude-sonnet-5-5", Usage(cache_read_tokens=MILLION), on=day) == pytest.approx(usd)


@pytest.mark.parametrize("model", PRICES)
def test_the_table_is_in_order(model: str) -> None:
    """Per model, dates rise after the first, tiers rise and the last tier has no limit."""
    dates = [price.since or date.min for price in PRICES[model]]
    assert dates == sorted(set(dates))
    for price in PRICES[model]:
        *bounded, last = [tier.prompt_tokens for tier in price.tiers]
        assert last is None
        assert bounded == sorted(filter(None, bounded))
