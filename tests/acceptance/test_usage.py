"""Usage over HTTP: today beside yesterday and a week ago, in the reader's days, equal to a recount."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from evaluator.service import Service
from evaluator.settings import SamplingRule, SamplingSettings, Settings
from store import usage
from tests.builders import make_sample, make_verdict
from tests.conftest import Clock
from tests.in_process import client_of

Open = Callable[..., AbstractAsyncContextManager[tuple[Service, httpx2.AsyncClient]]]
NOW = datetime(2026, 11, 20, 12, 7, tzinfo=UTC)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def opened(tmp_path: Path, clock: Clock) -> Open:
    """A service without judges, and a client of its API; it is seven minutes past noon."""
    clock.now = NOW

    @asynccontextmanager
    async def open_(**given: Any) -> AsyncIterator[tuple[Service, httpx2.AsyncClient]]:
        settings = Settings(database=tmp_path / "a.duckdb", **given)
        async with (
            Service(settings, clock=clock, environ={}, scheduled=False) as service,
            client_of(service) as client,
        ):
            yield service, client

    return open_


def calls(service: Service, *at: datetime, **fields: Any) -> None:
    """A kept call at each of these times, counted."""
    named = [make_sample(f"{ts:%d%H%M%S}-{fields.get('feature', '')}", ts=ts, **fields) for ts in at]
    service.store.append_samples(named).result()
    service.store.run(usage.refresh).result()


def votes(service: Service, at: datetime, n: int, passes: int, judge: str = "tone", **fields: Any) -> None:
    """So many verdicts on samples of this time."""
    told = [make_verdict(f"{at:%d%H}-{i}", passed=i < passes, ts=at, judge=judge, **fields) for i in range(n)]
    service.store.append_verdicts(told).result()


async def told(client: httpx2.AsyncClient, **asked: Any) -> dict[str, Any]:
    answer = await client.get("/v1/usage", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_an_empty_service_used_nothing(opened: Open) -> None:
    """Without traffic there is no feature and no day, and the sums are 0."""
    async with opened() as (_, client):
        found = await told(client)
    assert (found["features"], found["days"], found["rates"]) == ([], [], [])
    assert (found["total"]["today"]["calls"], found["total"]["today"]["usd"]) == (0, 0)
    assert found["disk"]["free_bytes"] > 0


async def test_today_is_compared_with_the_same_time_of_day(opened: Open) -> None:
    """Yesterday counts whole, and up to the last full quarter hour beside today up to it; so does a week ago."""
    async with opened() as (service, client):
        calls(service, NOW - 2 * HOUR, NOW - timedelta(minutes=2))
        calls(service, NOW - DAY - 3 * HOUR, NOW - DAY - timedelta(minutes=2), NOW - DAY + 3 * HOUR)
        calls(service, *(NOW - 7 * DAY - n * HOUR for n in (1, 2, 3)), NOW - 6 * DAY)
        found = (await told(client))["total"]
    assert (found["today"]["calls"], found["yesterday"]["calls"]) == (2, 3)
    assert [found["by_now"][name]["calls"] for name in ("today", "yesterday", "last_week")] == [1, 1, 3]


async def test_days_are_the_readers(opened: Open) -> None:
    """Half past eleven in the evening of UTC is the next day in Berlin, and today there begins an hour earlier."""
    late = NOW.replace(hour=23, minute=30) - DAY
    async with opened() as (service, client):
        calls(service, late)
        utc, berlin = [await told(client, zone=zone) for zone in ("UTC", "Europe/Berlin")]
    assert (utc["total"]["today"]["calls"], utc["total"]["yesterday"]["calls"]) == (0, 1)
    assert (berlin["total"]["today"]["calls"], berlin["total"]["yesterday"]["calls"]) == (1, 0)
    assert ([day["day"] for day in utc["days"]], [day["day"] for day in berlin["days"]]) == (
        ["2026-11-19"],
        ["2026-11-20"],
    )


async def test_a_day_that_is_an_hour_longer_is_a_day(opened: Open, clock: Clock) -> None:
    """Where the clock went back in between, a day has 25 hours, and the same time of day is 25 hours ago."""
    clock.now = datetime(2026, 10, 25, 12, 0, tzinfo=UTC)
    async with opened() as (service, client):
        clock.now = datetime(2026, 10, 25, 12, 0, tzinfo=UTC)
        calls(service, datetime(2026, 10, 24, 10, 30, tzinfo=UTC), datetime(2026, 10, 24, 11, 30, tzinfo=UTC))
        calls(service, datetime(2026, 10, 24, 22, 0, tzinfo=UTC))
        found = (await told(client, zone="Europe/Berlin"))["total"]
    assert (found["today"]["calls"], found["yesterday"]["calls"], found["by_now"]["yesterday"]["calls"]) == (1, 2, 1)


async def test_a_day_that_just_began_is_compared_with_nothing(opened: Open, clock: Clock) -> None:
    """In the first quarter hour of a day there is nothing to compare."""
    async with opened() as (service, client):
        clock.now = NOW.replace(hour=0)
        calls(service, clock.now, clock.now - DAY)
        found = (await told(client))["total"]
    assert (found["today"]["calls"], found["yesterday"]["calls"], found["by_now"]) == (1, 1, None)


@pytest.mark.parametrize("zone", ["Mars", "../etc/passwd", "Europe", "", "a\0b"])
async def test_an_unknown_zone_is_refused(opened: Open, zone: str) -> None:
    """The answer says what to give instead."""
    async with opened() as (_, client):
        for path in ("/v1/usage", "/v1/overview"):
            answer = await client.get(path, params={"zone": zone})
            assert (answer.status_code, "Europe/Berlin" in answer.json()["detail"]) == (422, True)


async def test_what_sampling_left_out_is_estimated(opened: Open) -> None:
    """Half of the calls are kept: all count as calls, and the tokens of the kept ones stand for all."""
    half = SamplingSettings(rules=(SamplingRule(name="half", when={}, rate=0.5),))
    async with opened(sampling=half) as (service, client):
        one = {"request": "Why?", "usage": {"input_tokens": 10, "output_tokens": 2}, "model": "claude-haiku-5-5"}
        sent = [{**one, "response": f"Because {n}.", "session_id": f"s{n}"} for n in range(200)]
        report = (await client.post("/v1/samples", json=sent)).json()
        service.store.run(usage.refresh).result()
        today = (await told(client))["total"]["today"]
    assert (today["calls"], today["kept"], today["estimated"]) == (200, report["accepted"], True)
    assert (today["input_tokens"], today["output_tokens"]) == (20 * today["kept"], 4 * today["kept"])
    assert today["usd"] == pytest.approx(2 * today["kept"] * (10 * 0.1 + 2 * 0.5) / 1e6, rel=0.01)


async def test_features_stand_apart_the_busiest_first(opened: Open) -> None:
    """Each feature has its own sums, and the total has all of them."""
    async with opened() as (service, client):
        calls(service, NOW - HOUR, feature="rare", cost_usd=0.5)
        calls(service, NOW - HOUR, NOW - 2 * HOUR, feature="busy", output_tokens=3)
        found = await told(client)
    assert [(one["feature"], one["today"]["calls"]) for one in found["features"]] == [("busy", 2), ("rare", 1)]
    assert [one["today"]["usd"] for one in found["features"]] == [None, 0.5]
    assert (found["total"]["today"]["usd"], found["total"]["today"]["unpriced"]) == (0.5, 2)


async def test_a_difference_within_noise_is_no_difference(opened: Open) -> None:
    """A fall of ten points in thirty votes is within chance, one of fifty is not; the interval says how sure it is."""
    async with opened() as (service, client):
        for judge, now in (("noisy", 26), ("fallen", 14)):
            votes(service, NOW - DAY - HOUR, 30, 29, judge)
            votes(service, NOW - HOUR, 30, now, judge)
        await service.monitors.count()
        fallen, noisy = (await told(client))["rates"]
    assert (noisy["since_yesterday"]["beyond_chance"], fallen["since_yesterday"]["beyond_chance"]) == (False, True)
    assert noisy["since_yesterday"]["change"] == pytest.approx(-0.1)
    assert noisy["since_yesterday"]["lo"] < 0 < noisy["since_yesterday"]["hi"]
    assert (noisy["since_last_week"], noisy["last_week"]["rate"]) == (None, None)


async def test_judge_versions_are_never_mixed(opened: Open) -> None:
    """An edited judge begins anew: what the version before said yesterday is nothing to compare with."""
    async with opened() as (service, client):
        votes(service, NOW - DAY - HOUR, 30, 29, judge_version="v1")
        votes(service, NOW - HOUR, 30, 10, judge_version="v2")
        await service.monitors.count()
        rates = (await told(client))["rates"]
    assert [(one["judge_version"], one["since_yesterday"]) for one in rates] == [("v1", None), ("v2", None)]


async def test_the_overview_is_what_its_parts_tell(opened: Open) -> None:
    """Each part of the one answer equals the answer of its own route, and all but the providers hold something."""
    channels = [{"name": "hook", "kind": "webhook", "url_env": "HOOK", "secret_env": "SECRET"}]
    rules = [{"kind": "quantile", "name": "slow", "of": "latency_ms", "limit": 1000}]
    async with opened(alerts={"channels": channels}, rules=rules) as (service, client):
        calls(service, NOW - HOUR, NOW - DAY)
        votes(service, NOW - HOUR, 30, 29)
        await service.monitors.count()
        whole = (await client.get("/v1/overview")).json()
        for part in ("monitors", "rules", "judges", "providers", "channels", "intake"):
            assert whole[part] == (await client.get(f"/v1/{part}")).json(), part
            assert whole[part] or part == "providers", part
        # How much of the disk is free changes from one moment to the next.
        assert whole["usage"] | {"disk": None} == await told(client) | {"disk": None}
        since = {"start": (NOW - DAY).isoformat(), "by_day": "false"}
        assert whole["coverage"] == (await client.get("/v1/coverage", params=since)).json()


async def test_spending_is_told_by_utc_day(opened: Open) -> None:
    """What judging cost, what was reused and what batches did of it, the newest verdict included at once."""
    async with opened() as (service, client):
        votes(service, NOW - DAY, 2, 2, cost_usd=0.25, input_tokens=5, via="batch")
        votes(service, NOW - HOUR, 1, 1, cost_usd=0.0, via="cache")
        rows = (await client.get("/v1/costs")).json()
    shown = [(one["day"], one["verdicts"], one["usd"], one["batched_usd"], one["reused"]) for one in rows]
    assert shown == [("2026-11-19", 2, 0.5, 0.5, 0), ("2026-11-20", 1, 0.0, 0.0, 1)]


async def test_costs_are_of_whole_quarter_hours(opened: Open) -> None:
    """Both ends are rounded to hold what was asked for: the same spend, counted by the quarter hour yet or not."""
    async with opened() as (service, client):
        votes(service, NOW - timedelta(minutes=10), 1, 1, cost_usd=0.25, input_tokens=5)
        span = {"start": (NOW - timedelta(minutes=14)).isoformat(), "end": (NOW - timedelta(minutes=12)).isoformat()}
        fresh = (await client.get("/v1/costs", params=span)).json()
        await service.monitors.count()
        counted = (await client.get("/v1/costs", params=span)).json()
    assert [one["usd"] for one in fresh] == [0.25]
    assert fresh == counted
