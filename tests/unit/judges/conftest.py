"""A Claude server and clients of it, for the tests of LLM judges."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from judges.client import ClaudeClient
    from tests.fakes import FakeClaude


@pytest.fixture(autouse=True, scope="session")
def _no_certificates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every client would read all certificate authorities (20 ms), for loopback HTTP: show it an empty folder."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SSL_CERT_DIR", str(tmp_path_factory.mktemp("no-certificates")))
        yield


@pytest.fixture
async def claude() -> AsyncIterator[FakeClaude]:
    """A Claude server on loopback that decides by its rule until a test scripts it."""
    from tests.fakes import FakeClaude

    async with FakeClaude() as server:
        yield server


class Naps(list[float]):
    """A sleep that returns at once and remembers how long it should have taken."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.fixture
def naps() -> Naps:
    """What the client slept, in seconds."""
    return Naps()


@pytest.fixture
async def client(claude: FakeClaude, naps: Naps, rng: random.Random) -> AsyncIterator[ClaudeClient]:
    """A client of the server with a key; its sleeps are `naps`."""
    from judges.client import ClaudeClient, ClientSettings

    opened = ClaudeClient(ClientSettings(api_key="sk-test", base_url=claude.url), rng=rng, sleep=naps)
    yield opened
    await opened.close()


@pytest.fixture
async def client_with_little_time(claude: FakeClaude, naps: Naps, rng: random.Random) -> AsyncIterator[ClaudeClient]:
    """A client that gives a judgement a tenth of a second."""
    from judges.client import ClaudeClient, ClientSettings

    settings = ClientSettings(api_key="sk-test", base_url=claude.url, timeout_seconds=0.1, backoff_seconds=0.001)
    opened = ClaudeClient(settings, rng=rng, sleep=naps)
    yield opened
    await opened.close()
