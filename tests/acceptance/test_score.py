"""`leadline score` as a user runs it: processes, pipes and files; here and in a running service."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.acceptance.process import serve

pytestmark = pytest.mark.slow

START = datetime(2026, 11, 1, tzinfo=UTC)
REFUSAL = "I'm sorry, but I can't help with that request."
COMMAND = [sys.executable, "-m", "ui.cli"]
ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "LEADLINE_"))}


def run(*arguments: object, environ: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=environ or ENVIRON, check=False)


def items(count: int) -> list[dict[str, Any]]:
    """One sample a minute; every tenth is a refusal."""
    return [
        {
            "id": f"s{n}",
            "timestamp": (START + timedelta(minutes=n)).isoformat(),
            "feature": "chat",
            "response": REFUSAL
            if n % 10 == 0
            else f"Order {n} left house " + ", ".join(str(n * k) for k in range(100)),
        }
        for n in range(count)
    ]


def lines(count: int) -> bytes:
    return b"".join(json.dumps(item).encode() + b"\n" for item in items(count))


def smell(report: str) -> dict[str, Any]:
    return next(row for row in json.loads(report)["summary"] if row["judge"] == "smell_heuristic")


def test_an_interrupted_run_says_so_and_the_next_one_finishes_it(tmp_path: Path) -> None:
    """Ctrl-C ends with 130 and what was done; a rerun of the whole file scores the rest, and nothing twice."""
    whole = lines(3000)
    command = [*COMMAND, "--database", str(tmp_path / "a.duckdb"), "score", "-"]
    first = subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=ENVIRON)
    assert first.stdin is not None
    first.stdin.write(whole)
    first.stdin.flush()
    first.send_signal(signal.SIGINT)
    _, told = first.communicate(timeout=60)
    (tmp_path / "a.jsonl").write_bytes(whole)
    again = run("--database", tmp_path / "a.duckdb", "score", tmp_path / "a.jsonl", "--json")
    rows = json.loads(again.stdout)["rows"]
    assert first.returncode == 130
    assert b"run the same command again" in told
    assert rows["accepted"] + rows["duplicate"] == 3000
    assert rows["duplicate"] >= 2000
    assert (smell(again.stdout)["n"], smell(again.stdout)["passed"]) == (3000, 2700)


def test_every_format_gives_the_same_numbers(tmp_path: Path) -> None:
    """JSON lines, CSV with mapped columns and Parquet hold the same samples: the second and third are duplicates."""
    (tmp_path / "a.jsonl").write_bytes(lines(200))
    with (tmp_path / "a.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["req", "timestamp", "answer"])
        writer.writerows([item["id"], item["timestamp"][:19], item["response"]] for item in items(200))
    columns = {name: [item[name] for item in items(200)] for name in ("id", "timestamp", "feature", "response")}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    database = ("--database", tmp_path / "a.duckdb", "score")
    mapped = ("--map", "id=req", "--map", "response=answer", "--set", "feature=chat", "--timezone", "UTC", "--json")
    plain, table, parquet = (
        run(*database, tmp_path / "a.jsonl", "--json"),
        run(*database, tmp_path / "a.csv", *mapped),
        run(*database, tmp_path / "a.parquet", "--json"),
    )
    assert json.loads(plain.stdout)["rows"] == {"read": 200, "accepted": 200}
    assert json.loads(table.stdout)["rows"] == {"read": 200, "duplicate": 200}, table.stderr
    assert json.loads(parquet.stdout)["rows"] == {"read": 200, "duplicate": 200}, parquet.stderr
    assert smell(plain.stdout) == smell(table.stdout) == smell(parquet.stdout)


def test_a_running_service_scores_the_same_and_keeps_its_file(tmp_path: Path) -> None:
    """--url stores and judges in the service; opening the service's file beside it is refused with the way out."""
    (tmp_path / "a.jsonl").write_bytes(lines(700))
    service = serve(tmp_path / "a.duckdb", environ={"ANTHROPIC_API_KEY": ""})
    try:
        there = run("--url", service.url, "score", tmp_path / "a.jsonl", "--json")
        again = run("--url", service.url, "score", tmp_path / "a.jsonl")
        beside = run("--database", tmp_path / "a.duckdb", "score", tmp_path / "a.jsonl")
    finally:
        service.interrupt(seconds=10)
    assert (smell(there.stdout)["n"], smell(there.stdout)["passed"]) == (700, 630)
    assert "700 rows: 700 duplicate" in again.stdout
    assert (beside.returncode, "pass --url" in beside.stderr) == (2, True)


