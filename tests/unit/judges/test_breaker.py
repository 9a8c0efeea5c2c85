"""The circuit breaker: when calls leave, on a clock that a test moves."""

from __future__ import annotations

import asyncio

import pytest

from judges.breaker import Breaker, BreakerSettings, State
from judges.errors import Unavailable
from tests.fake_time import FakeTime

SETTINGS = BreakerSettings(window_seconds=60, min_calls=10, error_rate=0.5, open_seconds=15, max_open_seconds=120)


@pytest.fixture
def time() -> FakeTime:
    """The breaker's clock."""
    return FakeTime()


@pytest.fixture
def turns() -> list[State]:
    """What the breaker told of its changes."""
    return []


@pytest.fixture
def breaker(time: FakeTime, turns: list[State]) -> Breaker:
    """A closed breaker that opens at 5 failures of 10 calls within a minute."""
    return Breaker("first", SETTINGS, time.clock, turns.append)


async def called(breaker: Breaker, *, failed: bool, times: int = 1) -> None:
    for _ in range(times):
        breaker.leave(await breaker.enter(), failed)


async def opened(breaker: Breaker) -> None:
    await called(breaker, failed=True, times=10)
    assert breaker.state is State.OPEN


async def test_it_opens_at_the_error_rate(breaker: Breaker) -> None:
    """Half of ten calls failing is enough, less is not."""
    await called(breaker, failed=False, times=6)
    await called(breaker, failed=True, times=5)
    assert (breaker.state, breaker.error_rate) == (State.CLOSED, pytest.approx(5 / 11))
    await called(breaker, failed=True)
    assert breaker.state is State.OPEN


async def test_few_calls_mean_nothing(breaker: Breaker) -> None:
    """Nine failures in a row are too few to judge by."""
    await called(breaker, failed=True, times=9)
    assert breaker.state is State.CLOSED


async def test_old_failures_are_forgotten(breaker: Breaker, time: FakeTime) -> None:
    """Only the window counts."""
    await called(breaker, failed=True, times=9)
    time.advance(61)
    await called(breaker, failed=True, times=9)
    assert breaker.state is State.CLOSED


async def test_a_busy_provider_that_dies_is_noticed_within_the_window(breaker: Breaker, time: FakeTime) -> None:
    """However many calls went well before: when all fail, the circuit opens before the window is over."""
    for _ in range(60):
        await called(breaker, failed=False, times=500)
        time.advance(1)
    died = time.now
    while breaker.state is State.CLOSED:
        time.advance(2)
        await called(breaker, failed=True)
    print(f"opened {time.now - died:.0f} s after the provider died (window 60 s)")
    assert time.now - died <= 60


async def test_its_memory_does_not_grow(breaker: Breaker, time: FakeTime) -> None:
    """A million calls are a handful of counts."""
    for _ in range(300):
        await called(breaker, failed=False, times=100)
        time.advance(1)
    assert len(breaker._slices) <= 20


async def test_while_it_is_open_no_call_leaves(breaker: Breaker, time: FakeTime) -> None:
    """The error is everyone's, and says how long and why."""
    breaker.why = "127.0.0.1 answered 529"
    await opened(breaker)
    time.advance(5)
    with pytest.raises(Unavailable, match=r"answered 529\. No call leaves for 10 s") as caught:
        await breaker.enter()
    assert (caught.value.reason, caught.value.everyone) == ("circuit_open", True)
    assert caught.value.retry_after_seconds == pytest.approx(10)


async def test_one_probe_that_succeeds_closes_it(breaker: Breaker, time: FakeTime, turns: list[State]) -> None:
    """After the open time one call tries; then all may, and what was before is forgotten."""
    await opened(breaker)
    time.advance(15)
    probe = await breaker.enter()
    assert (probe, breaker.state) == (True, State.HALF_OPEN)
    breaker.leave(probe, failed=False)
    assert await breaker.enter() is False
    assert turns == [State.OPEN, State.HALF_OPEN, State.CLOSED]
    assert (breaker.error_rate, breaker.next_probe_at) == (None, None)


async def test_the_others_wait_for_the_probe(breaker: Breaker, time: FakeTime) -> None:
    """One call at a time tries; when it succeeds, those that waited leave."""
    await opened(breaker)
    time.advance(15)
    assert await breaker.enter() is True
    others = [asyncio.create_task(breaker.enter()) for _ in range(5)]
    await asyncio.sleep(0)
    assert not any(other.done() for other in others)
    breaker.leave(True, failed=False)
    assert await asyncio.gather(*others) == [False] * 5


async def test_a_probe_that_fails_sends_the_others_away(breaker: Breaker, time: FakeTime) -> None:
    """They are told the new, longer time."""
    await opened(breaker)
    time.advance(15)
    await breaker.enter()
    other = asyncio.create_task(breaker.enter())
    await asyncio.sleep(0)
    breaker.leave(True, failed=True)
    with pytest.raises(Unavailable) as caught:
        await other
    assert caught.value.retry_after_seconds == pytest.approx(30)


async def test_the_open_time_doubles_up_to_its_cap(breaker: Breaker, time: FakeTime) -> None:
    """15, 30, 60, 120, 120 seconds; after a success it begins anew."""
    await opened(breaker)
    times = []
    for _ in range(5):
        times.append((breaker.next_probe_at or 0) - time.now)
        time.advance(times[-1])
        breaker.leave(await breaker.enter(), failed=True)
    assert times == [15, 30, 60, 120, 120]
    time.advance(120)
    breaker.leave(await breaker.enter(), failed=False)
    await opened(breaker)
    assert (breaker.next_probe_at or 0) - time.now == 15


async def test_a_probe_that_was_cancelled_leaves_its_place(breaker: Breaker, time: FakeTime) -> None:
    """The next of those that wait tries in its stead."""
    await opened(breaker)
    time.advance(15)
    await breaker.enter()
    others = [asyncio.create_task(breaker.enter()) for _ in range(2)]
    await asyncio.sleep(0)
    breaker.leave(True, failed=None)
    done, waiting = await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
    assert ([task.result() for task in done], len(waiting)) == ([True], 1)
    breaker.leave(True, failed=False)
    assert await waiting.pop() is False


async def test_late_news_changes_nothing(breaker: Breaker, time: FakeTime) -> None:
    """Calls that had left before it opened neither close nor prolong it."""
    late = [await breaker.enter() for _ in range(3)]
    await opened(breaker)
    until = breaker.next_probe_at
    for probe in late:
        breaker.leave(probe, failed=True)
        breaker.leave(probe, failed=False)
    assert (breaker.state, breaker.next_probe_at) == (State.OPEN, until)
