"""People answer the judge's own question."""

from __future__ import annotations

import pytest

from evaluator.errors import InputError
from evaluator.judge_setup import judge_entries
from evaluator.labelling.criterion import Choice, Criterion, criterion
from evaluator.settings import Settings


def asked(name: str, **settings: object) -> Criterion:
    given = Settings.model_validate(settings)
    entries = {one.name: one for one in judge_entries(given, None, {})}
    return criterion(given, entries.get(name))


def test_a_rubric_asks_its_question_with_its_labels() -> None:
    """Question, instructions and every label with its meaning, and whether it passes."""
    found = asked("tone", judge={"builtin": ["tone"]})
    assert found.question == "Which tone does the response take towards the user?"
    assert found.instructions.startswith("Look only at how the response speaks")
    assert [(one.label, one.passes) for one in found.choices][:3] == [
        ("friendly", True),
        ("neutral", True),
        ("cold", False),
    ]


def test_a_check_says_what_it_looks_for() -> None:
    """In the words of its kind, with its own settings and none that do not decide."""
    judges = [{"kind": "max_length", "name": "short", "limit": 20, "unit": "words", "rate": 0.5}]
    found = asked("short", judges=judges)
    assert found == Criterion(
        "Does this hold? A limit on the length of the response text.", details={"limit": "20", "unit": "words"}
    )


def test_a_builtin_check_is_known_too() -> None:
    """Though no definition of the user's names it."""
    assert asked("not_truncated").question == "Does this hold? The response must not have ended at a token limit."


def test_a_judge_that_is_gone_asks_what_it_can() -> None:
    """Nobody knows its question any more."""
    assert "not configured any more" in asked("gone").question


def test_a_label_is_found_whatever_its_case() -> None:
    """What is no label is named, with those that are."""
    told = Criterion("?", choices=(Choice("PASS", "good", True), Choice("FAIL", "bad", False)))
    assert (told.passes(" fail "), told.passes("Pass")) == (("FAIL", False), ("PASS", True))
    with pytest.raises(InputError, match="'great' is no label of this judge's rubric"):
        told.passes("great")
