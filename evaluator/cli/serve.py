"""`leadline serve`: the service without its UI, and what `up` and `demo` need to run one."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from evaluator import process
from evaluator.cli.options import Options, file_options
from evaluator.errors import ConfigError

if TYPE_CHECKING:
    import uvicorn
    from fastapi import FastAPI

    from evaluator.settings import Settings

App = Callable[..., Awaitable[None]]
F = TypeVar("F", bound=Callable[..., object])
GRACE_SECONDS = 3


@dataclass(frozen=True, slots=True)
class Served:
    """A running service: its address, `ended`, which completes when it has stopped, and whether it is to stop."""

    url: str
    ended: asyncio.Task[None]
    is_stopping: Callable[[], bool]


def plain(api: FastAPI, url: str) -> App:  # noqa: ARG001 - with a UI, the second argument is the API's address
    """The API alone."""
    return api


def listening_options(command: F) -> F:
    """`--host` and `--port`."""
    command = click.option("--port", type=click.IntRange(0, 65535), help="Port, default 8321; 0: a free one.")(command)
    return click.option("--host", help="Address, default 127.0.0.1; beyond it, keys are required.")(command)


def server_flags(host: str | None, port: int | None) -> dict[str, Any]:
    """The two options as settings, when given."""
    given = {name: value for name, value in (("host", host), ("port", port)) if value is not None}
    return {"server": given} if given else {}


@click.command()
@file_options
@listening_options
@click.pass_obj
def serve(options: Options, host: str | None, port: int | None) -> None:
    """Run the service without the UI: API, judges and scheduler on one port."""
    run_until_stopped(options.settings(**server_flags(host, port)), plain)


def run_until_stopped(settings: Settings, build: Callable[[FastAPI, str], App]) -> None:
    """Runs until Ctrl-C or SIGTERM, then stops cleanly."""
    asyncio.run(_run(settings, build))
    click.echo("stopped", err=True)


async def _run(settings: Settings, build: Callable[[FastAPI, str], App]) -> None:
    from evaluator.telemetry import configure_logging

    configure_logging(settings.log_level)
    async with running(settings, build) as served:
        process.tune()
        click.echo(f"Leadline listens on {served.url} (database {settings.database}); Ctrl-C stops it.", err=True)
        await served.ended


@asynccontextmanager
async def running(
    settings: Settings, build: Callable[[FastAPI, str], App], environ: Mapping[str, str] = os.environ
) -> AsyncIterator[Served]:
    """A service that listens; leaving the block stops it. Raises what its start raised."""
    import uvicorn

    from evaluator.api.app import create_app
    from evaluator.api.auth import check_listen
    from evaluator.api.sessions import keys_of
    from evaluator.api.sign_in import check_sign_in
    from evaluator.cli.parser import BoundedProtocol
    from evaluator.service import Service, utc_now

    # Before anything starts: what must not be reached is not even opened.
    check_listen(settings.server.host, keys_of(settings, utc_now))
    check_sign_in(settings)
    with _bound(settings) as listener:
        url = _address(listener)
        async with Service(_reachable_at(url, settings), environ=environ) as service:
            app = build(create_app(service), url)
            config = uvicorn.Config(
                app,
                http=BoundedProtocol,
                log_config=None,
                access_log=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
                lifespan="on",
            )
            server = uvicorn.Server(config)
            ended = asyncio.create_task(_until_told(server, listener))
            try:
                while not server.started and not ended.done():  # noqa: ASYNC110 - uvicorn has no event for it
                    await asyncio.sleep(0.01)
                yield Served(url, ended, lambda: server.should_exit)
            finally:
                server.should_exit = True
                await asyncio.wait({ended})


async def _until_told(server: uvicorn.Server, listener: socket.socket) -> None:
    """Serves until SIGINT or SIGTERM. Both are ours: uvicorn would raise them again before the service has stopped."""
    loop, signals = asyncio.get_running_loop(), (signal.SIGINT, signal.SIGTERM)
    server.capture_signals = nullcontext  # type: ignore[method-assign, assignment]
    for number in signals:
        loop.add_signal_handler(number, server.handle_exit, number, None)
    try:
        await server.serve(sockets=[listener])
    finally:
        for number in signals:
            loop.remove_signal_handler(number)


def _reachable_at(url: str, settings: Settings) -> Settings:
    """Alerts link to the address that was really taken, unless another one was given."""
    if settings.alerts.public_url:
        return settings
    return settings.model_copy(update={"alerts": settings.alerts.model_copy(update={"public_url": url})})


def _bound(settings: Settings) -> socket.socket:
    host, port = settings.server.host, settings.server.port
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.create_server((host, port), family=family, backlog=2048)
    except OSError as error:
        why = str(error.strerror).partition(" (")[0]
        raise ConfigError(f"cannot listen on {host}:{port} ({why}); choose another with --host or --port.") from None
    # asyncio sets it only on sockets that it made itself; without it every answer waits for a delayed ACK.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    reachable = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{reachable}:{port}"
