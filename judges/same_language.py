"""Is the answer in the language of the question, or in the one that is asked for? A guess from letters."""

from __future__ import annotations

import re
from functools import partial
from typing import Literal

from pydantic import Field

from judges import languages
from judges.errors import JudgeConfigError
from judges.judge import Judgement, decided, skipped
from judges.prose import prose
from judges.text import last_request_text, response_text, text_of
from judges.validator import Validator, ValidatorConfig
from store.records import Sample

SEMANTICS = 1
"""Raise it when the same definition and text may get another verdict than before: it is part of every version."""
READ_CHARACTERS = 20_000
SURE = 0.9
UNLIKELY = 0.05
"""A text is in another language when that one is sure and the wanted one unlikely; anything between is undecided."""
_NAMED = re.compile(
    r"translat|übersetz|traduc|traduis|tradui[rt]|переве[дс]|переклад|翻[译譯訳]|번역|çevir|przetłumacz|vertaal|översätt|tłumacz"
    r"|\b(?:english|german|french|spanish|italian|portuguese|dutch|polish|russian|ukrainian|czech|swedish|danish|norwegian"
    r"|finnish|turkish|greek|romanian|hungarian|chinese|mandarin|cantonese|japanese|korean|arabic|hebrew|hindi|bengali"
    r"|vietnamese|indonesian|thai|latin|urdu|persian|farsi)\b"
    r"|\b(?:englisch|deutsch|französisch|spanisch|italienisch|portugiesisch|polnisch|russisch|türkisch|chinesisch"
    r"|japanisch|arabisch)\w{0,2}\b"
    r"|\b(?:anglais|allemand|français|espagnol|italien|portugais|russe|chinois|japonais|arabe)e?s?\b"
    r"|\b(?:inglés|alemán|francés|español|italiano|portugués|ruso|chino|japonés|árabe)\b"
    r"|\b(?:inglese|tedesco|francese|spagnolo|inglês|alemão|francês|espanhol)\b"
    r"|английск|немецк|французск|испанск|русск|китайск|英语|英文|德语|法语|中文|日语|英語|日本語|영어|한국어",
    re.IGNORECASE,
)
"""Words by which a request may ask for another language than its own."""


class SameLanguageConfig(ValidatorConfig):
    """A judge of kind "same_language": the answer is in the language of the question, or in `language`."""

    kind: Literal["same_language"] = Field(description="The answer's language is the question's, by a guess.")
    language: str | None = Field(
        None,
        pattern=r"^[a-z]{2,3}$",
        description="ISO 639 code of the language that every answer must have; without it, the last question's.",
    )


def build(config: SameLanguageConfig) -> Validator:
    """The validator of a definition; JudgeConfigError: a language that cannot be recognised."""
    if config.language and config.language not in languages.known():
        raise JudgeConfigError(
            f"Judge {config.name!r}: `language` {config.language!r} cannot be recognised; give a code as en or de."
        )
    wanted = languages.fold(config.language) if config.language else None
    return config.validator(
        "heuristic", {"check": config.kind, "language": wanted, "semantics": SEMANTICS}, partial(_decide, wanted)
    )


def _decide(wanted: str | None, sample: Sample) -> Judgement:
    answer = prose(response_text(sample)[:READ_CHARACTERS])
    if not languages.enough(answer):
        return skipped("too_short", "The answer has too little prose to tell its language.")
    if wanted is None:
        question = _question(sample)
        if isinstance(question, Judgement):
            return question
        wanted = question
    return _compared(wanted, languages.ranked(answer))


def _question(sample: Sample) -> str | Judgement:
    """The language of the question, or why there is none to compare with."""
    asked = last_request_text(sample)[:READ_CHARACTERS]
    for text in (asked, text_of(sample.request.get("system"))[:READ_CHARACTERS]):
        if named := _NAMED.search(text):
            return skipped("language_named", f"The request names a language ({named[0]!r}), so another may be right.")
    question = prose(asked)
    if not languages.enough(question):
        return skipped("question_too_short", "The question has too little prose to tell its language.")
    language, probability = _best(languages.ranked(question))
    if probability < SURE or language in languages.NOBODYS:
        return skipped("undecided", f"The question's language is not sure ({language}, {probability:.2f}).")
    return language


def _compared(wanted: str, answer: dict[str, float]) -> Judgement:
    language, probability = _best(answer)
    if language == wanted and probability >= 0.5:
        return decided(True, f"heuristic: the answer is in {wanted}, as wanted.", label="heuristic: PASS")
    if language not in languages.NOBODYS and probability >= SURE and answer.get(wanted, 0.0) <= UNLIKELY:
        return decided(False, f"heuristic: the answer is in {language}, not in {wanted}.", label="heuristic: language")
    return skipped("undecided", f"The answer's language is not sure ({language}, {probability:.2f}).")


def _best(ranking: dict[str, float]) -> tuple[str, float]:
    return max(ranking.items(), key=lambda item: item[1])
