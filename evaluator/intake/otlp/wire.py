"""OTLP bodies → spans and log records: protobuf here, JSON in `document`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, InstrumentationScope, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord
from opentelemetry.proto.resource.v1.resource_pb2 import Resource as ResourceMessage
from opentelemetry.proto.trace.v1 import trace_pb2

from evaluator.errors import InputError
from evaluator.intake.decode import Limits
from evaluator.intake.otlp import document, frames
from evaluator.intake.otlp.frames import Frame
from evaluator.intake.otlp.records import Event, Log, Resource, Span
from evaluator.intake.otlp.values import (
    BYTES,
    NO_SPAN_ID,
    NO_TRACE_ID,
    REMOTE_PARENT,
    DamagedError,
    LogIds,
    Room,
    event_name,
    moment,
    number,
    sane,
    usable,
)

LIMITS = Limits()
_TRACE_ID = 16
_SPAN_ID = 8


def spans(body: bytes, content_type: str, limits: Limits = LIMITS) -> tuple[list[Span], list[str]]:
    """The spans of a body, and an error per one that cannot be used; UndecodableError or BodyTooLargeError for all."""
    if is_json(body, content_type):
        return document.spans(body, limits)
    return usable(frames.records(body, limits.items), _Reader(limits).span, "span")


def logs(body: bytes, content_type: str, limits: Limits = LIMITS) -> tuple[list[Log], list[str]]:
    """The log records of a body; errors as for spans."""
    if is_json(body, content_type):
        return document.logs(body, limits)
    return usable(frames.records(body, limits.items), _Reader(limits).log, "log record")


def metrics(body: bytes, content_type: str, limits: Limits = LIMITS) -> int:
    """How many metrics a body has; nothing else is read of them."""
    if is_json(body, content_type):
        return document.metrics(body, limits)
    return sum(1 for _ in frames.records(body, limits.items))


def is_json(body: bytes, content_type: str) -> bool:
    """Whether a body is JSON: its sender says so, or it begins as no protobuf of ours can."""
    return "json" in content_type.lower() or body[:1] in (b"{", b"[")


class _Reader:
    """Reads the records of one body; resource and scope are read once for all that share them."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._room = Room()
        self._ids = LogIds()
        self._frame = Frame(b"", b"", b"")
        self._shared: Resource | None = None

    def span(self, frame: Frame) -> Span:
        """One span; InputError without valid ids."""
        message = trace_pb2.Span()
        self._parse(message, frame.record)
        dropped = message.dropped_attributes_count + message.dropped_events_count
        self._room.take(len(message.events))
        events = tuple(self._event(event) for event in message.events) if message.events else ()
        return Span(
            trace_id=_id(message.trace_id, _TRACE_ID, NO_TRACE_ID),
            span_id=_id(message.span_id, _SPAN_ID, NO_SPAN_ID),
            resource=self._resource(frame),
            parent_id=_id(message.parent_span_id, _SPAN_ID),
            parent_is_remote=message.flags & REMOTE_PARENT == REMOTE_PARENT,
            name=message.name,
            started_at=moment(message.start_time_unix_nano),
            ended_at=moment(message.end_time_unix_nano),
            status_code=message.status.code,
            status_message=message.status.message,
            attributes=self._attributes(message.attributes),
            events=events,
            dropped=dropped + sum(event.dropped_attributes_count for event in message.events) if events else dropped,
        )

    def log(self, frame: Frame) -> Log:
        """One log record; ids are optional."""
        message = LogRecord()
        self._parse(message, frame.record)
        resource = self._resource(frame)
        attributes = self._attributes(message.attributes)
        order = sane(message.time_unix_nano) or sane(message.observed_time_unix_nano)
        told = {
            "trace_id": _id(message.trace_id, _TRACE_ID),
            "span_id": _id(message.span_id, _SPAN_ID),
            "event_name": message.event_name or event_name(attributes),
            "order": order,
            "attributes": attributes,
            "body": self._value(message.body),
        }
        return Log(
            resource=resource,
            log_id=self._ids.of(resource, told),
            at=moment(order),
            dropped=message.dropped_attributes_count,
            **told,
        )

    def _resource(self, frame: Frame) -> Resource:
        last = self._frame
        if self._shared is None or frame.scope is not last.scope or frame.resource is not last.resource:
            resource, scope = ResourceMessage(), InstrumentationScope()
            self._parse(resource, frame.resource)
            self._parse(scope, frame.scope)
            self._shared = Resource(
                attributes=self._attributes(resource.attributes), scope=scope.name, scope_version=scope.version
            )
            self._frame = frame
        return self._shared

    def _parse(self, message: Any, data: bytes) -> None:
        if len(data) > self._limits.item_bytes:
            most = self._limits.item_bytes / 1000
            raise InputError(f"{len(data) / 1000:,.0f} kB; at most {most:,.0f} kB (server.max_item_kb)")
        try:
            message.ParseFromString(data)
        except DecodeError:
            raise DamagedError("no OTLP protobuf, or nested too deeply") from None

    def _event(self, event: trace_pb2.Span.Event) -> Event:
        return Event(
            name=event.name, time_unix_nano=sane(event.time_unix_nano), attributes=self._attributes(event.attributes)
        )

    def _attributes(self, pairs: Sequence[KeyValue]) -> dict[str, Any]:
        self._room.take(len(pairs))
        value = self._value
        return {pair.key: value(pair.value) for pair in pairs}

    def _value(self, value: AnyValue) -> Any:
        """A JSON value; the parser has bounded how deep it goes."""
        match value.WhichOneof("value"):
            case "string_value":
                return value.string_value
            case "int_value":
                return value.int_value
            case "bool_value":
                return value.bool_value
            case "double_value":
                return number(value.double_value)
            case "array_value":
                self._room.take(len(value.array_value.values))
                return [self._value(item) for item in value.array_value.values]
            case "kvlist_value":
                return self._attributes(value.kvlist_value.values)
            case "bytes_value":
                return BYTES
        return None


def _id(given: bytes, size: int, problem: str = "") -> str:
    """An id in hex, "" when it is none; with a `problem`, that is an InputError."""
    if len(given) == size and any(given):
        return given.hex()
    if problem:
        raise InputError(problem)
    return ""
