"""Does the response hold JSON that a JSON Schema accepts? Drafts 2020-12, 2019-09 and 7, by jsonschema-rs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import Field, model_validator

from judges.errors import JudgeConfigError
from judges.json_texts import ON, On, absent, json_texts
from judges.judge import Judgement, decided, errored, skipped
from judges.strict_json import NotJsonError, dumps, loads
from judges.text import shorten
from judges.validator import Validator, ValidatorConfig
from store.records import Sample

if TYPE_CHECKING:
    import jsonschema_rs

SEMANTICS = 1
"""Raise it when the same schema and text may get another verdict than before: it is part of every version."""
SHOWN_ERRORS = 3
SHOWN_CHARACTERS = 200
FEW_CHARACTERS = 50_000
"""Above it only the first error is looked for: finding all of them in a hostile megabyte takes seconds."""
PATTERN_BYTES = 1_000_000
"""Largest compiled form of one pattern in a schema that came with a sample."""

_GAVE_UP = ("BacktrackLimitExceeded", "RegexEngineFailure")

Draft = Literal["2020-12", "2019-09", "7"]
_DRAFT_OF: dict[str, Draft] = {
    "https://json-schema.org/draft/2020-12/schema": "2020-12",
    "https://json-schema.org/draft/2019-09/schema": "2019-09",
    "http://json-schema.org/draft-07/schema": "7",
    "https://json-schema.org/draft-07/schema": "7",
}


class SchemaConfig(ValidatorConfig):
    """A judge of kind "schema": the response's JSON, or a tool call's input, must fit a JSON Schema."""

    kind: Literal["schema"] = Field(description="JSON that must fit a JSON Schema.")
    schema_file: Path | None = Field(None, description="File with the JSON Schema. Give this or `schema_json`.")
    inline: str | dict[str, Any] | None = Field(
        None,
        alias="schema_json",
        description="The JSON Schema itself, as a table or as JSON text. Give this or `schema_file`.",
    )
    draft: Draft | None = Field(None, description="Draft of the schema; without it, what $schema says, else 2020-12.")
    on: On = Field("text", description=ON)
    tool: str | None = Field(None, description="Name of the tool whose input must fit; only with on = tool_input.")
    required: bool = Field(
        True, description="on = tool_input: a response without the call fails; false skips it instead."
    )
    assert_formats: bool = Field(False, description="Whether `format` (date, email, …) decides; else it is a comment.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.schema_file is None) == (self.inline is None):
            raise ValueError("give exactly one of schema_file and schema_json")
        if (self.on == "tool_input") != (self.tool is not None):
            raise ValueError('give `tool` together with on = "tool_input", and only then')
        return self


def build(config: SchemaConfig, *, registry: jsonschema_rs.Registry | None = None) -> Validator:
    """The validator of a definition; JudgeConfigError when its schema cannot be used.

    References lead into the schema itself, to the published meta-schemas or into `registry`; nothing is ever fetched.
    """
    try:
        text = _schema_text(config)
        schema = loads(text)
        draft = config.draft or draft_of(schema)
        validator = compiled(text, draft, assert_formats=config.assert_formats, registry=registry)
    except (NotJsonError, JudgeConfigError) as error:
        raise JudgeConfigError(f"Judge {config.name!r}: its JSON Schema cannot be used: {error}.") from None
    deciding = config.model_dump(mode="json", include={"on", "tool", "required", "assert_formats"})
    canonical = json.dumps(schema, sort_keys=True, default=repr)
    return config.validator(
        "schema",
        {**deciding, "schema": canonical, "draft": draft, "semantics": SEMANTICS},
        partial(_decide, config, validator),
    )


def _schema_text(config: SchemaConfig) -> str:
    if isinstance(config.inline, str):
        return config.inline
    if config.schema_file is None:
        return dumps(config.inline)
    try:
        return config.schema_file.read_text(encoding="utf-8")
    except OSError as error:
        raise JudgeConfigError(f"{config.schema_file} cannot be read ({error.strerror}); check the path") from None
    except UnicodeDecodeError:
        raise JudgeConfigError(f"{config.schema_file} is not UTF-8 text; save it as UTF-8") from None


def draft_of(schema: object) -> Draft:
    """The draft that a schema names; JudgeConfigError: none that is known here."""
    uri = schema.get("$schema") if isinstance(schema, dict) else None
    if uri is None:
        return "2020-12"
    known = _DRAFT_OF.get(str(uri).rstrip("#"))
    if known is None:
        raise JudgeConfigError(f"$schema {str(uri)[:100]!r} is no draft known here; set draft to 2020-12, 2019-09 or 7")
    return known


def compiled(
    text: str,
    draft: Draft,
    *,
    assert_formats: bool = False,
    registry: jsonschema_rs.Registry | None = None,
    linear: bool = False,
) -> jsonschema_rs.Validator:
    """The validator of a schema; JudgeConfigError says what is wrong with it.

    `linear` is for schemas of strangers: their patterns cannot backtrack, so that some (lookahead) are refused.
    """
    import jsonschema_rs

    kinds = {
        "2020-12": jsonschema_rs.Draft202012Validator,
        "2019-09": jsonschema_rs.Draft201909Validator,
        "7": jsonschema_rs.Draft7Validator,
    }
    options = jsonschema_rs.RegexOptions(size_limit=PATTERN_BYTES, dfa_size_limit=PATTERN_BYTES) if linear else None
    try:
        return kinds[draft](
            text, validate_formats=assert_formats, registry=registry, offline=True, pattern_options=options
        )
    except jsonschema_rs.ValidationError as error:
        hint = "; nothing is fetched, so copy what it refers to under $defs" if error.kind.name == "$ref" else ""
        raise JudgeConfigError(_describe(error) + hint) from None
    except ValueError as error:
        raise JudgeConfigError(shorten(str(error), SHOWN_CHARACTERS)) from None


def _decide(config: SchemaConfig, validator: jsonschema_rs.Validator, sample: Sample) -> Judgement:
    try:
        candidates = list(json_texts(sample, config.on, config.tool))
        found = [problem for text in candidates for problem in problems(validator, loads(text), len(text))]
    except NotJsonError as error:
        return decided(False, f"Not JSON: {error}.")
    except TimeoutError:
        return errored("timeout", "A pattern in the schema took too many steps on this text. Simplify the pattern.")
    if not candidates:
        explanation = absent(config.tool)
        return decided(False, explanation) if config.required else skipped("nothing_to_validate", explanation)
    return decided(not found, "; ".join(found[:SHOWN_ERRORS]) or "The JSON fits the schema.")


def problems(validator: jsonschema_rs.Validator, value: object, characters: int) -> list[str]:
    """What of a JSON value, so long as text, does not fit, the first few of it. TimeoutError: a pattern gave up."""
    if validator.is_valid(value):
        return []
    errors = validator.iter_errors(value) if characters <= FEW_CHARACTERS else _first(validator, value)
    shown = list(islice(errors, SHOWN_ERRORS))
    if any(type(error.kind).__name__ in _GAVE_UP for error in shown):
        raise TimeoutError
    return [_describe(error) for error in shown]


def _first(validator: jsonschema_rs.Validator, value: object) -> Iterator[jsonschema_rs.ValidationError]:
    import jsonschema_rs

    try:
        validator.validate(value)
    except jsonschema_rs.ValidationError as error:
        yield error


def _describe(error: jsonschema_rs.ValidationError) -> str:
    """The JSON pointer of what does not fit, and why not."""
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in error.instance_path)
    pointer = "".join(f"/{step}" for step in steps) or "(root)"
    return f"{shorten(pointer, SHOWN_CHARACTERS)}: {shorten(error.message, SHOWN_CHARACTERS)}"
