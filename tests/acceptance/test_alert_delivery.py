"""From a fall in the traffic to a signed webhook at the receiver, through the whole service."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook

from evaluator.intake.decode import Item
from evaluator.service import Service
from evaluator.settings import DriftSettings, JudgeSettings, Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from tests.builders import NOON
from tests.conftest import Clock
from tests.voting import ALONE

SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="

pytestmark = pytest.mark.slow


class Receiver(ThreadingHTTPServer):
    """Keeps the requests it gets; answers 503 to the first, unless told otherwise."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers_503_first = True


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        first = self.server.answers_503_first and len(self.server.got) == 1
        self.send_response(503 if first else 204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook receiver on loopback."""
    with Receiver() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def week(*rates: float) -> list[Item]:
    """A day of samples per rate, one every four minutes; a bad one is empty."""
    times = [NOON - timedelta(days=len(rates)) + timedelta(minutes=4 * i) for i in range(360 * len(rates))]
    good = [(i * 7) % 20 < 20 * rates[i // 360] for i in range(len(times))]
    return [
        Item(
            i, {"id": f"s{i}", "timestamp": ts.isoformat(), "feature": "chat", "response": "Here it is." if ok else ""}
        )
        for i, (ts, ok) in enumerate(zip(times, good, strict=True))
    ]


def signed(headers: dict[str, str], body: bytes) -> bool:
    """Whether the signature is the one of Standard Webhooks; the library's own check knows the real time only."""
    stamp = datetime.fromtimestamp(int(headers["webhook-timestamp"]), tz=UTC)
    return headers["webhook-signature"] == Webhook(SECRET).sign(headers["webhook-id"], stamp, body.decode())


async def test_a_fall_reaches_the_receiver_signed(tmp_path: Path, clock: Clock, receiver: Receiver) -> None:
    """Firing and resolved arrive once each, signed, retried with the same id, with the evidence inside."""
    clock.now = NOON - timedelta(days=2)
    url = f"http://127.0.0.1:{receiver.server_port}/hook"
    channel = ChannelSettings(name="hook", kind="webhook", url_env="HOOK", secret_env="HOOK_SECRET", allow_private=True)
    settings = Settings(
        database=tmp_path / "a.duckdb",
        judge=JudgeSettings(builtin=("smell_heuristic",)),
        drift=DriftSettings(baseline_votes=200),
        alerts=AlertSettings(channels=(channel,)),
        monitors=ALONE,
    )
    environ = {"HOOK": url, "HOOK_SECRET": SECRET}
    async with Service(settings, clock=clock, environ=environ, scheduled=False) as service:
        samples = week(0.95, 0.95, 0.95, 0.6, 0.6, 0.95, 0.95)
        for part in (samples[: 5 * 360], samples[5 * 360 :]):
            await service.intake.accept(part)
            await service.pipeline.drain()
            await service.look()
            for _ in range(2):
                await service.courier.deliver_due()
                clock.advance(hours=1)
            clock.now = NOON
    assert all(signed(headers, body) for headers, body in receiver.got)
    events = [json.loads(body) for _, body in receiver.got]
    assert [event["type"] for event in events] == ["alert.firing", "alert.firing", "alert.resolved"]
    assert receiver.got[0][0]["webhook-id"] == receiver.got[1][0]["webhook-id"]
    told = events[1]["data"]
    assert told["value"]["n"] > 0
    assert told["value"]["hi"] < told["baseline"]["rate"]
    assert len(told["examples"]) == 3
