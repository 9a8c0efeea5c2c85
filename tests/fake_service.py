"""The part of the fake API that is about the service itself: who asks, how it fares, what it lacks, its settings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from fastapi import APIRouter, FastAPI, Request
from pydantic import SecretStr

from evaluator.api.auth import Role
from evaluator.api.me import MeView
from evaluator.api.shapes import Finding
from evaluator.api.status_shapes import JobView, SettingView, StatusView
from evaluator.effective import effective
from evaluator.settings import FeatureSettings, Settings
from tests.incident_views import NOW

ADMIN_KEY = "the-admin-key"
SECRET = "whsec_bmVlZGxlIGluIGEgaGF5c3RhY2sgb2YgYnl0ZXM="
"""Set, and shown nowhere."""
JOBS = ("look for drift", "measure coverage", "count votes", "deliver alerts", "delete texts", "settle alerts")


def router(api: FastAPI, hostile: Sequence[str]) -> APIRouter:
    """The endpoints, over the world that the fake shows; in `reader` only one key may act."""
    routes = APIRouter(prefix="/v1")

    def texts() -> Sequence[str]:
        return hostile if api.state.world.scenario == "hostile" else ()

    @routes.get("/me")
    def me(request: Request) -> MeView:
        if not api.state.world.desk.readonly:
            return MeView(name=None, role=Role.ADMIN, via="key" if api.state.world.scenario == "locked" else "open")
        may = request.headers.get("authorization") == f"Bearer {ADMIN_KEY}"
        return MeView(name=None, role=Role.ADMIN if may else Role.READ, via="key")

    @routes.get("/status")
    def status() -> StatusView:
        return status_of(api.state.world.scenario, texts())

    @routes.get("/settings")
    def settings() -> list[SettingView]:
        return settings_of(texts())

    @routes.get("/doctor")
    def doctor() -> list[Finding]:
        return findings_of(api.state.world.scenario, texts())

    return routes


def status_of(scenario: str, texts: Sequence[str] = ()) -> StatusView:
    """A service that has run for three days; one whose disk is full and whose jobs fail in the scenario `unheard`."""
    broken = scenario == "unheard" or bool(texts)
    fresh = scenario == "empty"
    return StatusView(
        version="0.1.0",
        started_at=NOW - timedelta(seconds=5 if fresh else 260_000),
        now=NOW,
        problem=(texts[0] if texts else "the disk is nearly full: free some space") if broken else "",
        database=texts[1] if texts else "/var/lib/leadline/leadline.duckdb",
        database_bytes=1_200 if fresh else 1_234_567_890,
        free_bytes=5_000_000 if broken else 81_000_000_000,
        writer_queue=40 * broken,
        journal_parts=0,
        waiting_parts=0 if fresh else 12,
        waiting_samples=0 if fresh else 3_200,
        waiting_deliveries=int(broken),
        last_look_at=None if fresh else NOW - timedelta(minutes=3),
        jobs=[
            JobView(
                name=name,
                every_seconds=60.0,
                last_at=None if fresh else NOW - timedelta(seconds=20),
                next_at=NOW + timedelta(seconds=40),
                error="StoreUnavailable" if broken and name == "count votes" else "",
            )
            for name in (*JOBS, *texts)
        ],
    )


def settings_of(texts: Sequence[str] = ()) -> list[SettingView]:
    """The defaults with two features; hostile names and values where asked for."""
    owners = {"support-chat": "support", "a.b": "search", **dict(zip(texts, reversed(texts), strict=True))}
    given = Settings(
        features={name: FeatureSettings(owner=owner) for name, owner in owners.items()},
        webhook_secret=SecretStr(SECRET),
    )
    given.read_from(
        {f"features.{name}.owner": "file" for name in owners}
        | dict.fromkeys(("server.port", "webhook_secret"), "environment")
    )
    return [SettingView(**asdict(one)) for one in effective(given)]


def findings_of(scenario: str, texts: Sequence[str] = ()) -> list[Finding]:
    """A problem, a hint and what is in order; nothing but that where all is well."""
    fine = [Finding(area="store", level="ok", what="leadline.duckdb: can be written, 81.0 GB free")]
    if scenario in ("healthy", "empty"):
        return fine
    wrong = [
        Finding(area="judge smell_test", level="hint", what="no key is set", fix="set ANTHROPIC_API_KEY"),
        Finding(area="support-chat via otlp", level="problem", what="no text arrives", fix="switch content on"),
    ]
    return [*fine, *wrong, *(Finding(area=text, level="problem", what=text, fix=text) for text in texts)]
