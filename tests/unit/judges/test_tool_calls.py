"""tool_calls: calls against the tools that the request offered, whoever wrote their schemas."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from judges.dry_run import TooComplexError, steps
from store.records import Sample, Status
from tests.builders import make_sample
from tests.judging import judged

SCHEMA = {"type": "object", "properties": {"id": {"type": "integer"}, "why": {"type": "string"}}, "required": ["id"]}


def calling(given: object, schema: object = SCHEMA, *, name: str = "find") -> Sample:
    """A call of `find`, which is on offer with the schema."""
    tool = {"name": "find", **({} if schema is None else {"input_schema": schema})}
    call = {"type": "tool_use", "name": name, "input": given}
    return make_sample(request={"messages": [], "tools": [tool]}, response={"content": [call]})


@pytest.mark.parametrize(
    ("given", "explanation"),
    [
        ({"id": 7}, "All tool calls (1) fit the tools on offer."),
        ('{"id": 7}', "All tool calls (1) fit the tools on offer."),
        ({"id": "7"}, 'find/id: "7" is not of type "integer".'),
        ({}, 'find: (root): "id" is a required property.'),
        (None, 'find: (root): "id" is a required property.'),
        ({"id": 7, "speed": 1}, "find: there is no argument 'speed'."),
        ('{"id": ', "find: its arguments are not JSON: Expecting value at line 1, column 8."),
        ([7], 'find: (root): [7] is not of type "object".'),
    ],
)
async def test_arguments_must_fit(given: object, explanation: str) -> None:
    """Wrong, missing and unknown arguments fail, each told with the tool and the place."""
    judgement = await judged(calling(given), "tool_calls")
    assert (judgement.passed, judgement.explanation) == (explanation.startswith("All"), explanation)


async def test_an_unknown_tool_fails() -> None:
    """A tool that was not on offer does not exist."""
    assert (await judged(calling({"id": 7}, name="fnd"), "tool_calls")).explanation == "there is no tool 'fnd'."


@pytest.mark.parametrize(
    "schema",
    [
        {**SCHEMA, "additionalProperties": True},
        {"allOf": [SCHEMA]},
        {"$ref": "#/$defs/a", "$defs": {"a": SCHEMA}},
        True,
    ],
)
async def test_extra_arguments_are_the_schemas_to_forbid_where_it_says_so(schema: object) -> None:
    """Where a schema composes others or speaks of further properties, it decides itself."""
    assert (await judged(calling({"id": 7, "speed": 1}, schema), "tool_calls")).passed is True


async def test_extra_arguments_pass_when_told() -> None:
    """With extra_arguments, what a schema does not name passes."""
    assert (await judged(calling({"id": 7, "speed": 1}), "tool_calls", extra_arguments=True)).passed is True


@pytest.mark.parametrize(
    ("sample", "reason"),
    [
        (make_sample(), "no_tool_calls"),
        (make_sample(response={"content": [{"type": "tool_use", "name": "find", "input": {}}]}), "no_tools"),
        (calling({"id": 7}, None), "bad_schema"),
        (calling({"id": 7}, {"type": "objekt"}), "bad_schema"),
        (calling({"id": 7}, {"properties": 5}), "bad_schema"),
        (calling({"id": 7}, {"$ref": "http://127.0.0.1:9/x"}), "bad_schema"),
        (calling({"id": 7}, {"$ref": "#/nowhere"}), "bad_schema"),
        (calling({"id": "x"}, {"properties": {"id": {"pattern": "(?=a)b"}}}), "bad_schema"),
        (calling({"id": "x"}, {"properties": {"id": {"pattern": "((a{500}){500}){500}"}}}), "bad_schema"),
        (calling({"id": 7}, {"$schema": "http://json-schema.org/draft-03/schema"}), "bad_schema"),
        (calling({"id": 7}, {"description": "x" * 200_000}), "bad_schema"),
        (calling({"id": 7}, '{"type": '), "bad_schema"),
        (calling({"id": 7}, {"unevaluatedProperties": False}), "bad_schema"),
        (calling({"id": "x" * 200_000}), "bad_schema"),
    ],
)
async def test_what_cannot_be_checked_is_skipped(sample: Sample, reason: str) -> None:
    """No calls, no tools and schemas that cannot be used are skipped with a reason; nothing is fetched."""
    judgement = await judged(sample, "tool_calls")
    assert (judgement.status, judgement.reason) == (Status.SKIPPED, reason)


def doubling(levels: int) -> dict[str, Any]:
    """A schema of a few lines that asks for 2^levels steps."""
    defs: dict[str, Any] = {
        f"a{i}": {"anyOf": [{"$ref": f"#/$defs/a{i + 1}"}, {"allOf": [{"$ref": f"#/$defs/a{i + 1}"}, {"minimum": i}]}]}
        for i in range(levels)
    }
    return {"$ref": "#/$defs/a0", "$defs": {**defs, f"a{levels}": {"type": "string"}}}


NESTED: dict[str, Any] = {
    "anyOf": [{"properties": {"a": {"$ref": "#"}}}, {"properties": {"a": {"$ref": "#"}, "b": {}}}]
}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (doubling(60), 1),
        ({"$ref": "#"}, 1),
        ({"allOf": [{"$ref": "#"}, {"$ref": "#"}]}, 1),
        (NESTED, json.loads('{"a": ' * 60 + "1" + "}" * 60)),
        ({"items": {"enum": list(range(1000))}}, list(range(1000))),
        ({"$ref": "#/" + "a/" * 200}, 1),
    ],
)
async def test_a_schema_that_asks_for_too_much_is_not_run(schema: dict[str, Any], value: object) -> None:
    """Schemas of exponential cost, or that refer to themselves, are skipped within a second or two."""
    with pytest.raises(TooComplexError):
        steps(schema, value, limit=20_000)
    started = time.monotonic()
    judgement = await judged(calling({"x": value}, {"properties": {"x": schema}, **schema}), "tool_calls")
    assert judgement.reason == "bad_schema"
    assert time.monotonic() - started < 5


async def test_all_calls_share_the_steps() -> None:
    """A thousand calls cost no more than one, and a wrong one among them is still told."""
    sample = calling({"id": 7}, doubling(10))
    call = sample.response["content"][0]
    many = make_sample(request=sample.request, response={"content": [call] * 1000 + [{**call, "name": "fnd"}]})
    started = time.monotonic()
    assert (await judged(many, "tool_calls")).passed is False
    assert time.monotonic() - started < 5


def test_a_recursive_schema_costs_what_the_value_holds() -> None:
    """A tree against the schema of trees takes a few steps per node, so that ordinary recursion is run."""
    tree = {"properties": {"left": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}, "right": {"$ref": "#"}}}
    value: Any = None
    for _ in range(50):
        value = {"left": value, "right": {}}
    assert steps(tree, value, limit=1000) == 301
