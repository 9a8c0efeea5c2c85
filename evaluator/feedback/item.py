"""One item of `POST /v1/feedback`: its fields, their types, and errors about them in words."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from evaluator.errors import InputError
from evaluator.feedback import meaning
from evaluator.feedback.meaning import Meaning
from evaluator.intake import clean
from evaluator.intake.public import CLOCK_SKEW, EARLIEST, cleaned
from evaluator.intake.shape import MAX_ERRORS, Id, Label

DEFAULT_NAME = "feedback"
MAX_COMMENT = 4000
_ID = "must be 1 to 256 printable characters"
_LABEL = "must be 1 to 100 printable characters"
Source = Literal["end_user", "heuristic", "annotator"]
Number = Annotated[float, Field(allow_inf_nan=False, strict=True)]
Told = Annotated[str, Field(max_length=MAX_COMMENT)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackItem:
    """What somebody said, as they sent it: not yet redacted. `given_at` is None when no time was told."""

    name: str
    meaning: Meaning
    source: str = "end_user"
    id: str | None = None
    sample_id: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    response_id: str | None = None
    user_id: str | None = None
    feature: str | None = None
    comment: str | None = None
    given_at: datetime | None = None


class PublicFeedback(BaseModel):
    """One item as clients send it. A description says what its field must be: errors are made of it."""

    model_config = ConfigDict(extra="forbid")

    id: Id | None = Field(None, description=_ID)
    sample_id: Id | None = Field(None, description=_ID)
    trace_id: Id | None = Field(None, description=_ID)
    span_id: Id | None = Field(None, description=_ID)
    response_id: Id | None = Field(None, description=_ID)
    name: str = Field(
        DEFAULT_NAME,
        pattern=r"^[a-z0-9_.-]{1,60}$",
        description="must be 1 to 60 of a-z, 0-9, underscore, dot and hyphen",
    )
    value: bool | Number | Label | None = Field(None, description="must be up, down, true, false, a number or a word")
    score: Number | None = Field(None, description="must be a number in [0, 1], or in the scale that is sent with it")
    scale: tuple[Number, Number] = Field(meaning.UNIT, description="must be two numbers, the worse end first")
    label: Label | None = Field(None, description=_LABEL)
    comment: Told | None = Field(None, description=f"must be text of at most {MAX_COMMENT} characters")
    source: Source = Field("end_user", description="must be end_user, heuristic or annotator")
    user_id: Id | None = Field(None, description=_ID)
    feature: Label | None = Field(None, description=_LABEL)
    timestamp: AwareDatetime | None = Field(
        None, description="must be a time with its zone, such as 2026-11-20T12:00:00Z"
    )


NAMING = ("sample_id", "trace_id", "response_id")


def read(value: object, received_at: datetime) -> FeedbackItem:
    """The feedback an item is; InputError says in words why it cannot be one."""
    given = _validated(cleaned(value))
    require_target(given.model_dump(include=set(NAMING)))
    return FeedbackItem(
        name=given.name,
        meaning=meaning.of(given.value, given.score, given.label, given.scale),
        given_at=_checked(given.timestamp, received_at),
        **given.model_dump(exclude={"name", "value", "score", "scale", "label", "timestamp"}),
    )


def require_target(named: Mapping[str, Any]) -> None:
    """InputError unless the sample is named in one of the three ways."""
    if not any(named.get(name) for name in NAMING):
        raise InputError("it names no sample: send sample_id, trace_id (with span_id, if you know it) or response_id")


def name_of(given: str) -> str:
    """A name from elsewhere as a judge's name.

    >>> name_of("User Feedback!"), name_of("user-feedback"), name_of("评价")
    ('user_feedback', 'user-feedback', 'feedback')
    """
    return re.sub(r"[^a-z0-9.-]+", "_", given.lower()).strip("_")[:60] or DEFAULT_NAME


def told_time(given: datetime | None, received_at: datetime) -> datetime | None:
    """A time from a client that cannot be asked again: one that cannot be true is as none."""
    if given is None or given.tzinfo is None or not EARLIEST <= given <= received_at + CLOCK_SKEW:
        return None
    return given.astimezone(UTC)


def _checked(given: datetime | None, received_at: datetime) -> datetime | None:
    if given is not None and told_time(given, received_at) is None:
        raise InputError(
            f"timestamp: {given.isoformat()} is before 2000 or more than 5 minutes ahead; check that clock"
        )
    return told_time(given, received_at)


def _validated(fields: dict[str, Any]) -> PublicFeedback:
    try:
        return PublicFeedback.model_validate(fields)
    except ValidationError as error:
        found = (_in_words(str(detail["loc"][0]), detail["type"], detail["input"]) for detail in error.errors())
        raise InputError("; ".join(list(dict.fromkeys(found))[:MAX_ERRORS])) from None


def _in_words(name: str, kind: str, given: object) -> str:
    if kind == "extra_forbidden":
        near = difflib.get_close_matches(name, PublicFeedback.model_fields, n=1)
        known = f"did you mean {near[0]}?" if near else f"known are {', '.join(PublicFeedback.model_fields)}"
        return f"{name[:60]}: unknown field; {known}"
    return f"{name}: {PublicFeedback.model_fields[name].description}, got {clean.shown(given)}"
