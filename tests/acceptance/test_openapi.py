"""The HTTP API against its own description: whatever fits the OpenAPI document, or nearly, is no fault of ours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import APIOperation, BaseSchema, Case, GenerationMode

from tests.acceptance.process import serve

pytestmark = pytest.mark.slow
SECONDS = 60
EXAMPLES = 40
TIMEOUT = 20


@schemathesis.serializer("application/x-protobuf", "application/x-ndjson")
def _as_it_is(_: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BaseSchema]:
    """The document of a running service."""
    database = tmp_path_factory.mktemp("openapi") / "leadline.duckdb"
    serving = serve(database, "serve", environ={"LEADLINE_JUDGE__BUILTIN": "[]"})
    try:
        yield schemathesis.openapi.from_url(f"{serving.url}/openapi.json")
    finally:
        serving.interrupt(TIMEOUT)


def any_case(operation: APIOperation) -> SearchStrategy[Case]:
    """Requests that fit the description of an operation, and such that do not, where there are any."""
    fits = operation.as_strategy(generation_mode=GenerationMode.POSITIVE)
    return fits | operation.as_strategy(generation_mode=GenerationMode.NEGATIVE)


def test_no_request_that_the_document_allows_is_answered_5xx(
    schema: BaseSchema, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every operation, with values that fit its description and values that do not, is answered below 500."""
    operations = [result.ok() for result in schema.get_all_operations()]
    faults: list[str] = []
    sent = 0
    end = time.monotonic() + SECONDS

    for operation in operations:

        @settings(
            max_examples=EXAMPLES, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
        )
        @given(case=any_case(operation))
        def probe(case: Case) -> None:
            nonlocal sent
            if time.monotonic() < end:
                sent += 1
                answer = case.call(timeout=TIMEOUT)
                if answer.status_code >= 500:
                    faults.append(f"{case.method} {case.formatted_path}: {answer.status_code} {answer.text[:200]}")

        probe()
    with capsys.disabled():
        print(f"\n{len(operations)} operations, {sent} requests, {len(faults)} answered 5xx (target 0)")
    assert sent >= len(operations)
    assert not faults, "\n".join(faults[:10])
