"""The definition of a code judge, and its judge once the function could be imported in a worker."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from judges.code.judge import CodeJudge, Rules, imported_badly
from judges.code.process import Ended, Program, look
from judges.code.returned import Passing
from judges.errors import JudgeConfigError
from judges.judge import version_of
from judges.validator import ValidatorConfig

SEMANTICS = 1
"""Raise it when the same function may get another verdict than before: it is part of every version."""
PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH")
"""What a worker sees of the environment; none of it is a secret."""


class WorkerConfig(ValidatorConfig):
    """What the definitions of all judges share that run a user's code in worker processes."""

    folder: Path = Field(
        Path(), description="Folder the module is imported from and the code runs in; default: the file's own."
    )
    python: Path | None = Field(
        None, description="Python of another environment to run it with; without it, Leadline's own."
    )
    version: str | None = Field(
        None, description="Your own name of its version; without it, a hash of the module's source file.", min_length=1
    )
    timeout_seconds: float = Field(
        10.0, gt=0, le=600, description="Longest wait for one sample; then the process is ended: an error verdict."
    )
    start_seconds: float = Field(60.0, gt=0, le=600, description="Longest wait for the import of the module.")
    workers: int = Field(1, ge=1, le=64, description="Processes, and so samples at once; started when needed.")
    memory_mb: int = Field(
        2048, ge=0, description="Address space of a process in MB; 0: no limit. Beyond it, an error verdict."
    )
    env: tuple[str, ...] = Field((), description="Environment variables that the code may see, by name.")

    def program(self, call: str, environ: Mapping[str, str], *, model: bool = False) -> Program:
        """What the worker processes run; JudgeConfigError when a variable of `env` is not set."""
        if absent := [name for name in self.env if name not in environ]:
            raise self.unusable(call, f"`env` names {absent[0]}, which is not set")
        return Program(
            call=call,
            folder=self.folder.absolute(),
            python=(self.python or Path(sys.executable)).absolute(),
            memory_mb=self.memory_mb,
            start_seconds=self.start_seconds,
            environ={name: environ[name] for name in (*PASSED_ON, *self.env) if name in environ},
            model=model,
        )

    def source(self, program: Program) -> str | None:
        """The hash of the source; JudgeConfigError when a worker cannot import it.

        It is imported in a worker: a module of the user's never runs in this process.
        """
        try:
            hello = look(program)
        except Ended as error:
            raise self.unusable(program.call, str(error)) from None
        if "raised" in hello:
            raise self.unusable(program.call, imported_badly(hello))
        return None if self.version else str(hello.get("source"))

    def unusable(self, call: str, why: str) -> JudgeConfigError:
        """The error that says why the code cannot be used."""
        return JudgeConfigError(f"Judge {self.name!r}: {call} in {self.folder} cannot be used: {why}.")


class CodeConfig(WorkerConfig):
    """A judge of kind "code": a function of your own, called in a process of its own; see docs/code-judges.md."""

    kind: Literal["code"] = Field(description="Your own function, in a worker process; docs/code-judges.md has more.")
    call: str = Field(description="The function, as module:function.", pattern=r"^[\w.]+:[\w.]+$")
    passing: tuple[str, ...] = Field(
        (), description="Labels that pass, when the function returns labels; without it, PASS and FAIL mean themselves."
    )
    passes_from: float = Field(0.5, ge=0, le=1, description="Score that passes, when the function returns scores.")


def build(config: CodeConfig, environ: Mapping[str, str]) -> CodeJudge:
    """The judge of a definition; JudgeConfigError when a worker cannot import the function."""
    program = config.program(config.call, environ)
    source = config.source(program)
    deciding: dict[str, Any] = config.model_dump(mode="json", include={"kind", "call", "passing", "passes_from"})
    deciding |= {"semantics": SEMANTICS, "version": config.version, "source": source}
    rules = Rules(
        program=program,
        source=source,
        deciding=deciding,
        passing=Passing(score=config.passes_from, labels=config.passing),
        timeout_seconds=config.timeout_seconds,
        workers=config.workers,
    )
    return CodeJudge(
        config.name,
        version_of(deciding),
        rules,
        features=config.features,
        rate=1.0 if config.rate is None else config.rate,
        incomplete=config.incomplete,
    )
