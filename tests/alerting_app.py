"""A real service with its pages after a real fall: `python -m tests.alerting_app` prints its address and serves it."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn

from evaluator import process
from evaluator.api.app import create_app
from evaluator.intake.decode import Item
from evaluator.service import Service
from evaluator.settings import DriftSettings, JudgeSettings, Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from tests.fake_api import address, listening
from tests.voting import ALONE

RATES = (0.95, 0.95, 0.95, 0.6)
SECRET = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo="


def days(end: datetime) -> list[Item]:
    """A day of samples per rate, one every four minutes, until `end`; a bad one is empty."""
    times = [end - timedelta(days=len(RATES)) + timedelta(minutes=4 * i) for i in range(360 * len(RATES))]
    good = [(i * 7) % 20 < 20 * RATES[i // 360] for i in range(len(times))]
    return [
        Item(
            i, {"id": f"s{i}", "timestamp": ts.isoformat(), "feature": "chat", "response": "Here it is." if ok else ""}
        )
        for i, (ts, ok) in enumerate(zip(times, good, strict=True))
    ]


async def serve(folder: Path) -> None:
    """A fall of 35 points that ended a minute ago, told to a channel that nobody listens at."""
    from ui.server import create_app as with_pages

    channel = ChannelSettings(name="hook", kind="webhook", url_env="HOOK", secret_env="HOOK_SECRET", allow_private=True)
    settings = Settings(
        database=folder / "a.duckdb",
        judge=JudgeSettings(builtin=("smell_heuristic",)),
        drift=DriftSettings(baseline_votes=200),
        alerts=AlertSettings(channels=(channel,)),
        monitors=ALONE,
    )
    environ = {"HOOK": "http://127.0.0.1:9/hook", "HOOK_SECRET": SECRET}
    listener = listening(0)
    async with Service(settings, environ=environ, scheduled=False) as service:
        await service.intake.accept(days(datetime.now(UTC) - timedelta(minutes=1)))
        await service.pipeline.drain()
        await service.monitors.check()
        await service.incidents.settle()
        app = with_pages(create_app(service), api_url=address(listener))
        print(address(listener), flush=True)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)
        await uvicorn.Server(config).serve([listener])


if __name__ == "__main__":
    process.bring_back_pandas()
    with tempfile.TemporaryDirectory(prefix="leadline-alerting-") as name:
        asyncio.run(serve(Path(name)))
