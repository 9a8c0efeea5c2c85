"""A full disk: what was acknowledged stays, what cannot be stored is refused, and room lets it go on."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow

RAN = {
    "tmpfs": "on a tmpfs of 12 MB that really was full",
    "limit": "this user may not mount a tmpfs, so a limit on the file's size stood in for it",
}


@contextmanager
def mounted(folder: Path) -> Iterator[str]:
    """A tmpfs of 12 MB on the folder, where this user may mount one; the kind of disk that a scenario can use."""
    command = ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)]
    allowed = os.geteuid() == 0 and subprocess.run(command, capture_output=True, check=False).returncode == 0
    try:
        yield "tmpfs" if allowed else "limit"
    finally:
        if allowed:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)


def play(folder: Path, kind: str) -> dict[str, Any]:
    """Run the scenario in a process of its own and read its report."""
    command = [sys.executable, "-m", "tests.acceptance.full_disk", str(folder), kind]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    print(f"full disk ({kind}): {done.stdout.strip()}")
    return dict(json.loads(done.stdout))


def check(report: dict[str, Any]) -> None:
    assert report["refused"] > 0
    assert report["retry_after"] == [5]
    assert report["readable"]
    assert (report["refused_after"], report["acknowledged"]) == (0, 400)
    assert (report["missing"], report["twice"]) == (0, 0)


def test_a_full_disk_loses_nothing_acknowledged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On a small disk that runs full: refusals with a time to come back, reads go on, room lets the retries in."""
    with mounted(tmp_path) as kind:
        with capsys.disabled():
            print(f"\nfull disk: {RAN[kind]}")
        check(play(tmp_path, kind))


def test_a_file_limit_loses_nothing_acknowledged(tmp_path: Path) -> None:
    """The same where writing fails by a limit on the file's size, which any user can have."""
    check(play(tmp_path, "limit"))
