"""Judging by batches as a user runs it: commands and services in processes of their own, killed in the middle."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from store.store import Store
from tests.acceptance.process import serve
from tests.fake_batches import EXPIRED
from tests.fakes import FakeClaude

pytestmark = pytest.mark.slow

REFUSAL = "I'm sorry, but I can't help with that request."
SECONDS = 60


@pytest.fixture
def claude() -> Iterator[FakeClaude]:
    """A Claude server in a thread of its own, whose batches end when a test says so."""
    with FakeClaude() as running:
        running.batches.polls = None
        yield running


@pytest.fixture
def environ(claude: FakeClaude) -> dict[str, str]:
    """Settings of the processes: the smell test on everything, and a provider that is asked ten times a second."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "LEADLINE_"))}
    return {
        **kept,
        "ANTHROPIC_API_KEY": "sk-test",
        "ANTHROPIC_BASE_URL": claude.url,
        "LEADLINE_JUDGE__BUILTIN": '["smell_test", "not_truncated"]',
        "LEADLINE_JUDGE__LLM_RATE": "1.0",
        "LEADLINE_JUDGE__REPEAT_RATE": "0",
        "LEADLINE_JUDGE__BATCH_POLL_SECONDS": "0.1",
    }


@pytest.fixture
def score(tmp_path: Path, environ: dict[str, str]) -> Callable[..., subprocess.Popen[str]]:
    """Starts `leadline score --batch` on thirty samples, of which three are refusals."""
    rows = [
        {"id": f"s{n}", "timestamp": "2026-11-01T00:00:00Z", "response": f"{answer} (case {n})"}
        for n, answer in enumerate([REFUSAL, *["It is on its way."] * 9] * 3)
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    def start(*options: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "ui.cli", "--database", str(tmp_path / "a.duckdb"), "score", "--batch"]
        return subprocess.Popen(
            [*command, *options, str(tmp_path / "a.jsonl")],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environ,
        )

    return start


def until(done: Callable[[], object]) -> None:
    """Waits for another process or thread."""
    for _ in range(SECONDS * 20):
        if done():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


def ended(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The report of a process with --json."""
    out, err = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, err
    return dict(json.loads(out))


def smell(report: dict[str, Any]) -> dict[str, Any]:
    return next(row for row in report["summary"] if row["judge"] == "smell_test")


def test_a_file_is_judged_by_batches(score: Callable[..., subprocess.Popen[str]], claude: FakeClaude) -> None:
    """It is waited for; counts and money are told; no sample is judged by a call."""
    claude.batches.polls = 2
    claude.batches.script.append(EXPIRED)
    report = ended(score("--json"))
    assert (smell(report)["n"], smell(report)["passed"], claude.asked) == (30, 27, [])
    told = report["batches"]
    assert (told["batches"], told["open"], told["requests"], told["done"], told["errored"]) == (2, 0, 31, 30, 1)
    assert 0 < told["spent_usd"] <= told["estimate_usd"]
    assert report["unfinished"] is None


def test_counts_and_money_are_told(score: Callable[..., subprocess.Popen[str]], claude: FakeClaude) -> None:
    """In a pipe as lines: what is expected at the beginning, what it was at the end."""
    claude.batches.polls = 1
    out, err = score().communicate(timeout=SECONDS)
    assert "1 batch, 1 under way: 0 of 30 requests judged, 0 failed; 0.00 of about 0.00" in err
    assert "1 batch, 0 under way: 30 of 30 requests judged, 0 failed" in out
    assert "smell_test" in out


@pytest.mark.parametrize("status", [529, 429])
def test_a_provider_that_is_busy_is_waited_for(
    score: Callable[..., subprocess.Popen[str]], claude: FakeClaude, status: int
) -> None:
    """The command submits again until the batch is taken, also when nothing else is under way."""
    kind = {529: "overloaded_error", 429: "rate_limit_error"}[status]
    refusal = (status, {"type": "error", "error": {"type": kind, "message": "no"}, "request_id": "req_fake"})
    claude.batches.refusals.extend([refusal] * 2)
    claude.batches.polls = 1
    report = ended(score("--json"))
    assert (smell(report)["n"], report["unfinished"]) == (30, None)


def test_what_is_left_names_its_reason_once(score: Callable[..., subprocess.Popen[str]], claude: FakeClaude) -> None:
    """A failure that does not pass ends the command; no other command is advised than the same one again."""
    refusal = {"type": "error", "error": {"type": "authentication_error", "message": "no"}, "request_id": "req_fake"}
    claude.batches.refusals.append((401, refusal))
    unfinished = ended(score("--json"))["unfinished"]
    assert "smell_test: 30 samples" in unfinished
    assert "in batches" not in unfinished


def test_a_provider_without_batches_is_named(
    score: Callable[..., subprocess.Popen[str]], environ: dict[str, str]
) -> None:
    """The judges are configured; it is the provider that cannot."""
    for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"):
        del environ[name]
    environ["AWS_BEARER_TOKEN_BEDROCK"] = "secret"
    environ["LEADLINE_JUDGE__PROVIDERS"] = json.dumps([{"name": "aws", "kind": "bedrock", "region": "eu-central-1"}])
    _, err = score().communicate(timeout=SECONDS)
    assert "none of the providers has the Message Batches API" in err


def test_a_kill_before_the_answer_pays_once(score: Callable[..., subprocess.Popen[str]], claude: FakeClaude) -> None:
    """kill -9 after the provider made the batch and before it said so: the next run finds it and judges all."""
    claude.batches.lost, claude.batches.hangs = 1, True
    first = score()
    until(lambda: claude.batches.made)
    first.kill()
    first.communicate(timeout=SECONDS)
    second = score("--json")
    until(lambda: claude.batches.lists > 1)
    assert len(claude.batches.made) == 1
    claude.batches.polls = 0
    claude.batches.end()
    report = ended(second)
    assert (smell(report)["n"], smell(report)["passed"]) == (30, 27)
    assert (len(claude.batches.made), claude.batches.paid) == (1, 30)


def test_ctrl_c_leaves_the_batch_and_says_how_to_go_on(
    score: Callable[..., subprocess.Popen[str]], claude: FakeClaude
) -> None:
    """The same command again takes its results in."""
    first = score()
    until(lambda: claude.batches.made and claude.batches.made[0].polls)
    first.send_signal(signal.SIGINT)
    _, err = first.communicate(timeout=SECONDS)
    claude.batches.end()
    report = ended(score("--json"))
    assert first.returncode == 130
    assert "the open batches go on at the provider. Run the same command again" in err
    assert (smell(report)["n"], len(claude.batches.made)) == (30, 1)


def test_without_batch_the_same_file_is_not_judged_twice(
    score: Callable[..., subprocess.Popen[str]], claude: FakeClaude, environ: dict[str, str], tmp_path: Path
) -> None:
    """What is in a batch is not judged by calls meanwhile, and the report says where it is."""
    score("--no-wait").communicate(timeout=SECONDS)
    command = [sys.executable, "-m", "ui.cli", "--database", str(tmp_path / "a.duckdb"), "score"]
    plain = subprocess.run(
        [*command, str(tmp_path / "a.jsonl")], capture_output=True, text=True, timeout=SECONDS, env=environ, check=True
    )
    assert "smell_test: 30 samples, 30 samples of it are in batches; --batch takes them in" in plain.stderr
    assert claude.asked == []


def test_a_service_takes_in_what_a_command_left(
    score: Callable[..., subprocess.Popen[str]], claude: FakeClaude, environ: dict[str, str], tmp_path: Path
) -> None:
    """--no-wait submits and ends; a service on the same file judges none of it by calls and takes the results in."""
    _, err = score("--no-wait").communicate(timeout=SECONDS)
    assert "the batches are under way" in err
    service = serve(tmp_path / "a.duckdb", environ=environ)
    with httpx2.Client(base_url=service.url, timeout=30) as client:
        (batch,) = client.get("/v1/batches").json()
        assert (batch["state"], batch["requests"], batch["judge"]) == ("in_progress", 30, "smell_test")
        claude.batches.end()
        until(lambda: client.get("/v1/batches").json()[0]["state"] == "ended")
        judges = {judge["name"]: judge for judge in client.get("/v1/judges").json()}
    service.interrupt(10)
    assert (judges["smell_test"]["ok"], judges["smell_test"]["pending"], claude.asked) == (30, 0, [])


def test_a_nightly_judge_waits_for_the_night(claude: FakeClaude, environ: dict[str, str], tmp_path: Path) -> None:
    """A sample of today is judged by nobody; when its time has passed without a service, the next start submits it."""
    (tmp_path / "leadline.toml").write_text(
        '[judge]\nbuiltin = []\n[[judges]]\nkind = "rubric"\nname = "smell_test"\nbatch = true\n'
    )
    options = ("--config", str(tmp_path / "leadline.toml"), "serve")
    del environ["LEADLINE_JUDGE__BUILTIN"]
    environ["LEADLINE_JUDGE__BATCH_AT"] = f"{datetime.now(UTC) - timedelta(hours=1):%H:%M}"
    first = serve(tmp_path / "a.duckdb", *options, environ=environ)
    httpx2.post(f"{first.url}/v1/samples", json=[{"id": "a", "response": "Tomorrow."}], timeout=30)
    pending = httpx2.get(f"{first.url}/v1/judges", timeout=30).json()[0]["pending"]
    first.interrupt(10)
    assert (pending, claude.batches.made, claude.asked) == (1, [], [])
    with Store.open(tmp_path / "a.duckdb", clock=lambda: datetime.now(UTC)) as store:
        store.run(lambda c: c.execute("UPDATE sample SET received_at = received_at - INTERVAL 25 HOUR")).result()
    second = serve(tmp_path / "a.duckdb", *options, environ=environ)
    until(lambda: claude.batches.made)
    claude.batches.end()
    with httpx2.Client(base_url=second.url, timeout=30) as client:
        until(lambda: client.get("/v1/judges").json()[0]["ok"])
    second.interrupt(10)
    assert (claude.batches.paid, claude.asked) == (1, [])


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--url", "http://127.0.0.1:1", "score", "--batch", "a.jsonl"), "--batch works on the file"),
        (("score", "--no-wait", "a.jsonl"), "--no-wait goes with --batch"),
        (("score", "--batch", "a.jsonl"), "no LLM judge is configured"),
    ],
)
def test_what_does_not_go_is_said_at_once(tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    """With the way out, and before anything is read."""
    (tmp_path / "a.jsonl").write_text('{"response": "hello"}\n')
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "LEADLINE_"))}
    command = [sys.executable, "-m", "ui.cli", *options]
    result = subprocess.run(
        command, capture_output=True, text=True, timeout=SECONDS, env=environ, cwd=tmp_path, check=False
    )
    assert (result.returncode, told in result.stderr) == (2, True), result.stderr
