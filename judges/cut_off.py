"""Was the response cut off, whatever its stop reason says? A rough guess from how it ends."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from judges.checks import TRUNCATED
from judges.endings import cut_in
from judges.judge import Judgement, decided, skipped
from judges.text import response_text, tool_uses
from judges.validator import Validator, ValidatorConfig
from store.records import Sample

SEMANTICS = 1
"""Raise it when the same response may get another verdict than before: it is part of every version."""


class CutOffHeuristicConfig(ValidatorConfig):
    """A judge of kind "cut_off_heuristic": the response must not end at a token limit or in mid-sentence."""

    kind: Literal["cut_off_heuristic"] = Field(
        description="Responses that break off: at a token limit, in mid-sentence, in open code or JSON, by heuristics."
    )


def build(config: CutOffHeuristicConfig) -> Validator:
    """The validator of a definition."""
    return config.validator("heuristic", {"check": config.kind, "semantics": SEMANTICS}, _decide)


def _decide(sample: Sample) -> Judgement:
    reason = str(sample.stop_reason or sample.response.get("stop_reason") or "").casefold()
    if reason in TRUNCATED:
        return _cut(f"the response ended with stop reason {reason}")
    if tool_uses(sample):
        return decided(True, "heuristic: the response goes on in a tool call.", label="heuristic: PASS")
    text = response_text(sample)
    if not text.strip():
        return skipped("no_text", "The response has no text that could break off.")
    sign = cut_in(text)
    return _cut(sign) if sign else decided(True, "heuristic: nothing shows a cut.", label="heuristic: PASS")


def _cut(sign: str) -> Judgement:
    return decided(False, f"heuristic: {sign}.", label="heuristic: cut off")
