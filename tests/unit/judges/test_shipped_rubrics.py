"""The rubrics that come with Leadline: each is whole, shows both sides, and is worth caching."""

from __future__ import annotations

import pytest

from evaluator.settings import JudgeSettings
from judges.prompt import system_text
from judges.registry import BUILTIN
from judges.rubric import shipped, shipped_texts

NAMES = tuple(shipped_texts())
CACHED_FROM_TOKENS = 512
CHARACTERS_PER_TOKEN = 4.5
"""More than English prose has, so that the estimate is rather too low."""


def test_these_are_shipped() -> None:
    """The rubrics that the documentation names."""
    assert NAMES == (
        "answers_question",
        "faithfulness",
        "helpfulness",
        "instruction_following",
        "refusal",
        "safety",
        "smell_test",
        "tone",
        "tool_use",
    )


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_called_like_its_rubric(name: str) -> None:
    """The name in the file is the one it is asked for by."""
    assert shipped(name).name == name


@pytest.mark.parametrize("name", NAMES)
def test_it_is_a_judge_that_can_be_switched_on_by_name(name: str) -> None:
    """judge.builtin takes it."""
    assert BUILTIN[name].kind == "rubric"


def test_only_the_smell_test_is_on_by_itself() -> None:
    """Everything else waits until somebody wants to pay for it."""
    assert set(JudgeSettings().builtin) & set(NAMES) == {"smell_test"}


@pytest.mark.parametrize("name", NAMES)
def test_the_examples_show_both_sides(name: str) -> None:
    """Four to six examples, passes and fails about as many, so that none is suggested by its number."""
    rubric = shipped(name)
    passes = sum(rubric.passes(example.label) for example in rubric.examples)
    assert 4 <= len(rubric.examples) <= 6
    assert 2 <= passes <= len(rubric.examples) - 2


@pytest.mark.parametrize("name", NAMES)
def test_every_label_has_an_example(name: str) -> None:
    """Labels without an order are all shown once."""
    rubric = shipped(name)
    assert set(rubric.labels) <= {example.label for example in rubric.examples}


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_does_not_count(name: str) -> None:
    """Judges keep out of each other's way, and length and style decide nothing."""
    instructions = " ".join(shipped(name).instructions.split())
    assert any(words in instructions for words in ("What does not count", "Do not judge", "Does not count"))
    assert "length" in instructions.lower() or "long" in instructions.lower()


@pytest.mark.parametrize("name", NAMES)
def test_examples_reason_from_the_words(name: str) -> None:
    """An explanation is not the label in other words; at least half of them quote the sample."""
    explanations = [example.explanation for example in shipped(name).examples]
    assert sum('"' in explanation for explanation in explanations) * 2 >= len(explanations)


@pytest.mark.parametrize("name", NAMES)
def test_the_prefix_is_long_enough_to_be_cached(name: str) -> None:
    """Claude Haiku 5.5 caches a prefix from 512 tokens on."""
    tokens = len(system_text(shipped(name))) / CHARACTERS_PER_TOKEN
    print(f"{name}: at least {tokens:.0f} tokens (≥{CACHED_FROM_TOKENS})")
    assert tokens > CACHED_FROM_TOKENS
