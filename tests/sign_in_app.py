"""The service where people sign in, with a clock that can be moved: `python -m tests.sign_in_app CONFIG DATABASE`.

It prints its address and serves the pages, too; POST /api/later/{hours} moves the clock.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import uvicorn

from evaluator import config, process
from evaluator.api.app import create_app
from evaluator.service import Service
from tests.fake_api import address, listening


async def serve(file: Path, database: Path) -> None:
    """The service of this configuration, without its scheduler."""
    from ui.server import create_app as with_pages

    ahead = timedelta(0)
    settings, listener = config.load(file, database=database), listening(0)
    async with Service(settings, clock=lambda: datetime.now(UTC) + ahead, environ={}, scheduled=False) as service:
        api = create_app(service)

        @api.post("/api/later/{hours}")
        def later(hours: float) -> None:
            nonlocal ahead
            ahead += timedelta(hours=hours)

        app = with_pages(api, api_url=address(listener), keys=api.state.keys, settings=settings)
        print(address(listener), flush=True)
        running = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3)
        await uvicorn.Server(running).serve([listener])


if __name__ == "__main__":
    process.bring_back_pandas()
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2])))
