"""The JSON Schema validator: JSON in a response, in a fenced block, in a tool call's input."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from judges.errors import JudgeConfigError
from store.records import Sample, Status
from tests.builders import make_sample
from tests.judging import judged, make_judge

ORDER = {
    "type": "object",
    "properties": {"id": {"type": "integer"}, "items": {"type": "array", "items": {"type": "string"}}},
    "required": ["id"],
}


def calls(*inputs: object, name: str = "find_order") -> Sample:
    """A response of nothing but calls of one tool."""
    content = [{"type": "tool_use", "name": name, "input": given} for given in inputs]
    return make_sample(response={"content": content})


@pytest.mark.parametrize(
    ("text", "passed"),
    [('{"id": 7}', True), (' {"id": 7}\n', True), ('{"id": "7"}', False), ('Here: {"id": 7}', False), ("", False)],
)
async def test_the_whole_text_must_be_fitting_json(text: str, passed: bool) -> None:
    """On text, the whole response is one JSON value that fits the schema."""
    assert (await judged(text, "schema", schema_json=ORDER)).passed is passed


async def test_a_fail_says_where_and_why() -> None:
    """A fail names the JSON pointer and the mistake of the first three errors."""
    text = json.dumps({"id": "x", "items": ["a", 1, 2, 3]})
    explanation = (await judged(text, "schema", schema_json=ORDER)).explanation
    assert explanation is not None
    assert explanation.count(";") == 2
    assert '/items/1: 1 is not of type "string"' in explanation


async def test_a_pointer_is_escaped_and_cut() -> None:
    """Slashes and tildes of hostile keys are escaped as in RFC 6901; key and value are cut."""
    text = json.dumps({"a/b~c": {"k" * 9000: "v" * 9000}})
    schema = {"additionalProperties": {"additionalProperties": {"type": "integer"}}}
    explanation = (await judged(text, "schema", schema_json=schema)).explanation
    assert explanation is not None
    assert explanation.startswith("/a~1b~0c/kkk")
    assert len(explanation) < 500


@pytest.mark.parametrize(
    ("text", "passed"),
    [
        ('Sure:\n```json\n{"id": 7}\n```\nBye.', True),
        ('```python\n1\n```\n```json\n{"id": 7}\n```', True),
        ('```\n{"id": 7}\n```', True),
        ('```json\n{"id": "7"}\n```\n```json\n{"id": 7}\n```', False),
        ('```a\n{"id": 7}\n```\n```b\n{"id": 7}\n```', False),
        ('{"id": 7}', False),
        ('```json\n{"id": 7', False),
    ],
)
async def test_fenced_takes_the_json_block(text: str, passed: bool) -> None:
    """On fenced, the first ```json block counts, else the only block; bare JSON is not what was asked for."""
    assert (await judged(text, "schema", schema_json=ORDER, on="fenced")).passed is passed


@pytest.mark.parametrize(
    ("sample", "passed"),
    [
        (calls({"id": 7}), True),
        (calls({"id": 7}, {"id": "7"}), False),
        (calls('{"id": 7}'), True),
        (calls('{"id": '), False),
        (calls(None), False),
        (calls({"id": 7}, name="other"), False),
    ],
)
async def test_every_input_of_the_tool_must_fit(sample: Sample, passed: bool) -> None:
    """On tool_input, all calls of the tool must fit; a response without such a call fails."""
    judgement = await judged(sample, "schema", schema_json=ORDER, on="tool_input", tool="find_order")
    assert judgement.passed is passed


@pytest.mark.parametrize(("on", "tool"), [("tool_input", "find_order"), ("fenced", None)])
async def test_what_is_not_required_is_skipped(on: str, tool: str | None) -> None:
    """With required = false, a response without the call or the block is skipped with a reason."""
    judgement = await judged("Hello.", "schema", schema_json=ORDER, on=on, tool=tool, required=False)
    assert (judgement.status, judgement.reason) == (Status.SKIPPED, "nothing_to_validate")


@pytest.mark.parametrize(
    "text", ["NaN", '{"id": 1, "id": 2}', "[" * 100_000 + "]" * 100_000, '"\\ud800"', "1e999999999"]
)
async def test_what_only_some_readers_take_for_json_fails(text: str) -> None:
    """NaN, duplicate keys, absurd depth, broken characters and absurd numbers fail, with the reason in words."""
    judgement = await judged(text, "schema", schema_json={})
    assert judgement.passed is False
    assert (judgement.explanation or "").startswith("Not JSON: ")


async def test_a_deep_value_that_does_not_fit_fails() -> None:
    """A value of the greatest depth that is wrong as a whole fails with a short description."""
    explanation = (await judged("[" * 200 + "]" * 200, "schema", schema_json=ORDER)).explanation
    assert (explanation or "").startswith("(root): [[[[")


async def test_a_deep_value_meets_a_recursive_schema() -> None:
    """200 levels against a schema that refers to itself are judged without a crash."""
    text = "[" * 200 + "0" + "]" * 200
    schema = {"type": ["array", "null"], "items": {"$ref": "#"}}
    assert "is not of type" in ((await judged(text, "schema", schema_json=schema)).explanation or "")


@pytest.mark.parametrize(("text", "passed"), [("4.35", True), ("19.99", True), ("0.075", False), ("1e300", True)])
async def test_numbers_are_decimal(text: str, passed: bool) -> None:
    """multipleOf 0.01 means hundredths, free of binary rounding."""
    assert (await judged(text, "schema", schema_json={"multipleOf": 0.01})).passed is passed


async def test_neighbours_of_a_large_integer_differ() -> None:
    """Integers beyond 2^53 keep their last digit."""
    assert (await judged("9007199254740993", "schema", schema_json={"const": 9007199254740992})).passed is False


async def test_a_hostile_array_of_mistakes_is_judged_at_once() -> None:
    """200,000 mistakes cost no more than the first: the judge does not collect them all."""
    started = time.monotonic()
    judgement = await judged(json.dumps(["x"] * 200_000), "schema", schema_json={"items": {"type": "integer"}})
    assert judgement.explanation == '/0: "x" is not of type "integer"'
    assert time.monotonic() - started < 10


async def test_a_pattern_of_the_schema_that_gives_up_is_an_error() -> None:
    """A pattern that runs into its step limit is an error of the judge, not a fail of the response."""
    judgement = await judged(json.dumps("a" * 2000), "schema", schema_json={"pattern": "^(?=a)(a|aa)+(?<!a)$"})
    assert (judgement.status, judgement.reason) == (Status.ERROR, "timeout")


@pytest.mark.parametrize(("asserted", "passed"), [(True, False), (False, True)])
@pytest.mark.parametrize("draft", ["2020-12", "2019-09", "7"])
async def test_formats_decide_only_when_asserted(draft: str, asserted: bool, passed: bool) -> None:
    """`format` is a comment unless assert_formats is on, in every draft alike."""
    definition = {"schema_json": {"format": "date"}, "draft": draft, "assert_formats": asserted}
    assert (await judged('"2026-02-30"', "schema", **definition)).passed is passed


TREE_2019: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2019-09/schema",
    "$id": "https://example.test/strict",
    "$recursiveAnchor": True,
    "$ref": "tree",
    "unevaluatedProperties": False,
    "$defs": {
        "tree": {
            "$id": "tree",
            "$recursiveAnchor": True,
            "properties": {"value": {}, "children": {"type": "array", "items": {"$recursiveRef": "#"}}},
        }
    },
}


@pytest.mark.parametrize(
    ("schema", "value", "passed"),
    [
        (TREE_2019, {"children": [{"value": 1}]}, True),
        (TREE_2019, {"children": [{"wert": 1}]}, False),
        ({"allOf": [{"properties": {"a": True}}], "unevaluatedProperties": False}, {"a": 1}, True),
        ({"allOf": [{"properties": {"a": True}}], "unevaluatedProperties": False}, {"b": 1}, False),
        ({"items": [{"type": "integer"}], "additionalItems": False}, [1], True),
        ({"items": [{"type": "integer"}], "additionalItems": False}, [1, 2], False),
        ({"items": [True], "unevaluatedItems": False}, [1, 2], False),
        ({"dependentRequired": {"a": ["b"]}}, {"a": 1}, False),
        ({"contains": {"const": 1}, "minContains": 2}, [1, 2], False),
        ({"$ref": "#/$defs/n", "minimum": 5, "$defs": {"n": {"type": "integer"}}}, 3, False),
        ({"prefixItems": [{"type": "integer"}]}, ["x"], True),
    ],
)
async def test_draft_2019_09(schema: dict[str, Any], value: object, passed: bool) -> None:
    """Recursive references, unevaluated*, array items and dependentRequired mean what draft 2019-09 says."""
    judgement = await judged(json.dumps(value), "schema", schema_json=schema, draft="2019-09")
    assert judgement.passed is passed


@pytest.mark.parametrize(
    ("uri", "passed"),
    [
        (None, False),
        ("https://json-schema.org/draft/2020-12/schema", False),
        ("https://json-schema.org/draft/2019-09/schema", True),
        ("http://json-schema.org/draft-07/schema#", True),
    ],
)
async def test_the_draft_is_what_the_schema_says(uri: str | None, passed: bool) -> None:
    """Without `draft`, $schema decides, and without either the draft is 2020-12 (where prefixItems counts)."""
    schema = {"prefixItems": [{"type": "integer"}], **({"$schema": uri} if uri else {})}
    assert (await judged('["x"]', "schema", schema_json=schema)).passed is passed


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ("{", "at line 1, column 2"),
        ('{"type": "objekt"}', r'/type: "objekt" is not valid'),
        ('{"properties": {"a": {"pattern": "("}}}', "/properties/a/pattern: "),
        ('{"a": 1, "a": 2}', "the key 'a' stands twice"),
        ("[1]", "is not of types"),
        ('{"$schema": "http://json-schema.org/draft-04/schema#"}', "is no draft known here; set draft to"),
        ('{"$ref": "#/$defs/nowhere"}', "does not exist"),
        ('{"not":' * 400 + "{}" + "}" * 400, "nested deeper than 200 levels"),
        ('{"not":' * 150 + "{}" + "}" * 150, "recursion limit"),
        ({"const": float("nan")}, "a value that JSON does not have"),
    ],
)
def test_a_schema_that_is_none_is_refused(schema: object, why: str) -> None:
    """A bad schema is refused when the judge is made, with the judge's name and the place of the mistake."""
    with pytest.raises(JudgeConfigError) as caught:
        make_judge("schema", schema_json=schema)
    assert str(caught.value).startswith("Judge 'mine': its JSON Schema cannot be used: ")
    assert why in str(caught.value)


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_nothing_is_fetched(scheme: str, tmp_path: Path) -> None:
    """A reference out of the schema is refused when the judge is made, even to a file that exists."""
    target = tmp_path / "integer.json"
    target.write_text('{"type": "integer"}')
    uri = target.as_uri() if scheme == "file" else "http://127.0.0.1:9/integer.json"
    with pytest.raises(JudgeConfigError, match=r"nothing is fetched, so copy what it refers to under \$defs"):
        make_judge("schema", schema_json={"$ref": uri})


async def test_a_schema_may_refer_to_a_published_meta_schema() -> None:
    """The drafts' own meta-schemas are known without a network."""
    schema = {"$ref": "https://json-schema.org/draft/2020-12/schema"}
    assert (await judged('{"type": "objekt"}', "schema", schema_json=schema)).passed is False


async def test_a_schema_file_is_read_when_the_judge_is_made(tmp_path: Path) -> None:
    """schema_file holds the schema, and a later change of the file does not change a running judge."""
    file = tmp_path / "order.json"
    file.write_text(json.dumps(ORDER))
    judge = make_judge("schema", schema_file=file)
    file.write_text("{}")
    assert (await judge.judge(make_sample(text="{}"))).passed is False
    assert make_judge("schema", schema_file=file).version != judge.version


def test_a_missing_schema_file_is_named(tmp_path: Path) -> None:
    """A schema file that cannot be read is named together with what to do."""
    with pytest.raises(JudgeConfigError, match=r"nowhere\.json cannot be read .*check the path"):
        make_judge("schema", schema_file=tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    "definition",
    [
        {},
        {"schema_json": {}, "schema_file": "a.json"},
        {"schema_json": {}, "on": "tool_input"},
        {"schema_json": {}, "tool": "t"},
        {"schema_json": {}, "draft": "4"},
        {"schema_json": {}, "formats": True},
    ],
)
def test_a_definition_must_fit_together(definition: dict[str, Any]) -> None:
    """One source of the schema, a tool exactly with tool_input, a known draft, and no unknown key."""
    with pytest.raises(ValidationError):
        make_judge("schema", **definition)


def test_the_version_is_that_of_the_schema() -> None:
    """The same schema from a table, from text and from text in another order is one version; a change is another."""
    table = make_judge("schema", schema_json={"type": "array", "minItems": 1}).version
    assert table == make_judge("schema", schema_json='{"minItems": 1,\n "type": "array"}').version
    assert table != make_judge("schema", schema_json={"type": "array", "minItems": 2}).version
    assert table != make_judge("schema", schema_json={"type": "array", "minItems": 1}, draft="7").version
    assert table != make_judge("schema", schema_json={"type": "array", "minItems": 1}, on="fenced").version
