"""What decides a judge's verdicts, as text."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from judges.definition import of_judge, of_rubric
from judges.prompt import TEMPLATE
from judges.rubric import Rubric, parse, shipped, shipped_texts
from tests.fake_judges import FakeJudge
from tests.judging import make_judge

MODEL = "claude-haiku-5-5"
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@pytest.mark.parametrize("name", shipped_texts())
def test_a_rubrics_text_is_the_rubric(name: str) -> None:
    """Read again and asked of its model, the text of every shipped rubric has the version that it tells of."""
    rubric = shipped(name)
    again = parse(of_rubric(rubric, MODEL), source="again")
    assert again.version(model=str(again.model), template=TEMPLATE) == rubric.version(model=MODEL, template=TEMPLATE)


def test_everything_that_decides_stands_there() -> None:
    """Votes, escalation, needs, a scale with its order, what passes and whole conversations come back as they were."""
    rubric = Rubric(
        name="mine",
        question="Is it?",
        scale={"2": "so so", "1": "well", "a b": "best"},
        passes_from="1",
        needs=("context",),
        votes=3,
        escalation={"model": "claude-sonnet-5-5", "when": ("error",), "effort": "high"},
        conversation=True,
        quiet_minutes=5,
        effort="high",
    )
    again = parse(of_rubric(rubric, MODEL), source="again")
    assert again == rubric.model_copy(update={"model": MODEL})
    assert list(again.scale) == ["2", "1", "a b"]


def test_what_decides_nothing_is_left_out() -> None:
    """Rate, batch and the samples that it is for start no version, so they are not in its text."""
    rubric = shipped("tone").model_copy(update={"rate": 0.5, "batch": True, "applies_to": {"feature": "a"}})
    assert of_rubric(rubric, MODEL) == of_rubric(shipped("tone"), MODEL)


@given(question=TEXTS, instructions=TEXTS, meaning=TEXTS)
def test_any_text_survives(question: str, instructions: str, meaning: str) -> None:
    """Quotes, backslashes, control characters and line breaks of every kind come back as they were."""
    rubric = Rubric(name="x", question=question, instructions=instructions, labels={"PASS": meaning, "FAIL": "no"})
    again = parse(of_rubric(rubric, MODEL), source="again")
    assert (again.question, again.instructions, again.labels) == (question, instructions, rubric.labels)


@pytest.mark.parametrize("text", ['a\n"""', 'a\n""""""b"', '\n"', "\\\n\\", '"\n""', "\r\n\x7f\u2028"])
def test_quotes_at_the_edges_survive(text: str) -> None:
    """What could end a text of several lines does not."""
    rubric = Rubric(name="x", question=text, labels={"PASS": "yes", "FAIL": "no"})
    assert tomllib.loads(of_rubric(rubric, MODEL))["question"] == text


def test_lines_stay_lines() -> None:
    """Instructions of several lines can be compared line by line."""
    rubric = Rubric(name="x", question="Is it?", instructions="One.\nTwo.", labels={"PASS": "yes", "FAIL": "no"})
    assert {"One.", 'Two."""'} < set(of_rubric(rubric, MODEL).splitlines())


def test_a_check_tells_its_options() -> None:
    """Kind and pattern stand in lines, beside what else its version is a hash of."""
    judge = make_judge("must_match", pattern="a+")
    told = json.loads(of_judge(judge))
    assert (told["kind"], told["pattern"]) == ("must_match", "a+")


def test_a_schema_is_unfolded() -> None:
    """A JSON Schema stands in lines and not in one."""
    judge = make_judge("schema", schema_json={"type": "object"})
    assert '    "type": "object"' in of_judge(judge).splitlines()


def test_a_code_judge_tells_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its function, and a hash of its source: nothing of the environment that its code may see."""
    (tmp_path / "rules.py").write_text("def fine(sample):\n    return True\n")
    monkeypatch.setenv("TOKEN", "hush")
    told = of_judge(make_judge("code", call="rules:fine", folder=str(tmp_path), env=["TOKEN"]))
    assert "rules:fine" in told
    assert "hush" not in told


def test_a_judge_that_cannot_tell_has_no_text() -> None:
    """Then there is nothing to keep."""
    assert of_judge(FakeJudge()) == ""
