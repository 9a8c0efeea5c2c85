"""The worker process of a code judge, from Leadline's side: started, asked, ended with all its children."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Timer
from typing import Any

from judges.code import worker

Answer = Mapping[str, Any]
EXIT_SECONDS = 1.0
"""How long a process that has closed its output may take to end by itself, so that its exit code can be told."""


class Ended(Exception):
    """The process ended, or can no longer be understood, before it answered; the message says how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What is run: the function or `model`, the interpreter and folder it is run with, and its limits."""

    call: str
    folder: Path
    python: Path
    memory_mb: int
    start_seconds: float
    environ: Mapping[str, str] = field(repr=False)
    model: bool = False

    @property
    def command(self) -> list[str]:
        what = "model" if self.model else "function"
        return [str(self.python), worker.__file__, what, self.call, str(self.folder), str(self.memory_mb)]


def look(program: Program) -> Answer:
    """What a worker says when it has imported the function; for a moment, before there is an event loop for it."""
    try:
        process = subprocess.Popen(  # noqa: S603 - what is run is the operator's own setting
            program.command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd=program.folder,
            env=dict(program.environ),
            start_new_session=True,
        )
    except OSError as error:
        raise Ended(f"{program.python} cannot be run in {program.folder} ({error.strerror})") from None
    with process:
        timer = Timer(program.start_seconds, _kill, (process.pid,))
        timer.start()
        line = process.stdout.readline(worker.MAX_LINE) if process.stdout else b""
        late = not timer.is_alive()
        timer.cancel()
        if not line:
            with suppress(subprocess.TimeoutExpired):
                process.wait(EXIT_SECONDS)
        _kill(process.pid)
    if late:
        raise Ended(f"its import took over {program.start_seconds:g} s")
    if not line:
        raise Ended(f"its import ended the process: {_exit(process.returncode)}")
    return _read(line)


class Worker:
    """A running process that has imported the function. Whoever starts one ends it."""

    def __init__(self, process: Process) -> None:
        self._process = process

    @classmethod
    async def start(cls, program: Program) -> tuple[Worker, Answer]:
        """A new process, and what it said when it was ready; Ended and TimeoutError when it never was."""
        process = await asyncio.create_subprocess_exec(
            *program.command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            cwd=program.folder,
            env=dict(program.environ),
            start_new_session=True,
            limit=worker.MAX_LINE + 1,
        )
        started = cls(process)
        try:
            async with asyncio.timeout(program.start_seconds):
                return started, await started._next()
        except BaseException:
            started.kill()
            raise

    @property
    def alive(self) -> bool:
        return self._process.returncode is None

    async def ask(self, sample: Mapping[str, Any], seconds: float) -> Answer:
        """What the function returned or raised; TimeoutError after so many seconds, Ended when the process broke."""
        assert self._process.stdin is not None
        async with asyncio.timeout(seconds):
            self._process.stdin.write(json.dumps(sample).encode() + b"\n")
            with suppress(ConnectionError):  # then there is no answer either, and the exit code says more
                await self._process.stdin.drain()
            return await self._next()

    def kill(self) -> None:
        """Ends the process and all that it started, at once."""
        _kill(self._process.pid)

    async def gone(self) -> None:
        """Waits until the killed process is no more."""
        await self._process.wait()

    async def _next(self) -> Answer:
        assert self._process.stdout is not None
        try:
            line = await self._process.stdout.readline()
        except ValueError:
            raise Ended("it answered with a line that is too long") from None
        if not line.endswith(b"\n"):
            raise Ended(_exit(await self._exit_code()))
        return _read(line)

    async def _exit_code(self) -> int:
        try:
            async with asyncio.timeout(EXIT_SECONDS):
                return await self._process.wait()
        except TimeoutError:
            self.kill()
            return await self._process.wait()


def _read(line: bytes) -> Answer:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Ended("it answered with something that is not its protocol")
    return found


def _kill(pid: int) -> None:
    """The worker leads a group of its own: its warden and what the function started are in it."""
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _exit(code: int) -> str:
    if code >= 0:
        return f"the process ended with exit code {code}"
    with suppress(ValueError):
        return f"the process was ended by {signal.Signals(-code).name}"
    return f"the process was ended by signal {-code}"
