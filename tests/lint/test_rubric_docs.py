"""docs/rubrics.md describes every key of a rubric, and every rubric that is shipped, as they are."""

from __future__ import annotations

import re

import pytest

from judges.rubric import Escalation, Example, Rubric, shipped, shipped_texts
from tests.lint.source import ROOT

PAGE = (ROOT / "docs/rubrics.md").read_text(encoding="utf-8")


def table(first_column: str) -> dict[str, list[str]]:
    """The rows of the table with this head, by the name in the first column."""
    _, _, behind = PAGE.partition(f"\n| {first_column} |")
    rows = behind.partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in row.strip("| ").split(" | ")] for row in rows]
    return {row[0].strip("`"): row[1:] for row in cells}


def test_every_key_has_a_row() -> None:
    """In the order of the model, and no other."""
    assert sorted(table("key")) == sorted(Rubric.model_fields)


@pytest.mark.parametrize("name", Rubric.model_fields)
def test_defaults_are_told_as_they_are(name: str) -> None:
    """Where a default is a value, the row says it."""
    field, told = Rubric.model_fields[name], table("key")[name][0]
    if field.is_required():
        assert told == "required"
    elif isinstance(field.default, bool):
        assert told == f"`{str(field.default).lower()}`"
    elif isinstance(field.default, int | float):
        assert float(told) == field.default
    elif field.default not in ((), "", None) and field.default_factory is None:
        assert told.strip("`") in (field.default, *field.default)


@pytest.mark.parametrize("model", [Example, Escalation])
def test_keys_of_tables_inside_are_named(model: type[Example | Escalation]) -> None:
    """Those of an example and of an escalation stand in the row of their table."""
    row = table("key")["examples" if model is Example else "escalation"][1]
    assert all(f"`{name}`" in row for name in model.model_fields)


def test_every_shipped_rubric_has_a_row() -> None:
    """And no other has."""
    assert sorted(table("name")) == sorted(shipped_texts())


@pytest.mark.parametrize("name", shipped_texts())
def test_a_shipped_rubrics_answers_are_told(name: str) -> None:
    """All of them in order, those that pass in bold, and what the rubric needs."""
    rubric, row = shipped(name), [*table("name")[name], ""]
    answers = [f"**{label}**" if rubric.passes(label) else label for label in rubric.choices]
    assert row[1] == ", ".join(answers)
    assert re.findall(r"\w+", row[2]) == list(rubric.needs)
