"""Does the response hold JSON that a Pydantic model of the user's accepts?"""

from __future__ import annotations

import importlib
import inspect
import sys
from functools import partial
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, TypeAdapter, ValidationError, model_validator
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError, PydanticUserError

from judges.errors import JudgeConfigError
from judges.json_texts import ON, On, absent, json_texts
from judges.judge import Judgement, decided, errored, skipped
from judges.strict_json import NotJsonError
from judges.text import shorten
from judges.timed import MOST_SECONDS, Timed
from judges.validator import Validator, ValidatorConfig
from store.records import Sample

SEMANTICS = 1
"""Raise it when the same model and text may get another verdict than before: it is part of every version."""
SHOWN_ERRORS = 3
SHOWN_CHARACTERS = 160


class PydanticConfig(ValidatorConfig):
    """A judge of kind "pydantic": the response's JSON, or a tool call's input, must be what a model accepts."""

    kind: Literal["pydantic"] = Field(description="JSON that a Pydantic model of yours must accept.")
    model: str = Field(description="The model, as module:Model.", pattern=r"^[\w.]+:[\w.]+$")
    folder: Path = Field(Path(), description="Folder the module is imported from; default: the configuration file's.")
    on: On = Field("text", description=ON)
    tool: str | None = Field(None, description="Name of the tool whose input must fit; only with on = tool_input.")
    required: bool = Field(True, description="A response without the call or the block fails; false skips it instead.")
    strict: bool = Field(False, description="Whether nothing is converted: then the text '7' is no number.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if (self.on == "tool_input") != (self.tool is not None):
            raise ValueError('give `tool` together with on = "tool_input", and only then')
        return self


def build(config: PydanticConfig) -> Validator:
    """The validator of a definition; JudgeConfigError when the model cannot be imported, or is none."""
    wanted = _imported(config)
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(wanted)
    except (PydanticSchemaGenerationError, PydanticUserError, NameError) as error:
        raise _unusable(config, f"it is no model that Pydantic knows ({shorten(str(error), 200)})") from error
    deciding = config.model_dump(mode="json", include={"model", "on", "tool", "required", "strict"})
    return config.validator(
        "schema",
        {**deciding, "check": config.kind, "says": _says(wanted, adapter), "semantics": SEMANTICS},
        partial(_decide, config, adapter, Timed(config.name)),
    )


def _imported(config: PydanticConfig) -> Any:
    module_name, _, path = config.model.partition(":")
    folder = str(config.folder.absolute())
    sys.path.insert(0, folder)
    try:
        found: Any = importlib.import_module(module_name)
        for name in path.split("."):
            found = getattr(found, name)
    except (Exception, SystemExit) as error:
        raise _unusable(config, f"{type(error).__name__}: {shorten(str(error), 300)}") from error
    finally:
        sys.path.remove(folder)
    return found


def _unusable(config: PydanticConfig, why: str) -> JudgeConfigError:
    return JudgeConfigError(
        f"Judge {config.name!r}: the model {config.model} cannot be used, looked for in {config.folder.absolute()} "
        f"and on Python's path: {why}. Mend the module, or `model` and `folder`."
    )


def _says(wanted: Any, adapter: TypeAdapter[Any]) -> list[Any]:
    """What decides: the JSON Schema of the model, and the source of its classes, where validators are written."""
    try:
        schema: Any = adapter.json_schema()
    except PydanticInvalidForJsonSchema:
        schema = None
    classes = inspect.getmro(wanted) if inspect.isclass(wanted) else ()
    own = [one for one in classes if one not in BaseModel.__mro__]
    return [schema, *map(_source, own)]


def _source(one: type) -> str | None:
    try:
        return inspect.getsource(one)
    except (OSError, TypeError):
        return None


def _decide(config: PydanticConfig, adapter: TypeAdapter[Any], timed: Timed, sample: Sample) -> Judgement:
    try:
        texts = list(json_texts(sample, config.on, config.tool))
    except NotJsonError as error:
        return decided(False, f"Not JSON: {error}.")
    if not texts:
        lacking = absent(config.tool)
        return decided(False, lacking) if config.required else skipped("nothing_to_validate", lacking)
    for text in texts:
        try:
            failure = timed.failure(partial(adapter.validate_json, text, strict=config.strict or None))
        except TimeoutError:
            return errored("timeout", f"The model took longer than {MOST_SECONDS} s. Simplify its validators.")
        if failure is not None:
            return _judgement(failure)
    return decided(True, f"The JSON is what {config.model} accepts.")


def _judgement(error: BaseException) -> Judgement:
    if not isinstance(error, ValidationError):
        return errored("crashed", f"A validator of the model raised {type(error).__name__}.")
    found = error.errors(include_url=False, include_input=False, include_context=False)
    if found[0]["type"] == "json_invalid":
        return decided(False, f"Not JSON: {shorten(found[0]['msg'], SHOWN_CHARACTERS)}.")
    shown = (f"{_place(one['loc'])}: {shorten(one['msg'], SHOWN_CHARACTERS)}" for one in found[:SHOWN_ERRORS])
    more = f"; and {len(found) - SHOWN_ERRORS} more" if len(found) > SHOWN_ERRORS else ""
    return decided(False, f"{'; '.join(shown)}{more}.")


def _place(steps: tuple[int | str, ...]) -> str:
    return shorten("".join(f"/{step}" for step in steps) or "(root)", SHOWN_CHARACTERS)
