"""What the page Samples says of a list, and what it makes of its address."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from evaluator.api.sample_shapes import MarkView, SearchView
from tests.fake_samples import NOW, found_of, talk
from ui.components.sample_filters import as_asked, usable
from ui.components.sample_list import MARKS, heading, look_of, marks
from ui.turns import Piece, called, pieces


def answer(n: int, *, whole: bool) -> SearchView:
    return SearchView(samples=[found_of(talk()[0])] * n, next=None, searched_until=NOW, whole=whole)


@pytest.mark.parametrize(
    ("n", "whole", "first", "says"),
    [
        (0, True, True, "No sample matches"),
        (0, True, False, "Nothing more"),
        (0, False, True, "Nothing yet"),
        (1, True, True, "1 sample"),
        (3, True, True, "3 samples"),
        (25, False, True, "The newest 25"),
        (25, False, False, "The next 25"),
        (1, False, True, "The newest one"),
    ],
)
def test_a_heading_claims_no_more_than_was_found(n: int, whole: bool, first: bool, says: str) -> None:
    """A number of all only where all were looked at."""
    assert heading(answer(n, whole=whole), is_first=first) == says


def mark(judge: str, status: str = "ok", passed: bool | None = None) -> MarkView:
    return MarkView(judge=judge, judge_version="v", kind="check", status=status, passed=passed, label=None, reason=None)


@pytest.mark.parametrize(
    ("status", "passed", "word"),
    [("ok", True, "passed"), ("ok", False, "failed"), ("ok", None, "neither"), ("error", None, "judge error"),
     ("skipped", None, "skipped"), ("new", None, "unknown")],
)  # fmt: skip
def test_every_end_of_a_judgement_has_a_look(status: str, passed: bool | None, word: str) -> None:
    """What a later version may add is unknown, not an error."""
    assert look_of(mark("j", status, passed)).word == word


def test_what_did_not_pass_comes_first_and_names_stay_names() -> None:
    """Of many judges the list shows some; a hostile name is a code span."""
    told = marks(
        [mark("good", passed=True), mark("[x](y)", passed=False), *(mark(f"j{i}", passed=True) for i in range(20))]
    )
    assert told.startswith(":red[✗ failed] `[x](y)` · :green[✓ passed] `good`")
    assert told.endswith(f"and {22 - MARKS} more")


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({}, {}),
        ({"text": "a", "call": "with an error"}, {"text": "a", "has_error": "true"}),
        ({"verdict": "skipped"}, {"status": "skipped"}),
        ({"verdict": "nonsense", "call": "x", "days": "soon"}, {}),
        ({"days": "1"}, {"start": "2026-11-19T12:00:00+00:00"}),
        ({"days": "1", "start": "2026-01-01T00:00:00Z"}, {"start": "2026-01-01T00:00:00Z"}),
    ],
)
def test_an_address_is_asked_in_the_words_of_the_api(asked: dict[str, str], wanted: dict[str, str]) -> None:
    """Choices become parameters, what is no choice is left out, and a start of one's own goes before so many days."""
    assert as_asked(usable(asked)[0], [], datetime(2026, 11, 20, 12, 0, 41, tzinfo=UTC)) == wanted


def test_tools_are_told_by_name() -> None:
    """A call shows its input as JSON, a result the name of the call it answers, anything else its kind."""
    call = {"type": "tool_use", "id": "t", "name": "add", "input": {"a": "ü"}}
    result = {"type": "tool_result", "tool_use_id": "t", "content": [{"type": "text", "text": "3"}]}
    image = {"type": "image", "source": {"type": "omitted"}}
    use, told, other = pieces([call, result, image], called([call]))
    assert (use, told) == (Piece("tool_use", '{\n  "a": "ü"\n}', "add"), Piece("tool_result", "3", "add"))
    assert (other.kind, other.name) == ("other", "image")


@pytest.mark.parametrize(
    "content", [None, 7, {}, [None], [{"type": "tool_use"}], [{"type": "tool_result", "content": 7}]]
)
def test_odd_content_breaks_no_page(content: object) -> None:
    """Whatever stands where blocks should be, there are pieces of text."""
    assert all(isinstance(piece.text, str) for piece in pieces(content, called(content)))
