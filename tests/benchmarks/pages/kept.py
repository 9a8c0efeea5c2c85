"""The store that the pages are timed on: made once a day, kept in build/ until its makers change."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.benchmarks import crowd
from tests.benchmarks.pages import history
from tests.benchmarks.pages.visits import ROOT

FOLDER = ROOT / "build" / "pages"
MADE_OF = (Path(crowd.__file__), Path(history.__file__), history.CONFIG)
FRESH = timedelta(hours=24)


def store(samples: int) -> Path:
    """A file whose last day is today's or yesterday's; to be copied, not to be used."""
    sources = b"".join(file.read_bytes() for file in (*MADE_OF, *sorted((ROOT / "store/sql/migrations").glob("*.sql"))))
    now = datetime.now(UTC)
    name = f"{samples}-{hashlib.sha256(sources).hexdigest()[:12]}"
    for file in FOLDER.glob(f"{samples}-*.duckdb"):
        end = datetime.strptime(file.stem.rpartition("-")[2], "%Y%m%d%H").replace(tzinfo=UTC)
        if file.name.startswith(name) and now - end < FRESH:
            return file
        file.unlink()
    FOLDER.mkdir(parents=True, exist_ok=True)
    end = now.replace(minute=0, second=0, microsecond=0)
    made, file = FOLDER / f"making-{samples}.duckdb", FOLDER / f"{name}-{end:%Y%m%d%H}.duckdb"
    for left in FOLDER.glob(f"{made.name}*"):
        left.unlink()
    command = [sys.executable, "-m", "tests.benchmarks.pages.history", str(made), str(samples), end.isoformat()]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=3600)
    return made.rename(file)
