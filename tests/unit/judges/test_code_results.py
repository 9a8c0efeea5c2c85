"""What a user's function gets and what its result means; the processes are in tests/acceptance/test_code_judge.py."""

from __future__ import annotations

from typing import Any

import pytest

from evaluator.intake import public
from judges.code.given import given
from judges.code.returned import MAX_EXPLANATION, Passing, judgement
from judges.judge import Judgement, decided
from store.records import Status
from tests.builders import NOON, make_sample

DECIDES = Passing(score=0.5)


@pytest.mark.parametrize(
    ("value", "passed", "score", "label"),
    [
        (True, True, 1.0, "PASS"),
        (False, False, 0.0, "FAIL"),
        (0.5, True, 0.5, "PASS"),
        (0.49, False, 0.49, "FAIL"),
        (1, True, 1.0, "PASS"),
        ("pass", True, 1.0, "pass"),
        ("FAIL", False, 0.0, "FAIL"),
        ({"passed": False, "score": 0.9}, False, 0.9, "FAIL"),
        ({"score": 0.7, "label": "rather good"}, True, 0.7, "rather good"),
        ({"passed": True, "score": None, "label": None, "explanation": None}, True, 1.0, "PASS"),
    ],
)
def test_a_result_is_a_verdict(value: object, passed: bool, score: float, label: str) -> None:
    """Truth values, scores, labels and dicts of these; what is said counts before what follows."""
    found = judgement(value, DECIDES)
    assert (found.status, found.passed, found.score, found.label) == (Status.OK, passed, score, label)


def test_labels_pass_as_the_settings_say() -> None:
    """With `passing`, a label passes when it is named there, and no other does."""
    passing = Passing(labels=("full", "partial"))
    assert [judgement(label, passing).passed for label in ("full", "partial", "none", "PASS")] == [1, 1, 0, 0]


def test_none_is_skipped() -> None:
    """A function that has nothing to say of a sample returns None: no verdict counts it."""
    found = judgement(None, DECIDES)
    assert (found.status, found.reason, found.passed) == (Status.SKIPPED, "not_applicable", None)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (1.01, "score as what it cannot be (Input should be less than or equal to 1)"),
        (-1, "score as what it cannot be (Input should be greater than or equal to 0)"),
        (float("nan"), "score as what it cannot be"),
        (float("inf"), "score as what it cannot be"),
        ("good", "the label 'good', and the setting `passing` does not say which labels pass"),
        ("", "label as what it cannot be"),
        ("x" * 101, "label as what it cannot be"),
        ([True], "something with 'list', which means nothing here"),
        ({}, "a dict with neither passed nor score nor label"),
        ({"explanation": "hm"}, "a dict with neither passed nor score nor label"),
        ({"passed": "yes"}, "passed as what it cannot be (Input should be a valid boolean)"),
        ({"passed": 1}, "passed as what it cannot be (Input should be a valid boolean)"),
        ({"score": True}, "score as what it cannot be"),
        ({"pass": True}, "something with 'pass', which means nothing here"),
    ],
)
def test_a_strange_result_is_an_error(value: object, told: str) -> None:
    """Anything else is an error that says what was wrong and what may be returned; never a pass or a fail."""
    found = judgement(value, DECIDES)
    assert (found.status, found.reason, found.passed) == (Status.ERROR, "malformed", None)
    assert told in str(found.explanation)
    assert str(found.explanation).endswith("or None.")


def test_a_long_explanation_is_cut() -> None:
    """An explanation keeps its first 2,000 characters."""
    found = judgement({"passed": True, "explanation": "x" * 5000}, DECIDES)
    assert found.explanation == "x" * (MAX_EXPLANATION - 1) + "…"


def test_a_verdict_needs_no_explanation() -> None:
    """Without one there is none: nothing is made up."""
    assert judgement(True, DECIDES) == Judgement(passed=True, score=1.0, label="PASS")
    assert judgement({"passed": True, "explanation": "fine"}, DECIDES) == decided(True, "fine")


def test_a_function_gets_what_could_be_posted() -> None:
    """But for its two texts, the object is an item of POST /v1/samples that gives the same sample."""
    fields: dict[str, Any] = {
        "session_id": "c1",
        "user_id": "u1",
        "provider": "anthropic",
        "prompt_version": "v7",
        "release": "2026.11",
        "input_tokens": 21,
        "output_tokens": 8,
        "cache_read_tokens": 3,
        "cache_write_tokens": 5,
        "latency_ms": 812.0,
        "reference": "soon",
        "metadata": {"plan": "pro"},
        "trace_id": "t",
        "span_id": "s",
        "response_id": "r",
        "stop_reason_raw": "end_turn",
    }
    sample = make_sample(**fields)
    item = given(sample)
    assert (item.pop("question"), item.pop("text")) == ("Where is my order?", "It is on its way.")
    assert public.read(item, received_at=NOON) == sample


def test_a_stop_reason_is_in_the_response() -> None:
    """Wherever the client told it, the function finds it in one place."""
    sample = make_sample(stop_reason="max_tokens", response={"content": "It is"})
    assert given(sample)["response"] == {"content": "It is", "stop_reason": "max_tokens"}
