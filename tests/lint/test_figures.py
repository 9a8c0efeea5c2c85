"""The table at the end of `make bench`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.lint.source import ROOT

MEASURES = """
import pytest

def test_absent(figures):
    pytest.skip("its data is not on this machine")

def test_delay(figures):
    figures.at_most("2", "delay / oracle", 1.31, 1.5, note="a|b")

def test_alarms(figures):
    assert figures.at_most("1", "false alarms", 0.07, 0.05, form="{:.0%}", note="small baseline")

def test_words():
    print("2026-12-01 03:22:50 [info] looked\\n3 kills, 0 lost (target 0)")

def test_limit(figures):
    assert figures.record("limits", "two points", "seen by 3 %")
"""


def run(folder: Path, *options: str) -> str:
    """What pytest prints when it runs MEASURES with the plugin."""
    (folder / "test_measures.py").write_text(MEASURES)
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.figures", "test_measures.py", *options]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout


def test_the_table_shows_each_figure_beside_its_target(tmp_path: Path) -> None:
    """Printed in the order of what must be shown, a missed one as MISSED with its reason, from pytest's workers too."""
    printed = run(tmp_path, "-n", "2")
    rows = [" ".join(line.split()) for line in printed.splitlines()]
    at = [
        rows.index("1 false alarms <= 5% 7% MISSED small baseline"),
        rows.index("2 delay / oracle <= 1.5 1.31 ok a|b"),
        rows.index("limits two points seen by 3 %"),
    ]
    assert at == sorted(at)


def test_what_workers_kept_back_is_printed_once(tmp_path: Path) -> None:
    """Lines that tests print themselves stand before the table, without logs, and without what is in the table."""
    rows = run(tmp_path, "-n", "2").splitlines()
    at = rows.index("3 kills, 0 lost (target 0)")
    assert "printed" in rows[at - 1]
    assert "figures" in rows[at + 1]
    assert not any("looked" in row for row in rows)


def test_what_is_missing_is_named_below_the_table(tmp_path: Path) -> None:
    """Lines that no test measured and tests that were skipped are named, whether a file is written or not."""
    printed = run(tmp_path, "-n", "2")
    assert "Not measured: 3 (mix, onset, recovery), 4 (slices)" in printed
    assert "Skipped: test_measures.py::test_absent." in printed


def test_a_run_without_figures_has_no_table(tmp_path: Path) -> None:
    """Where nothing was measured and no file is asked for, nothing is said of figures."""
    assert "Not measured" not in run(tmp_path, "-k", "absent")


def test_the_table_is_written_as_markdown(tmp_path: Path) -> None:
    """The file holds the same rows under their headings, and names what was not measured."""
    run(tmp_path, "--figures", "build/figures.md")
    written = (tmp_path / "build" / "figures.md").read_text()
    assert "## 1: false alarms within the promise\n" in written
    assert "| delay / oracle | <= 1.5 | 1.31 | ok | a/b |" in written
    assert "Not measured: 3 (mix, onset, recovery), 4 (slices)" in written
    assert "Skipped: test_measures.py::test_absent." in written
