"""Fixtures that every part's tests share."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from store.store import Store
from tests.builders import NOON

if TYPE_CHECKING:
    from fastapi import FastAPI

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


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[FastAPI, str]]:
    """The fake service in this process, and its address."""
    from tests.fake_api import create_api, serving

    api = create_api()
    with serving(api) as url:
        yield api, url
