"""The warm-up of the prompt cache: one request first, then the many."""

from __future__ import annotations

import asyncio

import pytest

from judges.breaker import State
from judges.client import ClaudeClient
from judges.errors import Rejected, Unavailable
from judges.warmth import LIFE_SECONDS, PATIENCE_SECONDS, REMEMBERED, Warmth, hint, reaches_minimum
from tests.fake_time import FakeTime
from tests.fakes import OVERLOADED, FakeClaude, Reply, decides, fails
from tests.unit.judges.conftest import Naps, ask

MODEL = "claude-haiku-5-5"
LONG = "You judge. " * 300


@pytest.fixture
def time() -> FakeTime:
    """The clock."""
    return FakeTime()


@pytest.fixture
def warmth(time: FakeTime) -> Warmth:
    """Nothing is warm."""
    return Warmth(time.clock)


async def entered(warmth: Warmth, model: str, system: str, gate: asyncio.Event, log: list[int]) -> None:
    async with warmth.turn(model, system):
        log.append(len(log))
        await gate.wait()


async def under_way(warmth: Warmth, system: str = LONG, n: int = 10, model: str = MODEL) -> int:
    """How many of n requests are let in while the first has no answer."""
    gate, log = asyncio.Event(), list[int]()
    tasks = [asyncio.create_task(entered(warmth, model, system, gate, log)) for _ in range(n)]
    for _ in range(3):
        await asyncio.sleep(0)
    let_in = len(log)
    gate.set()
    await asyncio.gather(*tasks)
    assert len(log) == n
    return let_in


async def test_the_first_goes_alone(warmth: Warmth) -> None:
    """The others wait until it has ended, and then all go."""
    assert await under_way(warmth) == 1


async def test_what_is_warm_waits_for_nobody(warmth: Warmth, time: FakeTime) -> None:
    """Within five minutes of the last use all go at once; after that one goes first again."""
    warmth.used(MODEL, LONG)
    time.advance(LIFE_SECONDS - 1)
    assert await under_way(warmth) == 10
    warmth.used(MODEL, LONG)
    time.advance(LIFE_SECONDS - 1)
    assert await under_way(warmth) == 10
    time.advance(1)
    assert await under_way(warmth) == 1


@pytest.mark.parametrize(("model", "system"), [(MODEL, "short"), ("claude-haiku-4-5-20251001", LONG)])
async def test_what_is_never_cached_waits_for_nobody(warmth: Warmth, model: str, system: str) -> None:
    """Below the model's minimum a warm-up gains nothing."""
    assert await under_way(warmth, system, model=model) == 10


async def test_each_prefix_has_its_own_first(warmth: Warmth) -> None:
    """Rubrics do not wait for each other, nor one model for another."""
    found = await asyncio.gather(under_way(warmth, LONG + "a"), under_way(warmth, LONG + "b"))
    assert found == [1, 1]


@pytest.mark.parametrize(("seconds", "let_in"), [(0.0, 2), (PATIENCE_SECONDS, 5)], ids=["at once", "after long"])
async def test_a_first_that_fails_is_followed(warmth: Warmth, time: FakeTime, seconds: float, let_in: int) -> None:
    """By one of those who wait; by all of them when it kept them waiting for long."""
    gate, log = asyncio.Event(), list[int]()
    tasks = [asyncio.create_task(entered(warmth, MODEL, LONG, gate, log)) for _ in range(5)]
    await asyncio.sleep(0)
    time.advance(seconds)
    tasks[0].cancel()
    for _ in range(4):
        await asyncio.sleep(0)
    assert len(log) == let_in
    gate.set()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(log) == 5


def test_what_is_remembered_is_bounded(warmth: Warmth) -> None:
    """Many prefixes do not fill the memory."""
    for number in range(REMEMBERED + 10):
        warmth.used(MODEL, f"{number}")
    assert not warmth.is_warm(MODEL, "0")
    assert warmth.is_warm(MODEL, f"{REMEMBERED}")


def test_the_hint_says_what_is_missing() -> None:
    """A prefix that is cached needs no hint; the other says by how much it is too short, and for which model."""
    assert hint(MODEL, LONG) is None
    assert "about 868 tokens, below the minimum of 4096" in str(hint("claude-haiku-4-5-20251001", LONG))


@pytest.mark.parametrize(("model", "least"), [(MODEL, 512), ("claude-haiku-4-5-20251001", 4096), ("other", 1024)])
def test_the_minimum_is_the_models(model: str, least: int) -> None:
    """At about 3.8 characters per token."""
    assert not reaches_minimum(model, "x" * round((least - 1) * 3.8))
    assert reaches_minimum(model, "x" * round((least + 1) * 3.8))


async def test_one_call_writes_the_cache_before_the_others_leave(client: ClaudeClient, claude: FakeClaude) -> None:
    """Of twenty requests at once one has arrived when the first is answered; the other nineteen read what it wrote."""
    claude.latency_seconds = 0.05
    arrived: list[int] = []

    def counting(_: object) -> Reply:
        arrived.append(len(claude.asked))
        return decides("PASS")

    claude.rule = counting
    found = await asyncio.gather(*(client.complete(ask(system=LONG)) for _ in range(20)))
    written = sum(one.usage.cache_write_tokens > 0 for one in found)
    print(f"arrived before the first answer: {arrived[0]} of 20; cache written by {written}, read by {20 - written}")
    assert (arrived[0], written) == (1, 1)


async def test_a_failed_warm_up_is_tried_again_by_itself(client: ClaudeClient, claude: FakeClaude, naps: Naps) -> None:
    """Its own retry and the others go on; everybody is answered."""

    def first_fails(_: object) -> Reply:
        return OVERLOADED if len(claude.asked) == 1 else decides("PASS")

    claude.rule = first_fails
    found = await asyncio.gather(*(client.complete(ask(system=LONG)) for _ in range(5)))
    assert (len(found), len(claude.asked), len(naps)) == (5, 6, 1)


async def test_a_rejected_warm_up_costs_no_cold_burst(client: ClaudeClient, claude: FakeClaude) -> None:
    """Of fifty requests the first is not taken: one more has arrived when the second is answered, then the rest."""
    claude.latency_seconds = 0.05
    arrived: list[int] = []

    def first_fails(_: object) -> Reply:
        arrived.append(len(claude.asked))
        return fails(413, "request_too_large") if len(arrived) == 1 else decides("PASS")

    claude.rule = first_fails
    asked = (client.complete(ask(system=LONG)) for _ in range(50))
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert (sum(isinstance(one, Rejected) for one in found), arrived[:2], len(arrived)) == (1, [1, 2], 50)


async def test_a_provider_that_is_away_opens_its_circuit(client: ClaudeClient, claude: FakeClaude) -> None:
    """The failing first ones are counted one by one; then nobody waits for a first any more."""
    claude.rule = lambda _: OVERLOADED
    asked = (client.complete(ask(system=LONG)) for _ in range(50))
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert all(isinstance(one, Unavailable) for one in found)
    assert (client.breaker.state, len(claude.asked)) == (State.OPEN, 10)
