"""What every convention tells alike: who, where, which version, how long, what went wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from evaluator.intake.conventions import basics
from evaluator.intake.otlp.records import Event, Resource
from tests.builders import NOON
from tests.spans import facts, make_span, read

CALL = {"gen_ai.operation.name": "chat"}
FAILED = {"exception.type": "anthropic.RateLimitError", "exception.message": "Error code: 429"}


def _error(attributes: dict[str, Any] | None = None, **fields: Any) -> str | None:
    return basics.error(make_span(attributes or {}, **fields))


def test_the_spans_own_words_go_before_the_resources() -> None:
    """Session, user and environment of the span hold; what only the resource tells is taken from there."""
    resource = {"deployment.environment.name": "staging", "session.id": "process", "service.version": "7"}
    told = facts(CALL | {"session.id": "s1"}, resource=resource)
    assert (told.session_id, told.environment, told.release) == ("s1", "staging", "7")


def test_the_conventions_name_goes_before_the_applications() -> None:
    """gen_ai.conversation.id is trusted before an attribute that happens to be called session_id."""
    assert facts(CALL | {"session_id": "mine", "gen_ai.conversation.id": "c1"}).session_id == "c1"


def test_scrubbed_values_say_nothing() -> None:
    """A scrubber's note, the word None and an empty text leave the next name its turn."""
    scrubbed = {"gen_ai.conversation.id": "[Scrubbed due to 'session']", "session.id": "None", "session_id": "s1"}
    assert facts(CALL | scrubbed).session_id == "s1"


@pytest.mark.parametrize(
    ("attributes", "resource", "feature", "service"),
    [
        ({"app.feature": "chat"}, {"service.name": "web"}, "chat", "web"),
        ({"traceloop.association.properties.feature": "chat"}, {}, "chat", None),
        ({"gen_ai.agent.name": "planner"}, {}, "planner", None),
        ({}, {"service.name": "web", "app.feature": "chat"}, None, "chat"),
        ({}, {"service.name": "unknown_service:python"}, None, None),
    ],
    ids=["span", "association", "agent", "resource", "unknown"],
)
def test_feature_and_what_stands_in(
    attributes: dict[str, str], resource: dict[str, str], feature: str | None, service: str | None
) -> None:
    """A span names its feature; what the resource names is every call's of the process, and only stands in."""
    told = facts(CALL | attributes, resource=resource)
    assert (told.feature, told.service) == (feature, service)


def test_an_error_is_its_type_and_its_longest_message() -> None:
    """The type of the attribute, the message of the exception, and no type twice."""
    raised = (Event(name="exception", attributes=FAILED),)
    assert _error({"error.type": "rate_limit_error"}, events=raised) == "rate_limit_error: Error code: 429"
    assert _error(status_code=2, status_message="Timeout: 5 s") == "Timeout: 5 s"
    assert _error({"error.type": "Timeout"}, status_message="Timeout: 5 s") == "Timeout: 5 s"


def test_a_failure_without_words_is_told_by_its_status() -> None:
    """A span that failed and says nothing else has the HTTP status, or at least that it failed."""
    assert _error({"http.response.status_code": 529}, status_code=2) == "HTTP 529"
    assert _error(status_code=2) == "error"


def test_an_exception_that_was_handled_is_no_error() -> None:
    """An exception event on a span that did not fail."""
    assert _error(events=(Event(name="exception", attributes=FAILED),)) is None


def test_latency_is_the_spans_time() -> None:
    """Milliseconds; a span that ends before it starts has none."""
    assert basics.latency_ms(NOON, NOON + timedelta(milliseconds=1.5)) == 1.5
    assert basics.latency_ms(NOON, NOON - timedelta(seconds=1)) is None


def test_a_process_without_an_id_is_known_by_its_resource() -> None:
    """The same host and process give the same instance, another process another, the service's name none."""
    one = basics.instance(Resource(attributes={"host.name": "a", "process.pid": 1, "service.name": "web"}))
    assert one == basics.instance(Resource(attributes={"process.pid": 1, "host.name": "a"}))
    assert one != basics.instance(Resource(attributes={"process.pid": 2, "host.name": "a"}))


def test_an_unknown_process_is_no_instance() -> None:
    """Who tells only its SDK may be any process: texts without a trace must not go from one to another."""
    assert basics.instance(Resource(attributes={"telemetry.sdk.name": "opentelemetry", "service.name": "web"})) is None


def test_links_are_the_ids_of_response_and_request() -> None:
    """Both names by which other records may call the same call."""
    part = read(CALL | {"gen_ai.response.id": "msg_1", "anthropic.request.id": "req_1"})
    assert part.links == ("response:msg_1", "request:req_1")
