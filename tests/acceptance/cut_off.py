"""A process that looks, decides and delivers, and is killed on the way.

It is killed at a point: `write:N` (at the N-th write to the store, before its commit), `written:N` (right after it),
`sending` (before the first request to the receiver), or `sent` (when the receiver has answered it, before anything is
noted); or `never`.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, cast

from evaluator.alerts.channels import build
from evaluator.alerts.incidents import Incidents
from evaluator.alerts.message import Channel, Message
from evaluator.alerts.outbox import Courier, Means
from evaluator.monitors.watch import Monitors
from evaluator.settings import DriftSettings, Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from evaluator.telemetry import Metrics, configure_logging
from store.database import Connection
from store.store import Store
from tests.builders import NOON
from tests.voting import ALONE, nobody_waits

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
HOOK = ChannelSettings(name="hook", kind="webhook", url_env="HOOK", secret_env="HOOK_SECRET", allow_private=True)
SETTINGS = Settings(
    drift=DriftSettings(baseline_votes=200, baseline_hours=6), alerts=AlertSettings(channels=(HOOK,)), monitors=ALONE
)


def die() -> None:
    """kill -9 by our own hand: nothing gets a chance to tidy up."""
    os.kill(os.getpid(), signal.SIGKILL)


class Mortal:
    """A store whose process dies at one of its writes."""

    def __init__(self, store: Store, point: str) -> None:
        self._store = store
        self._moment, _, number = point.partition(":")
        self._left = int(number or 0)

    def read(self) -> AbstractContextManager[Connection]:
        return self._store.read()

    def run(self, operation: Callable[[Connection], Any]) -> Future[Any]:
        self._left -= 1
        if self._left:
            return self._store.run(operation)
        if self._moment == "written":
            self._store.run(operation).result()
            die()
        return self._store.run(lambda c: (operation(c), die()))


class MortalChannel:
    """A channel whose process dies before the receiver hears of a message, or when it has."""

    def __init__(self, channel: Channel, point: str) -> None:
        self.name = channel.name
        self._channel = channel
        self._point = point

    async def send(self, message: Message) -> None:
        if self._point == "sending":
            die()
        await self._channel.send(message)
        if self._point == "sent":
            die()


async def run(file: Path, url: str, point: str) -> None:
    """One look, one pass, one round of deliveries."""
    with Store.open(file, clock=lambda: NOON) as opened:
        store = cast("Store", Mortal(opened, point))
        watching = Monitors(store, SETTINGS, lambda: NOON, Metrics(), {"tone": "v1"}, waiting=nobody_waits)
        await watching.look(NOON)
        await Incidents(store, SETTINGS, lambda: NOON).settle()
        channels = build(SETTINGS.alerts, {"HOOK": url, "HOOK_SECRET": SECRET})
        means = Means(lambda: NOON, random.Random(1))
        mortal = [MortalChannel(channel, point) for channel in channels]
        await Courier(store, mortal, means, SETTINGS.alerts).deliver_due()


def main(file: str, url: str, point: str) -> None:
    """What the process does."""
    configure_logging("error")
    asyncio.run(run(Path(file), url, point))
