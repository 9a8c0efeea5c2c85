"""`leadline demo` with its UI open, in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

from tests.browser.conftest import ROOT


class Demo:
    """The demo's week, played to its end; `url` is where its pages are."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "ui.cli", "demo"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ)
        assert self.process.stdout is not None
        last = next(line for line in self.process.stdout if "The UI shows this week at" in line)
        self.url = last.split(" at ")[1].split()[0]

    def play(self, _: str) -> None:
        """The demo has one story."""

    def stop(self) -> None:
        """As Ctrl-C does."""
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=30)
