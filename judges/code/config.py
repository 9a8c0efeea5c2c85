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


class CodeConfig(ValidatorConfig):
    """A judge of kind "code": a function of your own, called in a process of its own; see docs/code-judges.md."""

    kind: Literal["code"] = Field(description="Your own function, in a worker process; docs/code-judges.md has more.")
    call: str = Field(description="The function, as module:function.", pattern=r"^[\w.]+:[\w.]+$")
    folder: Path = Field(
        Path(), description="Folder the module is imported from and the function runs in; default: the file's own."
    )
    python: Path | None = Field(
        None, description="Python of another environment to run it with; without it, Leadline's own."
    )
    version: str | None = Field(
        None, description="Your own name of its version; without it, a hash of the module's source file.", min_length=1
    )
    passing: tuple[str, ...] = Field(
        (), description="Labels that pass, when the function returns labels; without it, PASS and FAIL mean themselves."
    )
    passes_from: float = Field(0.5, ge=0, le=1, description="Score that passes, when the function returns scores.")
    timeout_seconds: float = Field(
        10.0, gt=0, le=600, description="Longest wait for one sample; then the process is ended: an error verdict."
    )
    start_seconds: float = Field(60.0, gt=0, le=600, description="Longest wait for the import of the module.")
    workers: int = Field(1, ge=1, le=64, description="Processes, and so samples at once; started when needed.")
    memory_mb: int = Field(
        2048, ge=0, description="Address space of a process in MB; 0: no limit. Beyond it, an error verdict."
    )
    env: tuple[str, ...] = Field((), description="Environment variables that the function may see, by name.")


def build(config: CodeConfig, environ: Mapping[str, str]) -> CodeJudge:
    """The judge of a definition; JudgeConfigError when a worker cannot import the function."""
    program = _program(config, environ)
    source = _source(config, program)
    deciding: dict[str, Any] = config.model_dump(mode="json", include={"kind", "call", "passing", "passes_from"})
    version = version_of({**deciding, "semantics": SEMANTICS, "version": config.version, "source": source})
    rules = Rules(
        program=program,
        source=source,
        passing=Passing(score=config.passes_from, labels=config.passing),
        timeout_seconds=config.timeout_seconds,
        workers=config.workers,
    )
    return CodeJudge(
        config.name,
        version,
        rules,
        features=config.features,
        rate=1.0 if config.rate is None else config.rate,
        incomplete=config.incomplete,
    )


def _program(config: CodeConfig, environ: Mapping[str, str]) -> Program:
    if absent := [name for name in config.env if name not in environ]:
        raise _unusable(config, f"`env` names {absent[0]}, which is not set")
    return Program(
        call=config.call,
        folder=config.folder.absolute(),
        python=(config.python or Path(sys.executable)).absolute(),
        memory_mb=config.memory_mb,
        start_seconds=config.start_seconds,
        environ={name: environ[name] for name in (*PASSED_ON, *config.env) if name in environ},
    )


def _source(config: CodeConfig, program: Program) -> str | None:
    """The hash of the source, found by importing it in a worker: a module of the user's never runs in this process."""
    try:
        hello = look(program)
    except Ended as error:
        raise _unusable(config, str(error)) from None
    if "raised" in hello:
        raise _unusable(config, imported_badly(hello))
    return None if config.version else str(hello.get("source"))


def _unusable(config: CodeConfig, why: str) -> JudgeConfigError:
    return JudgeConfigError(f"Judge {config.name!r}: {config.call} in {config.folder} cannot be used: {why}.")
