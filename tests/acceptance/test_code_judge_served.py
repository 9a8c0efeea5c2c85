"""A code judge in the service: set up in leadline.toml, seen by the commands, and gone when the service is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.acceptance.code_judges import HERE, MARK, Marked
from tests.acceptance.process import Serving, serve

pytestmark = pytest.mark.slow

SETTINGS = """
[judge]
builtin = ["not_truncated"]

[[judges]]
kind = "code"
name = "polite"
call = "own_code:{function}"
timeout_seconds = 60
env = ["{mark}"]
"""
ITEMS = [{"id": "a", "response": "Do it."}, {"id": "b", "response": "Do it, please."}]


def configured(folder: Path, function: str) -> Path:
    """A configuration with the module beside it."""
    shutil.copy(HERE / "own_code.py", folder)
    file = folder / "leadline.toml"
    file.write_text(SETTINGS.format(function=function, mark=MARK), encoding="utf-8")
    return file


def leadline(config: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ui.cli", *arguments]
    options = ["--config", str(config), "--database", str(config.with_name("a.duckdb"))]
    environ = {**os.environ, MARK: "here"}
    return subprocess.run([*command, *options], capture_output=True, text=True, timeout=60, check=False, env=environ)


def stuck(folder: Path, marked: Marked) -> Serving:
    """A service whose judge hangs with the interpreter in its hands."""
    config = configured(folder, "backtracks_unless_polite")
    environ = {**marked.environ, "LEADLINE_UI_KEY": ""}
    serving = serve(folder / "a.duckdb", "serve", "--config", str(config), environ=environ)
    before = set(marked.running())
    post(serving, ITEMS[:1])
    while not any(process.cpu_times().user > 0.5 for process in set(marked.running()) - before):
        pass  # an import takes less: past it, the function is what takes the time
    return serving


def post(serving: Serving, items: list[dict[str, str]]) -> None:
    headers = {"content-type": "application/json"}
    asked = urllib.request.Request(f"{serving.url}/v1/samples", json.dumps(items).encode(), headers)
    with urllib.request.urlopen(asked, timeout=30) as answered:
        assert answered.status == 202


def test_a_file_is_judged_by_code(tmp_path: Path) -> None:
    """`leadline score` calls the function that lies beside the configuration, wherever it is run."""
    file = tmp_path / "items.jsonl"
    file.write_text("\n".join(json.dumps(item) for item in ITEMS), encoding="utf-8")
    scored = leadline(configured(tmp_path, "polite"), "score", str(file), "--json")
    rows = {row["judge"]: row for row in json.loads(scored.stdout)["summary"]}
    assert (rows["polite"]["n"], rows["polite"]["passed"], rows["polite"]["kind"]) == (2, 1, "code")


def test_code_that_cannot_be_imported_stops_every_command(tmp_path: Path) -> None:
    """`judges`, `doctor` and the start say in one line what is wrong with which function."""
    config = configured(tmp_path, "polight")
    for command in (["judges"], ["doctor"], ["serve", "--port", "0"]):
        said = leadline(config, *command)
        assert (said.returncode, said.stdout) == (2, "")
        assert said.stderr.startswith("Error: Judge 'polite': own_code:polight in")
        assert "has no attribute 'polight'" in said.stderr


def test_code_that_is_ready_is_listed(tmp_path: Path) -> None:
    """`leadline judges` lists it with its kind."""
    said = leadline(configured(tmp_path, "polite"), "judges", "--json")
    listed = {row["name"]: row for row in json.loads(said.stdout)}
    assert (listed["polite"]["kind"], listed["polite"]["state"]) == ("code", "ready")


def test_kill_9_leaves_no_process(tmp_path: Path) -> None:
    """A worker that hangs in C code, and never looks up, ends with the service all the same."""
    marked = Marked()
    stuck(tmp_path, marked).kill()
    assert marked.left() == []


def test_a_stop_waits_for_nobody(tmp_path: Path) -> None:
    """Ctrl-C with a judge that hangs: the service ends in time, with code 0, and nothing stays."""
    marked = Marked()
    assert stuck(tmp_path, marked).interrupt(seconds=15) == 0
    assert marked.left() == []
