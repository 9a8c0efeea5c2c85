"""What the tests with processes of their own need."""

from __future__ import annotations

import signal
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """Processes that these tests start can be interrupted, also when the tests run in a shell's background.

    A shell starts its background jobs with SIGINT ignored, and what is ignored stays ignored in their children.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
