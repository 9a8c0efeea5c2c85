"""Coverage and the judges' figures, from intake over the judges to the API."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from evaluator.api import coverage
from evaluator.api.gauges import measure
from evaluator.readings import Reading
from evaluator.service import Service
from evaluator.settings import JudgeSettings, SamplingRule, SamplingSettings, Settings
from judges.checks import NotTruncatedConfig
from judges.rubric import RubricConfig
from store.records import Status
from tests.builders import make_verdict
from tests.conftest import Clock
from tests.fakes import OVERLOADED, REFUSES, FakeClaude
from tests.in_process import client_of

pytestmark = pytest.mark.slow

Open = Callable[..., AbstractAsyncContextManager[tuple[Service, httpx2.AsyncClient]]]
PLAIN: dict[str, Any] = {"builtin": ("smell_test",), "llm_rate": 1.0, "max_attempts": 1, "repeat_rate": 0.0}
SENT = "2026-11-20T11:00:00Z"


@pytest.fixture
def claude() -> Iterator[FakeClaude]:
    """A Claude server in a thread of its own."""
    with FakeClaude() as running:
        yield running


@pytest.fixture
def opened(tmp_path: Path, clock: Clock, claude: FakeClaude) -> Open:
    """A service with the shipped smell test as its only judge, and a client of its API; settings are arguments."""

    @asynccontextmanager
    async def open_(**given: Any) -> AsyncIterator[tuple[Service, httpx2.AsyncClient]]:
        settings = Settings(database=tmp_path / "a.duckdb", **{"judge": JudgeSettings(**PLAIN), **given})
        environ = {"ANTHROPIC_API_KEY": "sk-test", "ANTHROPIC_BASE_URL": claude.url}
        async with (
            Service(settings, clock=clock, environ=environ, scheduled=False) as service,
            client_of(service) as client,
        ):
            yield service, client

    return open_


async def send(service: Service, client: httpx2.AsyncClient, *items: dict[str, Any]) -> None:
    """Stores samples, numbered and told apart by their words, and judges them."""
    told = [
        {"id": f"s{n}", "request": "Where?", "response": f"Here: {n}.", "timestamp": SENT} for n in range(len(items))
    ]
    answer = await client.post("/v1/samples", json=[plain | item for plain, item in zip(told, items, strict=True)])
    assert answer.status_code == 202, answer.text
    await service.pipeline.drain()


async def test_every_item_is_accounted_for(opened: Open) -> None:
    """From arrived to judged each count is the one before it, less the reasons between them."""
    rule = SamplingRule(name="some", when={"metadata.plan": "free"}, rate=0.0)
    async with opened(sampling=SamplingSettings(rules=(rule,))) as (service, client):
        items = [{}, {"metadata": {"plan": "free"}}, {"request": None}, {"error": "boom", "response": None}]
        await send(service, client, *items)
        await send(service, client, {})
        (row,) = (await client.get("/v1/coverage")).json()["days"]
    assert (row["arrived"], row["not_kept"], row["kept"]) == (5, {"duplicate": 1, "rate": 1}, 3)
    assert row["kept"] - sum(row["no_text"].values()) == row["with_text"] >= row["applies"]
    assert row["applies"] - sum(row["not_chosen"].values()) == row["chosen"]
    decided = row["ok"] + sum(row["errors"].values()) + sum(row["skipped"].values())
    assert decided + row["waiting"] + row["overdue"] == row["chosen"] == 3


async def test_bounds_take_in_what_failed_and_what_waits(opened: Open, claude: FakeClaude) -> None:
    """The rate of one decided of three is between a third and all."""
    claude.then(REFUSES)
    async with opened(judge=JudgeSettings(**PLAIN)) as (service, client):
        await send(service, client, {}, {})
        claude.then(*[OVERLOADED] * 9)
        await send(service, client, {"id": "late", "response": "Over there."})
        await service.monitors.check()
        (row,) = (await client.get("/v1/summary")).json()
        (monitor,) = [m for m in (await client.get("/v1/monitors")).json() if m["metric"] == "pass_rate"]
    assert (row["n"], row["errors"], row["waiting"], row["unscored"]) == (1, 1, 1, 2)
    assert (row["worst"], row["best"]) == (pytest.approx(1 / 3), 1.0)
    assert (monitor["current"]["unscored"], monitor["current"]["worst"]) == (2, pytest.approx(1 / 3))


async def test_bounds_stand_at_every_step_and_in_the_metrics(opened: Open, claude: FakeClaude) -> None:
    """A step of the chart and the gauges have the same bounds as the monitor."""
    async with opened(judge=JudgeSettings(**PLAIN)) as (service, client):
        await send(service, client, {})
        claude.then(*[OVERLOADED] * 9)
        await send(service, client, {"id": "late", "response": "Over there."})
        await service.monitors.check()
        (monitor,) = [m for m in (await client.get("/v1/monitors")).json() if m["metric"] == "pass_rate"]
        (point,) = (await client.get(f"/v1/monitors/{monitor['monitor_id']}")).json()["points"]
        told = service.metrics.registry.get_sample_value
        place = {"feature": "default", "judge": "smell_test"}
        gauges = [told(f"leadline_pass_rate{which}", place) for which in ("_lower", "", "_upper")]
    assert (point["errors"], point["unscored"], point["worst"], point["best"]) == (0, 1, 0.5, 1.0)
    assert gauges == [0.5, 1.0, 1.0]


async def test_what_came_late_is_unscored_only_after_an_hour_here(
    opened: Open, claude: FakeClaude, clock: Clock
) -> None:
    """A sample of hours ago that just came may still be scored; one that waited for its hour counts as unscored."""

    async def counted() -> list[tuple[float, float | None]]:
        await service.monitors.check()
        views = (await client.get("/v1/monitors")).json()
        return [(one["current"]["n"], one["current"]["rate"]) for one in views if one["metric"] == "unscored"]

    async with opened(judge=JudgeSettings(**PLAIN)) as (service, client):
        await send(service, client, {})
        clock.advance(hours=3)
        claude.then(*[OVERLOADED] * 9)
        late = (clock() - timedelta(hours=2)).isoformat()
        await send(service, client, {"id": "late", "response": "Over there.", "timestamp": late})
        early = await counted()
        clock.advance(hours=2)
        assert (early, await counted()) == ([], [(1.0, 1.0)])


async def test_a_judge_tells_its_noise_and_its_cost(opened: Open, clock: Clock) -> None:
    """Flip rate, cache hits, cost per verdict, spend and budget stand beside the judge."""
    async with opened(judge=JudgeSettings(**PLAIN | {"repeat_rate": 1.0})) as (service, client):
        await send(service, client, *[{}] * 4)
        clock.advance(minutes=1)
        (judge,) = (await client.get("/v1/judges")).json()
        (cost,) = (await client.get("/v1/costs")).json()
    work = judge["work"]
    assert (work["verdicts"], work["flips"]["n"], work["flips"]["rate"], work["flips"]["lo"]) == (4, 4, 0.0, 0.0)
    assert 0 < work["cache_hit_rate"] < 1
    assert (
        work["usd_mean"] == pytest.approx(judge["spend"]["last_24_hours"] / 4) == pytest.approx(cost["usd_per_verdict"])
    )
    assert judge["budget"]["spent_today"] == judge["total_budget"]["spent_week"] == pytest.approx(judge["cost_usd"])


async def test_a_check_has_no_cost_to_tell(opened: Open) -> None:
    """What only judges with a model have is null at the others, never 0."""
    checks = (NotTruncatedConfig(kind="not_truncated", name="whole"),)
    async with opened(judge=JudgeSettings(builtin=()), judges=checks) as (service, client):
        await send(service, client, {})
        (judge,) = (await client.get("/v1/judges")).json()
    assert [judge[name] for name in ("work", "spend", "budget", "total_budget", "cost_usd")] == [None] * 5


async def test_a_judge_of_other_features_is_not_counted(opened: Open) -> None:
    """Rows are only of features that the judge names."""
    mine = (RubricConfig(kind="rubric", name="smell_test", features=("search",), rate=1.0),)
    async with opened(judge=JudgeSettings(**PLAIN | {"builtin": ()}), judges=mine) as (service, client):
        await send(service, client, {"feature": "search"}, {"feature": "chat"})
        days = (await client.get("/v1/coverage")).json()["days"]
    assert [(row["feature"], row["judge"], row["ok"]) for row in days] == [("search", "smell_test", 1)]


async def test_conversations_are_counted_among_conversations(opened: Open, tmp_path: Path) -> None:
    """What was not kept are samples, which are another unit: they are left out."""
    rubric = tmp_path / "talk.toml"
    rubric.write_text(
        'name = "talk"\nquestion = "Is it solved?"\nconversation = true\n[labels]\nPASS = "yes"\nFAIL = "no"\n'
    )
    mine = (RubricConfig(kind="rubric", name="talk", file=rubric, rate=1.0),)
    async with opened(judge=JudgeSettings(**PLAIN | {"builtin": ()}), judges=mine) as (service, client):
        await send(service, client, {"session_id": "a"}, {"session_id": "a"})
        await send(service, client, {"session_id": "a"}, {"session_id": "a"})
        (row,) = (await client.get("/v1/coverage")).json()["days"]
    assert (row["arrived"], row["not_kept"], row["kept"]) == (1, {}, 1)


async def test_reasons_that_read_alike_are_added(opened: Open) -> None:
    """No reason and an empty one are the same to a reader."""
    async with opened() as (service, client):
        await client.post("/v1/samples", json=[{"id": n, "response": n, "timestamp": SENT} for n in ("a", "b")])
        (lane,) = service.pipeline.lanes
        at = datetime.fromisoformat(SENT)
        given: dict[str, Any] = {"feature": "default", "judge": "smell_test", "judge_version": lane.judge.version}
        given |= {"ts": at, "status": Status.ERROR}
        failed = [make_verdict(name, reason=reason, **given) for name, reason in (("a", None), ("b", ""))]
        service.store.append_verdicts(failed).result()
        (row,) = coverage.days(service, at - timedelta(days=1), at + timedelta(days=1))
    assert row.errors == {"": 2}


async def test_the_gauges_follow(opened: Open, claude: FakeClaude) -> None:
    """Coverage of the last day, what waits, and money are metrics; what is gone is taken away."""
    budget = JudgeSettings(**PLAIN, usd_per_day=1.0)
    async with opened(judge=budget) as (service, client):
        service.metrics.judging.show([Reading("judge_flip_rate", ("gone",), 1)])
        await send(service, client, {}, {})
        claude.then(*[OVERLOADED] * 9)
        await send(service, client, {"id": "late", "response": "Over there."})
        await measure(service)
        told = service.metrics.registry.get_sample_value
        place = {"feature": "default", "judge": "smell_test"}
        counts = {what: told("leadline_coverage", place | {"what": what}) for what in ("arrived", "ok", "waiting")}
    assert counts == {"arrived": 3, "ok": 2, "waiting": 1}
    assert told("leadline_judge_pending", {"judge": "smell_test"}) == 1
    assert 0 < (told("leadline_judge_cost_usd", {"judge": "smell_test"}) or 0) < 0.01
    assert 0.99 < (told("leadline_budget_left_usd", {"judge": "(all)", "period": "day"}) or 0) < 1
    assert told("leadline_judge_flip_rate", {"judge": "gone"}) is None


async def test_what_is_set_aside_is_not_left(opened: Open) -> None:
    """Money that open batches hold is taken off what the gauge says is left."""
    async with opened(judge=JudgeSettings(**PLAIN, usd_per_week=1.0)) as (service, _):
        assert service.resources is not None
        service.resources.budgets.hold("smell_test", 0.75)
        await measure(service)
        left = service.metrics.registry.get_sample_value(
            "leadline_budget_left_usd", {"judge": "(all)", "period": "week"}
        )
    assert left == pytest.approx(0.25)


async def test_the_unscored_are_metrics_by_reason(opened: Open, claude: FakeClaude) -> None:
    """What was not kept, had no text or failed is told with its reason."""
    async with opened(judge=JudgeSettings(**PLAIN)) as (service, client):
        claude.then(REFUSES)
        await send(service, client, {}, {"id": "none", "request": None, "response": None, "error": "boom"})
        await send(service, client, {})
        service.store.run(lambda _: None).result()  # duplicates are counted without waiting: this comes after
        await measure(service)
        told = service.metrics.registry.get_sample_value
        place = {"feature": "default", "judge": "smell_test"}
        reasons = [("error", "refusal"), ("no_text", "missing"), ("not_kept", "duplicate")]
        counts = [told("leadline_unscored", place | {"what": what, "reason": reason}) for what, reason in reasons]
    assert counts == [1, 1, 1]


async def test_a_judge_without_money_says_so(opened: Open) -> None:
    """When not even one call fits the budget, the judge is unavailable for that reason, and doctor says it."""
    async with opened(judge=JudgeSettings(**PLAIN, usd_per_day=1e-6)) as (service, client):
        await send(service, client, {})
        (judge,) = (await client.get("/v1/judges")).json()
        found = (await client.get("/v1/doctor")).json()
    assert (judge["state"], judge["reason"], judge["pending"]) == ("unavailable", "budget", 1)
    assert [one["what"] for one in found if one["area"] == "judge smell_test"] == [
        "its budget does not hold another call"
    ]


async def test_providers_and_prefixes_are_told(opened: Open) -> None:
    """Each provider's circuit, and what a prompt lacks to be cached by the provider."""
    async with opened(judge=JudgeSettings(**PLAIN | {"model": "claude-haiku-4-5-20251001"})) as (service, client):
        await send(service, client, {})
        (judge,) = (await client.get("/v1/judges")).json()
        (provider,) = (await client.get("/v1/providers")).json()
    assert "below the minimum of 4096 for claude-haiku-4-5-20251001" in judge["hint"]
    assert (provider["circuit"], provider["error_rate"], provider["stopped"]) == ("closed", 0.0, [])
