"""Plain rules as rows of the overview's table."""

from __future__ import annotations

from datetime import UTC

import pytest

from tests.fake_api import HOSTILE
from tests.rule_views import firing_rule, rule, slow_rule
from ui.components.rule_table import ordered, row, table


def test_a_firing_rule_shows_what_it_saw_its_limit_and_since_when() -> None:
    """The state as sign and word, the pass rate, the limit with its side, what it needs, its price, and the time."""
    told = row(firing_rule("five points"), UTC)
    assert told["State"] == ["▲ firing"]
    assert told["Rule"] == "five points: pass rate down 5 points over the last 100 votes"
    assert (told["Now"], told["Limit"], told["n (least)"]) == ("88.0\xa0%", "≤ 92.1\xa0%", "104 (100)")
    assert told["False alarms"] == "17.2 [9, 27]"
    assert told["Firing since"] == "Wed 18 Nov 15:00 UTC"


def test_a_quantile_is_shown_in_its_own_unit() -> None:
    """Milliseconds are no percentages; what fires lies above the limit."""
    told = row(slow_rule(), UTC)
    assert (told["Now"], told["Limit"], told["Firing since"]) == ("8,140", "> 10,000", "")


def test_a_share_fires_above_its_limit() -> None:
    """An error rate is a percentage, and its limit has to be passed."""
    assert row(rule("errs", kind="rate", limit=0.02), UTC)["Limit"] == "> 2.0\xa0%"


def test_what_is_not_known_is_said() -> None:
    """Without a baseline there is neither a limit of a drop nor a price; without votes there is no value."""
    told = row(rule("new", state="no_data", reason="no_baseline", value=None, limit=None, n=0.0), UTC)
    assert (told["State"], told["Now"], told["Limit"]) == (["– no data"], "no data", "no baseline")
    assert row(slow_rule(), UTC)["False alarms"] == "unknown"


def test_too_few_votes_are_no_learning() -> None:
    """A rule below its least n waits for votes; one that has no baseline waits for that."""
    reasons = ("insufficient", "no_baseline")
    states = [row(rule("few", state="insufficient", reason=reason), UTC)["State"] for reason in reasons]
    assert states == [["… too few"], ["… learning"]]


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_names_are_one_line_and_no_formula(text: str) -> None:
    """Feature and judge stand as text that a spreadsheet does not compute."""
    told = row(rule("five points", text, text), UTC)
    for name in (told["Feature"], told["Judge"]):
        assert not name.startswith(("=", "+", "-", "@"))
        assert "\n" not in name


def test_what_fires_comes_first() -> None:
    """Then those that cannot tell and the rest, by name."""
    found = ordered([rule("b"), rule("a"), firing_rule("z")])
    assert [one.name for one in found] == ["z", "a", "b"]


def test_since_when_is_a_column_only_while_something_fires() -> None:
    """While nothing fires the column would be empty, and the others need its room."""
    assert "Firing since" not in table([rule("b"), rule("a")], UTC)[0]
    assert all("Firing since" in told for told in table([rule("b"), firing_rule("a")], UTC))
