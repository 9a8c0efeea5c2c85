"""Forbidden and required phrases, however they are written."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from tests.judging import judged, make_judge


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("as an AI", "As an\n  ai, I …", True),
        ("art", "A party.", False),
        ("art", "Modern ART!", True),
        ("guaranteed", "Ｇｕａｒａｎｔｅｅｄ", True),
        ("guaranteed", "guaran\u00adteed", True),
        ("guaranteed", "gua\u200branteed", True),
        ("Straße", "DIE STRASSE", True),
        ("café", "cafe\u0301 noir", True),
        ("C++", "I like C++.", True),
        ("返金", "全額返金します", True),
        ("보장", "수익을 보장합니다", True),
        ("рубль", "рубля", False),
        ("рубль", "РУБЛЬ упал", True),
        ("no", "no", True),
        ("no", "", False),
    ],
)
async def test_a_phrase_is_found_as_a_reader_would(phrase: str, text: str, found: bool) -> None:
    """Case, width, invisible characters and line breaks do not matter; word boundaries do, where a script has them."""
    assert (await judged(text, "forbidden_phrases", phrases=[phrase])).passed is not found
    assert (await judged(text, "required_phrases", phrases=[phrase])).passed is found


async def test_parts_of_words_count_when_told() -> None:
    """Without whole_words a phrase is found inside of words."""
    assert (await judged("A party.", "forbidden_phrases", phrases=["art"], whole_words=False)).passed is False


async def test_case_counts_when_told() -> None:
    """With case_sensitive, another case is another phrase."""
    assert (await judged("us", "forbidden_phrases", phrases=["US"], case_sensitive=True)).passed is True


@pytest.mark.parametrize(("need", "text", "passed"), [("all", "a b", True), ("all", "a", False), ("any", "a", True)])
async def test_all_or_any_phrases_are_needed(need: str, text: str, passed: bool) -> None:
    """`need` says whether one phrase is enough."""
    assert (await judged(text, "required_phrases", phrases=["a", "b"], need=need)).passed is passed


async def test_places_are_those_of_the_normal_form() -> None:
    """The explanation counts characters with one blank between words, and shows three phrases."""
    judgement = await judged("a  b c d e", "forbidden_phrases", phrases=["b", "c", "d", "e"])
    assert judgement.explanation == (
        "The response holds 'b' near character 3, 'c' near character 5, 'd' near character 7, and 1 more."
    )


@pytest.mark.parametrize("phrases", [[], [""], [" \u200b"], ["x" * 501], ["x"] * 201])
def test_phrases_that_are_none_are_refused(phrases: list[str]) -> None:
    """No phrase, one that cannot be seen, and absurd amounts are mistakes."""
    with pytest.raises(ValidationError):
        make_judge("forbidden_phrases", phrases=phrases)


def test_the_version_is_what_decides() -> None:
    """Phrases and options decide the version, the name does not."""
    version = make_judge("required_phrases", phrases=["a"]).version
    assert version == make_judge("required_phrases", name="other", phrases=["a"]).version
    assert version != make_judge("forbidden_phrases", phrases=["a"]).version
    assert version != make_judge("required_phrases", phrases=["a"], need="any").version
