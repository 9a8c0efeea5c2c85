"""What an LLM judge must answer, and reading it out of whatever a server sends back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError, create_model

MAX_BRACES = 50  # Looking behind each of thousands would take quadratic time.
CERTAINTIES = ("certain", "fairly certain", "uncertain")
UNCERTAIN = CERTAINTIES[-1]


class Answer(BaseModel):
    """One verdict. The explanation stands first, so that the model reasons before it decides."""

    explanation: str = Field(description="Two or three sentences: what in the sample decides, with the words quoted.")


@cache
def answer_of(choices: tuple[str, ...], *, certainty: bool = False) -> type[Answer]:
    """The shape of an answer that picks one of these labels; `certainty` also asks how sure the judge is.

    >>> list(answer_of(("PASS", "FAIL"), certainty=True).model_fields)
    ['explanation', 'certainty', 'verdict']
    """
    asked: dict[str, Any] = {}
    if certainty:
        asked["certainty"] = (Literal[CERTAINTIES], Field(description="How sure the explanation makes you."))
    asked["verdict"] = (Literal[choices], Field(description="The label that follows from the explanation."))
    shape: type[Answer] = create_model("Answer", __base__=Answer, **asked)
    return shape


def read(text: str, shape: type[Answer]) -> dict[str, str] | None:
    """The fields of the one verdict in the text; None when there is none, or two that disagree.

    >>> read('Sure: {"explanation": "It answers.", "verdict": "PASS"}', answer_of(("PASS", "FAIL")))["verdict"]
    'PASS'
    >>> read('{"explanation": "It answers.", "verdict": "GREAT"}', answer_of(("PASS", "FAIL"))) is None
    True
    """
    answers = [answer.model_dump() for found in _objects(text) if (answer := _validated(found, shape)) is not None]
    # A judge may quote a verdict that the sample forged; of two that disagree, neither can be trusted.
    return answers[0] if len({answer["verdict"] for answer in answers}) == 1 else None


def _validated(found: object, shape: type[Answer]) -> Answer | None:
    try:
        return shape.model_validate(found)
    except ValidationError:
        return None


def _objects(text: str) -> Iterator[object]:
    """The outermost JSON objects in the text."""
    decoder, start = json.JSONDecoder(object_pairs_hook=_unambiguous), text.find("{")
    for _ in range(MAX_BRACES):
        if start < 0:
            return
        try:
            found, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            yield found
        start = text.find("{", end)


def _unambiguous(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The object, or an empty one when a key comes twice: nobody can say which of the two was meant."""
    found = dict(pairs)
    return found if len(found) == len(pairs) else {}
