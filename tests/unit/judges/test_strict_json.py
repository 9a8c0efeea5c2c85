"""JSON read strictly, and fenced blocks found in Markdown."""

from __future__ import annotations

from decimal import Decimal

import pytest

from judges.fences import Fence, fences
from judges.strict_json import NotJsonError, dumps, loads


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "Expecting value at line 1, column 1"),
        ('{"a": 1,\n}', "at line "),
        ("{} {}", "Extra data at line 1, column 4"),
        ('{"a": 1, "b": 2, "a": 3}', "the key 'a' stands twice in one object"),
        ("[NaN]", "NaN is not a JSON number"),
        ("-Infinity", "-Infinity is not a JSON number"),
        ("01", "Extra data"),
        ('"a\nb"', "Invalid control character"),
        ('["\\ud800"]', "half a surrogate pair"),
        ('{"\\udc00": 1}', "half a surrogate pair"),
        ("\ufeff{}", "line 1, column 1"),
        ("9" * 5000, "a number of 5000 digits"),
        ("1e99999999999999999999", "is out of range"),
        ("1e5000", "is out of range"),
    ],
)
def test_what_is_no_json_says_why(text: str, why: str) -> None:
    """Text that not every reader takes for the same JSON value is refused, with the reason or the place."""
    with pytest.raises(NotJsonError) as caught:
        loads(text)
    assert why in str(caught.value)


@pytest.mark.parametrize("depth", [201, 990, 100_000])
def test_absurd_depth_is_refused(depth: int) -> None:
    """Arrays nested deeper than 200 levels are refused, never a crash."""
    with pytest.raises(NotJsonError, match="nested deeper than 200 levels"):
        loads("[" * depth + "]" * depth)


def test_great_depth_is_read() -> None:
    """200 levels are read, and brackets inside strings are no levels."""
    assert loads("[" * 200 + "]" * 200) is not None
    assert loads('["' + "[" * 2000 + '"]') == ["[" * 2000]


def test_numbers_keep_their_precision() -> None:
    """A fraction is a Decimal and a long integer an int: nothing is rounded."""
    assert loads("[0.1, 12345678901234567890123, 1e400]") == [Decimal("0.1"), 12345678901234567890123, Decimal("1e400")]


@pytest.mark.parametrize("value", [float("nan"), {"a": {1, 2}}])
def test_a_value_without_json_is_refused(value: object) -> None:
    """A value that JSON has no word for is refused instead of written as something else."""
    with pytest.raises(NotJsonError, match="a value that JSON does not have"):
        dumps(value)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no block", []),
        ("```json\n{}\n```", [Fence("json", "{}")]),
        ("a\n~~~ JSON title\n1\n2\n~~~\nb", [Fence("json", "1\n2")]),
        ("````\n```\ninside\n```\n````", [Fence("", "```\ninside\n```")]),
        ("```json\n[1,", [Fence("json", "[1,", closed=False)]),
        ("```a\n1\n```\n```b\n2\n```", [Fence("a", "1"), Fence("b", "2")]),
        ("inline ```code``` here", []),
        ("```code```", []),
        ('```json\n"\u2028"\n```\r', [Fence("json", '"\u2028"')]),
    ],
)
def test_fences_are_those_of_commonmark(text: str, found: list[Fence]) -> None:
    """A block opens and closes as in CommonMark; an unclosed one reaches to the end."""
    assert list(fences(text)) == found
