"""One scheduled look at hundreds of monitors over ten million verdicts: seconds, by phase, and memory."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.benchmarks.crowd import FEATURES, JUDGES, SAMPLES
from tests.figures import Figures

pytestmark = [pytest.mark.slow, pytest.mark.long]

ROOT = Path(__file__).resolve().parents[2]
FEW = 2
"""Features with some 70 monitors, to compare the memory with."""


def crowd(*arguments: object) -> str:
    """The program's answer (tests/benchmarks/crowd.py)."""
    command = [sys.executable, "-m", "tests.benchmarks.crowd", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True, timeout=3600).stdout


def look(made: Path, features: int) -> dict[str, Any]:
    """A look at a copy of the store, in a process of its own."""
    copy = made.with_name(f"look-{features}.duckdb")
    shutil.copy(made, copy)
    told: dict[str, Any] = json.loads(crowd("look", copy, SAMPLES, features).splitlines()[-1])
    return told


def test_a_look_at_hundreds_of_monitors_takes_seconds(tmp_path: Path, figures: Figures) -> None:
    """The dearest scheduled look of an hour takes 5 s of CPU at most, all threads together, with counting, SQL, saving
    and the report on all monitors; CPU and not wall clock is told, because other programs share the machine. The peak
    of memory is at most 1.2 times that of looks at a few monitors of the same store, beyond 0.2 MB for each one more.

    The time is told and not asserted, for it depends on the machine. Features take turns with their hourly metrics, so
    about half of the monitors are due at a time; what it takes when all are, after a stop, is told too."""
    made = tmp_path / "crowd.duckdb"
    crowd("make", made, SAMPLES)
    few, many = look(made, FEW), look(made, FEATURES)
    allowed = 1.2 * few["peak_mb"] + 0.2 * (many["monitors"] - few["monitors"])
    what = f"one look, {many['monitors']} monitors, {SAMPLES * JUDGES:,} verdicts: s of CPU"
    note = (
        f"{many['looked_at']} due, {many['seconds']} s by the clock; the first {many['warm_up']}, "
        f"those of the hour after it {many['hour']}; all due at once {many['all_at_once']} s of CPU; "
        f"with {few['monitors']} monitors {few['cpu_seconds']}"
    )
    figures.at_most("scale", what, many["cpu_seconds"], 5, form="{:.2f}", note=note)
    phases = ", ".join(f"{name} {seconds}" for name, seconds in many["phases"].items())
    figures.record("scale", "seconds by phase, under a profiler", phases)
    assert many["monitors"] >= 500
    memory = f"peak of memory, MB; with {few['monitors']} monitors {few['peak_mb']}"
    assert figures.at_most("scale", memory, many["peak_mb"], allowed, form="{:.0f}")
