"""What a process of our own leaves unloaded. Each probe is a process, because the tests' own has everything."""

from __future__ import annotations

import subprocess
import sys

HIDE = "from evaluator import process; process.leave_out_pandas()"
BIND = "import duckdb; duckdb.execute('SELECT $a', {'a': 'x'}).fetchall()"
TELL = "import sys; print('pandas' in sys.modules)"


def told(*steps: str) -> str:
    result = subprocess.run([sys.executable, "-c", "\n".join(steps)], capture_output=True, text=True, check=True)
    return result.stdout.strip()


def test_duckdb_would_load_pandas() -> None:
    """A bound value is enough; the day this fails, there is nothing to leave out any more."""
    assert told(BIND, TELL) == "True"


def test_pandas_is_left_out() -> None:
    """After the call a bound value loads nothing, and all else can be imported."""
    assert told(HIDE, BIND, "import json.tool, numpy", TELL) == "False"


def test_pandas_can_be_brought_back() -> None:
    """A process that turns out to have a UI has its tables."""
    assert told(HIDE, "process.bring_back_pandas()", "import pandas", TELL) == "True"
