"""How the service fares and with which settings it runs, over HTTP."""

from __future__ import annotations

from pathlib import Path

from fastapi.testclient import TestClient
from pydantic import SecretStr

from evaluator.api.app import create_app
from evaluator.api.auth import Role, new_key
from evaluator.api.gauges import measure
from evaluator.service import Service, utc_now
from evaluator.settings import Settings
from store import monitors
from tests.acceptance.test_me import served
from tests.builders import make_sample
from tests.conftest import Clock
from tests.unit.store.test_monitors import MONITOR


async def test_a_fresh_service_fares_well(tmp_path: Path, clock: Clock) -> None:
    """It is ready, nothing waits, its file has a size, and nothing was looked at yet."""
    async with served(tmp_path, clock) as (client, _):
        told = (await client.get("/v1/status")).json()
    assert told["database_bytes"] > 0
    assert told["free_bytes"] > 0
    waits = ("writer_queue", "journal_parts", "waiting_parts", "waiting_samples", "waiting_deliveries")
    assert (told["problem"], [told[name] for name in waits]) == ("", [0] * 5)
    assert (told["started_at"], told["last_look_at"], told["jobs"]) == ("2026-11-20T12:00:00Z", None, [])


async def test_the_gauge_of_the_size_counts_the_log_too(tmp_path: Path, clock: Clock) -> None:
    """What has just come lies in the log, and /metrics tells the size of both as the store does."""
    async with Service(Settings(database=tmp_path / "me.duckdb"), clock=clock, environ={}, scheduled=False) as service:
        service.store.append_samples([make_sample("a")]).result()
        await measure(service)
        with TestClient(create_app(service), base_url="http://localhost") as client:
            told = client.get("/metrics").text
        assert (tmp_path / "me.duckdb.wal").stat().st_size > 0
        assert f"leadline_database_bytes {float(service.store.size_bytes() or 0)}\n" in told


async def test_a_look_is_told(tmp_path: Path, clock: Clock) -> None:
    """When everything was looked at last, also when somebody asked for it."""
    async with served(tmp_path, clock) as (client, _):
        clock.advance(minutes=15)
        await client.post("/v1/checks", json={})
        told = (await client.get("/v1/status")).json()
    assert told["last_look_at"] == "2026-11-20T12:15:00Z"


async def test_the_look_of_an_earlier_process_is_told(tmp_path: Path, clock: Clock) -> None:
    """After a restart, until the first look, it is up to when the stored looks go."""
    async with Service(Settings(database=tmp_path / "me.duckdb"), clock=clock, environ={}, scheduled=False) as before:
        before.store.run(lambda c: monitors.save_monitors(c, [MONITOR])).result()
    async with served(tmp_path, clock) as (client, _):
        told = (await client.get("/v1/status")).json()
    assert told["last_look_at"] == "2026-11-20T13:00:00Z"


async def test_jobs_are_told(tmp_path: Path) -> None:
    """What is done by the clock, with its next time."""
    async with Service(Settings(database=tmp_path / "j.duckdb"), clock=utc_now, environ={}) as service:
        jobs = {run.name: run for run in service.scheduler.runs()}
    assert jobs["look for drift"].every_seconds == 900
    assert all(run.next_at is not None for run in jobs.values())


async def test_settings_are_told_without_secrets_to_who_may_read(tmp_path: Path, clock: Clock) -> None:
    """A read key sees the settings, an ingest key does not; no part of any secret or of its hash is in them."""
    (reader, entry), (sender, other) = new_key(Role.READ), new_key(Role.INGEST)
    keys = (SecretStr(entry), SecretStr(other))
    async with served(tmp_path, clock, keys=keys, helicone_key=SecretStr("S3CRET")) as (client, _):
        told = await client.get("/v1/settings", headers={"x-api-key": reader})
        refused = [await client.get(f"/v1/{path}", headers={"x-api-key": sender}) for path in ("settings", "status")]
    rows = {row["name"]: row for row in told.json()}
    assert (rows["keys"]["value"], rows["helicone_key"]["value"], rows["server.port"]["value"]) == (
        "set",
        "set",
        "8321",
    )
    assert [part for part in ("S3CRET", entry[5:13], other[7:15], reader[:12]) if part in told.text] == []
    assert [answer.status_code for answer in refused] == [403, 403]
