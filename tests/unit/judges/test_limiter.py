"""The limiter: how long calls wait for requests and tokens per minute, on a clock that a test moves."""

from __future__ import annotations

import asyncio

import pytest

from judges.limiter import Limiter, Use
from tests.fake_time import FakeTime

ONE = Use(input_tokens=100, output_tokens=10)


def headers(kind: str = "requests", *, limit: int = 60, remaining: int = 60, reset: str = "") -> dict[str, str]:
    """What a response tells of one limit; it was sent on the stroke of noon."""
    name = f"anthropic-ratelimit-{kind}"
    told = {f"{name}-limit": str(limit), f"{name}-remaining": str(remaining), "date": "Fri, 20 Nov 2026 12:00:00 GMT"}
    return told | ({f"{name}-reset": reset} if reset else {})


@pytest.fixture
def time() -> FakeTime:
    """The limiter's clock and sleep."""
    return FakeTime()


@pytest.fixture
def limiter(time: FakeTime) -> Limiter:
    """A limiter that knows of no limit."""
    return Limiter(time.clock, time.sleep)


async def taken(limiter: Limiter, n: int, use: Use = ONE) -> None:
    for _ in range(n):
        assert await limiter.take(use, patience=0) == 0


async def test_without_headers_nothing_is_limited(limiter: Limiter, time: FakeTime) -> None:
    """Servers that tell of no limits are asked as fast as one likes."""
    limiter.learn({"content-type": "application/json"})
    await taken(limiter, 10_000)
    assert time.naps == []


@pytest.mark.parametrize(
    ("kind", "limit", "use", "fit"),
    [
        ("requests", 100, ONE, 90),
        ("input-tokens", 10_000, ONE, 90),
        ("output-tokens", 1_000, ONE, 90),
        ("input-tokens", 10_000, Use(1_000, 10), 9),
    ],
)
async def test_a_tenth_is_left_to_others(limiter: Limiter, kind: str, limit: int, use: Use, fit: int) -> None:
    """Of each limit nine tenths are used at once, and not one call more."""
    limiter.learn(headers(kind, limit=limit, remaining=limit))
    await taken(limiter, fit, use)
    assert await limiter.take(use, patience=0) > 0


async def test_what_was_used_comes_back(limiter: Limiter, time: FakeTime) -> None:
    """Nine tenths of the limit per minute, evenly: a call that waits leaves as soon as there is room for it."""
    limiter.learn(headers(limit=60, remaining=60))
    await taken(limiter, 54)
    begun = time.now
    for _ in range(9):
        assert await limiter.take(ONE, patience=30) == 0
    assert time.now - begun == pytest.approx(10)


async def test_the_narrowest_limit_counts(limiter: Limiter) -> None:
    """Plenty of requests are of no use without tokens."""
    limiter.learn(headers("requests", limit=1_000, remaining=1_000))
    limiter.learn(headers("input-tokens", limit=6_000, remaining=700))
    await taken(limiter, 1)
    assert limiter.wait(ONE) == pytest.approx(100 / 90)


async def test_others_who_use_the_limit_are_seen(limiter: Limiter) -> None:
    """When less remains than we used, somebody else asks too; more than we know of is not believed."""
    limiter.learn(headers(limit=60, remaining=60))
    limiter.learn(headers(limit=60, remaining=6))
    assert limiter.wait(ONE) > 0
    before = limiter.wait(ONE)
    limiter.learn(headers(limit=60, remaining=59))
    assert limiter.wait(ONE) == before


async def test_a_limit_that_fills_slowly_is_known_by_its_reset(limiter: Limiter) -> None:
    """A bucket that is whole only after ten minutes gives a tenth of what its size would."""
    limiter.learn(headers(limit=60, remaining=6, reset="2026-11-20T12:09:00Z"))
    assert limiter.wait(ONE) == pytest.approx(1 / (0.1 * 0.9))


@pytest.mark.parametrize("reset", ["soon", "2027-11-20T12:00:00Z", "2026-11-20T11:00:00Z", "2026-11-20T12:00:30"])
async def test_a_reset_that_makes_no_sense_is_ignored(limiter: Limiter, reset: str) -> None:
    """The limit is then taken to be one per minute, as its name says."""
    limiter.learn(headers(limit=60, remaining=6, reset=reset))
    assert limiter.wait(ONE) == pytest.approx(1 / 0.9)


