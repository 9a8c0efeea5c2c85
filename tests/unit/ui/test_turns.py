"""Requests and responses as readable turns."""

from __future__ import annotations

import pytest

from ui.turns import Turn, request_turns, response_text


def test_a_conversation_keeps_its_order_and_its_tools() -> None:
    """System prompt first, then the messages; a tool's result shows as JSON."""
    result = {"type": "tool_result", "tool_use_id": "t1", "content": "4"}
    request = {"system": "Be brief.", "messages": [{"role": "user", "content": [result]}]}
    system, user = request_turns(request)
    assert system == Turn("system", "Be brief.")
    assert '"tool_use_id": "t1"' in user.text


@pytest.mark.parametrize("request_body", [None, {}, {"messages": "no list"}, {"messages": [None, 3]}, {"system": 5}])
def test_odd_requests_have_no_turns(request_body: dict[str, object] | None) -> None:
    """What is not a conversation breaks no page."""
    assert request_turns(request_body) == []


@pytest.mark.parametrize("response", [None, {}, {"content": 7}, {"content": []}])
def test_an_odd_response_has_no_text(response: dict[str, object] | None) -> None:
    """A response without text is empty, not an error."""
    assert response_text(response) == ""
