"""Votes, escalation and repeats: which judgement follows from single answers."""

from __future__ import annotations

from typing import Any

import pytest

from judges.opinions import concluded, escalated, repeated
from store.records import Opinion, Status


def vote(passed: bool | None, **fields: Any) -> Opinion:
    """One paid answer; None is an error of the model."""
    if passed is None:
        return Opinion(status=Status.ERROR, reason="refusal", cost_usd=0.01, input_tokens=10, **fields)
    plain = {"label": "PASS" if passed else "FAIL", "score": float(passed), "cost_usd": 0.01, "input_tokens": 10}
    return Opinion(passed=passed, **{**plain, **fields})


@pytest.mark.parametrize(
    ("answers", "passed", "score", "disagreement"),
    [
        ([True, True, True], True, 1.0, 0.0),
        ([True, False, True], True, 2 / 3, 1 / 3),
        ([False, False, True], False, 1 / 3, 1 / 3),
        ([True, None, True], True, 1.0, 0.0),
    ],
)
def test_the_majority_decides(answers: list[bool | None], passed: bool, score: float, disagreement: float) -> None:
    """The score is the share of passes, what lost is disagreement, and a failed vote does not count."""
    found = concluded([vote(answer) for answer in answers])
    assert (found.passed, found.score, found.disagreement) == (
        passed,
        pytest.approx(score),
        pytest.approx(disagreement),
    )


def test_all_votes_are_paid_for() -> None:
    """Cost and tokens of the verdict are those of every call, the failed one too."""
    found = concluded([vote(True), vote(None), vote(True)])
    assert (found.cost_usd, found.input_tokens, found.votes) == (pytest.approx(0.03), 30, 2)


def test_a_draw_is_no_verdict() -> None:
    """When an error leaves as many passes as fails, the judge could not decide."""
    found = concluded([vote(True), vote(False), vote(None)])
    assert (found.status, found.reason, found.passed) == (Status.ERROR, "split", None)


def test_only_errors_are_an_error() -> None:
    """No vote that counts means no verdict, with the first reason."""
    found = concluded([vote(None), vote(None), vote(None)])
    assert (found.status, found.reason, found.cost_usd) == (Status.ERROR, "refusal", pytest.approx(0.03))


def test_steps_of_a_scale_are_averaged() -> None:
    """The score of votes on a scale is their mean; the label is the most frequent one of the side that won."""
    found = concluded(
        [vote(True, score=0.75, label="4"), vote(True, score=1.0, label="5"), vote(False, score=0.5, label="3")]
    )
    assert (found.score, found.passed, found.disagreement) == (0.75, True, pytest.approx(2 / 3))


def test_a_single_answer_is_no_vote() -> None:
    """Without several votes there is neither a count nor disagreement."""
    found = concluded([vote(True)])
    assert (found.votes, found.disagreement, found.score) == (None, None, 1.0)


def test_an_unknown_price_makes_the_cost_unknown() -> None:
    """One call without a price, and nobody can say what the verdict cost."""
    assert concluded([vote(True), vote(True, cost_usd=None), vote(True)]).cost_usd is None


def test_the_stronger_model_decides() -> None:
    """Its verdict stands, the first one is kept beside it, and both are paid for."""
    found = escalated(concluded([vote(True)]), vote(False, role="escalation", model="strong"))
    assert (found.passed, found.escalated, found.model) == (False, True, "strong")
    assert [(one.role, one.passed) for one in found.opinions] == [("vote", True), ("escalation", False)]
    assert found.cost_usd == pytest.approx(0.02)


def test_a_stronger_model_that_fails_changes_nothing() -> None:
    """The first verdict stands, with the cost of both calls."""
    found = escalated(concluded([vote(True)]), vote(None, role="escalation"))
    assert (found.passed, found.escalated, found.cost_usd) == (True, False, pytest.approx(0.02))


@pytest.mark.parametrize(("again", "flipped"), [(True, False), (False, True), (None, None)])
def test_a_repeat_measures_noise(again: bool | None, flipped: bool | None) -> None:
    """The first verdict stands; whether the second one decided otherwise is noted, and both are paid for."""
    found = repeated(concluded([vote(True)]), concluded([vote(again)]))
    assert (found.passed, found.flipped, found.cost_usd) == (True, flipped, pytest.approx(0.02))
    assert [one.role for one in found.opinions] == ["vote", "repeat"]
