"""Claims and places: given back however the work ends."""

from __future__ import annotations

import asyncio

import pytest

from evaluator.lane import Lane
from evaluator.places import Claims, Place, Shift
from evaluator.settings import SamplingSettings
from tests.builders import NOON
from tests.conftest import Clock
from tests.fake_judges import FakeJudge

KEY = ("s1", NOON)


@pytest.fixture
def lane(clock: Clock) -> Lane:
    judge = FakeJudge()
    return Lane(judge.entry, judge, SamplingSettings(), clock)


def test_a_claim_is_of_one_caller(lane: Lane) -> None:
    """What one has in hand nobody else gets, and the end of another's work does not let go of it."""
    with Claims() as mine:
        assert mine.take(lane, KEY)
        with Claims() as others:
            assert not others.take(lane, KEY)
        assert not lane.free(KEY)
    assert lane.free(KEY)


def test_a_claim_that_was_released_is_not_released_again(lane: Lane) -> None:
    """Somebody else may have it by then."""
    with Claims() as mine, Claims() as others:
        mine.take(lane, KEY)
        mine.release(lane, [KEY])
        others.take(lane, KEY)
        mine.__exit__()
        assert not lane.free(KEY)


async def test_as_many_at_once_as_there_are_places() -> None:
    """A third work begins when one of two places is free, and what has ended is counted."""
    places, begun, gates = asyncio.Semaphore(2), list[int](), [asyncio.Event() for _ in range(3)]

    async def work(number: int) -> bool:
        begun.append(number)
        await gates[number].wait()
        return number > 0

    async with Shift() as shift:
        for number in range(2):
            await shift.add(Place(places), lambda number=number: work(number), lambda: None)  # type: ignore[misc]
        third = asyncio.ensure_future(shift.add(Place(places), lambda: work(2), lambda: None))
        await asyncio.sleep(0)
        assert begun == [0, 1]
        gates[1].set()
        await third
        assert begun == [0, 1, 2]
        for gate in gates:
            gate.set()
    assert shift.stored == 2


async def test_a_cancelled_shift_gives_everything_back() -> None:
    """Cancelled works end, free their places and tell that they ended, also those that never had a turn."""
    places, ended = asyncio.Semaphore(2), list[str]()

    async def hold() -> None:
        async with Shift() as shift:
            for name in ("a", "b"):
                await shift.add(Place(places), asyncio.Event().wait, lambda name=name: ended.append(name))  # type: ignore[misc, arg-type]
            await asyncio.sleep(60)

    holding = asyncio.ensure_future(hold())
    for _ in range(5):
        await asyncio.sleep(0)
    assert places.locked()
    holding.cancel()
    await asyncio.wait([holding])
    assert (sorted(ended), places.locked()) == (["a", "b"], False)


async def test_a_place_can_be_left_early() -> None:
    """Who needs it no longer frees it, once."""
    places = asyncio.Semaphore(1)
    place = Place(places)
    await place.take()
    place.leave()
    place.leave()
    await places.acquire()
    assert places.locked()


async def test_an_error_takes_back_nothing_that_is_paid_for() -> None:
    """Works that are under way when their caller fails go on to their end."""
    ended: list[bool] = []

    async def pay() -> bool:
        await asyncio.sleep(0)
        ended.append(True)
        return True

    async def fail() -> None:
        async with Shift() as shift:
            await shift.add(Place(asyncio.Semaphore(1)), pay, lambda: None)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert ended == [True]