@pytest.mark.parametrize(("limit", "remaining"), [("0", "0"), ("many", "1"), ("60", "-1"), ("60", "61"), ("nan", "1")])
async def test_headers_that_are_no_numbers_are_ignored(limiter: Limiter, limit: str, remaining: str) -> None:
    """A proxy's nonsense limits nothing."""
    told = {"anthropic-ratelimit-requests-limit": limit, "anthropic-ratelimit-requests-remaining": remaining}
    limiter.learn(told)
    await taken(limiter, 1_000)


async def test_estimates_are_trued_up(limiter: Limiter) -> None:
    """What a call did not use is there for the next one, and what it used beyond is missing."""
    limiter.learn(headers("input-tokens", limit=1_000, remaining=1_000))
    await taken(limiter, 9)
    limiter.settle(ONE, Use(40, 10))
    assert limiter.wait(Use(60, 0)) == 0
    limiter.settle(ONE, Use(190, 10))
    assert limiter.wait(Use(60, 0)) == pytest.approx(90 / 15)


async def test_a_refused_call_used_its_request_only(limiter: Limiter) -> None:
    """Its tokens are free again; one that never left gives back everything."""
    limiter.learn(headers("requests", limit=10, remaining=10) | headers("input-tokens", limit=1_000, remaining=1_000))
    await taken(limiter, 9)
    limiter.settle(ONE, Use(0, 0))
    assert limiter.wait(ONE) == pytest.approx(1 / 0.15)
    limiter.settle(ONE, Use(0, 0, 0))
    assert limiter.wait(ONE) == 0


async def test_answers_teach_how_long_answers_are(limiter: Limiter) -> None:
    """The output of the next call is thought to be like that of the last ones, and never above its own bound."""
    for _ in range(200):
        limiter.settle(ONE, Use(100, 80))
    assert limiter.estimate(350, max_tokens=1_000).output_tokens == pytest.approx(80, rel=0.01)
    assert limiter.estimate(350, max_tokens=50) == Use(100, 50)


async def test_who_came_first_goes_first(limiter: Limiter) -> None:
    """A small call does not overtake a large one that waits."""
    limiter.learn(headers("input-tokens", limit=60_000, remaining=6_000))
    order: list[str] = []

    async def ask(name: str, tokens: float) -> None:
        assert await limiter.take(Use(tokens, 0), patience=60) == 0
        order.append(name)

    await asyncio.gather(ask("large", 9_000), ask("small", 10), ask("middle", 900))
    assert order == ["large", "small", "middle"]


async def test_a_wait_beyond_ones_patience_is_told_at_once(limiter: Limiter, time: FakeTime) -> None:
    """Nothing is taken, nobody sleeps, and the queue counts: who comes later is told a longer wait."""
    limiter.learn(headers(limit=60, remaining=6))
    waits = await asyncio.gather(*(limiter.take(ONE, patience=5) for _ in range(10)))
    assert [wait == 0 for wait in waits] == [True] * 4 + [False] * 6
    assert all(5 < wait <= 7 for wait in waits[4:])
    assert sum(time.naps) < 6


async def test_a_call_larger_than_the_limit_leaves_when_the_bucket_is_full(limiter: Limiter) -> None:
    """It would wait for ever otherwise; the provider has the last word."""
    limiter.learn(headers("input-tokens", limit=1_000, remaining=1_000))
    assert await limiter.take(Use(50_000, 0), patience=0) == 0


async def test_a_refusal_holds_everybody(limiter: Limiter, time: FakeTime) -> None:
    """The provider's Retry-After counts for all, limits known or not."""
    limiter.refused(20)
    assert await limiter.take(ONE, patience=10) == pytest.approx(20)
    assert await limiter.take(ONE, patience=30) == 0
    assert time.now == pytest.approx(1_020)


async def test_a_short_refusal_among_answers_holds_nobody(limiter: Limiter) -> None:
    """One in a hundred is that call's bad luck; two in a row say that the limit is used up."""
    for _ in range(3):
        limiter.refused(1)
        assert limiter.wait(ONE) == 0
        limiter.settle(ONE, ONE)
    limiter.refused(1)
    limiter.refused(1)
    assert limiter.wait(ONE) == pytest.approx(1)


async def test_a_cancelled_wait_leaves_the_queue(limiter: Limiter) -> None:
    """Who gave up holds up nobody."""
    limiter.learn(headers(limit=60, remaining=6))
    gone = asyncio.create_task(limiter.take(ONE, patience=60))
    await asyncio.sleep(0)
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    assert limiter.waiting == 0
    assert await limiter.take(ONE, patience=5) == 0
