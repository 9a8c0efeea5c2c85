"""valid_json: JSON that all readers understand alike."""

from __future__ import annotations

import pytest

from tests.judging import judged


@pytest.mark.parametrize(
    ("text", "top", "passed"),
    [
        ('{"a": 1}', "any", True),
        (" [1]\n", "array", True),
        ("[1]", "object", False),
        ("7", "any", True),
        ("null", "object", False),
        ("{'a': 1}", "any", False),
        ('{"a": 1,}', "any", False),
        ('{"a": NaN}', "any", False),
        ('{"a": 1, "a": 2}', "any", False),
        ('Here: {"a": 1}', "any", False),
        ("", "any", False),
    ],
)
async def test_the_whole_response_is_json(text: str, top: str, passed: bool) -> None:
    """The response parses strictly, and its outermost value is what was wanted."""
    assert (await judged(text, "valid_json", top=top)).passed is passed


@pytest.mark.parametrize(
    ("text", "passed"), [("Hi:\n```json\n{}\n```", True), ("```json\n{\n```", False), ("{}", False)]
)
async def test_a_fenced_block_is_json(text: str, passed: bool) -> None:
    """On fenced, the block is read; a response without one fails."""
    assert (await judged(text, "valid_json", on="fenced")).passed is passed


async def test_the_place_of_the_mistake_is_told() -> None:
    """A fail names line and column, and nothing of the text."""
    assert (
        await judged('{"a":\n secret}', "valid_json")
    ).explanation == "Not JSON: Expecting value at line 2, column 2."
