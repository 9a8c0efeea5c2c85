"""A week of the demo's traffic with a hundred monitors: how many messages that is, and of what."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from evaluator import config
from evaluator.demo.traffic import FOLDER, Script, load, week
from evaluator.intake.decode import Item
from evaluator.service import Service
from evaluator.settings import Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from store import monitors, outbox
from store.outbox import Notification
from tests.acceptance.test_alert_delivery import Receiver, receiver
from tests.acceptance.timeline import SECRET
from tests.builders import NOON
from tests.conftest import Clock

__all__ = ["receiver"]
pytestmark = pytest.mark.slow

STEP = timedelta(hours=6)
HOOK = ChannelSettings(name="hook", kind="webhook", url_env="HOOK", secret_env="KEY", allow_private=True)
COPIES = 5
"""Quiet copies of the demo's features, under other names: with them a hundred monitors and more are watched."""


def crowded() -> Script:
    """The demo's script, and features like its own in which nothing happens."""
    script = load()
    quiet = [replace(script.features[n % 3], name=f"quiet-{n}", changes=()) for n in range(COPIES)]
    return replace(script, features=(*script.features, *quiet))


def settings(file: Path) -> Settings:
    """The demo's own configuration, with a channel."""
    found = config.load(FOLDER / "leadline.toml", database=file, log_level="error")
    return found.model_copy(update={"alerts": AlertSettings(channels=(HOOK,))})


async def told(script: Script, service: Service, clock: Clock) -> list[Notification]:
    """What is told in the week, looked at every six hours as it goes by."""
    items = week(script, NOON)
    while clock.now < NOON:
        clock.now += STEP
        arrived = [one for one in items if clock.now - STEP <= _ts(one["timestamp"]) < clock.now]
        await service.intake.accept([Item(n, one) for n, one in enumerate(arrived)])
        await service.pipeline.drain()
        await service.look()
        await service.courier.deliver_due()
    with service.store.read() as c:
        return list(reversed(outbox.notifications(c)))


async def test_a_week_of_a_hundred_monitors(tmp_path: Path, clock: Clock, receiver: Receiver) -> None:
    """Each true regression is one incident, told once when it begins; the mix shift and the quiet features are none."""
    script = crowded()
    clock.now = NOON - timedelta(days=script.days)
    environ = {"HOOK": f"http://127.0.0.1:{receiver.server_port}/hook", "KEY": SECRET}
    receiver.answers_503_first = False
    async with Service(settings(tmp_path / "week.duckdb"), clock=clock, environ=environ, scheduled=False) as service:
        found = await told(script, service, clock)
        with service.store.read() as c:
            watched = sum(one.state not in ("off", "superseded") for one in monitors.monitors(c))
    true = {feature.name for feature, change in script.changes() if change.regression}
    began = [one.data["monitor"]["feature"] for one in found if one.event == "firing"]
    counts = Counter(one.event for one in found)
    alerts = sum(one.data["incident"]["count"] for one in found if one.event == "firing")
    print(
        f"a week of {watched} monitors (100): {len(found)} messages, {dict(counts)}; {alerts} alerts at their beginning"
        f"; of {sorted(began)} (each true regression once: {sorted(true)})"
    )
    assert watched >= 100
    assert sorted(began) == sorted(true)
    assert len(receiver.got) == len(found)
    assert len({headers["webhook-id"] for headers, _ in receiver.got}) == len(found)


def _ts(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
