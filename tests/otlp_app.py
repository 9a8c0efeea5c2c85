"""The OTLP routes in an app of their own, with a sink that remembers."""

from __future__ import annotations

from typing import Any

import httpx2
from fastapi import FastAPI

from evaluator.api import otlp
from evaluator.api.auth import Keys
from evaluator.api.door import Door
from evaluator.feedback import FeedbackItem
from evaluator.intake.otlp.reader import Reader
from evaluator.intake.parts import Part
from evaluator.settings import Settings
from evaluator.telemetry import Metrics

NO_KEYS = Keys()


class OtlpApp:
    """An app with the OTLP routes alone, what reached its sink, and a client for it."""

    def __init__(self, keys: Keys = NO_KEYS, trouble: Exception | None = None, **settings: Any) -> None:
        self.parts: list[Part] = []
        self.feedback: list[FeedbackItem] = []
        self.metrics = Metrics()
        self._trouble = trouble
        self.trouble_once: Exception | None = None
        self.app = FastAPI(redirect_slashes=False)
        sink, self.door = otlp.Sink(self._add, self._add_feedback), Door(keys, Settings(**settings), self.metrics)
        self.app.include_router(otlp.router(sink, Reader(("app.feature",), self.door.limits), self.door, self.metrics))

    async def _add(self, parts: Any, size: int) -> None:
        trouble, self.trouble_once = self._trouble or self.trouble_once, None
        if trouble:
            raise trouble
        self.parts += parts

    async def _add_feedback(self, items: Any) -> None:
        self.feedback += items

    async def post(self, path: str, content: Any, **headers: str) -> httpx2.Response:
        transport = httpx2.ASGITransport(app=self.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            return await client.post(path, content=content, headers=named)

    def counted(self, signal: str, outcome: str) -> float | None:
        named = {"signal": signal, "outcome": outcome}
        return self.metrics.registry.get_sample_value("leadline_otlp_records_total", named)

    def refused(self, status: int) -> float | None:
        return self.metrics.registry.get_sample_value("leadline_refused_bodies_total", {"status": str(status)})
