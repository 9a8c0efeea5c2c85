"""pydantic: JSON that a model of the user's accepts, asked in a worker process."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from judges.code.model import ModelJudge
from judges.errors import JudgeConfigError
from store.records import Sample, Status
from tests.builders import make_sample
from tests.judging import make_judge

pytestmark = pytest.mark.slow

ORDERS = """
import threading
from pydantic import BaseModel, Field, field_validator

class Item(BaseModel):
    name: str
    count: int = Field(ge=1)

class Order(BaseModel):
    id: int
    items: list[Item] = []

class Strange(BaseModel):
    do: str

    @field_validator("do")
    @classmethod
    def it(cls, value):
        if value == "hang":
            threading.Event().wait()
        if value == "leave":
            raise SystemExit(3)
        raise KeyError(f"secret {value}")

ids = list[int]
seven = 7
"""
Made = Callable[..., ModelJudge]


@pytest.fixture
async def judge_of(tmp_path: Path) -> AsyncIterator[Made]:
    """Makes judges of models in a folder; their processes end with the test."""
    (tmp_path / "orders.py").write_text(ORDERS)
    made: list[ModelJudge] = []

    def make(model: str, **definition: Any) -> ModelJudge:
        judge = make_judge("pydantic", model=f"orders:{model}", folder=tmp_path, **definition)
        assert isinstance(judge, ModelJudge)
        made.append(judge)
        return judge

    yield make
    for judge in made:
        await judge.close()


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ('{"id": 7}', True),
        ('{"id": "7", "items": [{"name": "a", "count": 2}]}', True),
        ('{"id": 7, "items": [{"name": "a", "count": 0}]}', False),
        ("{}", False),
        ("Sure: {}", False),
    ],
)
async def test_the_model_decides(judge_of: Made, text: str, passed: bool) -> None:
    """What the model accepts passes, conversions included."""
    assert (await judge_of("Order").judge(make_sample(text=text))).passed is passed


async def test_strict_converts_nothing(judge_of: Made) -> None:
    """With strict, the text '7' is no number."""
    assert (await judge_of("Order", strict=True).judge(make_sample(text='{"id": "7"}'))).passed is False


async def test_any_type_is_a_model(judge_of: Made) -> None:
    """A type that Pydantic can validate needs no class."""
    assert (await judge_of("ids").judge(make_sample(text="[1, 2]"))).passed is True


async def test_mistakes_are_listed_without_the_text(judge_of: Made) -> None:
    """Place and reason of three mistakes are told, the wrong values are not."""
    items = ", ".join('{"name": "secret", "count": -1}' for _ in range(5))
    judgement = await judge_of("Order").judge(make_sample(text=f'{{"id": 1, "items": [{items}]}}'))
    assert judgement.explanation == (
        "/items/0/count: Input should be greater than or equal to 1; /items/1/count: Input should be greater than or "
        "equal to 1; /items/2/count: Input should be greater than or equal to 1; and 2 more."
    )


@pytest.mark.parametrize(("required", "passed"), [(True, False), (False, None)])
async def test_inputs_of_a_tool_are_models_too(judge_of: Made, required: bool, passed: bool | None) -> None:
    """On tool_input, every call must fit, and a response without one fails only where it is required."""
    judge = judge_of("Order", on="tool_input", tool="order", required=required)
    call = {"type": "tool_use", "name": "order", "input": {"id": 7}}
    assert (await judge.judge(make_sample(response={"content": [call]}))).passed is True
    assert (await judge.judge(make_sample())).passed is passed


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("nowhere:Order", "No module named 'nowhere'"),
        ("orders:Nothing", "has no attribute 'Nothing'"),
        ("orders:seven", "PydanticSchemaGenerationError"),
        ("broken:Order", "SyntaxError"),
        ("leaving:Order", "its import ended the process: the process ended with exit code 3"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused(tmp_path: Path, model: str, why: str) -> None:
    """When the judge is made, the error names the judge, the model, where it was looked for and what is wrong."""
    for name, text in (("orders", ORDERS), ("broken", "class Order(:\n"), ("leaving", "raise SystemExit(3)\n")):
        (tmp_path / f"{name}.py").write_text(text)
    with pytest.raises(JudgeConfigError) as caught:
        make_judge("pydantic", model=model, folder=tmp_path)
    assert str(caught.value).startswith(f"Judge 'mine': {model} in {tmp_path} cannot be used: ")
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("do", "reason", "explanation"),
    [
        ("raise", "crashed", "The model raised KeyError at orders.py:"),
        ("leave", "crashed", "The model took its process with it: the process ended with exit code 3"),
        ("hang", "timeout", "The model did not answer within 2 s; its process was ended."),
    ],
)
async def test_a_strange_validator_harms_only_its_verdict(
    judge_of: Made, do: str, reason: str, explanation: str
) -> None:
    """A validator that raises, ends its process or hangs is an error verdict, and the next sample is judged."""
    judge = judge_of("Strange", timeout_seconds=2)
    judgement = await judge.judge(make_sample(text=f'{{"do": "{do}"}}'))
    assert (judgement.status, judgement.reason) == (Status.ERROR, reason)
    assert (judgement.explanation or "").startswith(explanation)
    assert "secret" not in (judgement.explanation or "")
    assert (await judge.judge(make_sample(text="[]"))).passed is False


async def test_the_version_is_that_of_model_and_options(judge_of: Made) -> None:
    """Another model or option is another version; a version of the user's own stands for the source."""
    version = judge_of("Order").version
    assert version == judge_of("Order").version
    others = (judge_of("Item"), judge_of("Order", strict=True), judge_of("Order", version="2"))
    assert len({version, *(other.version for other in others)}) == 4


def test_the_version_is_that_of_the_source(tmp_path: Path) -> None:
    """An edit of the module starts a new series."""
    versions = set()
    for bound in (1, 2):
        (tmp_path / "orders.py").write_text(ORDERS.replace("ge=1", f"ge={bound}"))
        versions.add(make_judge("pydantic", model="orders:Order", folder=tmp_path).version)
    assert len(versions) == 2


@pytest.mark.parametrize("definition", [{"on": "tool_input"}, {"tool": "t"}, {"model": "orders"}])
def test_a_definition_must_fit_together(definition: dict[str, Any]) -> None:
    """A tool goes with tool_input alone, and a model has a module."""
    with pytest.raises(ValidationError):
        make_judge("pydantic", **{"model": "a:B", **definition})


async def test_a_tool_input_that_is_no_json_fails(judge_of: Made) -> None:
    """What JSON has no word for is a fail, not a crash."""
    call = {"type": "tool_use", "name": "order", "input": {"id": float("nan")}}
    sample: Sample = make_sample(response={"content": [call]})
    judgement = await judge_of("Order", on="tool_input", tool="order").judge(sample)
    assert judgement.passed is False
