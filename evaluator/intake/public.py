"""The public sample shape (`POST /v1/samples`, a line of `leadline score FILE`) → Sample.

Only `response` or `error` is required, or `incomplete`, which says why there is no response. `request` and `response`
are texts, bodies of the Anthropic Messages API, or of OpenAI's chat completions or Responses API. An item
without `id` gets one: a hash over all fields it came with, so that sending it again is a duplicate. The time of
arrival, which stands in for a missing `timestamp`, is not part of that hash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any

from evaluator.errors import InputError
from evaluator.intake import anthropic, blocks, clean, openai, responses
from evaluator.intake import usage as tokens
from evaluator.intake.answer import Answer, error_text, short_name
from evaluator.intake.shape import PublicSample, expected, validated
from store.records import Sample, TextState

DEFAULT_FEATURE = "default"
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
CLOCK_SKEW = timedelta(minutes=5)
MAX_METADATA_KEYS = 64
MAX_METADATA_KEY = 100
MAX_METADATA_VALUE = 4000
MAX_ID = 256
BODIES = ("request", "response")
EXPORTED = "leadline"
"""What an export of samples adds to each (verdicts, sampling), and nobody reads in again."""


def read(item: object, *, received_at: datetime, source: str = "webhook") -> Sample:
    """The sample an item is; InputError says in words why it cannot be one."""
    fields = cleaned(item)
    public = validated(fields)
    request, answer = _request(public.request), _response(public.response)
    error = error_text(public.error) or (answer.error if answer else None)
    if answer is None and error is None and public.incomplete is None:
        raise InputError(
            "response: missing; send what the model answered, or error when the call failed", reason="empty"
        )
    used = tokens.read(public.usage) if public.usage else tokens.read(_body_usage(public.response), "response.usage")
    told = answer or Answer(content=[])
    return Sample(
        sample_id=public.id or content_id(fields),
        ts=_time(public.timestamp, received_at),
        ts_given=public.timestamp is not None,
        received_at=received_at,
        feature=public.feature or DEFAULT_FEATURE,
        environment=public.environment or "production",
        session_id=public.session_id,
        user_id=public.user_id,
        model=public.model or told.model or _model(public.request),
        provider=public.provider or told.provider,
        prompt_version=public.prompt_version,
        release=public.release,
        request=request,
        response=_stored(answer),
        stop_reason=told.stop_reason,
        stop_reason_raw=told.stopped,
        error=error,
        input_tokens=used.input_tokens,
        output_tokens=used.output_tokens,
        cache_read_tokens=used.cache_read_tokens,
        cache_write_tokens=used.cache_write_tokens,
        latency_ms=public.latency_ms,
        reference=None if public.reference is None else as_text(public.reference),
        metadata=_metadata(public.metadata or {}),
        source=source,
        incomplete=public.incomplete,
        text=_text_state(public, request, answer),
        trace_id=public.trace_id,
        span_id=public.span_id,
        response_id=public.response_id or told.response_id,
    )


def _text_state(public: PublicSample, request: Mapping[str, Any], answer: Answer | None) -> TextState:
    """Missing when neither side has text; an empty answer is an answer, unless `incomplete` says it is not whole."""
    answered = answer is not None and (answer.content or not (public.incomplete or answer.error))
    return TextState.KEPT if answered or request.get("messages") or request.get("system") else TextState.MISSING


def cleaned(item: object) -> dict[str, Any]:
    """The item's fields with storable texts; a null or an empty name is the same as none."""
    if not isinstance(item, dict):
        raise InputError(f"an item must be a JSON object, got {clean.shown(item)}", reason="wrong_type")
    fields = {}
    for key, value in item.items():
        if key == EXPORTED:
            continue
        try:
            fields[clean.text(str(key))] = clean.value(value)
        except InputError as error:
            raise InputError(f"{clean.text(str(key))[:60]}: {error}", reason=error.reason) from None
    return {key: value for key, value in fields.items() if value is not None and (value != "" or key in BODIES)}


