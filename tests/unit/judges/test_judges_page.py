"""docs/judges.md: every kind has an example there that can be used, and says what the page says."""

from __future__ import annotations

import re
import tomllib
import typing
from pathlib import Path
from typing import Any

import pytest

from judges.judge import Closing
from judges.kinds import PlainConfig
from store.records import Sample
from tests.builders import make_sample
from tests.judging import make_judge

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "judges.md").read_text(encoding="utf-8")
EXAMPLES = {
    match[1]: tomllib.loads(match[2])["judges"][0]
    for match in re.finditer(r"^## (\w+)\n\n```toml\n(.*?)```$", PAGE, re.MULTILINE | re.DOTALL)
}
CONTEXT = "The rent is 1,250 a month. " * 30 + "Source 1: https://example.com/rent"

RULES = """
def names_the_order(sample):
    return {"passed": "4711" in sample["text"], "explanation": "looked for order 4711"}
"""


def called(**given: object) -> Sample:
    """A call of the one tool that the request offers."""
    schema = {"type": "object", "properties": {"id": {"type": "integer"}}}
    return make_sample(
        request={"messages": [], "tools": [{"name": "find_order", "input_schema": schema}]},
        response={"content": [{"type": "tool_use", "name": "find_order", "input": given}]},
    )


SAMPLES = {
    "valid_json": make_sample(text="[1, 2]"),
    "schema": make_sample(text='{"id": "7"}'),
    "pydantic": make_sample(text='{"id": "x"}'),
    "tool_calls": called(id="7", fast=True),
    "must_match": make_sample(text="Which order?"),
    "must_not_match": make_sample(text="See <div>"),
    "required_phrases": make_sample(text="Buy this."),
    "forbidden_phrases": make_sample(text="As an\u00a0 AI, I …"),
    "answer": make_sample(text="The answer is (C)", reference="B"),
    "not_truncated": make_sample(stop_reason="max_tokens"),
    "cut_off_heuristic": make_sample(text="Your parcel left on Monday. It should arrive at your"),
    "max_length": make_sample(text="so " * 131),
    "not_repeating": make_sample(text="So: " + "I will check that now. " * 12),
    "no_leaks": make_sample(ask="I am <EMAIL_1>.", text="Ask Bob <EMAIL_2>, not <EMAIL_1>."),
    "known_numbers": make_sample(ask=CONTEXT, text="They pay you 1,350 a month."),
    "known_citations": make_sample(ask=CONTEXT, text="It is so [1], or [4], see https://example.com/made-up."),
    "same_language": make_sample(
        ask="Wo ist eigentlich meine Bestellung von gestern?", text="Your order is on its way and arrives tomorrow."
    ),
    "code": make_sample(text="Your order is on its way."),
    "smell_heuristic": make_sample(text="Sorry, I can't help with that."),
}
"""Responses that fail, for each kind."""


def kinds() -> list[str]:
    """All kinds that need no model."""
    models: tuple[Any, ...] = typing.get_args(PlainConfig)
    return sorted(typing.get_args(model.model_fields["kind"].annotation)[0] for model in models)


def test_every_kind_has_an_example() -> None:
    """The page has a section with an example for each kind, the rubric's too, and for no other."""
    assert set(EXAMPLES) == {*kinds(), "rubric"}
    assert {kind: example["kind"] for kind, example in EXAMPLES.items()} == {kind: kind for kind in EXAMPLES}


@pytest.mark.parametrize("kind", kinds())
async def test_an_example_says_what_the_page_says(kind: str, tmp_path: Path) -> None:
    """The judge of the example fails a sample with words that stand on the page."""
    (tmp_path / "orders.py").write_text("import pydantic\n\nclass Order(pydantic.BaseModel):\n    id: int\n")
    (tmp_path / "rules.py").write_text(RULES)
    example = {**EXAMPLES[kind], **({"folder": tmp_path} if kind in ("pydantic", "code") else {})}
    judge = make_judge(example.pop("kind"), **example)
    judgement = await judge.judge(SAMPLES[kind])
    if isinstance(judge, Closing):
        await judge.close()
    assert judgement.passed is False
    assert (judgement.explanation or "").rstrip(".") in " ".join(PAGE.split())
