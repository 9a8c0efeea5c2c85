"""What `leadline doctor` finds at a service that watches little or nothing."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
import pytest

from evaluator.api.auth import Role, new_key
from evaluator.api.shapes import Finding
from evaluator.doctor import examine
from evaluator.intake.decode import Item
from evaluator.service import Service
from evaluator.settings import JudgeSettings, RedactionSettings, SamplingSettings, Settings
from tests.acceptance.process import serve
from tests.in_process import client_of

pytestmark = pytest.mark.slow


def told(findings: list[Finding], level: str) -> str:
    return "\n".join(f"{one.area}: {one.what} → {one.fix}" for one in findings if one.level == level)


async def test_an_idle_service_says_what_it_lacks(tmp_path: Path) -> None:
    """No samples is a problem; no channel, no redaction and no key for the judge are hints, each with its remedy."""
    settings = Settings(database=tmp_path / "a.duckdb", redaction=RedactionSettings(enabled=False))
    async with Service(settings, environ={}, scheduled=False) as service:
        findings = examine(service)
    assert "no sample in the last 24 hours → docs/clients.md" in told(findings, "problem")
    assert all(area in told(findings, "hint") for area in ("redaction:", "alerts:", "judge smell_test:"))
    assert "store:" in told(findings, "ok")


async def test_clients_that_are_refused_are_seen(tmp_path: Path) -> None:
    """An exporter without a key stores nothing, so the doctor counts what was refused."""
    settings = Settings(database=tmp_path / "a.duckdb", keys=(new_key(Role.INGEST)[1],))
    async with Service(settings, environ={}, scheduled=False) as service:
        async with client_of(service) as client:
            for _ in range(3):
                await client.post("/v1/traces", content=b"", headers={"content-type": "application/x-protobuf"})
        assert "clients: 3 requests had no known API key" in told(examine(service), "problem")


async def test_the_first_thing_in_the_way_of_verdicts_is_told(tmp_path: Path) -> None:
    """Nothing is kept; then a rate that is too low, a check that skips all, and one that works."""
    judge = JudgeSettings(
        builtin=("smell_test", "not_truncated", "smell_heuristic"), llm_rate=1e-6, base_url="http://127.0.0.1:9"
    )
    item = {"feature": "chat", "request": "Where?", "response": "Here."}
    for rate in (0.0, 1.0):
        settings = Settings(database=tmp_path / "a.duckdb", judge=judge, sampling=SamplingSettings(rate=rate))
        async with Service(settings, environ={}, scheduled=False) as service:
            await service.intake.accept([Item(n, item) for n in range(3)])
            await service.pipeline.drain()
            found = await asyncio.to_thread(examine, service)
        if not rate:
            assert "clients: none of 3 items of the last 24 hours was kept, most often: rate" in told(found, "problem")
    assert "judge smell_test: it judges 0.0001 % of all sessions: 3e-06 verdicts a day" in told(found, "hint")
    assert "judge not_truncated: all 3 samples of the last 24 hours were skipped" in told(found, "hint")
    assert "judge smell_heuristic: ready; 3 verdicts in the last 24 hours, 0 waiting" in told(found, "ok")


async def test_a_budget_that_holds_nobody_is_told(tmp_path: Path) -> None:
    """A model without a known price costs nothing that a limit could be compared with."""
    judge = JudgeSettings(
        builtin=("smell_test",), model="qwen3:8b", base_url="http://127.0.0.1:9", usd_per_day=1.0, llm_rate=0.0
    )
    async with Service(Settings(database=tmp_path / "a.duckdb", judge=judge), environ={}, scheduled=False) as service:
        found = await asyncio.to_thread(examine, service)
    assert "judge smell_test: no price of qwen3:8b is known, so no budget holds for it" in told(found, "hint")


async def test_scored_logs_are_no_lack_of_verdicts(tmp_path: Path) -> None:
    """Rows of earlier days were judged and count on those, also when others were rejected: nothing is wrong."""
    settings = Settings(database=tmp_path / "a.duckdb", judge=JudgeSettings(builtin=("smell_heuristic",)))
    row = {"feature": "chat", "request": "Where?", "response": "Here.", "timestamp": "2026-01-05T10:00:00Z"}
    async with Service(settings, environ={}, scheduled=False) as service:
        await service.intake.accept([Item(0, row), Item(1, row | {"nonsense": 1})])
        await service.pipeline.drain()
        found = await asyncio.to_thread(examine, service)
    assert "judge smell_heuristic: ready; 1 of earlier days arrived" in told(found, "ok")


def test_a_client_without_text_is_named_with_its_switch(tmp_path: Path) -> None:
    """Over HTTP as on the file: what came without text, from which client, and what to set there."""
    serving = serve(tmp_path / "a.duckdb")
    bare = {"id": "e1", "call_type": "acompletion", "model": "claude-haiku-5-5", "messages": "redacted-by-litellm"}
    with httpx2.Client(base_url=serving.url) as client:
        client.post("/v1/webhooks/litellm", json=bare | {"response": {"text": "redacted-by-litellm"}})
        found = [Finding.model_validate(one) for one in client.get("/v1/doctor").json()]
    serving.interrupt(10)
    assert "1 of 1 came without text → set litellm.turn_off_message_logging = False" in told(found, "problem")


def test_a_judge_that_waits_is_told_at_the_start(tmp_path: Path) -> None:
    """Of the configuration's judges one that cannot judge yet is told with what to set; built-in ones are not."""
    config = tmp_path / "leadline.toml"
    config.write_text('[[judges]]\nkind = "rubric"\nname = "answers_question"\n', encoding="utf-8")
    serving = serve(tmp_path / "a.duckdb", "--config", str(config), "serve", environ={"ANTHROPIC_API_KEY": ""})
    serving.interrupt(15)
    (told,) = [line for line in serving.said.splitlines() if "judge not ready" in line]
    assert ("answers_question" in told, "ANTHROPIC_API_KEY" in told) == (True, True)
