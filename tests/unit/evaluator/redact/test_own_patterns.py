"""Patterns of the operator's own, and errors about them."""

from __future__ import annotations

import time

import pytest

from evaluator.errors import ConfigError
from evaluator.redact.redactor import Redactor
from evaluator.settings import RedactionSettings
from tests.builders import make_sample
from tests.unit.evaluator.redact.conftest import KEY

SLOW = {"name": "slow", "pattern": r"(a|aa)+$"}


def built(**settings: object) -> Redactor:
    return Redactor.build(RedactionSettings.model_validate(settings), KEY)


def test_an_own_pattern_has_its_own_placeholder() -> None:
    """Every match of the pattern goes, beside what the built-in rules find."""
    redactor = built(patterns=[{"name": "order_id", "pattern": r"ORD-\d{4}"}])
    assert (
        redactor.text("ORD-1234, ORD-9999, ORD-1234, a@x.de") == "<ORDER_ID_1>, <ORDER_ID_2>, <ORDER_ID_1>, <EMAIL_1>"
    )


def test_an_own_pattern_sees_one_text_at_a_time() -> None:
    """^ and $ are the ends of a text, not of the sample."""
    redactor = built(patterns=[{"name": "only", "pattern": "^bravo$"}])
    redacted = redactor.sample(make_sample("s", ask="bravo", text="alpha bravo"))
    assert redacted.request["messages"][0]["content"] == "<ONLY_1>"
    assert redacted.response["content"][0]["text"] == "alpha bravo"


def test_a_pattern_that_is_too_slow_costs_its_text() -> None:
    """A text that the pattern is not done with in time is replaced whole, and counted; others stay."""
    redactor = built(patterns=[SLOW])
    redacted = redactor.sample(make_sample("s", ask="Where is it?", text="a" * 60 + "b"))
    assert redacted.response["content"][0]["text"] == "<SLOW_TIMEOUT_1>"
    assert redacted.request["messages"][0]["content"] == "Where is it?"
    assert redactor.timeouts == 1


def test_slow_patterns_do_not_hold_up_the_intake() -> None:
    """Many texts that the pattern hangs on take no longer than one: it is given less and less time."""
    redactor = built(patterns=[SLOW])
    messages = [{"role": "user", "content": "a" * 60 + "b" * n} for n in range(1, 200)]
    begun = time.perf_counter()
    redacted = redactor.sample(make_sample("s", request={"messages": messages}))
    assert time.perf_counter() - begun < 2
    assert {message["content"][:5] for message in redacted.request["messages"]} == {"<SLOW"}


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"off": ["e_mail"]}, "did you mean 'email'?"),
        ({"off": ["zzz"]}, "the rules are private_key"),
        ({"patterns": [{"name": "bad", "pattern": "(a"}]}, "redaction.patterns.bad: no regular expression"),
        ({"patterns": [SLOW, SLOW]}, "two patterns are called 'slow'"),
        ({"phone_regions": ["XX"]}, "'XX' is no country code"),
    ],
)
def test_settings_that_cannot_be_followed_are_errors(settings: dict[str, object], told: str) -> None:
    """An unknown rule, a bad or repeated pattern and an unknown region are refused, with the next step."""
    with pytest.raises(ConfigError) as error:
        built(**settings)
    assert told in str(error.value)
