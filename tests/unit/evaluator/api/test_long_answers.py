"""Long answers are written in the thread that made them, and others get the interpreter in their middle."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Annotated, get_args

import httpx2
import pytest
from fastapi import FastAPI, Response
from pydantic import BaseModel, PlainSerializer, TypeAdapter

from evaluator.api.alert_shapes import AlertView
from evaluator.api.judge_shapes import CoverageDay, JudgeCoverage
from evaluator.api.long_answers import written
from evaluator.api.plan_shapes import PlanView
from evaluator.api.rule_shapes import RuleView
from evaluator.api.shapes import MonitorBrief, MonitorView
from evaluator.api.turns import Yielding
from evaluator.api.usage_shapes import PassRates

MANY = 1000
SHAPES = (AlertView, CoverageDay, JudgeCoverage, MonitorBrief, MonitorView, PassRates, PlanView, RuleView)
"""What the answers of the overview, of coverage, plans and incidents hold hundreds of."""

writers: list[int] = []


def _noted(text: str) -> str:
    writers.append(threading.get_ident())
    return text


class One(BaseModel):
    name: Yielding


class Noted(BaseModel):
    name: Annotated[str, PlainSerializer(_noted, return_type=str)]


def calls_of_python(work: Callable[[], object]) -> int:
    """How often `work` calls a function of Python: each time, who waits for the interpreter can have it."""
    calls: list[str] = []

    def note(_: FrameType, event: str, __: object) -> None:
        calls.append(event)

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return calls.count("call")


def test_a_long_answer_is_read_and_written_in_turns() -> None:
    """Python is called once for each of many."""
    adapter = TypeAdapter(list[One])
    text = adapter.dump_json([One(name=f"m{n}") for n in range(MANY)])
    known = adapter.validate_json(text)
    assert calls_of_python(lambda: adapter.validate_json(text)) >= MANY
    assert calls_of_python(lambda: adapter.dump_json(known)) >= MANY


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_what_answers_hold_many_of_gives_turns(shape: type[BaseModel]) -> None:
    """Each of these shapes has such a text."""
    metadata = [entry for field in shape.model_fields.values() for entry in field.metadata]
    assert set(get_args(Yielding)[1:]) <= set(metadata)


def test_the_schema_tells_a_text() -> None:
    """Readers of the API see a string."""
    assert One.model_json_schema(mode="serialization")["properties"]["name"] == {"title": "Name", "type": "string"}
    assert One.model_json_schema()["properties"]["name"] == {"title": "Name", "type": "string"}


async def test_a_response_is_passed_on() -> None:
    """An endpoint that gives its shape or a response gives both as they are, and its shape is told."""
    app = FastAPI()

    @app.get("/either", response_model=list[One])
    @written
    def either(lines: bool) -> list[One] | Response:
        return Response("a line", media_type="text/plain") if lines else [One(name="a")]

    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://here") as client:
        answers = [(await client.get("/either", params={"lines": lines})).text for lines in (True, False)]
    assert answers == ["a line", '[{"name":"a"}]']


async def test_a_written_answer_is_made_beside_the_event_loop() -> None:
    """The same JSON and the same schema, but no work for the loop's thread."""
    app = FastAPI()

    @app.get("/written")
    @written
    def ours(name: str) -> list[Noted]:
        return [Noted(name=name)]

    @app.get("/usual")
    def usual(name: str) -> list[Noted]:
        return [Noted(name=name)]

    writers.clear()
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://here") as client:
        answers = [await client.get(path, params={"name": "ü"}) for path in ("/written", "/usual")]
        refused = await client.get("/written")
    assert answers[0].content == answers[1].content
    assert answers[0].headers["content-type"] == answers[1].headers["content-type"]
    assert refused.status_code == 422
    assert [one == threading.get_ident() for one in writers] == [False, True]
    paths = app.openapi()["paths"]
    first, second = (paths[path]["get"]["responses"]["200"]["content"] for path in ("/written", "/usual"))
    assert str(first).replace("Ours Written", "Usual Usual") == str(second)
