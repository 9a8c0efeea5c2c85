"""What the unit tests try with a few made-up values holds for many."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]
LEAST = 20


def test_every_property_holds_for_many_values() -> None:
    """The unit tests that draw their values pass with 200 draws each."""
    chosen = ["tests/unit", "-m", "hypothesis", "--hypothesis-profile=many"]
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", *chosen]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    passed = int((re.findall(r"(\d+) passed", run.stdout) or ["0"])[-1])
    print(f"{passed} properties hold for 200 draws each (target: at least {LEAST} and none fails)")
    assert run.returncode == 0, run.stdout[-3000:]
    assert passed >= LEAST
