"""A monotonic clock that stands still until a test moves it, and a sleep that moves it."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from tests.builders import NOON


class FakeTime:
    """`clock` and `sleep` for whoever takes them as arguments. Who sleeps at the same time does so side by side."""

    def __init__(self, now: float = 1_000.0) -> None:
        self.begun = self.now = now
        self.naps: list[float] = []

    def clock(self) -> float:
        """Seconds since some time or other."""
        return self.now

    def utc(self) -> datetime:
        """The same time as a date: noon of 2026-11-20 at the beginning."""
        return NOON + timedelta(seconds=self.now - self.begun)

    def advance(self, seconds: float) -> None:
        """Lets time pass."""
        self.now += seconds

    async def sleep(self, seconds: float) -> None:
        """Returns at once, with the clock where it would be."""
        until = self.now + seconds
        self.naps.append(seconds)
        await asyncio.sleep(0)
        self.now = max(self.now, until)
