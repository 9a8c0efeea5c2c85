"""Plain rules as rows of the overview's table."""

from __future__ import annotations

from typing import Any

import pytest

from evaluator.api.rule_shapes import RuleView
from tests.fake_api import HOSTILE
from tests.rule_views import FIRED_AT, firing_rule, rule, slow_rule
from ui.components.rule_table import columns, ordered
from ui.components.table import cells


def row(one: RuleView) -> dict[str, Any]:
    """What the table has of one rule."""
    return {title: told[0] for title, told in cells([one], columns([one])).items()}


def test_a_firing_rule_shows_what_it_saw_its_limit_and_since_when() -> None:
    """The state as sign and word, the pass rate and its limit in percent, what it needs, its price, and the time."""
    told = row(firing_rule("five points"))
    assert told["State"] == ["▲ firing"]
    assert told["Rule"] == "five points: pass rate down 5 points over the last 100 votes"
    assert (told["Now"], told["Limit"]) == (pytest.approx(88.0), pytest.approx(92.1))
    assert (told["n"], told["Least n"]) == (104, 100)
    assert (told["False alarms"], told["In 90 % of months"]) == (17.2, "9 to 27")
    assert told["Firing since"] == FIRED_AT


def test_a_quantile_is_shown_in_its_own_unit() -> None:
    """Milliseconds are no percentages: they have columns of their own, and those of shares are left out."""
    told = row(slow_rule())
    assert (told["Quantile"], told["Its limit"]) == (8140, 10_000)
    assert not {"Now", "Limit", "Firing since"} & told.keys()


def test_what_is_not_known_is_empty() -> None:
    """Without a baseline there is neither a limit of a drop nor a price; without votes there is no value."""
    told = row(rule("new", state="no_data", reason="no_baseline", value=None, limit=None, n=0.0))
    assert (told["State"], told["n"]) == (["– no data"], 0)
    assert not {"Now", "Limit"} & told.keys()
    assert row(slow_rule())["False alarms"] is None


def test_too_few_votes_are_no_learning() -> None:
    """A rule below its least n waits for votes; one that has no baseline waits for that."""
    reasons = ("insufficient", "no_baseline")
    states = [row(rule("few", state="insufficient", reason=reason))["State"] for reason in reasons]
    assert states == [["… too few"], ["… learning"]]


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_names_are_one_line_and_no_formula(text: str) -> None:
    """Feature and judge stand as text that a spreadsheet does not compute."""
    told = row(rule("five points", text, text))
    for name in (told["Feature"], told["Judge"]):
        assert not name.startswith(("=", "+", "-", "@"))
        assert "\n" not in name


def test_what_fires_comes_first() -> None:
    """Then those that cannot tell and the rest, by name."""
    found = ordered([rule("b"), rule("a"), firing_rule("z")])
    assert [one.name for one in found] == ["z", "a", "b"]


def test_since_when_is_a_column_only_while_something_fires() -> None:
    """While nothing fires the column would be empty, and the others need its room."""
    assert "Firing since" not in cells([rule("b")], columns([rule("b"), rule("a")]))
    assert "Firing since" in cells([rule("b")], columns([rule("b"), firing_rule("a")]))
