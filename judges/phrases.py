"""Phrases that a response must not or must hold, however they are written: upper case, line breaks, full-width letters.

Looked for with str.find in a normal form of the text, so that two hundred phrases in a megabyte take about a second.
"""

from __future__ import annotations

import re
import unicodedata
from functools import partial
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from judges.judge import Judgement, decided
from judges.text import response_text, shorten
from judges.validator import Decide, Validator, ValidatorConfig
from store.records import Sample

SEMANTICS = 1
"""Raise it when the same definition and text may get another verdict than before: it is part of every version."""
SHOWN = 3
_INVISIBLE = dict.fromkeys(
    (0xAD, 0x61C, 0xFEFF, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070))
)
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
"""Scripts without blanks between words, or that glue endings to them (Thai, Chinese, Korean): each letter is a word."""
_EDGE = re.compile(rf"\b|(?<=[{_UNSPACED}])|(?=[{_UNSPACED}])")
_MARK = "\0"


def _worded(phrase: str) -> str:
    if not normal(phrase, case=True):
        raise ValueError("a phrase needs at least one character that can be seen")
    return phrase


Phrase = Annotated[str, Field(max_length=500), AfterValidator(_worded)]
Phrases = Annotated[tuple[Phrase, ...], Field(min_length=1, max_length=200)]


class _PhrasesConfig(ValidatorConfig):
    phrases: Phrases = Field(description="The phrases; blanks and line breaks between their words are alike.")
    whole_words: bool = Field(True, description="Whether a phrase counts only from word boundary to word boundary.")
    case_sensitive: bool = Field(False, description="Whether upper and lower case differ.")


class ForbiddenPhrasesConfig(_PhrasesConfig):
    """A judge of kind "forbidden_phrases": none of the phrases may stand in the response."""

    kind: Literal["forbidden_phrases"] = Field(description="None of the phrases may stand in the response.")


class RequiredPhrasesConfig(_PhrasesConfig):
    """A judge of kind "required_phrases": all of the phrases, or one of them, must stand in the response."""

    kind: Literal["required_phrases"] = Field(description="Phrases that must stand in the response.")
    need: Literal["all", "any"] = Field("all", description="Whether all phrases must stand there, or any one.")


PhrasesConfig = ForbiddenPhrasesConfig | RequiredPhrasesConfig


def build(config: PhrasesConfig) -> Validator:
    """The validator of a definition."""
    deciding = config.model_dump(mode="json", exclude={"name", "features", "rate", "incomplete"})
    decide: Decide = (
        partial(_forbidden, config) if isinstance(config, ForbiddenPhrasesConfig) else partial(_required, config)
    )
    return config.validator("check", {**deciding, "check": config.kind, "semantics": SEMANTICS}, decide)


def _forbidden(config: ForbiddenPhrasesConfig, sample: Sample) -> Judgement:
    places = _places(config, response_text(sample))
    found = [(phrase, place) for phrase, place in places.items() if place is not None]
    if not found:
        return decided(True, "None of the phrases stands in the response.")
    shown = ", ".join(f"{shorten(phrase)!r} near character {place + 1}" for phrase, place in found[:SHOWN])
    more = f", and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return decided(False, f"The response holds {shown}{more}.")


def _required(config: RequiredPhrasesConfig, sample: Sample) -> Judgement:
    places = _places(config, response_text(sample))
    missing = [phrase for phrase, place in places.items() if place is None]
    if not missing or (config.need == "any" and len(missing) < len(places)):
        return decided(True, f"The response holds {len(places) - len(missing)} of {len(places)} phrases.")
    shown = ", ".join(f"{shorten(phrase)!r}" for phrase in missing[:SHOWN])
    more = f", and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    return decided(False, f"The response lacks {shown}{more}.")


def _places(config: PhrasesConfig, text: str) -> dict[str, int | None]:
    """Where each phrase first stands in the normal form of the text."""
    inside = _compared(config, text)
    found = {phrase: inside.find(_compared(config, phrase)) for phrase in config.phrases}
    return {phrase: None if place < 0 else place - inside.count(_MARK, 0, place) for phrase, place in found.items()}


def _compared(config: PhrasesConfig, text: str) -> str:
    """The normal form, for whole words with a mark at each edge of a word: then a phrase is a part of it, or is not."""
    plain = normal(text, case=config.case_sensitive)
    return _EDGE.sub(_MARK, plain) if config.whole_words else plain


def normal(text: str, *, case: bool) -> str:
    """The text as it is compared: compatibility forms alike, invisible characters gone, one blank between words.

    >>> normal("Ｇuaran\u00adteed\\n  STRASSE", case=False)
    'guaranteed strasse'
    """
    text = unicodedata.normalize("NFKC", text.replace(_MARK, " ")).translate(_INVISIBLE)
    return " ".join((text if case else unicodedata.normalize("NFKC", text.casefold())).split())
