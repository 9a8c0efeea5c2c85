"""Spans and log records for tests of conventions, and attribute values as a hostile or a broken client sends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from evaluator.intake.conventions import registry
from evaluator.intake.otlp.records import Log, Resource, Span
from evaluator.intake.parts import Facts, Part
from tests.builders import NOON

NAMING = ("leadline.feature", "app.feature", "feature")
ANTHROPIC = (
    '{"id": "msg_1", "content": [{"type": "text", "text": "Hi \\u00e9"}], "role": "assistant", "usage": {"input_'
)
OPENAI = '{"choices": [{"message": {"content": "Hi", "tool_calls": [{"function": {"name": "f", "arguments": "{"}}]}}]}'
REQUEST = '{"system": [{"type": "text"}], "messages": [{"role": "user", "content": [{"type": "image", "source": {}}]}]}'
BODIES = (ANTHROPIC, OPENAI, REQUEST, '[{"role": "tool", "content": [[]]}]', '"\\ud83d"', '{"a": NaN}', "[" * 300)

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(("type", "role", "content", "text", "message", "usage", "id")), inner)
    ),
    max_leaves=6,
)
CUT_JSON = st.builds(lambda body, length: body[:length], st.sampled_from(BODIES), st.integers(0, 300))
HOSTILE = JSON_VALUES | CUT_JSON


def hostile(names: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Attributes by these names, each with any value at all."""
    return st.dictionaries(st.sampled_from(names), HOSTILE, max_size=len(names))


def make_span(attributes: Mapping[str, Any], /, *, scope: str = "", **fields: Any) -> Span:
    """A span of a second at noon."""
    plain: dict[str, Any] = {"trace_id": "7" * 32, "span_id": "5" * 16, "ended_at": NOON + timedelta(seconds=1)}
    resource = Resource(attributes=fields.pop("resource", {}), scope=scope)
    return Span(**{**plain, "started_at": NOON, "resource": resource, "attributes": attributes, **fields})


def make_log(event_name: str, body: Any, /, *, scope: str = "", **fields: Any) -> Log:
    """A log record of noon without a trace."""
    plain: dict[str, Any] = {"resource": Resource(scope=scope), "log_id": "1", "event_name": event_name, "body": body}
    return Log(**{**plain, "at": NOON, **fields})


def read(attributes: Mapping[str, Any], /, **fields: Any) -> Part:
    """The part that a span with these attributes becomes."""
    part = registry.read_span(make_span(attributes, **fields), NAMING)
    assert part is not None
    return part


def facts(attributes: Mapping[str, Any], /, **fields: Any) -> Facts:
    """What a span with these attributes tells."""
    return read(attributes, **fields).facts
