"""Token counts in Anthropic's way of counting: input without cache, cache reads and cache writes apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evaluator.errors import InputError
from evaluator.intake import clean

MAX_TOKENS = 10**12


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What one call used; None where the client did not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None


def read(usage: object, where: str = "usage") -> Tokens:
    """Tokens from Anthropic's names, or OpenAI's, whose prompt_tokens include what came from the cache."""
    if usage is None:
        return Tokens()
    if not isinstance(usage, dict):
        raise InputError(f"{where}: must be an object such as {{'input_tokens': 21}}, got {clean.shown(usage)}")
    if "prompt_tokens" in usage or "completion_tokens" in usage:
        return _openai(usage, where)
    return Tokens(
        input_tokens=_count(usage, "input_tokens", where),
        output_tokens=_count(usage, "output_tokens", where),
        cache_read_tokens=_count(usage, "cache_read_input_tokens", where),
        cache_write_tokens=_count(usage, "cache_creation_input_tokens", where),
    )


def _openai(usage: dict[str, Any], where: str) -> Tokens:
    details = usage.get("prompt_tokens_details")
    cached = _count(details, "cached_tokens", f"{where}.prompt_tokens_details") if isinstance(details, dict) else None
    prompt = _count(usage, "prompt_tokens", where)
    return Tokens(
        input_tokens=None if prompt is None else max(0, prompt - (cached or 0)),
        output_tokens=_count(usage, "completion_tokens", where),
        cache_read_tokens=cached,
    )


def _count(usage: dict[str, Any], name: str, where: str) -> int | None:
    count = usage.get(name)
    if count is None:
        return None
    whole = isinstance(count, int | float) and not isinstance(count, bool) and count == int(count)
    if not whole or not 0 <= count <= MAX_TOKENS:
        raise InputError(f"{where}.{name}: must be a whole number ≥ 0, got {clean.shown(count)}", reason="wrong_type")
    return int(count)
