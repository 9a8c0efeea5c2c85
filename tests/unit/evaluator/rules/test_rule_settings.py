"""Plain rules in leadline.toml."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from evaluator.backtest.report import changed, tables
from evaluator.errors import InputError
from evaluator.rules.subject import in_words
from evaluator.settings import Settings

DROP = {"name": "five points", "kind": "drop", "points": 5, "window_votes": 100}
ERRORS = {"name": "errors", "kind": "rate", "of": "errors", "limit": 0.02}


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (DROP, "pass rate down 5 points over the last 100 votes"),
        (ERRORS | {"for_looks": 4}, "errors above 2 % over 60 minutes, 4 looks in a row"),
        (ERRORS | {"of": "judge_errors", "window_minutes": 1440}, "judge errors above 2 % over 1,440 minutes"),
    ],
)
def test_a_rule_in_words(rule: dict[str, object], words: str) -> None:
    """What people read of a rule says all of it."""
    assert in_words(Settings.model_validate({"rules": [rule]}).rules[0]) == words


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ([DROP | {"window_minutes": 60}], "window_minutes or window_votes, not both"),
        ([DROP | {"min_n": 200}], "lower it"),
        ([DROP, DROP], "two rules are called five points"),
        ([ERRORS | {"of": "refusals"}], "judge_errors"),
        ([{"name": "a", "kind": "sum"}], "kind"),
    ],
)
def test_a_mistake_is_named(rules: list[dict[str, object]], told: str) -> None:
    """A rule that could never fire, or that nobody can tell from another, is refused."""
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"rules": rules})
    assert told in str(caught.value)


def test_another_configuration_travels_as_json() -> None:
    """The tables that a replay can follow are read back as they were."""
    other = Settings.model_validate({"rules": [DROP, ERRORS], "drift": {"min_drop": 0.1}})
    found = changed(Settings(), tables(other))
    assert (found.rules, found.drift, found.features) == (other.rules, other.drift, other.features)


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ({"judge": {}}, "judge cannot be replayed"),
        ({"drift": {"min_drop": 7}}, r"config: drift\.min_drop: "),
        ({"rules": [DROP, DROP]}, "config: rules: .*two rules are called five points"),
    ],
)
def test_what_cannot_be_replayed_is_named(config: dict[str, object], told: str) -> None:
    """Verdicts are given again by nobody, and a bad value is met with its place."""
    with pytest.raises(InputError, match=told):
        changed(Settings(), config)
