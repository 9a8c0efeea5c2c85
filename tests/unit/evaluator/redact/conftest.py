"""A redactor as it is without settings."""

from __future__ import annotations

import pytest

from evaluator.redact.redactor import Redactor
from evaluator.settings import RedactionSettings

KEY = b"a key of thirty-two bytes, or so"


@pytest.fixture(scope="session")
def redactor() -> Redactor:
    """All built-in rules."""
    return Redactor.build(RedactionSettings(), KEY)
