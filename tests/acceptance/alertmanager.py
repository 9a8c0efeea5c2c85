"""A real Alertmanager in a process of its own, as Debian packs it."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2

from tests.prometheus import BIN, binary

LISTENS = re.compile(r'msg="Listening on" address=127\.0\.0\.1:(\d+)')
CONFIG = """
route:
  receiver: nobody
  routes:
    - matchers: [severity="critical"]
      receiver: hook
      group_by: ["..."]
      group_wait: 0s
      group_interval: 1s
receivers:
  - name: nobody
  - name: hook
    webhook_configs:
      - url: {hook}
        send_resolved: true
"""


@dataclass
class Alertmanager:
    """The running process and its address."""

    url: str

    def active(self) -> list[dict[str, Any]]:
        """The alerts that fire now, by its API."""
        found: list[dict[str, Any]] = httpx2.get(f"{self.url}/api/v2/alerts", trust_env=False).json()
        return found

    def amtool(self, *query: str) -> list[dict[str, Any]]:
        """The alerts that its own command line tool finds."""
        command = [binary("amtool"), f"--alertmanager.url={self.url}", "--output=json", "alert", "query", *query]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        found: list[dict[str, Any]] = json.loads(done.stdout)
        return found


@contextmanager
def running(folder: Path, *options: str, port: int = 0, hook: str = "http://127.0.0.1:9/") -> Iterator[Alertmanager]:
    """An Alertmanager that listens on this port (0: a free one) until the block ends."""
    config = folder / "alertmanager.yml"
    config.write_text(CONFIG.format(hook=hook), encoding="utf-8")
    command = [
        binary("prometheus-alertmanager"),
        f"--config.file={config}",
        f"--storage.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
        *options,
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=BIN)
    assert process.stderr is not None
    said: list[str] = []
    try:
        for line in process.stderr:
            said.append(line)
            if found := LISTENS.search(line):
                break
        else:
            raise AssertionError("Alertmanager did not start: " + "".join(said))
        # What it says later is read away, or it would wait for us.
        Thread(target=process.stderr.read, daemon=True).start()
        yield Alertmanager(f"http://127.0.0.1:{found[1]}")
    finally:
        process.terminate()
        process.wait(timeout=10)
