"""A real `leadline serve` in a process of its own, to be used, stopped and killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

LISTENS = re.compile(r"listens on (http://\S+)")


@dataclass
class Serving:
    """The running process, its address, and what it said before it listened."""

    process: subprocess.Popen[str]
    url: str
    said: str

    def kill(self) -> None:
        """kill -9: nothing gets a chance to tidy up."""
        self.process.kill()
        self.process.wait(timeout=10)
        self._close()

    def interrupt(self, seconds: float) -> int:
        """Ctrl-C; the exit code, or TimeoutExpired when it takes longer than `seconds`."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=seconds)
        self._close()
        return code

    def _close(self) -> None:
        assert self.process.stderr is not None
        self.process.stderr.close()


def serve(database: Path, *arguments: str, environ: dict[str, str] | None = None, port: int = 0) -> Serving:
    """Starts the service on this port (0: a free one) and waits until it listens."""
    program = [sys.executable, "-m", "ui.cli", "--database", str(database)]
    command = [*program, *(arguments or ("serve",)), "--port", str(port)]
    process = subprocess.Popen(
        command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env={**os.environ, **(environ or {})}
    )
    assert process.stderr is not None
    said: list[str] = []
    for line in process.stderr:
        said.append(line)
        found = LISTENS.search(line)
        if found:
            return Serving(process, found[1], "".join(said))
    raise AssertionError("the service did not start: " + "".join(said))
