"""How much text is kept."""

from __future__ import annotations

import pytest

from evaluator.redact.keep import TextPolicy
from evaluator.settings import Settings
from store.records import Sample, TextState
from tests.builders import NOON, make_sample, make_verdict


def policy(**settings: object) -> TextPolicy:
    return TextPolicy(Settings.model_validate(settings))


HEALTH = {"health": {"text": {"keep": "none"}}}


@pytest.mark.parametrize(
    ("settings", "feature", "withheld"),
    [
        ({}, "chat", False),
        ({}, None, False),
        ({"features": HEALTH}, "health", True),
        ({"features": HEALTH}, "chat", False),
        ({"features": HEALTH}, None, True),
        ({"text": {"keep": "none"}}, "chat", True),
        ({"text": {"keep": "none"}}, None, True),
        ({"text": {"keep": "failures"}}, "chat", False),
    ],
)
def test_whose_text_is_withheld(settings: dict[str, object], feature: str | None, withheld: bool) -> None:
    """None keeps a feature's text off the disk; a feature that is not known yet may be one of those."""
    assert policy(**settings).withholds(feature) is withheld


def test_a_withheld_sample_has_no_text() -> None:
    """Request, response and reference go; the error, the hash and everything else stay."""
    sample = make_sample("s", feature="health", reference="x", error="overloaded", text_hash="h")
    stored = policy(features=HEALTH).stored(sample)
    assert (stored.request, stored.response, stored.reference, stored.text) == ({}, {}, None, TextState.WITHHELD)
    assert (stored.error, stored.text_hash, stored.model) == ("overloaded", "h", sample.model)


def test_a_sample_that_came_without_text_stays_so() -> None:
    """Missing text was never there to be withheld: set-up hints tell the two apart."""
    missing = Sample(sample_id="s", ts=NOON, received_at=NOON, feature="health", text=TextState.MISSING)
    assert policy(features=HEALTH).stored(missing) is missing


def test_explanations_go_where_the_text_goes() -> None:
    """A judge's explanation may quote: it is stored only where the text is."""
    health = policy(features=HEALTH)
    assert health.explained(make_verdict("s", feature="health", explanation="quote")).explanation is None
    assert health.explained(make_verdict("s", feature="chat", explanation="quote")).explanation == "quote"
