"""Reading and writing a long answer, other threads get the interpreter in its middle."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from pydantic import BaseModel, TypeAdapter

from evaluator.api.alert_shapes import AlertView
from evaluator.api.judge_shapes import CoverageDay, JudgeCoverage
from evaluator.api.plan_shapes import PlanView
from evaluator.api.rule_shapes import RuleView
from evaluator.api.shapes import MonitorBrief, MonitorView
from evaluator.api.turns import Id
from evaluator.api.usage_shapes import PassRates

MANY = 20_000
SHAPES = (AlertView, CoverageDay, JudgeCoverage, MonitorBrief, MonitorView, PassRates, PlanView, RuleView)


class One(BaseModel):
    name: Id


@pytest.fixture(autouse=True)
def _soon() -> Iterator[None]:
    """Who waits for the interpreter is to have it at the next chance."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def turns_during(work: Callable[[], object]) -> int:
    """How often another thread had the interpreter while `work` ran."""
    begun, ended, turns = threading.Event(), threading.Event(), [0]

    def other() -> None:
        begun.set()
        while not ended.is_set():
            turns[0] += 1

    thread = threading.Thread(target=other)
    thread.start()
    begun.wait()
    before = turns[0]
    work()
    during = turns[0] - before
    ended.set()
    thread.join()
    return during


def test_a_long_answer_is_read_and_written_in_turns() -> None:
    """Another thread runs a thousand times while many are read or written."""
    adapter = TypeAdapter(list[One])
    text = adapter.dump_json([One(name=f"m{n}") for n in range(MANY)])
    known = adapter.validate_json(text)
    assert turns_during(lambda: adapter.validate_json(text)) > 1000
    assert turns_during(lambda: adapter.dump_json(known)) > 1000


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_what_answers_hold_many_of_has_such_an_id(shape: type[BaseModel]) -> None:
    """Each shape that comes by the hundred gives turns once for each of them."""
    metadata: list[Any] = [entry for field in shape.model_fields.values() for entry in field.metadata]
    assert any(entry in Id.__metadata__ for entry in metadata)  # type: ignore[attr-defined]


def test_the_schema_tells_a_text() -> None:
    """Readers of the API see a string as before."""
    assert One.model_json_schema(mode="serialization")["properties"]["name"] == {"title": "Name", "type": "string"}
    assert One.model_json_schema()["properties"]["name"] == {"title": "Name", "type": "string"}
