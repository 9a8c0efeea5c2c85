"""What every command knows: which configuration, which file or which running service, and how to open them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
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
    async def service(self) -> AsyncIterator[Service]:
        """The database file opened for one command: nothing is scheduled."""
        from evaluator.service import Service
        from evaluator.telemetry import configure_logging

        settings = self.settings()
        configure_logging("error" if settings.log_level == "info" else settings.log_level)
        async with Service(settings, scheduled=False) as service:
            yield service

    @asynccontextmanager
    async def remote(self) -> AsyncIterator[Remote]:
        """The running service at `url`."""
        from evaluator.cli.remote import Remote

        async with Remote.connect(str(self.url), self.key) as remote:
            yield remote


def json_option(command: F) -> F:
    """`--json`: pure JSON on stdout, for programs."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else on stdout.")(command)