def _time(timestamp: datetime | None, received_at: datetime) -> datetime:
    """The call's time in UTC; the time of arrival when none was given."""
    if timestamp is None:
        return received_at
    if timestamp < EARLIEST:
        raise InputError(f"timestamp: {timestamp.isoformat()} is before 2000; numbers are seconds (or ms) since 1970")
    if timestamp > received_at + CLOCK_SKEW:
        raise InputError(f"timestamp: {timestamp.isoformat()} is more than 5 minutes in the future; check that clock")
    return timestamp.astimezone(UTC)


def _request(given: Any) -> dict[str, Any]:
    """The stored request: a text is one user message, a list is the messages."""
    if given is None or given in ("", {}):
        return {}
    if isinstance(given, str):
        return {"messages": [{"role": "user", "content": given}]}
    body = {"messages": given} if isinstance(given, list) else given
    if not isinstance(body, dict) or not body.keys() & {"messages", "system", "input"}:
        raise InputError(f"{expected('request')}, with messages; got {clean.shown(given)} without")
    api = responses if responses.is_request(body) else openai if openai.is_request(body) else anthropic
    return dict(blocks.without_bytes(api.request(body)))


def _response(given: Any) -> Answer | None:
    if given is None:
        return None
    if isinstance(given, str):
        return Answer(content=[blocks.text(given)])
    if isinstance(given, list):
        return Answer(content=anthropic.blocks(given, "response"))
    if isinstance(given, dict) and "choices" in given:
        return openai.response(given)
    if isinstance(given, dict) and responses.is_response(given):
        return responses.response(given)
    if isinstance(given, dict) and "content" in given:
        return anthropic.response(given)
    if isinstance(given, dict) and (given.get("type") == "error" or isinstance(given.get("error"), dict)):
        return Answer(content=[], error=error_text(given, "response.error"))
    raise InputError(f"{expected('response')}; got {clean.shown(given)} with neither content nor choices")


def _stored(answer: Answer | None) -> dict[str, Any]:
    if answer is None:
        return {}
    stop = {"stop_reason": answer.stop_reason} if answer.stop_reason else {}
    return {"content": blocks.without_bytes(answer.content), **stop}


def _body_usage(response: Any) -> Any:
    return response.get("usage") if isinstance(response, dict) else None


def _model(request: Any) -> str | None:
    return short_name(request.get("model"), "request.model") if isinstance(request, dict) else None


def _metadata(given: Mapping[str, Any]) -> dict[str, str]:
    """Metadata as texts; a null is the same as no key."""
    if len(given) > MAX_METADATA_KEYS:
        raise InputError(f"metadata: {len(given)} keys; at most {MAX_METADATA_KEYS}", reason="too_large")
    read = {key: as_text(value) for key, value in given.items() if value is not None}
    for key, value in read.items():
        if not (0 < len(key) <= MAX_METADATA_KEY and key.isprintable()):
            raise InputError(
                f"metadata: a key must be 1 to {MAX_METADATA_KEY} printable characters, got {clean.shown(key)}"
            )
        if len(value) > MAX_METADATA_VALUE:
            raise InputError(
                f"metadata.{key}: {len(value)} characters; at most {MAX_METADATA_VALUE}", reason="too_large"
            )
    return read


def content_id(fields: Mapping[str, Any]) -> str:
    """The id of an item that has none: a 128-bit BLAKE2b hash over all its fields that are not null, order aside.

    >>> content_id({"response": "a", "feature": None}) == content_id({"response": "a"})
    True
    """
    given = {name: value for name, value in fields.items() if value is not None}
    return "h-" + blake2b(clean.json_text(given).encode(), digest_size=16).hexdigest()


class Repeats:
    """Tells the identical items of one body or one file apart: the second one is another answer, not a retry.

    >>> seen = Repeats()
    >>> [seen.numbered("h-1"), seen.numbered("h-2"), seen.numbered("h-1")]
    ['h-1', 'h-2', 'h-1-2']
    """

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def numbered(self, name: str) -> str:
        """The content's id, with its number from the second one on: the same whenever the whole is sent again."""
        self._seen[name] += 1
        return name if self._seen[name] == 1 else f"{name}-{self._seen[name]}"


def as_text(value: Any) -> str:
    """A JSON value as text: text as it is, everything else as JSON (so true, 1.5, {"a":1})."""
    return value if isinstance(value, str) else clean.json_text(value)
