"""What a record of any convention tells beside its texts: who, where, which version, how long, what went wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import Any, TypedDict

from evaluator.intake import clean
from evaluator.intake.conventions import names, values
from evaluator.intake.otlp.records import Attributes, Event, Log, Resource, Span
from evaluator.intake.parts import Facts, Kind, Part
from evaluator.intake.public import MAX_METADATA_VALUE

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PROCESS = ("host.", "process.")


class Shared(TypedDict):
    """What spans above a call may tell as well as the call's own."""

    feature: str | None
    service: str | None
    environment: str | None
    session_id: str | None
    user_id: str | None
    prompt_version: str | None
    release: str | None


def shared(attributes: Attributes, resource: Resource, naming: Sequence[str]) -> Shared:
    """Who and which version, from the record's attributes, else from its resource's.

    A feature named by the resource is every feature of that process: it only stands in, as the service's name does.
    What a resource says that is the provider's own, and not the application's, does not count.
    """
    if resource.attributes.get("service.name") in names.PROVIDERS_OWN:
        resource = Resource()
    told = _told(resource.attributes) | _told(attributes)
    return Shared(
        feature=_cut(values.first(attributes, _naming(tuple(naming))) or values.first(attributes, names.FEATURE)),
        service=_cut(values.first(resource.attributes, naming) or _service(resource)),
        environment=_cut(told.get("environment")),
        session_id=told.get("session_id"),
        user_id=told.get("user_id"),
        prompt_version=told.get("prompt_version"),
        release=told.get("release"),
    )


def _told(attributes: Attributes) -> dict[str, str]:
    """The fields that these attributes tell; of several names for one the most trusted holds."""
    found: dict[str, str] = {}
    for _, field, one in sorted(_PLACES[one] for one in attributes.keys() & _PLACES.keys()):
        if field not in found and (known := values.name(attributes[one])) is not None:
            found[field] = known
    return found


_PLACES = {name: (rank, field, name) for field, known in names.FIELDS.items() for rank, name in enumerate(known)}


@lru_cache(maxsize=8)
def _naming(naming: tuple[str, ...]) -> tuple[str, ...]:
    return (*naming, *(below + one for one in naming for below in names.BELOW))


def _cut(label: str | None) -> str | None:
    return None if label is None else label[:100].rstrip()


def _service(resource: Resource) -> str | None:
    service = values.name(resource.attributes.get("service.name"))
    return None if service is None or service.startswith("unknown_service") else service


def error(span: Span) -> str | None:
    """What went wrong as `type: message`, None when nothing did: an exception that was handled is no error."""
    kind = values.text(span.attributes.get("error.type"))
    if kind is None and span.status_code != 2:
        return None
    raised = _exception(span.events)
    kind = kind or values.text(raised.get("exception.type"))
    told = (span.status_message, span.attributes.get("error.message"), raised.get("exception.message"))
    message = max((known for one in told if (known := values.text(one))), key=len, default=None)
    parts = [part for part in (kind, message) if part]
    if len(parts) == 2 and message and kind and message.startswith(kind):
        parts = [message]
    return clean.text(": ".join(parts))[:MAX_METADATA_VALUE] or _http(span.attributes) or "error"


def _exception(events: tuple[Event, ...]) -> Mapping[str, Any]:
    return next((event.attributes for event in reversed(events) if event.name == "exception"), {})


def _http(attributes: Attributes) -> str | None:
    status = values.count(attributes.get("http.response.status_code"))
    return f"HTTP {status}" if status is not None and status >= 400 else None


def latency_ms(started_at: datetime | None, ended_at: datetime | None) -> float | None:
    """Milliseconds from start to end; None when one is not told or the end comes first."""
    if started_at is None or ended_at is None or ended_at < started_at:
        return None
    return (ended_at - started_at).total_seconds() * 1000


def nanoseconds(moment: datetime | None) -> int:
    """A time as log records tell it: what a span tells is told when it ends, after the records that went before."""
    return 0 if moment is None else (moment - EPOCH) // timedelta(microseconds=1) * 1000


def links(span: Span) -> tuple[str, ...]:
    """Other names of the same call: the response's id and the request's."""
    response, request = (
        values.first(span.attributes, names.RESPONSE_ID),
        values.first(span.attributes, names.REQUEST_ID),
    )
    return tuple(f"{kind}:{one}" for kind, one in (("response", response), ("request", request)) if one)


def log_part(log: Log, kind: Kind, facts: Facts) -> Part:
    """The part that a log record is: of its trace and span, or without a trace of what its process sent."""
    return Part(
        group_id=f"t:{log.trace_id}" if log.trace_id else f"i:{instance(log.resource) or 'unknown'}",
        part_id=f"l:{log.log_id}",
        kind=kind,
        facts=facts,
        span_id=log.span_id or None,
        ended_at=log.at,
        instance=instance(log.resource),
        order=log.order,
    )


def instance(resource: Resource) -> str | None:
    """The sending process: its service.instance.id, else a hash of what is told about host and process.

    None when nothing is: then it may be any process, and no text without a trace is given to a call by its time.
    """
    told = values.name(resource.attributes.get("service.instance.id"))
    if told:
        return told
    about = {key: value for key, value in resource.attributes.items() if key.startswith(_PROCESS)}
    if not about:
        return None
    return blake2b(repr(sorted(about.items())).encode("utf-8", "replace"), digest_size=8).hexdigest()
