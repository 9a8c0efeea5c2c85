"""pydantic: JSON that a model of the user's accepts."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from judges.errors import JudgeConfigError, Stopped
from judges.judge import Judge
from store.records import Sample, Status
from tests.builders import make_sample
from tests.judging import make_judge

ORDERS = """
import threading
from pydantic import BaseModel, Field, field_validator

class Item(BaseModel):
    name: str
    count: int = Field(ge=1)

class Order(BaseModel):
    id: int
    items: list[Item] = []

class Slow(BaseModel):
    id: int

    @field_validator("id")
    @classmethod
    def hang(cls, value):
        threading.Event().wait()

class Broken(BaseModel):
    id: int

    @field_validator("id")
    @classmethod
    def fail(cls, value):
        raise KeyError(f"secret {value}")

class Leaving(BaseModel):
    id: int

    @field_validator("id")
    @classmethod
    def leave(cls, value):
        raise SystemExit

ids = list[int]
seven = 7
"""


@pytest.fixture
def folder(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A folder with a module of models; its name differs in every test, because Python remembers modules."""
    (tmp_path / f"{module_of(tmp_path)}.py").write_text(ORDERS)
    return tmp_path


def module_of(folder: Path) -> str:
    """The module's name."""
    return f"orders_{abs(hash(folder))}"


def judge_of(folder: Path, model: str, **definition: Any) -> Judge:
    """The judge of one of the models."""
    return make_judge("pydantic", model=f"{module_of(folder)}:{model}", folder=folder, **definition)


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
async def test_the_model_decides(folder: Path, text: str, passed: bool) -> None:
    """What the model accepts passes, conversions included."""
    assert (await judge_of(folder, "Order").judge(make_sample(text=text))).passed is passed


async def test_strict_converts_nothing(folder: Path) -> None:
    """With strict, the text '7' is no number."""
    assert (await judge_of(folder, "Order", strict=True).judge(make_sample(text='{"id": "7"}'))).passed is False


async def test_any_type_is_a_model(folder: Path) -> None:
    """A type that Pydantic can validate needs no class."""
    assert (await judge_of(folder, "ids").judge(make_sample(text="[1, 2]"))).passed is True


async def test_mistakes_are_listed_without_the_text(folder: Path) -> None:
    """Place and reason of three mistakes are told, the wrong values are not."""
    items = ", ".join('{"name": "secret", "count": -1}' for _ in range(5))
    judgement = await judge_of(folder, "Order").judge(make_sample(text=f'{{"id": 1, "items": [{items}]}}'))
    assert judgement.explanation == (
        "/items/0/count: Input should be greater than or equal to 1; /items/1/count: Input should be greater than or "
        "equal to 1; /items/2/count: Input should be greater than or equal to 1; and 2 more."
    )


@pytest.mark.parametrize(("required", "passed"), [(True, False), (False, None)])
async def test_inputs_of_a_tool_are_models_too(folder: Path, required: bool, passed: bool | None) -> None:
    """On tool_input, every call must fit, and a response without one fails only where it is required."""
    judge = judge_of(folder, "Order", on="tool_input", tool="order", required=required)
    call = {"type": "tool_use", "name": "order", "input": {"id": 7}}
    assert (await judge.judge(make_sample(response={"content": [call]}))).passed is True
    assert (await judge.judge(make_sample())).passed is passed


@pytest.mark.parametrize(
    ("model", "why"),
    [
        ("nowhere:Order", "ModuleNotFoundError: No module named 'nowhere'"),
        ("{module}:Nothing", "has no attribute 'Nothing'"),
        ("{module}:seven", "it is no model that Pydantic knows"),
        ("broken:Order", "SyntaxError: "),
        ("leaving:Order", "SystemExit: 3"),
    ],
)
def test_a_model_that_cannot_be_used_is_refused(folder: Path, model: str, why: str) -> None:
    """When the judge is made, the error names the judge, the model, where it was looked for and what is wrong."""
    (folder / "broken.py").write_text("class Order(:\n")
    (folder / "leaving.py").write_text("raise SystemExit(3)\n")
    with pytest.raises(JudgeConfigError) as caught:
        make_judge("pydantic", model=model.format(module=module_of(folder)), folder=folder)
    assert why in str(caught.value)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("model", ["Broken", "Leaving"])
async def test_a_validator_that_raises_is_an_error(folder: Path, model: str) -> None:
    """An exception of the user's code is an error verdict that names its kind, not its words."""
    judgement = await judge_of(folder, model).judge(make_sample(text='{"id": 4711}'))
    assert (judgement.status, judgement.reason) == (Status.ERROR, "crashed")
    assert "4711" not in (judgement.explanation or "")


async def test_a_validator_that_hangs_is_an_error_and_then_stops_the_judge(folder: Path) -> None:
    """A hang costs its verdict half a second; after three of them the judge stops and says what to do."""
    judge, sample = judge_of(folder, "Slow"), make_sample(text='{"id": 1}')
    hung = [await asyncio.wait_for(judge.judge(sample), 5) for _ in range(3)]
    assert {judgement.reason for judgement in hung} == {"timeout"}
    with pytest.raises(Stopped, match=r"3 calls of your code never came back\. Mend it"):
        await judge.judge(sample)


def test_the_version_is_that_of_the_model(folder: Path) -> None:
    """Another model, option or source of the class is another version."""
    version = judge_of(folder, "Order").version
    assert version == judge_of(folder, "Order").version
    assert len({version, judge_of(folder, "Item").version, judge_of(folder, "Order", strict=True).version}) == 3


@pytest.mark.parametrize("definition", [{"on": "tool_input"}, {"tool": "t"}, {"model": "orders"}])
def test_a_definition_must_fit_together(definition: dict[str, Any]) -> None:
    """A tool goes with tool_input alone, and a model has a module."""
    with pytest.raises(ValidationError):
        make_judge("pydantic", **{"model": "a:B", **definition})


async def test_a_tool_input_that_is_no_json_fails(folder: Path) -> None:
    """What JSON has no word for is a fail, not a crash."""
    call = {"type": "tool_use", "name": "order", "input": {"id": float("nan")}}
    sample: Sample = make_sample(response={"content": [call]})
    judgement = await judge_of(folder, "Order", on="tool_input", tool="order").judge(sample)
    assert judgement.passed is False
