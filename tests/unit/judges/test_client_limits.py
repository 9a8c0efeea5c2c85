"""The client under rate limits and in trouble: what it asks, what it leaves, and whom it tells."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from judges.breaker import State
from judges.client import ClaudeClient, ClientSettings, Watcher
from judges.errors import Unavailable
from tests.fake_time import FakeTime
from tests.fakes import HANGS, OVERLOADED, RATE_LIMITED, UNAUTHORIZED, Asked, FakeClaude, Reply, decides, fails
from tests.unit.judges.conftest import ask

OLDER = "claude-haiku-4-5-20251001"


class Log(Watcher):
    """What the client told."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.waits: list[float] = []
        self.turns: list[State] = []

    def called(self, provider: str, outcome: str) -> None:
        self.calls[outcome] += 1

    def waited(self, provider: str, seconds: float) -> None:
        self.waits.append(seconds)

    def turned(self, provider: str, state: State) -> None:
        self.turns.append(state)


@pytest.fixture
def time() -> FakeTime:
    """The client's clock and sleep."""
    return FakeTime()


@pytest.fixture
def log() -> Log:
    """Who is told of the client's calls."""
    return Log()


@pytest.fixture
async def timed(claude: FakeClaude, time: FakeTime, log: Log) -> AsyncIterator[ClaudeClient]:
    """A client with much time, on the fake clock."""
    settings = ClientSettings(base_url=claude.url, timeout_seconds=600)
    opened = ClaudeClient(settings, rng=random.Random(1), clock=time.clock, sleep=time.sleep, watcher=log)
    yield opened
    await opened.close()


class LimitedServer:
    """A rule that allows so many requests a minute, as a bucket that fills evenly, and tells of it in its headers."""

    def __init__(self, time: FakeTime, limit: int) -> None:
        self.refused = 0
        self._time, self._limit, self._level, self._seen_at = time, limit, float(limit), time.now

    def __call__(self, asked: Asked) -> Reply:
        gained = (self._time.now - self._seen_at) * self._limit / 60
        self._level, self._seen_at = min(self._limit, self._level + gained), self._time.now
        if self._level < 1:
            self.refused += 1
            return RATE_LIMITED
        self._level -= 1
        name = "anthropic-ratelimit-requests"
        told = {f"{name}-limit": str(self._limit), f"{name}-remaining": str(int(self._level))}
        return Reply(body=decides("PASS").body, headers=told)


async def test_a_limit_that_is_told_is_kept(timed: ClaudeClient, claude: FakeClaude, time: FakeTime, log: Log) -> None:
    """300 judgements at once against 60 requests a minute: none is refused, and little of the limit is left unused."""
    claude.rule = server = LimitedServer(time, limit=60)
    begun = time.now
    await timed.complete(ask())
    await asyncio.gather(*(timed.complete(ask()) for _ in range(299)))
    took, least = time.now - begun, (300 - 60) / 60 * 60
    print(f"300 calls at 60 a minute: {took:.0f} s (at best {least:.0f} s), {server.refused} refused")
    assert server.refused == 0
    assert took <= least * 1.25
    assert sum(log.waits) > 0


async def test_a_rate_limit_holds_the_whole_family(timed: ClaudeClient, claude: FakeClaude) -> None:
    """One 429 with a long wait, and no further call of the family leaves; another family is asked."""
    claude.then(fails(429, "rate_limit_error", retry_after="900"))
    for _ in range(2):
        with pytest.raises(Unavailable) as caught:
            await timed.complete(ask())
        assert (caught.value.reason, caught.value.everyone) == ("rate_limited", True)
        assert caught.value.retry_after_seconds == pytest.approx(900)
    await timed.complete(ask(OLDER))
    assert len(claude.asked) == 2


async def test_a_retry_after_of_a_day_keeps_nobody_away_for_longer_than_an_hour(
    timed: ClaudeClient, claude: FakeClaude, time: FakeTime
) -> None:
    """The work goes back at once, and after the cap the provider is asked again."""
    claude.then(fails(429, "rate_limit_error", retry_after="86400"))
    with pytest.raises(Unavailable) as caught:
        await timed.complete(ask())
    assert (caught.value.retry_after_seconds, time.naps) == (3_600, [])
    time.advance(3_600)
    await timed.complete(ask())


async def test_trouble_opens_the_circuit(timed: ClaudeClient, claude: FakeClaude, log: Log) -> None:
    """The call that met the last failure goes back at once and is everyone's; so do all others, without asking."""
    claude.rule = lambda _: OVERLOADED
    found = await asyncio.gather(*(timed.complete(ask()) for _ in range(50)), return_exceptions=True)
    waits = [error for error in found if isinstance(error, Unavailable)]
    assert {error.reason for error in waits} == {"circuit_open"}
    assert all(error.everyone for error in waits)
    left = len(claude.asked)
    with pytest.raises(Unavailable):
        await timed.complete(ask())
    assert len(claude.asked) == left
    assert log.turns == [State.CLOSED, State.OPEN]


@pytest.mark.parametrize("reply", [RATE_LIMITED, UNAUTHORIZED, fails(400, "invalid_request_error")])
async def test_what_is_no_trouble_of_the_provider_opens_nothing(
    timed: ClaudeClient, claude: FakeClaude, reply: Reply
) -> None:
    """It answers, so it is there."""
    claude.rule = lambda _: reply
    await asyncio.gather(*(timed.complete(ask()) for _ in range(30)), return_exceptions=True)
    assert (timed.breaker.state, timed.breaker.error_rate) == (State.CLOSED, 0.0)


async def test_one_call_tries_whether_it_is_over(timed: ClaudeClient, claude: FakeClaude, time: FakeTime) -> None:
    """While it is under way the others wait; when it is answered, all are."""
    claude.rule = lambda _: OVERLOADED
    await asyncio.gather(*(timed.complete(ask()) for _ in range(20)), return_exceptions=True)
    before = len(claude.asked)
    time.advance(15)
    with pytest.raises(Unavailable):
        await timed.complete(ask())
    assert len(claude.asked) == before + 1
    time.advance(30)
    claude.rule = lambda _: decides("PASS")
    found = await asyncio.gather(*(timed.complete(ask()) for _ in range(20)))
    assert len(found) == 20
    assert len(claude.asked) == before + 21


async def test_every_call_is_told_once(timed: ClaudeClient, claude: FakeClaude, log: Log) -> None:
    """By how it ended, attempts singly."""
    claude.then(OVERLOADED, RATE_LIMITED, decides("PASS"), UNAUTHORIZED)
    await timed.complete(ask())
    await asyncio.gather(timed.complete(ask()), return_exceptions=True)
    assert log.calls == {"overloaded": 1, "rate_limited": 1, "ok": 1, "unauthorized": 1}


async def test_a_cancelled_call_leaves_everything_as_it_was(timed: ClaudeClient, claude: FakeClaude) -> None:
    """A stop in the middle of a call counts as no failure and holds no place."""
    arrived = asyncio.Event()

    def hangs(_: Asked) -> Reply:
        arrived.set()
        return HANGS

    claude.rule = hangs
    gone = asyncio.create_task(timed.complete(ask()))
    await arrived.wait()
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    claude.rule = lambda _: decides("PASS")
    assert timed.breaker.error_rate is None
    assert (await timed.complete(ask())).text
