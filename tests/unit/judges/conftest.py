"""A Claude server and clients of it, for the tests of LLM judges."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from judges.client import ClaudeClient, Request
    from tests.fakes import FakeClaude


@pytest.fixture
async def claude() -> AsyncIterator[FakeClaude]:
    """A Claude server on loopback that decides by its rule until a test scripts it."""
    from tests.fakes import FakeClaude

    async with FakeClaude() as server:
        yield server


class Naps(list[float]):
    """A sleep that returns at once and remembers how long it should have taken; its clock has moved on by so much."""

    now = 1_000.0

    def clock(self) -> float:
        return self.now

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)
        self.now += seconds


def ask(model: str = "claude-haiku-5-5", system: str = "You judge.", **fields: Any) -> Request:
    """A question with the answer PASS or FAIL."""
    from judges.answer import answer_of
    from judges.client import Request

    return Request(model=model, system=system, user="Judge this.", answer=answer_of(("PASS", "FAIL")), **fields)


@pytest.fixture
def naps() -> Naps:
    """What the client slept, in seconds."""
    return Naps()


@pytest.fixture
async def client(claude: FakeClaude, naps: Naps, rng: random.Random) -> AsyncIterator[ClaudeClient]:
    """A client of the server with a key; its sleeps are `naps`."""
    from judges.client import ClaudeClient, ClientSettings

    settings = ClientSettings(api_key="sk-test", base_url=claude.url)
    opened = ClaudeClient(settings, rng=rng, clock=naps.clock, sleep=naps)
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
