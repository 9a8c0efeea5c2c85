"""Fixtures that every part's tests share."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from store.store import Store
from tests.builders import NOON

pytest_plugins = ("tests.figures",)


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **delta: float) -> datetime:
        """Move on by timedelta(**delta), e.g. advance(minutes=15)."""
        self.now += timedelta(**delta)
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A settable clock that starts at noon of 2026-11-20 UTC."""
    return Clock()


@pytest.fixture
def rng() -> random.Random:
    """A seeded random generator."""
    return random.Random(20261120)


@pytest.fixture
def store(clock: Clock) -> Iterator[Store]:
    """An open store in memory, with its writer running."""
    with Store.open(None, clock=clock) as opened:
        yield opened
