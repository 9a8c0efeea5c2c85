"""A feature's life on a fake clock, hour by hour, through the whole service: what happens when, and what is heard when.

async with playing(tmp_path, clock) as play:
    await play.goes(8, rate=0.95)          # eight hours of good traffic, a look every hour
    await play.goes(4, rate=0.5)           # then a fall
    play.expect("firing", between=(8.5, 10))
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from evaluator.alerts import actions
from evaluator.alerts.actions import Actor
from evaluator.intake.decode import Item
from evaluator.service import Service
from evaluator.settings import DriftSettings, JudgeSettings, Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from store import incidents
from store.silences import Silence
from tests.builders import NOON
from tests.conftest import Clock
from tests.voting import ALONE

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="
HOUR = timedelta(hours=1)
PER_HOUR = 40
ANA = Actor("ana", actions.API)


@dataclass(frozen=True)
class Heard:
    """A message as it arrived: hours since the beginning, its event, and its body."""

    at: float
    event: str
    event_id: str
    data: Mapping[str, Any]


@dataclass
class Timeline:
    """The service on its clock, and what its channels' receivers heard."""

    clock: Clock
    settings: Settings
    service: Service | None = None
    heard: list[Heard] = field(default_factory=list)
    down: set[str] = field(default_factory=set)
    sent: int = 0

    @property
    def hour(self) -> float:
        """Hours since the beginning."""
        return (self.clock() - NOON) / HOUR

    async def goes(self, hours: int, **rates: float) -> None:
        """So many hours in which this share of each feature's answers is good; `rate` is that of the feature chat."""
        assert self.service is not None
        of = {("chat" if name == "rate" else name): share for name, share in rates.items()}
        for _ in range(hours):
            self.clock.now += HOUR
            await self.service.intake.accept([item for name, share in of.items() for item in self._hour(name, share)])
            await self.service.pipeline.drain()
            await self.service.look()
            await self.service.courier.deliver_due()

    def _hour(self, feature: str, share: float) -> list[Item]:
        items = []
        for n in range(PER_HOUR):
            self.sent += 1
            good = (self.sent * 7) % 20 < 20 * share
            at = self.clock() - HOUR + n * HOUR / PER_HOUR
            sample = {"id": f"s{self.sent}", "timestamp": at.isoformat(), "feature": feature}
            items.append(Item(n, {**sample, "response": "Here it is." if good else ""}))
        return items

    def expect(self, event: str, *, between: tuple[float, float], channel: str = "hook") -> Heard:
        """The one message of this event that arrived between these hours."""
        found = [one for one in self.heard if one.event == event and between[0] <= one.at <= between[1]]
        assert len(found) == 1, f"{event} between {between}: {[(one.at, one.event) for one in self.heard]}"
        return found[0]

    def expect_nothing_but(self, *events: str) -> None:
        """These and no others were heard, in this order."""
        assert [one.event for one in self.heard] == list(events), [(one.at, one.event) for one in self.heard]

    async def acknowledge(self) -> None:
        """Ana sees to the one open incident."""
        assert self.service is not None
        store, now = self.service.store, self.clock()
        with store.read() as c:
            (known,) = incidents.find(c, "open")
        await asyncio.wrap_future(store.run(lambda c: actions.acknowledge(c, known.incident_id, ANA, now)))

    async def silence(self, hours: float, **matchers: str) -> None:
        """Nobody is told of what matches for so long."""
        assert self.service is not None
        now = self.clock()
        wanted = Silence(
            silence_id=actions.silence_id(matchers, ANA, (now, now + timedelta(hours=hours)), None),
            kind="silence",
            matchers=matchers,
            starts_at=now,
            ends_at=now + timedelta(hours=hours),
            reason="migration",
            created_at=now,
            created_by="ana",
        )
        await asyncio.wrap_future(self.service.store.run(lambda c: actions.silence(c, wanted, ANA, now)))

    async def restart(self) -> None:
        """The service stops and starts on the same file."""
        assert self.service is not None
        await self.service.stop()
        self.service = Service(self.settings, clock=self.clock, environ=self.environ, scheduled=False)
        await self.service.start()

    environ: dict[str, str] = field(default_factory=dict)

    async def receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """The receiver of all channels: each has a path of its own."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        body = json.loads(await reader.readexactly(int(headers["content-length"])))
        channel = head[0].split(" ")[1].removeprefix("/")
        if channel not in self.down:
            event = body["type"].removeprefix("alert.")
            self.heard.append(Heard(self.hour, event, headers["webhook-id"], body["data"]))
        status = "503 Down" if channel in self.down else "204 Taken"
        writer.write(f"HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".encode())
        await writer.drain()
        writer.close()


@asynccontextmanager
async def playing(folder: Path, clock: Clock, **alerts: Any) -> AsyncIterator[Timeline]:
    """A service with one channel, `hook`, on loopback; `alerts` are further settings of that table."""
    hook = ChannelSettings(name="hook", kind="webhook", url_env="HOOK", secret_env="KEY", allow_private=True)
    settings = Settings(
        database=folder / "leadline.duckdb",
        judge=JudgeSettings(builtin=("smell_heuristic",)),
        drift=DriftSettings(baseline_votes=200, baseline_hours=6),
        alerts=AlertSettings(channels=(hook,), **alerts),
        monitors=ALONE,
    )
    clock.now = NOON
    play = Timeline(clock, settings)
    server = await asyncio.start_server(play.receive, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    play.environ = {"HOOK": f"http://127.0.0.1:{port}/hook", "KEY": SECRET}
    play.service = Service(settings, clock=clock, environ=play.environ, scheduled=False)
    await play.service.start()
    try:
        yield play
    finally:
        await play.service.stop()
        server.close()
        await server.wait_closed()
