"""What every command knows: which configuration, which file or which running service, and how to open them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from evaluator.cli.remote import Remote
    from evaluator.service import Service
    from evaluator.settings import Settings

F = TypeVar("F", bound=Callable[..., object])


@dataclass(frozen=True, slots=True)
class Options:
    """The global options. With `url`, commands talk to a running service; without, they open the database file."""

    config: Path | None = None
    database: Path | None = None
    url: str | None = None
    key: str | None = None

    def settings(self, **flags: Any) -> Settings:
        """The effective settings; `flags` are the command's own."""
        from evaluator import config

        if self.database is not None:
            flags["database"] = self.database
        return config.load(self.config, **flags)

    @asynccontextmanager
    async def service(self, *, batched: bool = False, creates: bool = False) -> AsyncIterator[Service]:
        """The database file opened for one command: nothing is scheduled. `batched`: LLM judges wait for batches.

        Only what `creates` makes a file that is missing; InputError for others, whose answer would be about nothing.
        """
        from evaluator.errors import InputError
        from evaluator.service import Service
        from evaluator.telemetry import configure_logging

        settings = self.settings()
        if not creates and not settings.database.exists():
            raise InputError(
                f"There is no database file {settings.database}. Name another with --database, or a running service "
                "with --url; `leadline up` and `leadline score` begin one."
            )
        configure_logging("error" if settings.log_level == "info" else settings.log_level)
        async with Service(settings, scheduled=False, batched=batched) as service:
            yield service

    @asynccontextmanager
    async def remote(self) -> AsyncIterator[Remote]:
        """The running service at `url`."""
        from evaluator.cli.remote import Remote

        async with Remote.connect(str(self.url), self.key) as remote:
            yield remote


def _set(ctx: click.Context, param: click.Parameter, value: object) -> None:
    if value is not None and param.name is not None:
        ctx.obj = replace(ctx.obj or Options(), **{param.name: value})


_QUIET: dict[str, Any] = {"expose_value": False, "callback": _set, "is_eager": True}


def file_options(command: F) -> F:
    """`--config` and `--database`, which may stand before or behind a command's name."""
    path = click.Path(path_type=Path)
    command = database_option(command)
    return click.option("--config", type=path, help="Configuration file. Default: ./leadline.toml.", **_QUIET)(command)


def database_option(command: F) -> F:
    """`--database`, for a command to which `--config` means something else."""
    path = click.Path(path_type=Path)
    return click.option("--database", type=path, help="DuckDB file. Default: ./leadline.duckdb.", **_QUIET)(command)


def global_options(command: F) -> F:
    """The file options and `--url`, `--key` of commands that can talk to a running service instead."""
    return file_options(service_options(command))


def service_options(command: F) -> F:
    """`--url` and `--key`."""
    key = "API key for --url; better given as LEADLINE_KEY."
    url = "A running service to talk to, instead of opening the file."
    command = click.option("--key", envvar="LEADLINE_KEY", help=key, **_QUIET)(command)
    return click.option("--url", envvar="LEADLINE_URL", help=url, **_QUIET)(command)


def json_option(command: F) -> F:
    """`--json`: pure JSON on stdout, for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else on stdout.")(command)


def limit_option(newest: int, most: int) -> Callable[[F], F]:
    """`--limit`: how many of the newest are listed."""
    told = "At most so many, the newest first."
    return click.option("--limit", type=click.IntRange(1, most), default=newest, show_default=True, help=told)
