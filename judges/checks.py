"""Checks: plain rules about the response text."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from judges.errors import JudgeConfigError
from judges.judge import Judgement, decided, skipped
from judges.patterns import compile_pattern, search, within_time
from judges.text import response_text, shorten
from judges.validator import Decide, Validator, ValidatorConfig
from store.records import Sample

if TYPE_CHECKING:
    import regex

SEMANTICS = 1
"""Raise it when the same definition and text may get another verdict than before: it is part of every version."""
TRUNCATED = frozenset({"max_tokens", "length", "model_context_window_exceeded", "max_output_tokens"})
_NUMBER = re.compile(r"[+-]?(?=\.?\d)(\d{1,3}(,\d{3})+|\d*)(\.\d*)?([eE][+-]?\d{1,3})?", re.ASCII)


class MustMatchConfig(ValidatorConfig):
    """A judge of kind "must_match": the pattern must be found in the response text."""

    kind: Literal["must_match"] = Field(description="A pattern that must be found in the response text.")
    pattern: str = Field(min_length=1, description="Regular expression, searched for; flags inside it, as (?i).")


class MustNotMatchConfig(ValidatorConfig):
    """A judge of kind "must_not_match": the pattern must not be found in the response text."""

    kind: Literal["must_not_match"] = Field(description="A pattern that must not be found in the response text.")
    pattern: str = Field(min_length=1, description="Regular expression, searched for; flags inside it, as (?i).")


class AnswerConfig(ValidatorConfig):
    """A judge of kind "answer": what `extract` captures in the response text must equal the sample's reference."""

    kind: Literal["answer"] = Field(
        description="An answer extracted from the response text, compared with `reference`."
    )
    extract: str = Field(min_length=1, description="Regular expression whose first capture group is the answer.")
    compare: Literal["exact", "casefold", "number"] = Field(
        "casefold",
        description="exact: same characters; casefold: upper and lower case are the same; number: same value.",
    )


class MaxLengthConfig(ValidatorConfig):
    """A judge of kind "max_length": the response text must not be longer than the limit."""

    kind: Literal["max_length"] = Field(description="A limit on the length of the response text.")
    limit: int = Field(ge=1, description="Longest response text that passes, in units.")
    unit: Literal["characters", "words"] = Field("characters", description="What is counted.")


class NotTruncatedConfig(ValidatorConfig):
    """A judge of kind "not_truncated": the response must not have ended at a token limit."""

    kind: Literal["not_truncated"] = Field(description="The response must not have ended at a token limit.")
    incomplete: bool = Field(True, description="Whether it also judges samples whose text is not whole.")


CheckConfig = MustMatchConfig | MustNotMatchConfig | AnswerConfig | MaxLengthConfig | NotTruncatedConfig


def build(config: CheckConfig) -> Validator:
    """The validator of a definition; JudgeConfigError when its pattern cannot be used."""
    deciding = config.model_dump(mode="json", exclude={"name", "features", "rate", "incomplete"})
    return config.validator("check", {**deciding, "check": config.kind, "semantics": SEMANTICS}, _decide(config))


def _decide(config: CheckConfig) -> Decide:
    match config:
        case MustMatchConfig() | MustNotMatchConfig():
            pattern = compile_pattern(config.pattern, judge=config.name, field="pattern")
            return within_time(partial(_match, pattern, isinstance(config, MustMatchConfig)))
        case AnswerConfig():
            return within_time(partial(_answer, _extractor(config), _KEYS[config.compare]))
        case MaxLengthConfig():
            return partial(_length, config.limit, config.unit)
        case NotTruncatedConfig():
            return _not_truncated


def _extractor(config: AnswerConfig) -> regex.Pattern[str]:
    pattern = compile_pattern(config.extract, judge=config.name, field="extract")
    if not pattern.groups:
        raise JudgeConfigError(
            f"Judge {config.name!r}: `extract` has no capture group. "
            "Put what the answer is in parentheses, as in 'answer is (\\w+)'."
        )
    return pattern


def _match(pattern: regex.Pattern[str], wanted: bool, sample: Sample) -> Judgement:
    found = search(pattern, response_text(sample))
    if found is None:
        return decided(not wanted, "The pattern is not found in the response.")
    return decided(wanted, f"The pattern is found at character {found.start() + 1}: {shorten(found[0])!r}.")


def _answer(pattern: regex.Pattern[str], key: Callable[[str], object], sample: Sample) -> Judgement:
    reference = (sample.reference or "").strip()
    if not reference:
        return skipped("no_reference", "The sample has no reference to compare the answer with.")
    found = search(pattern, response_text(sample))
    answer = found and found[1]
    if answer is None:
        return decided(False, f"No answer is found in the response; the reference is {shorten(reference)!r}.")
    same = key(answer.strip()) == key(reference)
    return decided(same, f"The answer is {shorten(answer)!r}, the reference {shorten(reference)!r}.")


def _number(text: str) -> Decimal | str:
    """The value of a number such as -1,250.50 or 3e4; any other text as it is, so that it equals no number."""
    return Decimal(text.replace(",", "")) if _NUMBER.fullmatch(text) else text


_KEYS: dict[str, Callable[[str], object]] = {"exact": str, "casefold": str.casefold, "number": _number}
"""What is compared instead of the text, for each value of `compare`."""


def _length(limit: int, unit: str, sample: Sample) -> Judgement:
    text = response_text(sample)
    length = len(text) if unit == "characters" else len(text.split())
    return decided(length <= limit, f"The response has {length} {unit}; the limit is {limit}.")


def _not_truncated(sample: Sample) -> Judgement:
    reason = sample.stop_reason or sample.response.get("stop_reason")
    if not reason:
        return skipped("no_stop_reason", "The sample does not say why the response ended.")
    return decided(
        str(reason).casefold() not in TRUNCATED, f"The response ended with stop reason {shorten(str(reason))!r}."
    )
