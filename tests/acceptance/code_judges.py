"""Judges made of the functions in tests/own_code.py, and the processes they leave behind."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil

from judges.code.config import CodeConfig, build
from judges.code.judge import CodeJudge
from judges.judge import Judgement
from tests import own_code
from tests.builders import make_sample

HERE = Path(own_code.__file__).parent
MARK = "MARK_OF_A_TEST"
RUDE, POLITE = make_sample(text="Do it: 4111."), make_sample(text="Do it, please.")


def made(call: str, /, environ: dict[str, str] | None = None, **wanted: Any) -> CodeJudge:
    """The judge of a function; `wanted` are its settings."""
    settings = {"folder": HERE, "timeout_seconds": 1.0, "memory_mb": 1000, **wanted}
    config = CodeConfig.model_validate({"kind": "code", "name": "mine", "call": call, **settings})
    return build(config, {**os.environ, **(environ or {})})


@asynccontextmanager
async def opened(call: str, /, **wanted: Any) -> AsyncIterator[CodeJudge]:
    """The judge, closed at the end."""
    judge = made(call, **wanted)
    try:
        yield judge
    finally:
        await judge.close()


async def said(function: str, **wanted: Any) -> tuple[Judgement, Judgement]:
    """What a function says of an answer that is not polite, and then of one that is."""
    async with opened(f"own_code:{function}", **wanted) as judge:
        return await judge.judge(RUDE), await judge.judge(POLITE)


class Marked:
    """Settings that mark all processes of a judge, and a look at which of them are there."""

    def __init__(self) -> None:
        self.environ = {MARK: uuid4().hex}
        self.settings: dict[str, Any] = {"environ": self.environ, "env": [MARK]}

    def running(self, name: str = "") -> list[psutil.Process]:
        """The marked processes, of this name if one is given; this test's own are not marked."""
        return [process for process in psutil.process_iter() if self._is_marked(process, name)]

    def wait_for(self, name: str) -> None:
        """Returns when one of the marked processes runs this program."""
        while not self.running(name):
            pass

    def left(self, seconds: float = 5.0) -> list[psutil.Process]:
        """The marked processes that are still there after so many seconds."""
        return psutil.wait_procs(self.running(), timeout=seconds)[1]

    def _is_marked(self, process: psutil.Process, name: str) -> bool:
        try:
            return process.environ().get(MARK) == self.environ[MARK] and name in process.name()
        except psutil.Error:
            return False
