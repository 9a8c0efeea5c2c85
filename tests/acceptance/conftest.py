"""A service in this process, and what the tests with processes of their own need."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from evaluator.service import Service
from evaluator.settings import Settings
from tests.conftest import Clock
from tests.in_process import client_of

OpenApi = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]
OpenBoth = Callable[..., AbstractAsyncContextManager[tuple[Service, httpx2.AsyncClient]]]


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> Iterator[None]:
    """Processes that these tests start can be interrupted, also when the tests run in a shell's background.

    A shell starts its background jobs with SIGINT ignored, and what is ignored stays ignored in their children.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def both(tmp_path: Path, clock: Clock) -> OpenBoth:
    """Opens a service on its own file and a client of it; keyword arguments are settings."""

    @asynccontextmanager
    async def open_(**settings: Any) -> AsyncIterator[tuple[Service, httpx2.AsyncClient]]:
        given = Settings(database=tmp_path / "a.duckdb", **settings)
        async with Service(given, clock=clock, environ={}, scheduled=False) as service, client_of(service) as client:
            yield service, client

    return open_


@pytest.fixture
def api(both: OpenBoth) -> OpenApi:
    """Opens a client of a service on its own file; keyword arguments are settings."""

    @asynccontextmanager
    async def open_(**settings: Any) -> AsyncIterator[httpx2.AsyncClient]:
        async with both(**settings) as (_, client):
            yield client

    return open_
