"""Presidio behind the same interface, without a language model."""

from __future__ import annotations

import pytest

from evaluator.errors import ConfigError
from evaluator.redact import presidio
from evaluator.redact.redactor import Redactor
from evaluator.settings import RedactionSettings
from tests.unit.evaluator.redact.conftest import KEY

BITCOIN = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


def test_entities_with_patterns_need_no_model() -> None:
    """What Presidio finds by pattern has its placeholder, beside the built-in rules."""
    redactor = Redactor.build(RedactionSettings(presidio=True, presidio_entities=("CRYPTO",)), KEY)
    assert redactor.text(f"pay {BITCOIN} or a@x.de") == "pay <CRYPTO_1> or <EMAIL_1>"


def test_names_need_a_model() -> None:
    """Without a model for names the error says what to run; nothing is downloaded."""
    with pytest.raises(ConfigError, match="python -m spacy download"):
        presidio.build(("PERSON",))


def test_an_unknown_entity_is_an_error() -> None:
    """A misspelt entity is named, with those that exist."""
    with pytest.raises(ConfigError, match=r"'CRYPTOS' is not known; known: .*CRYPTO"):
        presidio.build(("CRYPTOS",))
