"""What a user's function returned, as a judgement: a truth value, a score, a label, or a dict of these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from judges.judge import Judgement, errored, skipped
from judges.rubric import FAIL, PASS
from judges.text import shorten

MAX_EXPLANATION = 2_000
SHAPES = "Return True or False, a score from 0 to 1, a label, a dict of passed, score, label and explanation, or None"


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """When a result that does not say so itself passes: from this score on, or with one of these labels."""

    score: float = 0.5
    labels: tuple[str, ...] = ()

    def by_label(self, label: str) -> bool | None:
        """Whether the label passes; None when nobody said."""
        if self.labels:
            return label in self.labels
        return {PASS: True, FAIL: False}.get(label.upper())


class Returned(BaseModel):
    """A result in full; at least one of the first three says how the sample did."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    passed: bool | None = None
    score: Annotated[float, Field(ge=0, le=1)] | None = None
    label: Annotated[str, Field(min_length=1, max_length=100)] | None = None
    explanation: str | None = None


def judgement(value: object, passing: Passing) -> Judgement:
    """The judgement that a returned JSON value stands for; an error that says why when it stands for none."""
    if value is None:
        return skipped("not_applicable", "The function returned None: it has nothing to say of this sample.")
    try:
        found = Returned.model_validate(value if isinstance(value, dict) else {_meant(value): value})
    except ValidationError as error:
        return malformed(_what_is_wrong(error))
    passed = _passed(found, passing)
    if passed is None:
        return malformed(_undecided(found))
    return Judgement(
        passed=passed,
        score=float(passed) if found.score is None else found.score,
        label=found.label or (PASS if passed else FAIL),
        explanation=None if found.explanation is None else shorten(found.explanation, MAX_EXPLANATION),
    )


def malformed(what: str) -> Judgement:
    """The function's result is none; `what` says in words what it was."""
    return errored("malformed", f"The function returned {what}. {SHAPES}.")


def _meant(value: object) -> str:
    if isinstance(value, bool):
        return "passed"
    return {int: "score", float: "score", str: "label"}.get(type(value), type(value).__name__)


def _passed(found: Returned, passing: Passing) -> bool | None:
    if found.passed is not None:
        return found.passed
    if found.score is not None:
        return found.score >= passing.score
    return None if found.label is None else passing.by_label(found.label)


def _undecided(found: Returned) -> str:
    if found.label is None:
        return "a dict with neither passed nor score nor label"
    return f"the label {shorten(found.label, 40)!r}, and the setting `passing` does not say which labels pass"


def _what_is_wrong(error: ValidationError) -> str:
    detail = error.errors(include_url=False, include_input=False)[0]
    name = shorten(str(detail["loc"][0]), 40)
    if detail["type"] == "extra_forbidden":
        return f"something with {name!r}, which means nothing here"
    return f"{name} as what it cannot be ({detail['msg']})"
