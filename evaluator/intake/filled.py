"""Several records of one call made one: the first that tells a thing holds, gaps are filled from the others."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from evaluator.intake.parts import Facts, Json
from evaluator.intake.stop_reasons import KNOWN

T = TypeVar("T")

NAMES = ("feature", "service", "environment", "session_id", "user_id", "model", "provider", "prompt_version", "release")
TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
FIRST_HAND = ("claude-platform", "anthropic-sdk")
"""Sources that have the counts from the API; what watches from beside may add up a stream's events wrongly."""


def filled(told: Sequence[Facts]) -> Facts:
    """The facts of all records, in their order of trust.

    Texts come from the record that has most of them, whole ones first. Tokens are one set, from the record that tells
    most, of equals from the API's own: sets of two conventions must not be mixed. A stop reason in Anthropic's words is
    finer than any other.
    """
    if len(told) == 1:
        return told[0]
    texts = sorted(told, key=lack_of_text)
    tokens = max(told, key=lambda facts: (count_tokens(facts), facts.source in FIRST_HAND))
    return Facts(
        source=(texts[0] if texts[0].has_text else told[0]).source,
        **_names(told),
        request=_request(texts),
        response=_response(texts),
        stop_reason=_stop_reason(told),
        error=_error(told, texts[0]),
        input_tokens=tokens.input_tokens,
        output_tokens=tokens.output_tokens,
        cache_read_tokens=tokens.cache_read_tokens,
        cache_write_tokens=tokens.cache_write_tokens,
        latency_ms=_first(facts.latency_ms for facts in told),
        metadata={key: value for facts in reversed(told) for key, value in facts.metadata.items()},
        incomplete=_incomplete(texts),
        self_traffic=any(facts.self_traffic for facts in told),
    )


def _names(told: Sequence[Facts]) -> dict[str, Any]:
    return {name: _first(getattr(facts, name) for facts in told) for name in NAMES}


def count_tokens(facts: Facts) -> int:
    """How many of the four token counts are told."""
    return sum(getattr(facts, name) is not None for name in TOKENS)


def input_total(facts: Facts) -> int | None:
    """All tokens of the input, whether they came from a cache or not; None when none is told."""
    if facts.input_tokens is None:
        return None
    return facts.input_tokens + (facts.cache_read_tokens or 0) + (facts.cache_write_tokens or 0)


def lack_of_text(facts: Facts) -> tuple[bool, bool, bool]:
    """Sorts records by how much of the text they tell, whole ones first."""
    return not facts.response.get("content"), not facts.request.get("messages"), facts.incomplete is not None


def _request(texts: Sequence[Facts]) -> Json:
    return {key: value for facts in reversed(texts) for key, value in facts.request.items() if value not in (None, [])}


def _response(texts: Sequence[Facts]) -> Json:
    return next((facts.response for facts in texts if facts.response.get("content")), texts[0].response)


def _incomplete(texts: Sequence[Facts]) -> str | None:
    """Why the text that was taken is not whole; what a record without part in it lacks is no matter."""
    asked = next((facts for facts in texts if facts.request.get("messages")), None)
    answered = next((facts for facts in texts if facts.response.get("content")), None)
    givers = [facts for facts in (answered, asked) if facts is not None]
    return _first(facts.incomplete for facts in givers or texts)


def _error(told: Sequence[Facts], text: Facts) -> str | None:
    """A call that was answered did not fail, whatever went wrong around it."""
    return text.error if text.response.get("content") else _first(facts.error for facts in told)


def _stop_reason(told: Sequence[Facts]) -> str | None:
    reasons = [facts.stop_reason for facts in told if facts.stop_reason]
    return _first(reason for reason in reasons if reason in KNOWN) or _first(reasons)


def _first(values: Iterable[T | None]) -> T | None:
    return next((value for value in values if value is not None), None)
