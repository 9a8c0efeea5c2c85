"""Token counts in Anthropic's way of counting: input without cache, cache reads and cache writes apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from evaluator.errors import InputError
from evaluator.intake import clean

MAX_TOKENS = 10**12
CACHE_READ = "cache_read_input_tokens"
CACHE_WRITE = "cache_creation_input_tokens"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What one call used; None where the client did not say."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None


def read(usage: object, where: str = "usage") -> Tokens:
    """Tokens from Anthropic's names, or OpenAI's, whose input includes what came from the cache."""
    if usage is None:
        return Tokens()
    if not isinstance(usage, dict):
        raise InputError(f"{where}: must be an object such as {{'input_tokens': 21}}, got {clean.shown(usage)}")
    if "prompt_tokens" in usage or "completion_tokens" in usage:
        return _inclusive(usage, "prompt_tokens", "completion_tokens", where)
    if "input_tokens_details" in usage:
        return _inclusive(usage, "input_tokens", "output_tokens", where)
    return Tokens(
        input_tokens=_count(usage, "input_tokens", where),
        output_tokens=_count(usage, "output_tokens", where),
        cache_read_tokens=_count(usage, CACHE_READ, where),
        cache_write_tokens=_count(usage, CACHE_WRITE, where),
    )


def _inclusive(usage: dict[str, Any], given: str, made: str, where: str) -> Tokens:
    """Counts whose input includes the cache: chat completions, the Responses API, and gateways that speak them."""
    details = usage.get(f"{given}_details")
    details = details if isinstance(details, dict) else {}
    read = _count(usage, CACHE_READ, where)
    if read is None:
        read = _count(details, "cached_tokens", f"{where}.{given}_details")
    write = _count(usage, CACHE_WRITE, where)
    whole = _count(usage, given, where)
    return Tokens(
        input_tokens=None if whole is None else max(0, whole - (read or 0) - (write or 0)),
        output_tokens=_count(usage, made, where),
        cache_read_tokens=read,
        cache_write_tokens=write,
    )


def _count(usage: dict[str, Any], name: str, where: str) -> int | None:
    count = usage.get(name)
    if count is None:
        return None
    whole = isinstance(count, int | float) and not isinstance(count, bool) and count == int(count)
    if not whole or not 0 <= count <= MAX_TOKENS:
        raise InputError(f"{where}.{name}: must be a whole number ≥ 0, got {clean.shown(count)}", reason="wrong_type")
    return int(count)
