"""Providers in order and a fallback model: real clients of two servers on loopback."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from judges.breaker import BreakerSettings, State
from judges.client import ClaudeClient, ClientSettings
from judges.errors import Rejected, Stopped, Unavailable
from judges.routes import Routes
from tests.fake_time import FakeTime
from tests.fakes import NO_SUCH_MODEL, OVERLOADED, SPEND_LIMIT, UNAUTHORIZED, FakeClaude, Reply, decides, fails
from tests.unit.judges.conftest import ask

HAIKU, OLDER = "claude-haiku-5-5", "claude-haiku-4-5-20251001"


@pytest.fixture
def time() -> FakeTime:
    """The clients' clock and sleep."""
    return FakeTime()


@pytest.fixture
async def second() -> AsyncIterator[FakeClaude]:
    """Another provider."""
    async with FakeClaude() as server:
        yield server


def a_client(name: str, server: FakeClaude, time: FakeTime, **settings: object) -> ClaudeClient:
    breaker = BreakerSettings(min_calls=4, open_seconds=30)
    reached = ClientSettings(name=name, api_key="k", base_url=server.url, breaker=breaker, **settings)  # type: ignore[arg-type]
    return ClaudeClient(reached, rng=random.Random(1), clock=time.clock, sleep=time.sleep)


@pytest.fixture
async def routes(claude: FakeClaude, second: FakeClaude, time: FakeTime) -> AsyncIterator[Routes]:
    """Two providers, no fallback model."""
    opened = Routes([a_client("first", claude, time), a_client("second", second, time)])
    yield opened
    await opened.close()


@pytest.fixture
async def with_fallback(claude: FakeClaude, time: FakeTime) -> AsyncIterator[Routes]:
    """One provider and a second model."""
    opened = Routes([a_client("first", claude, time)], fallback_model=OLDER)
    yield opened
    await opened.close()


async def test_the_first_answers_while_it_can(routes: Routes, second: FakeClaude) -> None:
    """The second is not asked, and the answer says who gave it."""
    found = await routes.complete(ask())
    assert (found.provider, found.model, second.asked) == ("first", HAIKU, [])


async def test_an_outage_of_the_first_is_no_outage(routes: Routes, claude: FakeClaude, time: FakeTime) -> None:
    """Once its circuit is open the first costs no call and no time; later it is asked again."""
    claude.rule = lambda _: OVERLOADED
    found = [(await routes.complete(ask())).provider for _ in range(5)]
    assert (found, len(claude.asked)) == (["second"] * 5, 4)
    claude.rule = lambda _: decides("PASS")
    time.advance(30)
    assert (await routes.complete(ask())).provider == "first"


async def test_when_all_are_away_the_work_waits(routes: Routes, claude: FakeClaude, second: FakeClaude) -> None:
    """The shortest wait counts, and with all circuits open it is everyone's."""
    claude.rule = second.rule = lambda _: OVERLOADED
    with pytest.raises(Unavailable) as caught:
        await routes.complete(ask())
    assert (caught.value.reason, caught.value.everyone) == ("circuit_open", True)
    assert 25 < caught.value.retry_after_seconds <= 30


@pytest.mark.parametrize("refusal", [UNAUTHORIZED, SPEND_LIMIT, NO_SUCH_MODEL, fails(403, "permission_error")])
async def test_one_that_refuses_us_is_passed_over(
    routes: Routes, claude: FakeClaude, second: FakeClaude, refusal: Reply
) -> None:
    """It is asked once and no more; the others go on."""
    claude.rule = lambda _: refusal
    found = [(await routes.complete(ask())).provider for _ in range(3)]
    assert (found, len(claude.asked), len(second.asked)) == (["second"] * 3, 1, 3)


