"""The smell heuristic: a response that is empty, refuses, or repeats itself. Word lists and counts: a rough guess."""

from __future__ import annotations

import unicodedata
from typing import Literal

from pydantic import Field

from judges.judge import Judgement, decided
from judges.loops import loop_in
from judges.refusals import refusal_in
from judges.text import blocks, response_text, shorten
from judges.validator import Validator, ValidatorConfig
from store.records import Sample

SEMANTICS = 1
"""Raise it when the same response may get another verdict than before: it is part of every version."""
REFUSED = frozenset({"refusal", "content_filter", "safety"})
UNSEEN = frozenset({"text", "thinking", "redacted_thinking"})
"""Blocks that by themselves show the user nothing, unless there is text."""


class SmellHeuristicConfig(ValidatorConfig):
    """A judge of kind "smell_heuristic": the response must not be empty, a refusal, or a loop."""

    kind: Literal["smell_heuristic"] = Field(description="Empty, refusing or self-repeating responses, by heuristics.")


def build(config: SmellHeuristicConfig) -> Validator:
    """The validator of a definition."""
    return config.validator("heuristic", {"check": config.kind, "semantics": SEMANTICS}, smell)


def smell(sample: Sample) -> Judgement:
    """Whether the response smells; label and explanation say that this is a heuristic."""
    text = response_text(sample)
    stop_reason = str(sample.stop_reason or sample.response.get("stop_reason") or "").casefold()
    if stop_reason in REFUSED:
        return _smells("refusal", f"the response ended with stop reason {stop_reason}")
    if _is_empty(text, sample):
        return _smells("empty", "the response shows nothing to the user")
    if refusal := refusal_in(text):
        return _smells(
            "refusal", f"it begins like a refusal ({shorten(refusal)!r}); harmful requests are not told apart"
        )
    if loop := loop_in(text):
        return _smells("repetition", f"it repeats itself ({shorten(loop.piece)!r} {loop.times} times)")
    return decided(True, "heuristic: not empty, no refusal, no loop.", label="heuristic: PASS")


def _smells(label: str, explanation: str) -> Judgement:
    return decided(False, f"heuristic: {explanation}.", label=f"heuristic: {label}")


def _is_empty(text: str, sample: Sample) -> bool:
    if any(block.get("type") not in UNSEEN for block in blocks(sample.response.get("content"))):
        return False
    return all(character.isspace() or unicodedata.category(character) in {"Cf", "Cc"} for character in text)
