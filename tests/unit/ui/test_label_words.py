"""What the page Label offers, which keys it has, and what it says of the labels."""

from __future__ import annotations

import pytest

from evaluator.api.label_shapes import ChoiceView
from tests.fake_api import monitor
from tests.fake_labels import agreement_of, unlabelled
from ui.components.agreement import basis
from ui.components.label_answers import key_of
from ui.components.label_choice import to_label
from ui.components.label_progress import lacking_words


def test_judges_that_err_are_offered_first_and_feedback_never() -> None:
    """Pass rates of judges only, each feature and judge once."""
    found = to_label(
        [
            monitor("b", "valid_json", "schema"),
            monitor("b", "tone", "llm"),
            monitor("b", "tone", "llm", judge_version="older"),
            monitor("a", "thumbs", "feedback"),
            monitor("a", "", "traffic", metric="latency_ms"),
            monitor("a", "tone", "llm", metric="score"),
        ]
    )
    assert found == [("b", "tone"), ("b", "valid_json")]


@pytest.mark.parametrize(
    ("label", "place", "key"), [("PASS", 2, "P"), ("FAIL", 1, "F"), ("cold", 9, "9"), ("x", 10, None)]
)
def test_every_answer_has_a_key_as_far_as_there_are_some(label: str, place: int, key: str | None) -> None:
    """Letters for pass and fail, numbers for labels; the tenth has to be clicked."""
    assert key_of(ChoiceView(label=label, meaning="", passes=True), place) == key


def test_what_the_numbers_are_of_is_said() -> None:
    """The time, the labels on each side, those that wait, those that nobody could say, and corrections."""
    told = basis(agreement_of("chat", "tone")).replace("\u00a0", " ")
    assert "126 labels are on what the judge passed, 124 on what it failed." in told
    assert "8 more count when those before them in the order are labelled." in told
    assert "Nobody could say anything about 4: with them it lies between 90.2 % and 91.9 %." in told
    assert "2 were changed after the judge's verdict was shown." in told


def test_samples_that_stand_for_more_than_others_are_said_so() -> None:
    """Then a share of the judged samples is none of the traffic."""
    told = [basis(agreement_of("chat", "tone", unequal=unequal)) for unequal in (True, False)]
    assert ["no share here is that of all traffic" in one for one in told] == [True, False]


def test_few_labels_say_how_many_are_lacking() -> None:
    """And enough of them say so."""
    assert lacking_words(unlabelled("chat", "tone", 1)).startswith("1 label counts; about 189 more")
    assert "enough" in lacking_words(agreement_of("chat", "tone"))
