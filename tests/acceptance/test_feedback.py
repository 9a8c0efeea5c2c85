"""Feedback through all three channels: it finds its sample, is a monitored rate, and keeps what was found bad."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from evaluator.retention import Retention
from evaluator.service import Service
from evaluator.settings import Settings
from tests.builders import NOON
from tests.conftest import Clock
from tests.in_process import client_of
from tests.voting import FALL, PART, START

TRACE, SPAN = "a" * 32, "b" * 16
LANGFUSE = "0b6b1a0f-5333-47a9-88ee-a73f28e45085"
Json = dict[str, Any]


@dataclass
class Running:
    """A service with its clock, and a client of it."""

    service: Service
    client: httpx2.AsyncClient
    clock: Clock

    async def post(self, path: str, body: Any) -> Json:
        answer = await self.client.post(path, json=body)
        assert answer.status_code in (200, 202, 207), answer.text
        told: Json = answer.json()
        return told

    async def get(self, path: str) -> Any:
        return (await self.client.get(path)).json()

    async def settle(self) -> None:
        """What the scheduler would have done within a minute."""
        self.clock.advance(minutes=2)
        await self.service.settler.settle()
        await self.service.feedbacks.attach()
        await self.service.monitors.count()

    async def given(self) -> dict[str, tuple[str, bool | None]]:
        """Feedback verdicts: judge → sample and pass."""
        found = await self.get("/v1/verdicts?limit=1000")
        return {one["judge"]: (one["sample_id"], one["passed"]) for one in found if one["kind"] == "feedback"}


Open = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def running(tmp_path: Path, clock: Clock) -> Open:
    """Opens a service on its own file without scheduler; keyword arguments are settings."""

    @asynccontextmanager
    async def open_(**settings: Any) -> AsyncIterator[Running]:
        given = Settings(database=tmp_path / "a.duckdb", **settings)
        async with (
            Service(given, clock=clock, environ={}, scheduled=False) as service,
            client_of(service) as client,
        ):
            yield Running(service, client, clock)

    return open_


def otlp(kind: str, **record: Any) -> Json:
    """A body of one span or one log record, in OTLP's JSON."""
    attributes = [{"key": key, "value": value(told)} for key, told in record.pop("attributes").items()]
    one = {**record, "attributes": attributes, "traceId": TRACE, "spanId": SPAN}
    name, below, records = ("resourceLogs", "scopeLogs", "logRecords") if kind == "logs" else (
        "resourceSpans", "scopeSpans", "spans")  # fmt: skip
    return {name: [{"resource": {"attributes": []}, below: [{"scope": {"name": "app"}, records: [one]}]}]}


def value(told: str | float) -> Json:
    return {"stringValue": told} if isinstance(told, str) else {"doubleValue": told}


def nanoseconds(at: datetime) -> str:
    return str(int(at.timestamp()) * 10**9)


def call() -> Json:
    """A span of a call."""
    said = '[{"role": "user", "parts": [{"type": "text", "content": "Where is it?"}]}]'
    told = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.input.messages": said}
    times = {"startTimeUnixNano": nanoseconds(NOON), "endTimeUnixNano": nanoseconds(NOON + timedelta(seconds=2))}
    return otlp("traces", name="chat m", **times, attributes={**told, "gen_ai.conversation.id": "s9"})


def evaluation(score: float) -> Json:
    """What an evaluator says of that call."""
    told = {"event.name": "gen_ai.evaluation.result", "gen_ai.evaluation.name": "relevance"}
    return otlp("logs", timeUnixNano=nanoseconds(NOON), attributes={**told, "gen_ai.evaluation.score.value": score})


def batch() -> Json:
    """A generation of Langfuse's older SDKs, and a score of its trace."""
    time = "2026-11-20T11:59:00Z"
    body = {"id": "o1", "traceId": LANGFUSE, "model": "m", "input": "Hi", "output": "Yes.", "startTime": time}
    score = {"id": "sc", "traceId": LANGFUSE, "name": "user-feedback", "value": 0, "comment": "No."}
    events = [("trace-create", {"id": LANGFUSE, "name": "chat"}), ("generation-create", {**body, "endTime": time})]
    named = enumerate([*events, ("score-create", score)])
    return {"batch": [{"id": f"e{i}", "type": kind, "timestamp": time, "body": told} for i, (kind, told) in named]}


@pytest.mark.parametrize("feedback_first", [False, True])
async def test_three_channels_reach_their_samples(running: Open, feedback_first: bool) -> None:
    """The API, OTLP and Langfuse: before or after its sample, each becomes a verdict, a judge and a monitor."""
    sample = ("/v1/samples", {"id": "s1", "feature": "chat", "response": "Yes.", "timestamp": NOON.isoformat()})
    posts = [sample, ("/v1/traces", call())]
    given = [("/v1/feedback", {"sample_id": "s1", "value": "up"}), ("/v1/logs", evaluation(0.2))]
    async with running() as service:
        for path, body in [*given, *posts] if feedback_first else [*posts, *given]:
            await service.post(path, body)
        await service.post("/api/public/ingestion", batch())
        await service.settle()
        judges = {one["name"]: one for one in await service.get("/v1/judges") if one["kind"] == "feedback"}
        monitors = {
            one["judge"]: one["state"] for one in await service.get("/v1/monitors") if one["kind"] == "feedback"
        }
        assert await service.given() == {
            "feedback": ("s1", True),
            "relevance": (f"{TRACE}:{SPAN}", False),
            "user-feedback": (f"{LANGFUSE}:o1", False),
        }
    assert {name: (one["state"], one["ok"]) for name, one in judges.items()} == dict.fromkeys(monitors, ("ready", 1))
    assert monitors == dict.fromkeys(("feedback", "relevance", "user-feedback"), "insufficient")


