"""Two processes and one database file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.errors import DatabaseLocked
from store.store import Store
from tests.conftest import Clock

pytestmark = pytest.mark.slow

HOLD = """
import sys
from pathlib import Path
from store.store import Store
from tests.conftest import Clock
with Store.open(Path(sys.argv[1]), clock=Clock()):
    print("open", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds leadline.duckdb open until its input ends."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "leadline.duckdb")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "open\n"
        yield process


def test_a_file_in_use_is_refused_by_name(tmp_path: Path, clock: Clock, holder: subprocess.Popen[str]) -> None:
    """While another process has the file, opening it names the file, that process and the way out; then it works."""
    path = tmp_path / "leadline.duckdb"
    with pytest.raises(DatabaseLocked) as refused:
        Store.open(path, clock=clock)
    assert str(refused.value).startswith(f"{path} is in use by process {holder.pid}: stop that process")
    holder.communicate()
    Store.open(path, clock=clock).close()
