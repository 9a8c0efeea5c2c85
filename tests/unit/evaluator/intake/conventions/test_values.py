"""Single values: JSON in whichever form, also when it was cut; counts; placeholders; what the store can keep."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.intake.conventions import values
from evaluator.intake.conventions.values import Told

MESSAGES = [{"role": "user", "parts": [{"type": "text", "content": 'Wo ist "A"? 😀\n'}]}, {"role": "assistant"}]


@given(st.integers(1, len(json.dumps(MESSAGES)) - 1))
def test_json_that_was_cut_is_recovered(length: int) -> None:
    """Cut anywhere: it is marked, and the text that is left is a beginning of the text that was sent."""
    read = values.told(json.dumps(MESSAGES)[:length])
    parts = read.value[0].get("parts", []) if read.value else []
    content = parts[0].get("content", "") if parts else ""
    assert read.cut
    assert MESSAGES[0]["parts"][0]["content"].startswith(content)  # type: ignore[index]


@pytest.mark.parametrize("text", ["Hello", '"Hi" she said', "[INST] Hi [/INST]", "{name}, hello", "[" * 500, ""])
def test_text_that_is_no_json_is_itself(text: str) -> None:
    """Text that only begins like JSON was not cut: nothing of it is lost."""
    assert values.told(text) == Told(text)


def test_half_a_pair_of_surrogates_is_mended() -> None:
    """Such an escape has no character; the rest of the text stays."""
    assert values.told('["a\\udc00b"]').value == ["a\N{REPLACEMENT CHARACTER}b"]


@pytest.mark.parametrize(
    ("given_value", "expected"),
    [
        ("71", 71),
        (71.0, 71),
        (True, None),
        ("many", None),
        (-1, None),
        (math.nan, None),
        (1e300, None),
        (10**400, None),
        ([], None),
    ],
)
def test_counts(given_value: Any, expected: int | None) -> None:
    """Whole numbers that can be tokens, also as text; anything else says nothing."""
    assert values.count(given_value) == expected


def test_tokens_of_the_input_are_split() -> None:
    """An input that counts the cache is lessened by it, and never below nothing."""
    assert values.tokens(2069, 23, 2000, 48)["input_tokens"] == 21
    assert values.tokens(10, 23, 2048)["input_tokens"] == 0
    assert values.tokens(21, 23, 2048, includes=False)["input_tokens"] == 21


def test_names_are_short_and_printable() -> None:
    """A name is cut at 256 characters, its line breaks are spaces."""
    assert values.name("a\nb\x00c") == "a b c"
    assert len(values.name("x" * 5000) or "") == values.MAX_NAME


def test_a_number_beyond_all_measure_says_nothing() -> None:
    """Python prints no integer of thousands of digits: it is no id, and no error either."""
    assert (values.text(16**5000), values.text(2**63)) == (None, str(2**63))


def test_what_the_store_can_keep() -> None:
    """No NUL, no NaN, no endless nesting; what is fine stays as it is."""
    deep: Any = "end"
    for _ in range(200):
        deep = [deep]
    kept = values.storable({"a\x00": "b\x00", "nan": math.nan, "deep": deep, "fine": [1, None, True, "ok"]})
    assert (kept["a\N{REPLACEMENT CHARACTER}"], kept["nan"]) == ("b\N{REPLACEMENT CHARACTER}", None)
    assert kept["fine"] == [1, None, True, "ok"]
    assert "nested too deep" in json.dumps(kept["deep"])
