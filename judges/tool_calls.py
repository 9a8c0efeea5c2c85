"""Do the response's tool calls fit the tools that the request offered? Their schemas are a stranger's: nothing is
fetched, patterns cannot backtrack, and what would take too long is not run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from judges.dry_run import TooComplexError, steps
from judges.errors import JudgeConfigError
from judges.judge import Judgement, decided, skipped
from judges.schema import compiled, draft_of, problems
from judges.strict_json import NotJsonError, dumps, loads
from judges.text import shorten, tool_uses
from judges.validator import Validator, ValidatorConfig
from store.records import Sample

if TYPE_CHECKING:
    import jsonschema_rs

SEMANTICS = 1
"""Raise it when the same definition and sample may get another verdict than before: it is part of every version."""
SHOWN = 3
MOST_CHARACTERS = 100_000
MOST_PATTERNS = 100
MOST_STEPS = 20_000
"""Of all calls of a response together."""
_COMPOSED = frozenset(
    ("additionalProperties", "unevaluatedProperties", "patternProperties", "$ref", "allOf", "anyOf", "oneOf", "if")
)
"""Where one of these stands at the top, `properties` are not all that there can be."""


class ToolCallsConfig(ValidatorConfig):
    """A judge of kind "tool_calls": each call names a tool on offer, with arguments that fit its input_schema."""

    kind: Literal["tool_calls"] = Field(
        description="Tool calls name tools on offer, with arguments that fit their own input_schema."
    )
    extra_arguments: bool = Field(
        False, description="Whether arguments pass that a schema does not name, where it leaves that open."
    )


class UncheckedError(Exception):
    """The tool's schema cannot be used."""


@dataclass(slots=True)
class Findings:
    """What is wrong with the calls, which could not be checked, and the steps that are left."""

    wrong: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    left: int = MOST_STEPS


def build(config: ToolCallsConfig) -> Validator:
    """The validator of a definition."""
    deciding = {"check": config.kind, "extra_arguments": config.extra_arguments, "semantics": SEMANTICS}
    return config.validator("check", deciding, partial(_decide, config.extra_arguments))


def _decide(extra: bool, sample: Sample) -> Judgement:
    calls = tool_uses(sample)
    if not calls:
        return skipped("no_tool_calls", "The response calls no tool.")
    tools = dict(reversed(list(_tools(sample.request.get("tools")))))
    if not tools:
        return skipped("no_tools", "The sample does not say which tools were on offer.")
    findings = Findings()
    for call in calls:
        name = str(call.get("name"))
        if name not in tools:
            findings.wrong.append(f"there is no tool {shorten(name)!r}")
        else:
            _check(findings, name, tools[name], call.get("input"), extra)
    return _judgement(findings, len(calls))


def _tools(offered: object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for tool in offered if isinstance(offered, list) else ():
        if isinstance(tool, Mapping) and isinstance(tool.get("name"), str):
            yield tool["name"], tool


def _check(findings: Findings, name: str, tool: Mapping[str, Any], given: object, extra: bool) -> None:
    shown = shorten(name, 40)
    try:
        text = given if isinstance(given, str) else dumps({} if given is None else given)
        arguments = loads(text)
    except NotJsonError as error:
        findings.wrong.append(f"{shown}: its arguments are not JSON: {error}")
        return
    try:
        if len(text) > MOST_CHARACTERS:
            raise UncheckedError(f"its arguments are longer than {MOST_CHARACTERS} characters")
        schema = _schema(tool)
        left, findings.left = findings.left, findings.left // 2  # what a schema that is not run has cost
        findings.left = left - steps(schema, arguments, limit=left)
        validator = _validator(dumps(schema))
        found = [*_extra(schema, arguments, extra), *problems(validator, arguments, len(text))]
    except (UncheckedError, TooComplexError, JudgeConfigError, NotJsonError, TimeoutError) as error:
        findings.unchecked.append(f"{shown}: {shorten(str(error) or 'a pattern in it gave up', 160)}")
    else:
        findings.wrong += [f"{shown}{problem}" if problem[0] == "/" else f"{shown}: {problem}" for problem in found]


def _schema(tool: Mapping[str, Any]) -> Mapping[str, Any] | bool:
    schema = tool.get("input_schema")
    if isinstance(schema, str):
        schema = loads(schema[: MOST_CHARACTERS + 1])
    if not isinstance(schema, Mapping | bool):
        raise UncheckedError("the tool has no input_schema")
    return schema


def _extra(schema: Mapping[str, Any] | bool, arguments: object, extra: bool) -> list[str]:
    """Arguments that a plain schema does not name. JSON Schema lets them pass; a tool has no use for them."""
    if extra or isinstance(schema, bool) or not isinstance(arguments, dict) or _COMPOSED.intersection(schema):
        return []
    named = schema.get("properties", {})
    stray = [key for key in arguments if key not in named]
    return [f"there is no argument {shorten(key)!r}" for key in stray[:SHOWN]]


@lru_cache(maxsize=256)
def _validator(text: str) -> jsonschema_rs.Validator:
    if len(text) > MOST_CHARACTERS:
        raise UncheckedError(f"its schema is longer than {MOST_CHARACTERS} characters")
    if text.count('"pattern') > MOST_PATTERNS:
        raise UncheckedError(f"its schema has more than {MOST_PATTERNS} patterns")
    return compiled(text, draft_of(loads(text)), linear=True)


def _judgement(findings: Findings, calls: int) -> Judgement:
    if findings.wrong:
        more = f"; and {len(findings.wrong) - SHOWN} more" if len(findings.wrong) > SHOWN else ""
        return decided(False, f"{'; '.join(findings.wrong[:SHOWN])}{more}.")
    if findings.unchecked:
        return skipped("bad_schema", f"A tool's schema cannot be used: {findings.unchecked[0]}.")
    return decided(True, f"All tool calls ({calls}) fit the tools on offer.")
