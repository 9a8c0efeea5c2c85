"""Text that names no span: joined by process and time, when there is one answer only."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from evaluator.intake.assemble import Assembled, assemble
from evaluator.intake.parts import Part
from store.parts import Window
from tests.builders import NOON
from tests.parts import ANSWERED, ASKED, call, content

LOGS = "i:process-1"
DURING = NOON - timedelta(milliseconds=500)
FIRST = call("a", text=False, group_id="t:1")


def orphan(part_id: str, /, *, at: float = 0.0, **fields: Any) -> Part:
    """Text of no span, told `at` seconds after the middle of the calls' second."""
    told = DURING + timedelta(seconds=at)
    return content(part_id, group_id=LOGS, started_at=told, ended_at=told, order=int(at * 1000), **fields)


def texts(assembled: Assembled) -> dict[str, bool]:
    return {one.key: one.facts.has_text for one in assembled.calls}


def test_text_of_one_call_is_joined() -> None:
    """Text told while one call without text ran in its process is that call's."""
    found = assemble([FIRST, orphan("1", request=ASKED), orphan("2", at=0.4, response=ANSWERED)])
    assert (found.calls[0].facts.request, found.calls[0].facts.response) == (ASKED, ANSWERED)
    assert not found.ambiguous


@pytest.mark.parametrize("changed", [{"instance": "other"}, {"instance": None}, {"at": 0.6}])
def test_text_of_another_process_or_time_is_not(changed: dict[str, Any]) -> None:
    """Text of another process, of none that is known, or after the call is left to wait."""
    found = assemble([FIRST, orphan("1", request=ASKED, **changed)])
    assert (texts(found), found.ambiguous) == ({"a": False}, [])


def test_text_of_two_calls_is_of_none() -> None:
    """Text told while two calls without text ran could be either's: it is joined to none and told."""
    piece = orphan("1", request=ASKED)
    found = assemble([FIRST, call("b", text=False, group_id="t:2"), piece])
    assert (texts(found), found.ambiguous) == ({"a": False, "b": False}, [piece])


def test_a_call_with_text_is_no_rival() -> None:
    """A call that has its own text does not claim any."""
    found = assemble([FIRST, call("b", group_id="t:2"), orphan("1", request=ASKED)])
    assert texts(found) == {"a": True, "b": True}


def test_a_call_that_is_not_settled_yet_is_a_rival() -> None:
    """A call that waits elsewhere and ran at the same time may own the text."""
    rival = Window("t:9", "process-1", DURING, NOON)
    piece = orphan("1", request=ASKED)
    assert assemble([FIRST, piece], [rival]).ambiguous == [piece]


def test_pieces_that_do_not_fit_together_are_of_none() -> None:
    """A request after an answer tells that a second call ran, though its record has not arrived."""
    pieces = [orphan("1", request=ASKED), orphan("2", at=0.1, response=ANSWERED), orphan("3", at=0.2, request=ASKED)]
    found = assemble([FIRST, *pieces])
    assert (texts(found), found.ambiguous) == ({"a": False}, pieces)


def test_the_request_of_a_call_that_still_runs_is_not_another_calls() -> None:
    """Two requests in the time of one call are of two calls, though the other's record has not arrived."""
    pieces = [orphan("1", request=ASKED), orphan("2", at=0.1, request=ASKED), orphan("3", at=0.2, response=ANSWERED)]
    found = assemble([FIRST, *pieces])
    assert (texts(found), found.ambiguous) == ({"a": False}, pieces)


def test_two_records_of_one_call_are_no_rivals() -> None:
    """A call that is told in two traces is one, and its text is joined."""
    twin = call("b", text=False, group_id="t:2", source="anthropic-sdk", links=("response:1",))
    found = assemble([call("a", text=False, group_id="t:1", links=("response:1",)), twin, orphan("1", request=ASKED)])
    assert texts(found) == {"a": True}


def above(part_id: str, /, order: int, **fields: Any) -> Part:
    """Text of the application's span over the calls."""
    return content(part_id, span_id="app", order=order, **fields)


def test_text_of_a_span_above_one_call_is_that_calls() -> None:
    """All messages told on the span above the only call are that call's, in their order, also without an answer."""
    told = [above(str(n), n, request={"messages": [{"role": "user", "content": str(n)}]}) for n in range(4)]
    (found,) = assemble([call("a", parent_id="app", text=False), *told]).calls
    assert [message["content"] for message in found.facts.request["messages"]] == ["0", "1", "2", "3"]


def test_text_of_a_span_above_two_calls_is_of_none() -> None:
    """Questions and answers on the span above two calls could be either's: both stay without text."""
    told = [above(str(n), n, **({"response": ANSWERED} if n % 2 else {"request": ASKED})) for n in range(4)]
    found = assemble([call("a", parent_id="app", text=False), call("b", parent_id="app", text=False), *told])
    assert texts(found) == {"a": False, "b": False}


def test_a_lone_prompt_above_two_calls_is_the_firsts() -> None:
    """The prompt of a turn of several calls began the first of them."""
    first = call("b", parent_id="app", text=False, started_at=NOON - timedelta(seconds=3))
    found = assemble([call("a", parent_id="app", text=False), first, above("1", 1, request=ASKED)])
    assert texts(found) == {"a": False, "b": True}
