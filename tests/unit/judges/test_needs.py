"""What must be there before a model is asked."""

from __future__ import annotations

from typing import Any

import pytest

from judges.needs import missing
from tests.builders import make_sample

RESULT = {"type": "tool_result", "content": "The order was shipped."}
TOOL = {"type": "tool_use", "name": "find_order", "input": {}}


@pytest.mark.parametrize(
    ("request_", "enough"),
    [
        ({"messages": [{"role": "user", "content": "Where is it?"}]}, False),
        ({"system": "  ", "messages": []}, False),
        ({"system": "Our shop delivers in two days.", "messages": []}, True),
        ({"messages": [{"role": "user", "content": [RESULT]}]}, True),
        ({"messages": [{"role": "user", "content": "Summarise: " + "word " * 100}]}, True),
        ({"messages": "nonsense"}, False),
    ],
)
def test_faithfulness_needs_something_to_be_faithful_to(request_: dict[str, Any], enough: bool) -> None:
    """A system prompt, a document, a tool's result or a long message is material to compare with."""
    found = missing(make_sample(request=request_), ["context"])
    assert (found is None) is enough
    assert enough or (found and found[0] == "no_context")


@pytest.mark.parametrize(
    ("fields", "enough"),
    [
        ({}, False),
        ({"request": {"tools": [{"name": "find_order"}], "messages": []}}, True),
        ({"response": {"content": [TOOL]}}, True),
    ],
)
def test_tool_use_needs_tools(fields: dict[str, Any], enough: bool) -> None:
    """Tools on offer or a call of one: not calling an offered tool can be wrong, too."""
    assert (missing(make_sample(**fields), ["tools"]) is None) is enough


def test_without_needs_a_response_is_enough() -> None:
    """Rubrics judge any response unless they say otherwise."""
    assert missing(make_sample(), []) is None
