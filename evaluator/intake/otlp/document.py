"""OTLP in JSON → spans and log records. Names in camelCase as specified or in snake_case, integers also as texts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evaluator.errors import InputError
from evaluator.intake import decode
from evaluator.intake.decode import BodyTooLargeError, Limits, UndecodableError
from evaluator.intake.otlp.loose import (
    Json,
    double,
    dropped,
    identifier,
    integer,
    listed,
    mapping,
    named,
    scalar,
    status_code,
    text,
)
from evaluator.intake.otlp.records import Event, Log, Resource, Span
from evaluator.intake.otlp.values import (
    BYTES,
    MAX_DEPTH,
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

_TRACE_ID = 32
_SPAN_ID = 16


def spans(body: bytes, limits: Limits) -> tuple[list[Span], list[str]]:
    """The spans of a document, and an error per one that cannot be used."""
    found = list(_records(body, ("resource_spans", "scope_spans", "spans"), limits))
    return usable(found, _Reader().span, "span")


def logs(body: bytes, limits: Limits) -> tuple[list[Log], list[str]]:
    """The log records of a document, and an error per one that cannot be read."""
    found = list(_records(body, ("resource_logs", "scope_logs", "log_records"), limits))
    return usable(found, _Reader().log, "log record")


def metrics(body: bytes, limits: Limits) -> int:
    """How many metrics a document has."""
    return sum(1 for _ in _records(body, ("resource_metrics", "scope_metrics", "metrics"), limits))


def _records(body: bytes, layers: tuple[str, str, str], limits: Limits) -> Iterator[tuple[Json, Json, Any]]:
    """Resource, scope and record, as they stand in the document; UndecodableError for what is no such document."""
    decode.check_brackets(body)
    try:
        document = decode.parsed(body.removeprefix(b"\xef\xbb\xbf"))
    except InputError as error:
        raise UndecodableError(f"the body cannot be read, {error}") from None
    count = 0
    for request in document if isinstance(document, list) else [document]:
        for outer in _layer(request, layers[0]):
            for inner in _layer(outer, layers[1]):
                for record in _layer(inner, layers[2]):
                    count += 1
                    if count > limits.items:
                        raise BodyTooLargeError(f"more than {limits.items:,} records in one body; send them in parts")
                    yield outer, inner, record


def _layer(parent: Any, name: str) -> list[Any]:
    if not isinstance(parent, dict):
        raise UndecodableError(f"the body is JSON, but no OTLP: {name} must stand in an object")
    children = named(parent).get(name)
    if not isinstance(children, list | None):
        raise UndecodableError(f"the body is JSON, but no OTLP: {name} must be a list")
    return children or []


class _Reader:
    """Reads the records of one document; resource and scope are read once for all that share them."""

    def __init__(self) -> None:
        self._room = Room()
        self._ids = LogIds()
        self._last: tuple[Json, Json] | None = None
        self._shared = Resource()

    def span(self, place: tuple[Json, Json, Any]) -> Span:
        """One span; InputError without valid ids."""
        told = mapping(place[2])
        status = mapping(told.get("status"))
        events = [mapping(event) for event in self._counted(told.get("events"))]
        return Span(
            trace_id=identifier(told.get("trace_id"), _TRACE_ID, NO_TRACE_ID),
            span_id=identifier(told.get("span_id"), _SPAN_ID, NO_SPAN_ID),
            resource=self._resource(place),
            parent_id=identifier(told.get("parent_span_id"), _SPAN_ID),
            parent_is_remote=integer(told.get("flags")) & REMOTE_PARENT == REMOTE_PARENT,
            name=text(told.get("name")),
            started_at=moment(integer(told.get("start_time_unix_nano"))),
            ended_at=moment(integer(told.get("end_time_unix_nano"))),
            status_code=status_code(status.get("code")),
            status_message=text(status.get("message")),
            attributes=self._attributes(told.get("attributes")),
            events=tuple(map(self._event, events)),
            dropped=dropped(told, "events") + sum(dropped(one, "attributes") for one in (told, *events)),
        )

    def log(self, place: tuple[Json, Json, Any]) -> Log:
        """One log record; ids are optional."""
        record = mapping(place[2])
        resource = self._resource(place)
        attributes = self._attributes(record.get("attributes"))
        order = sane(integer(record.get("time_unix_nano"))) or sane(integer(record.get("observed_time_unix_nano")))
        told = {
            "trace_id": identifier(record.get("trace_id"), _TRACE_ID),
            "span_id": identifier(record.get("span_id"), _SPAN_ID),
            "event_name": text(record.get("event_name")) or event_name(attributes),
            "order": order,
            "attributes": attributes,
            "body": self._value(record.get("body"), 0),
        }
        log_id = self._ids.of(resource, told)
        return Log(resource=resource, log_id=log_id, at=moment(order), dropped=dropped(record, "attributes"), **told)

    def _resource(self, place: tuple[Json, Json, Any]) -> Resource:
        outer, inner = place[:2]
        if self._last is None or outer is not self._last[0] or inner is not self._last[1]:
            scope = mapping(named(inner).get("scope"))
            attributes = self._attributes(mapping(named(outer).get("resource")).get("attributes"))
            self._shared = Resource(
                attributes=attributes, scope=text(scope.get("name")), scope_version=text(scope.get("version"))
            )
            self._last = (outer, inner)
        return self._shared

    def _event(self, told: Json) -> Event:
        return Event(
            name=text(told.get("name")),
            time_unix_nano=sane(integer(told.get("time_unix_nano"))),
            attributes=self._attributes(told.get("attributes")),
        )

    def _attributes(self, pairs: Any, depth: int = 0) -> Json:
        found = {}
        for pair in self._counted(pairs):
            told = mapping(pair)
            found[text(told.get("key"))] = self._value(told.get("value"), depth)
        return found

    def _value(self, value: Any, depth: int) -> Any:
        """A JSON value. One that is not wrapped as OTLP says is taken as it is."""
        if depth > MAX_DEPTH:
            raise DamagedError("nested too deeply")
        if not isinstance(value, dict):
            return scalar(value)
        for name, content in named(value).items():
            match name:
                case "array_value":
                    items = self._counted(mapping(content).get("values"))
                    return [self._value(item, depth + 1) for item in items]
                case "kvlist_value":
                    return self._attributes(mapping(content).get("values"), depth + 1)
                case "int_value":
                    return number(integer(content))
                case "double_value":
                    return double(content)
                case "bytes_value":
                    return BYTES
                case "string_value" | "bool_value":
                    return scalar(content)
        return None

    def _counted(self, given: Any) -> list[Any]:
        items = listed(given)
        self._room.take(len(items))
        return items
