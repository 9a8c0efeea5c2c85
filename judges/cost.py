"""What a judgement cost: token counts times the provider's list price. A model without a price costs None, never 0."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from judges.models import ALIASES

BATCH_FACTOR = 0.5
PER_MILLION = 1e-6
CHARACTERS_PER_TOKEN = 3.5
"""Fewer than most English text has, so that estimates are rather too high than too low."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call; `input_tokens` are the uncached rest only, cache writes are split by how long they live."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_5m_tokens: int = 0
    cache_write_1h_tokens: int = 0

    def __add__(self, other: Usage) -> Usage:
        """Both calls together."""
        return Usage(**{name: getattr(self, name) + getattr(other, name) for name in self.__slots__})

    @property
    def cache_write_tokens(self) -> int:
        return self.cache_write_5m_tokens + self.cache_write_1h_tokens

    @property
    def uncached_tokens(self) -> int:
        """What counts towards the limit of input tokens: cache reads do not."""
        return self.input_tokens + self.cache_write_tokens

    @property
    def prompt_tokens(self) -> int:
        """The whole prompt, cached or not: what a price tier goes by."""
        return self.input_tokens + self.cache_read_tokens + self.cache_write_tokens


@dataclass(frozen=True, slots=True)
class Tier:
    """USD per million tokens for prompts of up to `prompt_tokens` (None: any length)."""

    input: float
    output: float
    write_5m: float
    write_1h: float
    read: float
    prompt_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """A model's tiers, shortest prompts first; in force from the UTC day `since` (None: from the model's first day)."""

    tiers: tuple[Tier, ...]
    since: date | None = None


# List prices as of 2026-11-20, oldest first per model.
PRICES: Mapping[str, tuple[Price, ...]] = {
    "claude-haiku-5-5": (
        Price((Tier(0.10, 0.50, 0.125, 0.20, 0.01, prompt_tokens=100_000), Tier(0.50, 2.50, 0.625, 1.00, 0.05))),
    ),
    "claude-haiku-4-5-20251001": (Price((Tier(1.00, 5.00, 1.25, 2.00, 0.10),)),),
    "claude-sonnet-5-5": (
        Price((Tier(2.00, 10.00, 2.50, 4.00, 0.20),)),
        Price((Tier(2.00, 10.00, 2.50, 4.00, 0.10),), since=date(2026, 10, 7)),
    ),
    "claude-opus-5-5": (Price((Tier(4.00, 20.00, 5.00, 8.00, 0.20),)),),
}


def prices_of(model: str) -> tuple[Price, ...]:
    """The known prices of a model, oldest first; those of a short name are of the model it stands for."""
    return PRICES.get(ALIASES.get(model, model), ())


def cost_usd(model: str, usage: Usage, batch: bool = False, *, on: date | None = None) -> float | None:
    """USD for one call at the price of a day (None: the newest known); None for a model without a price then.

    None as well when nothing was counted: a call without tokens does not exist, a server that keeps no count does.

    >>> round(cost_usd("claude-haiku-5-5", Usage(input_tokens=1_000, output_tokens=100)), 9)
    0.00015
    """
    prices = [price for price in prices_of(model) if on is None or price.since is None or price.since <= on]
    if not prices or usage == Usage():
        return None
    tier = _tier(prices[-1], usage.prompt_tokens)
    tokens_usd = (
        usage.input_tokens * tier.input
        + usage.output_tokens * tier.output
        + usage.cache_read_tokens * tier.read
        + usage.cache_write_5m_tokens * tier.write_5m
        + usage.cache_write_1h_tokens * tier.write_1h
    ) * PER_MILLION
    return tokens_usd * BATCH_FACTOR if batch else tokens_usd


def estimate_usd(model: str, *, characters: int, output_tokens: float, batch: bool = False) -> float | None:
    """USD a call will cost at most, as far as its length tells: nothing is taken to come from a cache.

    >>> estimate_usd("claude-haiku-5-5", characters=3_500, output_tokens=100)
    0.00015
    """
    usage = Usage(input_tokens=math.ceil(characters / CHARACTERS_PER_TOKEN), output_tokens=math.ceil(output_tokens))
    usd = cost_usd(model, usage, batch)
    return None if usd is None else round(usd, 12)


def _tier(price: Price, prompt_tokens: int) -> Tier:
    fitting = (tier for tier in price.tiers if tier.prompt_tokens is None or prompt_tokens <= tier.prompt_tokens)
    return next(fitting)
