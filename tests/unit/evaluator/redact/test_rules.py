"""What the built-in rules find, and what they leave alone."""

from __future__ import annotations

import json
import re

import pytest

from evaluator.redact.redactor import Redactor
from evaluator.redact.search import RULES
from evaluator.settings import RedactionSettings
from tests.planted import HARMLESS, PLANTED, Planted
from tests.unit.evaluator.redact.conftest import KEY


@pytest.mark.parametrize("planted", PLANTED, ids=[f"{one.rule}-{one.secret[:24]}" for one in PLANTED])
def test_planted_values_are_found(redactor: Redactor, planted: Planted) -> None:
    """The value goes, a placeholder of its rule stands there, and what stood before it stays."""
    redacted = redactor.text(planted.text)
    assert planted.secret not in redacted
    assert f"<{planted.rule.upper()}_1>" in redacted
    assert redacted.startswith(planted.kept)


@pytest.mark.parametrize("text", HARMLESS)
def test_harmless_texts_stay_as_they_are(redactor: Redactor, text: str) -> None:
    """Versions, sections, dates, identifiers, code and prose about passwords are not touched."""
    assert redactor.text(text) == text


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_its_switch(rule: str) -> None:
    """A rule that is off finds nothing, and no other finds what it would have."""
    without = Redactor.build(RedactionSettings(off=(rule,)), KEY)
    found = [one.text for one in PLANTED if one.rule == rule and f"<{rule.upper()}_" in without.text(one.text)]
    assert not found


@pytest.mark.parametrize(
    ("region", "text"),
    [
        ("US", "(202) 555-0143"),
        ("US", "1-202-555-0143"),
        ("DE", "030 901820"),
        ("DE", "0151/23456789"),
        ("GB", "020 7946 0958"),
        ("FR", "06 12 34 56 78"),
    ],
)
def test_national_numbers_only_for_named_regions(redactor: Redactor, region: str, text: str) -> None:
    """A number without its country's code is a phone number only in the countries that are named."""
    named = Redactor.build(RedactionSettings(phone_regions=(region,)), KEY)
    assert (redactor.text(text), named.text(text)) == (text, "<PHONE_1>")


@pytest.mark.parametrize(
    "text", ["2024-11-20 10:30", "123456789", "12345678901", "4930901820", "1 000 000 000", "555-0143"]
)
def test_regions_do_not_turn_every_number_into_a_phone_number(text: str) -> None:
    """Dates, amounts and bare numbers stay, however many regions are named."""
    named = Redactor.build(RedactionSettings(phone_regions=("US", "DE", "GB", "FR", "ES", "IT")), KEY)
    assert named.text(text) == text


def test_different_ways_to_write_one_value_get_one_number(redactor: Redactor) -> None:
    """Upper case, spaces, hyphens and the trunk zero do not make another value."""
    text = "A@x.de a@X.de +49 30 901820 0049 (0)30-901820, 4111 1111 1111 1111 4111111111111111"
    assert redactor.text(text) == "<EMAIL_1> <EMAIL_1> <PHONE_1> <PHONE_1>, <CARD_1> <CARD_1>"


def test_what_overlaps_goes_whole(redactor: Redactor) -> None:
    """A key inside a password field is named by the stronger rule, and nothing of either is left."""
    assert redactor.text('{"password": "sk-ant-api03-abcdefghijklmnop0123"}') == '{"password": "<API_KEY_1>"}'


@pytest.mark.parametrize(
    ("given", "redacted"),
    [
        (r'{"a": "x\nkim@example.dev"}', r'{"a": "x\n<EMAIL_1>"}'),
        (r'{"a": "\u00e4kim@example.dev"}', '{"a": "<EMAIL_1>"}'),
        ('{"card": 4111111111111111}', '{"card": "<CARD_1>"}'),
        ('{"a": "{\\"card\\": 4111111111111111}"}', '{"a": "{\\"card\\": \\"<CARD_1>\\"}"}'),
        ('["kim@example.dev", "+49 30 901820"]', '["<EMAIL_1>", "<PHONE_1>"]'),
        ('{"password": "a\\"b-c"}', '{"password": "<PASSWORD_1>"}'),
    ],
)
def test_json_stays_json(redactor: Redactor, given: str, redacted: str) -> None:
    """A text that was JSON is JSON afterwards: escapes stay whole, and a number becomes a text."""
    assert redactor.text(given) == redacted


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.secret[:12])
@pytest.mark.parametrize("times", [1, 2])
def test_json_in_a_text_hides_nothing(redactor: Redactor, planted: Planted, times: int) -> None:
    """The result of a tool is often JSON, and its line ends and quotes escapes, once or twice."""
    given = f"line\n\t{planted.text}\nend"
    for _ in range(times):
        given = json.dumps({"out": given})
    assert json.dumps(planted.secret)[1:-1] not in redactor.text(given)


@pytest.mark.parametrize(
    "text",
    [
        "202-555-0143 / 202-555-0144",
        "030 901820 / 030 901821",
        "030 901820 030 901821",
        "030 901820 (202) 555-0143",
        "+1 202 555 0143 / 202 555 0144",
        "+49 30 901820 (202) 555-0143",
    ],
)
def test_two_numbers_side_by_side_are_two(text: str) -> None:
    """A phone number that follows another is found too, whichever country's they are."""
    redactor = Redactor.build(RedactionSettings(phone_regions=("DE", "US")), b"k" * 32)
    assert re.fullmatch(r"<PHONE_1> (/ )?<PHONE_2>", redactor.text(text))