async def test_everything_sent_again_changes_nothing(running: Open) -> None:
    """All of it twice, days apart: the same verdicts, once each."""
    async with running() as service:
        for _ in range(2):
            for path, body in (
                ("/v1/traces", call()),
                ("/v1/logs", evaluation(0.9)),
                ("/api/public/ingestion", batch()),
            ):
                await service.post(path, body)
            await service.post("/v1/feedback", {"trace_id": TRACE, "span_id": SPAN, "value": "down"})
            await service.settle()
            service.clock.advance(hours=30)
        verdicts = [one for one in await service.get("/v1/verdicts") if one["kind"] == "feedback"]
    assert sorted((one["judge"], one["passed"]) for one in verdicts) == [
        ("feedback", False),
        ("relevance", True),
        ("user-feedback", False),
    ]


async def test_a_fall_of_the_acceptance_rate_is_an_alert(running: Open) -> None:
    """Thumbs are watched like any judge's verdicts, and a judge that is configured anew does not end that."""
    times = [START + timedelta(minutes=3 * i) for i in range(60 * len(FALL))]
    good = [(i * 7) % 20 < 20 * FALL[i // 60] for i in range(len(times))]
    samples = [{"id": f"s{i}", "response": "Yes.", "timestamp": at.isoformat()} for i, at in enumerate(times)]
    said = [{"sample_id": f"s{i}", "value": up, "timestamp": times[i].isoformat()} for i, up in enumerate(good)]
    async with running(drift={"baseline_votes": 200, "baseline_hours": 6}, judge={"builtin": []}) as service:
        await service.post("/v1/samples", samples)
        await service.post("/v1/feedback", said)
        report = await service.service.monitors.check()
    (alert,) = report.firing
    onset = datetime.fromisoformat(alert.evidence["onset"]["lo_at"])
    assert (alert.judge, report.monitors[0].kind, len(alert.evidence["examples"])) == ("feedback", "feedback", 3)
    assert onset <= START + 8 * PART


async def test_thumbs_can_change(running: Open) -> None:
    """Up, then down: one verdict, one vote, and the rate tells the last word."""
    async with running() as service:
        await service.post("/v1/samples", {"id": "s1", "response": "Yes.", "session_id": "s"})
        for thumb in ("up", "down"):
            service.clock.advance(minutes=1)
            await service.post("/v1/feedback", {"sample_id": "s1", "value": thumb})
            await service.service.monitors.count()
        service.clock.advance(minutes=20)
        listed = await service.get("/v1/monitors")
        (monitor,) = [one for one in listed if one["kind"] == "feedback" and one["metric"] == "pass_rate"]
        assert await service.given() == {"feedback": ("s1", False)}
    assert (monitor["current"]["n"], monitor["current"]["rate"]) == (1.0, 0.0)


async def test_what_was_found_bad_is_kept_at_any_rate(running: Open) -> None:
    """With nothing sampled, the calls that somebody found bad before they settled are kept, and no rate falls by it."""
    async with running(sampling={"rate": 0.0}) as service:
        await service.post("/v1/feedback", {"trace_id": TRACE, "value": "down"})
        for path, body in (("/v1/traces", call()), ("/api/public/ingestion", batch())):
            await service.post(path, body)
        await service.settle()
        kept = await service.get("/v1/samples")
        monitors = await service.get("/v1/monitors")
        given = await service.given()
    assert {one["sample_id"]: one["sampling_class"] for one in kept} == {
        f"{TRACE}:{SPAN}": "feedback",
        f"{LANGFUSE}:o1": "feedback",
    }
    assert (set(given), [one for one in monitors if one["kind"] == "feedback"]) == ({"feedback", "user-feedback"}, [])


async def test_a_bad_one_keeps_its_text(running: Open) -> None:
    """With text.keep = failures, the text of what people found bad stays, like that of what a judge failed."""
    samples = [{"id": name, "response": "Yes."} for name in ("good", "bad", "silent")]
    said = [{"sample_id": name, "value": value} for name, value in (("good", "up"), ("bad", "down"))]
    async with running(text={"keep": "failures"}, judge={"builtin": []}) as service:
        await service.post("/v1/samples", samples)
        await service.post("/v1/feedback", said)
        service.clock.advance(days=8)
        inner = service.service
        await Retention(inner.store, inner.settings, service.clock, lambda _: frozenset()).sweep()
        kept = {one["sample_id"]: bool(one["response"]) for one in await service.get("/v1/samples")}
    assert kept == {"good": False, "bad": True, "silent": False}
