"""The report over HTTP and on the command line, from a file and from a running service."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from click.testing import CliRunner, Result

from evaluator.cli.app import leadline
from evaluator.service import Service
from evaluator.settings import DriftSettings, JudgeSettings, Settings
from tests.acceptance.process import Serving, serve
from tests.builders import NOON
from tests.conftest import Clock
from tests.in_process import client_of
from tests.voting import ALONE

HOUR = timedelta(hours=1)
LEARN_FAST = DriftSettings(baseline_votes=20, baseline_hours=0.25)


@pytest.fixture
async def client(tmp_path: Path, clock: Clock) -> AsyncIterator[httpx2.AsyncClient]:
    """The API of a service with a day of judged traffic."""
    settings = Settings(
        database=tmp_path / "a.duckdb",
        drift=LEARN_FAST,
        judge=JudgeSettings(builtin=("smell_heuristic",)),
        monitors=ALONE,
    )
    sent = [
        {
            "id": f"s{n}",
            "timestamp": (NOON - (n + 1) * HOUR / 10).isoformat(),
            "feature": "chat",
            "response": f"Here: {n}.",
        }
        for n in range(240)
    ]
    async with Service(settings, clock=clock, environ={}, scheduled=False) as service, client_of(service) as api:
        assert (await api.post("/v1/samples", json=sent)).status_code == 202
        await service.pipeline.drain()
        await service.monitors.check()
        yield api


async def test_the_page_is_served_so_that_it_can_do_nothing(client: httpx2.AsyncClient) -> None:
    """HTML with a policy that allows neither scripts nor requests, and that is not guessed to be something else."""
    answer = await client.get("/v1/report")
    policy = answer.headers["content-security-policy"]
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'; sandbox" in policy
    assert "script-src" not in policy
    assert "smell_heuristic" in answer.text


async def test_text_and_json_tell_the_same(client: httpx2.AsyncClient) -> None:
    """The short text, and all facts."""
    text = (await client.get("/v1/report?format=text")).text
    facts = (await client.get("/v1/report?format=json")).json()
    assert text.startswith("Leadline report, 13 Nov to 20 Nov 2026: no regression open")
    (feature,) = facts["features"]
    (rate,) = feature["rates"]
    assert (feature["feature"], rate["judge"], rate["now"]["n"]) == ("chat", "smell_heuristic", 240)


async def test_a_time_and_features_can_be_asked_for(client: httpx2.AsyncClient) -> None:
    """from, until and feature choose; so does a number of days."""
    asked = {"from": "2026-11-20T00:00:00Z", "until": "2026-11-20T06:00:00Z", "feature": "c*", "format": "json"}
    facts = (await client.get("/v1/report", params=asked)).json()
    assert (facts["start"], facts["end"], facts["feature"]) == ("2026-11-20T00:00:00Z", "2026-11-20T06:00:00Z", "c*")
    assert facts["features"][0]["rates"][0]["now"]["n"] == 60
    others = (await client.get("/v1/report?days=1&feature=other&format=json")).json()
    assert (others["start"], others["features"]) == ("2026-11-19T12:00:00Z", [])


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("until=2027-01-01T00:00:00Z", "in the future"),
        ("from=2026-11-20T06:00:00Z&until=2026-11-20T00:00:00Z", "turn them round"),
        ("from=2020-01-01T00:00:00Z", "at most 92 days"),
        ("format=pdf", "'html', 'text' or 'json'"),
        ("days=0", "greater than 0"),
    ],
)
async def test_what_cannot_be_told_is_refused(client: httpx2.AsyncClient, query: str, why: str) -> None:
    """422 with what to do."""
    answer = await client.get(f"/v1/report?{query}")
    assert answer.status_code == 422
    assert why in answer.text


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with a scored history of the last day."""
    folder = tmp_path_factory.mktemp("report")
    history, file = folder / "history.jsonl", folder / "leadline.duckdb"
    history.write_text("\n".join(json.dumps({"feature": "chat", "response": f"Here: {n}."}) for n in range(120)))
    assert run(file, "score", str(history)).exit_code == 0
    return file


def run(database: Path, *arguments: str) -> Result:
    return CliRunner().invoke(leadline, ["--database", str(database), *arguments])


@pytest.mark.slow
def test_a_file_is_written(database: Path, tmp_path: Path) -> None:
    """`-o` names it; what was written is said with its size."""
    file = tmp_path / "week.html"
    result = run(database, "report", "-o", str(file))
    assert result.exit_code == 0
    assert result.stdout.startswith(f"wrote {file} (")
    assert "smell_heuristic" in file.read_text(encoding="utf-8")


@pytest.mark.slow
def test_text_and_a_dash_go_to_stdout(database: Path) -> None:
    """--text prints; -o - prints the page."""
    assert "no regression open" in run(database, "report", "--text", "--days", "1").stdout.splitlines()[0]
    assert run(database, "report", "-o", "-").stdout.startswith("<!doctype html>")


@pytest.mark.slow
def test_wrong_options_are_named(database: Path, tmp_path: Path) -> None:
    """Two beginnings, no time zone, a future, and a file that cannot be written."""
    assert "either --from or --days" in run(database, "report", "--from", "2026-11-20T00:00:00Z", "--days", "3").output
    assert "has no time zone" in run(database, "report", "--from", "2026-11-20").output
    assert "in the future" in run(database, "report", "--until", "2999-01-01T00:00:00Z").output
    assert "name another file with -o" in run(database, "report", "-o", str(tmp_path / "no" / "where.html")).output


@pytest.fixture(scope="module")
def serving(database: Path) -> Serving:
    """A running service on that file."""
    return serve(database, "serve")


@pytest.mark.slow
def test_a_running_service_tells_the_same(database: Path, serving: Serving) -> None:
    """With --url the facts come over the API, and the page is made of them here."""
    try:
        remote = CliRunner().invoke(leadline, ["--url", serving.url, "report", "--json", "--days", "2"])
        page = CliRunner().invoke(leadline, ["--url", serving.url, "report", "-o", "-"])
    finally:
        serving.interrupt(20)
    facts = json.loads(remote.stdout)
    assert [one["feature"] for one in facts["features"]] == ["chat"]
    assert facts["features"][0]["rates"][0]["now"]["n"] == 120
    assert "smell_heuristic" in page.stdout