async def test_when_all_refuse_us_the_judge_stops(routes: Routes, claude: FakeClaude, second: FakeClaude) -> None:
    """The error names what to mend at each, and nobody is asked again."""
    claude.rule, second.rule = lambda _: UNAUTHORIZED, lambda _: SPEND_LIMIT
    for _ in range(3):
        with pytest.raises(Stopped, match=r"ANTHROPIC_API_KEY.*spend limit") as caught:
            await routes.complete(ask())
    assert (caught.value.reason, len(claude.asked), len(second.asked)) == ("unauthorized", 1, 1)


async def test_a_refusal_and_an_outage_are_a_wait(routes: Routes, claude: FakeClaude, second: FakeClaude) -> None:
    """As long as one provider may come back, the judge does not stop."""
    claude.rule, second.rule = lambda _: UNAUTHORIZED, lambda _: OVERLOADED
    for _ in range(2):
        with pytest.raises(Unavailable):
            await routes.complete(ask())


async def test_a_bad_request_goes_nowhere_else(routes: Routes, claude: FakeClaude, second: FakeClaude) -> None:
    """What one provider will not take for its content, no other is bothered with."""
    claude.then(fails(413, "request_too_large"))
    with pytest.raises(Rejected):
        await routes.complete(ask())
    assert second.asked == []


async def test_a_second_model_helps_out(with_fallback: Routes, claude: FakeClaude) -> None:
    """When the judge's own model cannot answer, the fallback does, and the answer names it."""
    claude.rule = lambda asked: NO_SUCH_MODEL if asked.body["model"] == HAIKU else decides("PASS")
    found = [(await with_fallback.complete(ask())).model for _ in range(2)]
    assert (found, len(claude.asked)) == ([OLDER, OLDER], 3)


async def test_a_rate_limit_of_one_family_leaves_the_other(with_fallback: Routes, claude: FakeClaude) -> None:
    """Limits are pooled per family: a 429 for one says nothing of the other."""
    slow_down = fails(429, "rate_limit_error", retry_after="600")
    claude.rule = lambda asked: slow_down if asked.body["model"] == HAIKU else decides("PASS")
    found = await asyncio.gather(*(with_fallback.complete(ask()) for _ in range(3)))
    assert {one.model for one in found} == {OLDER}
    again = await with_fallback.complete(ask())
    assert (again.model, claude.asked[-1].body["model"]) == (OLDER, OLDER)


async def test_a_second_model_is_not_asked_through_an_open_circuit(with_fallback: Routes, claude: FakeClaude) -> None:
    """The provider as a whole is left alone."""
    claude.rule = lambda _: OVERLOADED
    for _ in range(3):
        with pytest.raises(Unavailable):
            await with_fallback.complete(ask())
    assert len(claude.asked) == 4


async def test_how_each_does_can_be_read(routes: Routes, claude: FakeClaude, time: FakeTime) -> None:
    """Circuit, error rate, next probe, and why; for doctor, API and metrics."""
    claude.rule = lambda _: OVERLOADED
    await routes.complete(ask())
    time.advance(10)
    first, other = routes.states()
    assert (first.name, first.circuit, first.error_rate, first.waiting) == ("first", State.OPEN, 1.0, 0)
    assert (first.circuit_for_seconds, first.next_probe_in_seconds) == (pytest.approx(10), pytest.approx(20))
    assert "529" in first.why
    assert (other.circuit, other.next_probe_in_seconds, other.stopped) == (State.CLOSED, None, ())


async def test_what_stopped_a_provider_can_be_read(routes: Routes, claude: FakeClaude) -> None:
    """In the words that tell what to do."""
    claude.then(SPEND_LIMIT)
    await routes.complete(ask())
    assert "spend limit" in routes.states()[0].stopped[0]


async def test_answers_of_all_are_known_again(routes: Routes) -> None:
    """Telemetry of a judge's own call is told from a user's, whichever provider answered."""
    await routes.complete(ask())
    assert routes.answered("msg_fake")
    assert not routes.answered("msg_other")
