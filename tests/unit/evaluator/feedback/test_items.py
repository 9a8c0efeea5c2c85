"""What an item of POST /v1/feedback may say, and how it is told what is wrong."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from evaluator.errors import InputError
from evaluator.feedback.item import name_of, read, told_time
from evaluator.feedback.meaning import WORDS, Meaning
from tests.builders import NOON


@pytest.mark.parametrize(
    ("said", "passed", "score"),
    [
        ({"value": "up"}, True, 1.0),
        ({"value": "👎"}, False, 0.0),
        ({"value": True}, True, 1.0),
        ({"value": False}, False, 0.0),
        ({"value": 0}, False, 0.0),
        ({"value": 0.5}, True, 0.5),
        ({"score": 0.49}, False, 0.49),
        ({"score": 4, "scale": [1, 5]}, True, 0.75),
        ({"value": 2, "scale": [1, 5]}, False, 0.25),
        ({"score": 1, "scale": [6, 1]}, True, 1.0),
        ({"label": "Not helpful"}, False, 0.0),
        ({"value": "billing"}, None, None),
        ({"value": False, "label": "correct", "score": 0.9}, False, 0.9),
        ({"label": "wrong", "score": 0.9}, False, 0.9),
        ({"label": "billing", "score": 0.9}, True, 0.9),
    ],
)
def test_what_was_said_is_a_pass_a_fail_or_neither(
    said: dict[str, Any], passed: bool | None, score: float | None
) -> None:
    """A thumb decides, else a known word, else the score; a word that nobody knows is no vote."""
    meaning = read({"sample_id": "s", **said}, NOON).meaning
    assert (meaning.passed, meaning.score) == (passed, score)


def test_words_are_kept_as_they_were_said() -> None:
    """The label is the sender's, and the known words are told apart whatever their case."""
    assert read({"sample_id": "s", "value": "Thumbs Up"}, NOON).meaning == Meaning(True, 1.0, "Thumbs Up")
    assert set(WORDS.values()) == {True, False}


@pytest.mark.parametrize(
    ("item", "told"),
    [
        ("up", "must be a JSON object"),
        ({}, "names no sample"),
        ({"sample_id": "s"}, "nothing is said"),
        ({"span_id": "x", "value": "up"}, "names no sample"),
        ({"sample_id": "s", "value": 5}, "send its scale"),
        ({"sample_id": "s", "score": 7, "scale": [1, 5]}, "outside 1 to 5"),
        ({"sample_id": "s", "score": 1, "scale": [1, 1]}, "two different numbers"),
        ({"sample_id": "s", "score": 1e308, "scale": [-1e308, 1e308]}, "two different numbers"),
        ({"sample_id": "s", "score": "1"}, "score: must be a number"),
        ({"sample_id": "s", "score": float("nan")}, "NaN"),
        ({"sample_id": "s", "value": []}, "value: must be up, down"),
        ({"sample_id": "s", "value": "up", "name": "User Score"}, "name: must be 1 to 60"),
        ({"sample_id": "s", "value": "up", "source": "me"}, "source: must be end_user"),
        ({"sample_id": "s", "value": "up", "coment": "x"}, "did you mean comment?"),
        ({"sample_id": "s", "value": "up", "comment": "x" * 4001}, "at most 4000 characters"),
        ({"sample_id": "s", "value": "up", "timestamp": "2026-11-20T12:06:00Z"}, "5 minutes ahead"),
        ({"sample_id": "s", "value": "up", "timestamp": "2026-11-20T12:00:00"}, "timestamp: must be a time"),
        ({"sample_id": "s" * 300, "value": "up"}, "sample_id: must be 1 to 256"),
    ],
)
def test_mistakes_are_told_in_words(item: object, told: str) -> None:
    """The error names the field, what it must be, and what to do."""
    with pytest.raises(InputError, match=told.replace("?", r"\?")):
        read(item, NOON)


def test_the_time_and_the_rest_are_as_sent() -> None:
    """Who said it, when and about what."""
    given = {"id": "f", "trace_id": "t", "span_id": "x", "response_id": "m", "user_id": 7, "source": "annotator"}
    item = read({**given, "value": "up", "comment": "Nice.", "timestamp": NOON.timestamp(), "name": "csat"}, NOON)
    assert (item.id, item.trace_id, item.span_id, item.response_id, item.user_id) == ("f", "t", "x", "m", "7")
    assert (item.source, item.comment, item.given_at, item.name) == ("annotator", "Nice.", NOON, "csat")


def test_times_that_cannot_be_are_none() -> None:
    """A client that cannot be asked again may have a wrong clock: what it says then counts from its arrival."""
    far, naive = NOON + timedelta(days=1), NOON.replace(tzinfo=None)
    assert [told_time(at, NOON) for at in (None, far, naive, NOON.replace(year=1970), NOON)] == [None] * 4 + [NOON]


def test_any_name_can_be_a_judges() -> None:
    """A name from elsewhere keeps what a judge's name may have."""
    assert [name_of(given) for given in ("Answer Relevance", "x" * 99, "", "__")] == [
        "answer_relevance",
        "x" * 60,
        "feedback",
        "feedback",
    ]


def test_the_words_are_documented() -> None:
    """docs/feedback.md lists every word that is known, among the good ones or the bad ones."""
    page = (Path(__file__).resolve().parents[4] / "docs" / "feedback.md").read_text(encoding="utf-8")
    listed = " ".join(page.split())
    good, bad = (
        listed.partition(f"- {kind}: ")[2].partition(" - bad" if kind == "good" else " Any other")[0]
        for kind in ("good", "bad")
    )
    documented = {
        word.strip(): good_one for words, good_one in ((good, True), (bad, False)) for word in words.split(",")
    }
    assert documented == {word.replace("_", " "): said for word, said in WORDS.items()}
