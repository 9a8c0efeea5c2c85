"""The fields of a public sample, their types, and errors about them in words."""

from __future__ import annotations

import difflib
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from evaluator.errors import InputError
from evaluator.intake import clean

MAX_ERRORS = 3


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("unprintable")
    return text


def _not_bool(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError("a bool is no number")
    return value


_PRINTABLE = AfterValidator(_printable)
Name = Annotated[str, Field(min_length=1, max_length=256), _PRINTABLE]
Label = Annotated[str, Field(min_length=1, max_length=100), _PRINTABLE]
Id = Annotated[str, Field(min_length=1, max_length=256, coerce_numbers_to_str=True), _PRINTABLE]
Latency = Annotated[float, Field(ge=0, le=1e12, allow_inf_nan=False), BeforeValidator(_not_bool)]


class PublicSample(BaseModel):
    """One item as clients send it. A description says what its field must be: errors are made of it."""

    model_config = ConfigDict(extra="forbid")

    id: Id | None = Field(None, description="must be 1 to 256 printable characters")
    timestamp: AwareDatetime | None = Field(
        None, description="must be a time with its zone, such as 2026-11-20T12:00:00Z"
    )
    feature: Label | None = Field(None, description="must be 1 to 100 printable characters")
    environment: Label | None = Field(None, description="must be 1 to 100 printable characters")
    session_id: Id | None = Field(None, description="must be 1 to 256 printable characters")
    user_id: Id | None = Field(None, description="must be 1 to 256 printable characters")
    model: Name | None = Field(None, description="must be 1 to 256 printable characters")
    prompt_version: Id | None = Field(None, description="must be 1 to 256 printable characters")
    release: Id | None = Field(None, description="must be 1 to 256 printable characters")
    request: Any = Field(None, description="must be text, an Anthropic Messages body or an OpenAI body")
    response: Any = Field(None, description="must be text, an Anthropic message or an OpenAI answer")
    usage: Any = Field(None, description="must be an object of token counts")
    latency_ms: Latency | None = Field(None, description="must be a number ≥ 0")
    error: Any = Field(None, description="must be text or an API's error object")
    reference: Any = Field(None, description="must be a JSON value; what is not text is kept as JSON text")
    metadata: dict[str, Any] | None = Field(None, description="must be an object")
    provider: Name | None = Field(None, description="must be 1 to 256 printable characters")
    trace_id: Id | None = Field(None, description="must be 1 to 256 printable characters")
    span_id: Id | None = Field(None, description="must be 1 to 256 printable characters")
    response_id: Id | None = Field(None, description="must be 1 to 256 printable characters")
    incomplete: Label | None = Field(None, description="must be 1 to 100 printable characters")


def validated(fields: dict[str, Any]) -> PublicSample:
    """The fields as their types; InputError names up to MAX_ERRORS fields and what each must be."""
    if fields.keys() & {"choices", "content", "output"} and "response" not in fields:
        raise InputError(
            'this looks like a model\'s whole answer: send it as {"response": …}, with its request beside it'
        )
    try:
        return PublicSample.model_validate(fields)
    except ValidationError as error:
        found = [
            _in_words(detail["type"], detail["loc"], detail["input"]) for detail in error.errors(include_url=False)
        ]
        raise InputError("; ".join(dict.fromkeys(found[:MAX_ERRORS]))) from None


def _in_words(kind: str, location: tuple[int | str, ...], given: object) -> str:
    name = str(location[0])
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(name, PublicSample.model_fields, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        return f"{name[:60]}: unknown field; {hint}Fields of your own belong in metadata"
    if kind == "timezone_aware":
        return f"{name}: has no time zone; write 2026-11-20T12:00:00Z or +01:00, got {clean.shown(given)}"
    return f"{name}: {PublicSample.model_fields[name].description}, got {clean.shown(given)}"


def expected(name: str) -> str:
    """What a field must be, with its name in front."""
    return f"{name}: {PublicSample.model_fields[name].description}"
