"""Small builders of parts of calls for tests: every field has a plain default, name only what the test is about."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from evaluator.intake.parts import Facts, Kind, Part
from tests.builders import NOON

TRACE = "t:0af7651916cd43dd8448eb211c80319c"
ASKED: dict[str, Any] = {"messages": [{"role": "user", "content": "Where is my order?"}]}
ANSWERED: dict[str, Any] = {"content": [{"type": "text", "text": "It is on its way."}]}
TOKENS = {"input_tokens": 21, "output_tokens": 8}
PART_FIELDS = ("group_id", "parent_id", "parent_is_remote", "started_at", "ended_at", "links", "instance", "order")


def call(span_id: str, /, *, text: bool = True, **fields: Any) -> Part:
    """The record of a call that took the second before noon; `text=False` is one that tells numbers only."""
    told = {"request": ASKED, "response": ANSWERED} if text else {}
    times = {"started_at": NOON - timedelta(seconds=1), "ended_at": NOON}
    return _part(
        f"s:{span_id}", Kind.CALL, {"source": "genai", **TOKENS, **told}, {**times, "span_id": span_id} | fields
    )


def context(span_id: str, /, **fields: Any) -> Part:
    """A span above calls."""
    return _part(f"s:{span_id}", Kind.CONTEXT, {"source": "genai"}, {"span_id": span_id} | fields)


def content(part_id: str, /, **fields: Any) -> Part:
    """Text apart from its call."""
    return _part(f"l:{part_id}", Kind.CONTENT, {"source": "genai-events"}, fields)


def _part(part_id: str, kind: Kind, facts: dict[str, Any], fields: dict[str, Any]) -> Part:
    """Fields that are no part's are facts."""
    names = {"part_id", "span_id", "kind", *PART_FIELDS}
    own = {"part_id": part_id, "kind": kind, "group_id": TRACE, "instance": "process-1"}
    own |= {name: value for name, value in fields.items() if name in names}
    return Part(**own, facts=Facts(**facts | {name: value for name, value in fields.items() if name not in names}))
