"""known_numbers: numbers of the response against those of the request and its context."""

from __future__ import annotations

from typing import Any

import pytest

from store.records import Sample, Status
from tests.builders import make_sample
from tests.judging import judged

CONTEXT = (
    "The flat has 74.5 m² and costs 1,250 a month. In 2024 1,294,000 people moved; 12 % of them paid 3.5 million. "
    "The code is 4711, the share 0.375, and seven of ninety stayed. Kaution: 2.500,00 €. "
)


def told(text: str) -> Sample:
    """A response to a question with a context."""
    return make_sample(ask=CONTEXT * 3, text=text)


@pytest.mark.parametrize(
    "text",
    [
        "It costs 1250 a month.",
        "It costs 1.250,00 € a month.",
        "It costs 1 250 a month.",
        "It costs 1.25k a month.",
        "It has 74,5 m².",
        "About 1.3 million people moved.",
        "Some 1.29 million moved.",
        "They paid 3,500,000.",
        "They paid 3.5M.",
        "The share is 37.5 %.",
        "A share of 0.12 paid.",
        "Of 90 people stayed some.",
        "The deposit is 2500.",
        "The code is 4711.",
        "No number at all.",
        "Two steps: 1. Call. 2. Wait 5 minutes.",
        "It was in 1999.",
        "The 23rd of them.",
        "```\nport = 8443\n```",
        "See https://example.com/2041 and <EMAIL_31> [44].",
        "25. Wait.\n26) Wait.",
    ],
)
async def test_a_given_number_is_known_however_it_is_written(text: str) -> None:
    """Separators, scales, percent, rounding and words do not matter; lists, years, ordinals, code do not count."""
    judgement = await judged(told(text), "known_numbers")
    assert (judgement.passed, judgement.label) == (True, "heuristic: PASS"), judgement.explanation


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("It costs 1,350 a month.", "1,350 at character 10"),
        ("They paid 3.6 million.", "3.6 at character 11"),
        ("A share of 13 % paid.", "13 at character 12"),
        ("It costs 12,50 €.", "12,50 at character 10"),
        ("About 1.4 million moved.", "1.4 at character 7"),
        ("```\n1\n```\nIt has 75.5 m².", "75.5 at character 18"),
        ("5bn were paid.", "5 at character 1"),
        ("21, 22, 23, 24", "21 at character 1, 22 at character 5, 23 at character 9, and 1 more"),
    ],
)
async def test_a_number_that_nobody_gave_fails(text: str, unknown: str) -> None:
    """A number without a source is told with its place."""
    judgement = await judged(told(text), "known_numbers")
    assert judgement.explanation == f"heuristic: the context does not hold {unknown}."


@pytest.mark.parametrize(
    ("definition", "text", "passed"),
    [
        ({"ignore_below": 0}, "It took 5 days.", False),
        ({"ignore_below": 100}, "It took 55 days.", True),
        ({"years": True}, "It was in 1999.", False),
        ({"years": True}, "It was in 2024.", True),
        ({"rounding": False}, "About 1.3 million moved.", False),
    ],
)
async def test_settings_decide(definition: dict[str, Any], text: str, passed: bool) -> None:
    """The bound for small numbers, years and rounding can be set."""
    assert (await judged(told(text), "known_numbers", **definition)).passed is passed


@pytest.mark.parametrize(
    "request_",
    [
        {"system": CONTEXT * 3, "messages": [{"role": "user", "content": "How much?"}]},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "content": CONTEXT * 3}]}]},
        {
            "messages": [
                {"role": "assistant", "content": [{"type": "tool_use", "input": {"rent": 1250, "t": CONTEXT * 3}}]}
            ]
        },
    ],
)
async def test_every_part_of_the_request_is_context(request_: dict[str, Any]) -> None:
    """System prompt, results and inputs of tools are the context."""
    assert (await judged(make_sample(request=request_, text="It costs 1250."), "known_numbers")).passed is True


async def test_without_context_there_is_no_verdict() -> None:
    """A short question asks for what the model knows: skipped."""
    judgement = await judged(make_sample(text="It has 4,808 m."), "known_numbers")
    assert (judgement.status, judgement.reason) == (Status.SKIPPED, "no_context")
