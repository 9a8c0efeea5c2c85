"""What an LLM judge must answer, and reading it out of whatever a server sends back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

MAX_BRACES = 50  # Looking behind each of thousands would take quadratic time.


class Answer(BaseModel):
    """One verdict. The explanation stands first, so that the model reasons before it decides."""

    explanation: str = Field(description="Two or three sentences: what in the sample decides, with the words quoted.")
    verdict: Literal["PASS", "FAIL"] = Field(description="The label that follows from the explanation.")


def read(text: str) -> Answer | None:
    """The one verdict in the text, alone or among other words; None when there is none, or two that disagree.

    >>> read('Sure: {"explanation": "It answers.", "verdict": "PASS"}').verdict
    'PASS'
    >>> read('{"explanation": "It answers.", "verdict": "GREAT"}') is None
    True
    """
    answers = [answer for found in _objects(text) if (answer := _validated(found)) is not None]
    # A judge may quote a verdict that the sample forged; of two that disagree, neither can be trusted.
    return answers[0] if len({answer.verdict for answer in answers}) == 1 else None


def _validated(found: object) -> Answer | None:
    try:
        return Answer.model_validate(found)
    except ValidationError:
        return None


def _objects(text: str) -> Iterator[object]:
    """The outermost JSON objects in the text."""
    decoder, start = json.JSONDecoder(), text.find("{")
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
