"""Checks: plain rules about the response text."""

from __future__ import annotations

import pytest

from judges.errors import JudgeConfigError
from store.records import Status
from tests.builders import make_sample
from tests.judging import judged, make_judge


@pytest.mark.parametrize(("text", "passed"), [("Order 4711 is on its way.", True), ("It is on its way.", False)])
async def test_must_match_passes_what_the_pattern_finds(text: str, passed: bool) -> None:
    """must_match passes exactly the responses in which the pattern is found."""
    assert (await judged(text, "must_match", pattern=r"Order \d+")).passed is passed


@pytest.mark.parametrize(("text", "passed"), [("```python", False), ("Plain words.", True)])
async def test_must_not_match_fails_what_the_pattern_finds(text: str, passed: bool) -> None:
    """must_not_match fails exactly the responses in which the pattern is found."""
    assert (await judged(text, "must_not_match", pattern=r"^\s*```")).passed is passed


async def test_a_match_is_quoted_with_its_position() -> None:
    """The explanation of a forbidden match says where it stands and quotes it, cut to a readable length."""
    judgement = await judged("Hi " + "x" * 500, "must_not_match", pattern="x+")
    assert judgement.explanation is not None
    assert judgement.explanation.startswith("The pattern is found at character 4: 'xxx")
    assert len(judgement.explanation) < 150


@pytest.mark.parametrize(("pattern", "position"), [("(", 1), ("[z-a]", 4), ("a(?P<x", 6)])
def test_a_pattern_that_is_none_is_refused(pattern: str, position: int) -> None:
    """A bad pattern is refused when the judge is made, with the judge's name, the field and the position."""
    with pytest.raises(JudgeConfigError, match=rf"Judge 'mine': `pattern` .* at position {position}\. Mend it"):
        make_judge("must_match", pattern=pattern)


@pytest.mark.parametrize(
    ("text", "passed"), [("The answer is (B).", True), ("the answer is b", True), ("The answer is (C).", False)]
)
async def test_answer_compares_the_capture_with_the_reference(text: str, passed: bool) -> None:
    """The first capture group must equal the reference; upper and lower case are the same unless said otherwise."""
    sample = make_sample(text=text, reference="B")
    assert (await judged(sample, "answer", extract=r"(?i)answer is \(?([A-J])\b")).passed is passed


@pytest.mark.parametrize(
    ("compare", "answer", "reference", "passed"),
    [
        ("exact", "Yes", "Yes", True),
        ("exact", "yes", "Yes", False),
        ("exact", " Yes ", "Yes", True),
        ("casefold", "STRASSE", "straße", True),
        ("number", "1,250.50", "1250.5", True),
        ("number", "3e2", "300", True),
        ("number", ".5", "0.50", True),
        ("number", "-7", "7", False),
        ("number", "12,5", "125", False),
        ("number", "seven", "7", False),
        ("number", "9" * 400_000, "9", False),
    ],
)
async def test_answer_compares_as_told(compare: str, answer: str, reference: str, passed: bool) -> None:
    """exact compares characters, casefold ignores case, number compares values; blanks around never count."""
    sample = make_sample(text=f"<{answer}>", reference=reference)
    assert (await judged(sample, "answer", extract="<(.*)>", compare=compare)).passed is passed


async def test_an_answer_that_is_not_found_fails() -> None:
    """A response without an answer is a fail, not an error: the user got no answer either."""
    judgement = await judged(make_sample(text="Who knows?", reference="B"), "answer", extract=r"answer is (\w)")
    assert (judgement.passed, judgement.explanation) == (
        False,
        "No answer is found in the response; the reference is 'B'.",
    )


@pytest.mark.parametrize("reference", [None, "", "  "])
async def test_answer_skips_a_sample_without_reference(reference: str | None) -> None:
    """Without a reference there is nothing to compare with, so the sample is skipped and says why."""
    judgement = await judged(make_sample(reference=reference), "answer", extract="(x)")
    assert (judgement.status, judgement.reason) == (Status.SKIPPED, "no_reference")


def test_an_extract_without_capture_group_is_refused() -> None:
    """`extract` without parentheses could never find an answer, so it is refused when the judge is made."""
    with pytest.raises(JudgeConfigError, match="`extract` has no capture group"):
        make_judge("answer", extract="answer is .")


@pytest.mark.parametrize(
    ("unit", "limit", "passed"),
    [("characters", 9, True), ("characters", 8, False), ("words", 2, True), ("words", 1, False)],
)
async def test_max_length_counts_characters_or_words(unit: str, limit: int, passed: bool) -> None:
    """A response of exactly the limit passes, a longer one fails."""
    assert (await judged("größer 🙂🙂", "max_length", unit=unit, limit=limit)).passed is passed


@pytest.mark.parametrize(
    ("stop_reason", "passed"),
    [
        ("end_turn", True),
        ("tool_use", True),
        ("max_tokens", False),
        ("length", False),
        ("model_context_window_exceeded", False),
        ("MAX_TOKENS", False),
    ],
)
async def test_not_truncated_reads_the_stop_reason(stop_reason: str, passed: bool) -> None:
    """A response that ended at a token limit fails, whoever's word for it is used."""
    assert (await judged(make_sample(stop_reason=stop_reason), "not_truncated")).passed is passed


async def test_not_truncated_skips_a_sample_without_stop_reason() -> None:
    """When nobody said why the response ended, the sample is skipped: nothing is guessed."""
    judgement = await judged(make_sample(stop_reason=None, response={"content": "Hi"}), "not_truncated")
    assert (judgement.status, judgement.reason) == (Status.SKIPPED, "no_stop_reason")


@pytest.mark.parametrize(
    ("kind", "definition"),
    [
        ("must_match", {"pattern": "x"}),
        ("must_not_match", {"pattern": "x"}),
        ("answer", {"extract": "(x)"}),
        ("max_length", {"limit": 1}),
        ("not_truncated", {}),
        ("smell_heuristic", {}),
        ("schema", {"schema_json": {}}),
    ],
)
async def test_a_failed_request_is_skipped(kind: str, definition: dict[str, object]) -> None:
    """A request that got no response says nothing about quality: every validator skips it with the same reason."""
    judgement = await judged(make_sample(error="overloaded", response={}, reference="x"), kind, **definition)
    assert (judgement.status, judgement.reason) == (Status.SKIPPED, "request_error")


async def test_a_response_beside_an_error_is_judged() -> None:
    """A response that broke off with an error was shown to the user, so it is judged."""
    assert (
        await judged(make_sample(text="Half a", error="connection lost"), "must_match", pattern=r"\.$")
    ).passed is False


def test_a_version_is_what_decides() -> None:
    """The version follows the pattern; name, features and rate are no part of it."""
    version = make_judge("must_match", pattern="a").version
    assert version == make_judge("must_match", name="other", pattern="a", features=["x*"], rate=0.5).version
    assert version != make_judge("must_match", pattern="b").version
    assert version != make_judge("must_not_match", pattern="a").version