def test_piped_output_is_plain(tmp_path: Path) -> None:
    """Without a terminal there is no colour, no progress bar, and no line is cut or wrapped."""
    (tmp_path / "a.jsonl").write_bytes(lines(20))
    result = run(
        "--database", tmp_path / "a.duckdb", "score", tmp_path / "a.jsonl", environ={**ENVIRON, "COLUMNS": "20"}
    )
    assert "\x1b" not in result.stdout + result.stderr
    assert (
        "chat     smell_heuristic  20  90.0 % [69.9, 97.2]  –                       0        0        0"
        in result.stdout
    )


def test_help_answers_at_once() -> None:
    """`leadline --help` imports nothing heavy."""
    heavy = "{'anthropic', 'scipy', 'numpy', 'duckdb', 'pyarrow', 'streamlit', 'rich', 'pydantic'}"
    probe = f"import sys, ui.cli; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.strip() == "[]"


def test_scoring_loads_nothing_it_does_not_need(tmp_path: Path) -> None:
    """Rows are stored and judged without the tables, numbers and statistics that are for the UI and the monitors."""
    (tmp_path / "a.jsonl").write_bytes(lines(20))
    heavy = "{'pandas', 'pyarrow', 'numpy', 'scipy', 'streamlit', 'fastapi'}"
    probe = f"""if True:
        import sys, ui.cli
        sys.argv[1:] = ["--database", {str(tmp_path / "a.duckdb")!r}, "score", {str(tmp_path / "a.jsonl")!r}]
        try:
            ui.cli.main()
        finally:
            print(sorted({heavy} & set(sys.modules)))"""
    result = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, timeout=60, check=True)
    assert result.stdout.splitlines()[-1] == "[]"


def test_a_judge_with_a_key_is_ready() -> None:
    """With ANTHROPIC_API_KEY set, the LLM judge is listed as ready, and nothing is called for that."""
    result = run("judges", "--json", environ={**ENVIRON, "ANTHROPIC_API_KEY": "sk-test"})
    states = {judge["name"]: judge["state"] for judge in json.loads(result.stdout)}
    assert states["smell_test"] == "ready"


def batch(tmp_path: Path) -> tuple[Path, Path]:
    """Results of a Message Batch in another order than its requests, and one that never ran."""
    results, requests = tmp_path / "results.jsonl", tmp_path / "requests.jsonl"
    asked = [{"custom_id": f"c{n}", "params": {"messages": [{"role": "user", "content": f"{n}?"}]}} for n in range(20)]
    told = [{"type": "message", "id": f"msg_{n}", "content": [{"type": "text", "text": f"No. {n}"}]} for n in range(20)]
    rows = [{"custom_id": f"c{n}", "result": {"type": "succeeded", "message": told[n]}} for n in reversed(range(20))]
    rows.append({"custom_id": "c20", "result": {"type": "expired"}})
    for path, lines_of in ((requests, asked), (results, rows)):
        path.write_text("".join(json.dumps(row) + "\n" for row in lines_of))
    return results, requests


def test_a_batch_is_scored_with_its_requests_here_and_there(tmp_path: Path) -> None:
    """Another tool's file becomes samples in a database file and in a running service alike; what never ran is told."""
    results, requests = batch(tmp_path)
    score = ("score", results, "--requests", requests, "--set", "feature=batch", "--json")
    here = run("--database", tmp_path / "a.duckdb", *score)
    service = serve(tmp_path / "b.duckdb", environ={"ANTHROPIC_API_KEY": ""})
    try:
        there = run("--url", service.url, *score)
    finally:
        service.interrupt(seconds=10)
    rows = {"read": 21, "accepted": 20, "left_out": 1}
    assert json.loads(here.stdout)["rows"] == json.loads(there.stdout)["rows"] == rows, here.stderr + there.stderr
    assert smell(here.stdout)["n"] == smell(there.stdout)["n"] == 20


def test_what_was_left_out_and_how_a_file_was_read_is_told(tmp_path: Path) -> None:
    """The report names the format it found; the request file in place of the results is a mistake in the call."""
    results, requests = batch(tmp_path)
    database = ("--database", tmp_path / "a.duckdb", "score")
    good, wrong = run(*database, results, "--requests", requests), run(*database, requests)
    assert "21 rows: 20 accepted, 1 left out (1 expired)" in good.stdout
    assert "results.jsonl: read as anthropic-batch\n" in good.stderr
    assert (wrong.returncode, "this is the request file of a batch" in wrong.stderr) == (2, True)
