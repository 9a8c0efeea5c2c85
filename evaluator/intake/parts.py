"""A record of a call on its way to a sample: what it is part of, and what it tells in our words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import TypeAdapter

Json = Mapping[str, Any]


class Kind(StrEnum):
    """What a part is: a call (or one record of it), text told apart from its call, or a span above calls."""

    CALL = "call"
    CONTENT = "content"
    CONTEXT = "context"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What one record tells; None and empty say nothing.

    `request` and `response` have the form of a stored sample (see store.records.Sample) in Anthropic's blocks:
    {"system": str, "messages": [...], "tools": [...], parameters} and {"content": [...]}. `stop_reason` is the client's
    word. `input_tokens` excludes cache reads and writes, whatever the convention. `source` names the convention.
    `feature` is one that the record names itself; `service` stands in when neither it nor a span above it does.
    """

    source: str
    feature: str | None = None
    service: str | None = None
    environment: str | None = None
    session_id: str | None = None
    user_id: str | None = None
    model: str | None = None
    provider: str | None = None
    prompt_version: str | None = None
    release: str | None = None
    request: Json = field(default_factory=dict)
    response: Json = field(default_factory=dict)
    stop_reason: str | None = None
    error: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    latency_ms: float | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    incomplete: str | None = None
    self_traffic: bool = False

    @property
    def has_text(self) -> bool:
        """Whether the record carries any text of the call."""
        return bool(self.request.get("messages") or self.response.get("content"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One record. Parts of a group (a trace) may be of one call; `part_id` is the same whenever it is sent again.

    `span_id` is the part's own span, or for CONTENT the span its text belongs to (None: not told, then `instance`, the
    sending process, and the time decide). `links` are other names of the same call: "response:msg_1", "request:req_1".
    `parent_is_remote`: the span above is another process's and may never come. `order` sorts records of one span: texts
    are joined in this order, and of two values the later one holds.
    """

    group_id: str
    part_id: str
    kind: Kind
    facts: Facts
    span_id: str | None = None
    parent_id: str | None = None
    parent_is_remote: bool = False
    started_at: datetime | None = None
    ended_at: datetime | None = None
    links: tuple[str, ...] = ()
    instance: str | None = None
    order: int = 0


PART = TypeAdapter(Part)
"""Part to JSON and back: `PART.dump_json(part)`, `PART.validate_json(text)`."""
