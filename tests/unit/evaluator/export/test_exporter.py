"""What is owed leaves in order, once it can; what cannot leave holds nothing up and loses nothing."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from evaluator.export import exporter as module
from evaluator.export import target
from evaluator.export.exporter import Exporter, Standing
from evaluator.settings import ExportSettings
from evaluator.telemetry import Metrics
from store.records import Status
from store.store import Store
from tests.builders import make_verdict
from tests.conftest import Clock
from tests.otlp_backend import TAKEN, Backend, Reply, Request, partly, told

DOWN, BAD = Reply(status=503), Reply(status=400)


@pytest.fixture
def backend() -> Iterator[Backend]:
    """A backend that takes everything."""
    with Backend() as server:
        yield server


class Desk:
    """An exporter with its metrics, and judges to keep it busy."""

    def __init__(self, store: Store, clock: Clock, exporter: Exporter, metrics: Metrics) -> None:
        self.store, self.clock, self.exporter, self.metrics = store, clock, exporter, metrics

    def judge(self, *names: str, **fields: Any) -> None:
        self.store.append_verdicts([make_verdict(name, **fields) for name in names]).result()

    def many(self, count: int) -> list[str]:
        """So many verdicts; their samples, in order."""
        names = [f"s{n:04}" for n in range(count)]
        self.judge(*names)
        return names

    async def later(self, times: int, *, hours: float = 1.0) -> None:
        """As many more turns, each after every wait has ended."""
        for _ in range(times):
            self.clock.advance(hours=hours)
            await self.exporter.export()

    def standing(self) -> Standing:
        with self.store.read() as c:
            return self.exporter.standing(c)

    def counted(self, outcome: str) -> float | None:
        return self.metrics.registry.get_sample_value("leadline_exported_verdicts_total", {"outcome": outcome})


@asynccontextmanager
async def desk(store: Store, clock: Clock, backend: Backend, **settings: Any) -> AsyncIterator[Desk]:
    """An exporter to this backend that has begun."""
    wanted, metrics = ExportSettings(endpoint=backend.url, **settings), Metrics()
    made = target.build(wanted, {}, clock)
    assert made is not None
    rng = random.Random(1)
    exporter = Exporter(store, made, wanted, version="1.2", clock=clock, rng=rng, metrics=metrics)
    await exporter.begin()
    yield Desk(store, clock, exporter, metrics)
    await made.close()


async def test_verdicts_leave_in_the_order_of_their_numbers(store: Store, clock: Clock, backend: Backend) -> None:
    """Several requests of bounded size, none twice, and nothing when nothing is new."""
    async with desk(store, clock, backend) as at:
        names = at.many(1200)
        assert await at.exporter.export() == 1200
        assert await at.exporter.export() == 0
    assert backend.samples == names
    assert [len(request.records) for request in backend.asked] == [500, 500, 200]
    assert at.counted("sent") == 1200


async def test_after_a_restart_it_goes_on_where_it_was(store: Store, clock: Clock, backend: Backend) -> None:
    """The watermark is in the store: a new exporter sends what the old one had not."""
    async with desk(store, clock, backend) as at:
        at.judge("s1")
        await at.exporter.export()
        at.judge("s2")
    async with desk(store, clock, backend) as at:
        await at.exporter.export()
    assert backend.samples == ["s1", "s2"]


async def test_a_backend_that_was_down_for_a_day_catches_up(store: Store, clock: Clock, backend: Backend) -> None:
    """Everything arrives, in order, once it is back; the calls meanwhile are few."""
    backend.rule = lambda _: DOWN
    async with desk(store, clock, backend) as at:
        names = at.many(20)
        for _ in range(24 * 60):
            at.clock.advance(minutes=1)
            await at.exporter.export()
        calls = len(backend.asked)
        assert at.standing().waiting == 20
        backend.rule = lambda _: TAKEN
        await at.later(1)
        assert at.standing().waiting == 0
    print(f"a day of 503: {calls} requests in {24 * 60} turns")
    assert calls < 24 * 60 / 2
    assert backend.samples == names


async def test_waits_grow_and_end(store: Store, clock: Clock, backend: Backend) -> None:
    """Each failure doubles the limit of the wait, up to five minutes."""
    backend.rule = lambda _: DOWN
    async with desk(store, clock, backend) as at:
        at.judge("s1")
        waits = [await _until_asked_again(at, backend) for _ in range(40)]
    assert waits[0] <= module.FIRST_WAIT_SECONDS
    assert module.LONGEST_WAIT_SECONDS / 2 < max(waits) <= module.LONGEST_WAIT_SECONDS
    assert len(set(waits)) > 20


async def _until_asked_again(at: Desk, backend: Backend) -> int:
    """Seconds from one request to the next."""
    before, seconds = len(backend.asked), 0
    while len(backend.asked) == before:
        at.clock.advance(seconds=1)
        seconds += 1
        await at.exporter.export()
    return seconds


@pytest.mark.parametrize(("asked", "minutes"), [("600", 10), ("86400", 60)])
async def test_retry_after_is_honoured_up_to_an_hour(
    store: Store, clock: Clock, backend: Backend, asked: str, minutes: int
) -> None:
    """A backend that wants a day is asked again after an hour."""
    backend.script = [Reply(status=429, headers={"retry-after": asked})]
    async with desk(store, clock, backend) as at:
        at.judge("s1")
        await at.exporter.export()
        await at.later(1, hours=minutes / 60 - 0.01)
        assert len(backend.asked) == 1
        await at.later(1, hours=0.02)
    assert backend.samples == ["s1"]


@pytest.mark.parametrize("status", [301, 401, 403, 404, 500])
async def test_what_an_operator_can_mend_loses_nothing(
    store: Store, clock: Clock, backend: Backend, status: int
) -> None:
    """A wrong key or address holds the verdicts until it is mended, and says so."""
    backend.script = [Reply(status=status)] * 3
    async with desk(store, clock, backend) as at:
        at.judge("s1")
        await at.exporter.export()
        assert (at.standing().why, at.standing().waiting) == (f"it answered {status}", 1)
        await at.later(3)
        assert (at.standing().why, at.standing().waiting) == ("", 0)
    assert backend.samples == ["s1"]


def dislikes(*samples: str) -> Any:
    """Refuses every request that has one of these."""

    def rule(request: Request) -> Reply:
        return BAD if set(samples) & set(request.samples) else TAKEN

    return rule


async def test_a_verdict_that_is_refused_is_passed_over(store: Store, clock: Clock, backend: Backend) -> None:
    """The request is halved until the one that is not liked is found; all others arrive, once and in order."""
    backend.rule = dislikes("s0700", "s0701")
    async with desk(store, clock, backend) as at:
        names = at.many(1200)
        assert await at.exporter.export() == 1198
        assert at.standing().refused == 2
        assert (at.standing().waiting, at.standing().why) == (0, "")
    assert backend.samples == [name for name in names if name not in ("s0700", "s0701")]
    assert at.counted("refused") == 2
    assert len(backend.asked) < 50


async def test_a_request_that_is_too_large_is_halved(store: Store, clock: Clock, backend: Backend) -> None:
    """A backend that takes a hundred at a time gets them all."""
    backend.rule = lambda request: Reply(status=413) if len(request.records) > 100 else TAKEN
    async with desk(store, clock, backend) as at:
        names = at.many(700)
        assert await at.exporter.export() == 700
    assert backend.samples == names
    assert at.counted("refused") is None


async def test_a_backend_that_refuses_everything_costs_nothing(store: Store, clock: Clock, backend: Backend) -> None:
    """A wrong address that answers 400: after a restart with the right one, all is sent."""
    async with desk(store, clock, backend) as at:
        backend.rule = lambda _: BAD
        names = at.many(120)
        await at.later(3)
        found = at.standing()
        assert (found.passed_over, found.waiting, found.why) == (120, 120, "it answered 400")
    backend.rule = lambda _: TAKEN
    async with desk(store, clock, backend) as at:
        await at.exporter.export()
    assert backend.samples == names


async def test_refusals_do_not_hammer(store: Store, clock: Clock, backend: Backend) -> None:
    """One turn passes over a hundred verdicts at most."""
    backend.rule = lambda _: BAD
    async with desk(store, clock, backend) as at:
        at.many(1000)
        await at.exporter.export()
    assert len(backend.asked) < module.REFUSALS_AT_ONCE + 20


async def test_what_a_taken_request_left_out_is_counted(store: Store, clock: Clock, backend: Backend) -> None:
    """Partial success is not sent again, as the protocol has it."""
    backend.script = [partly(2)]
    async with desk(store, clock, backend) as at:
        at.judge("s1", "s2", "s3")
        await at.exporter.export()
        await at.exporter.export()
    assert (at.counted("sent"), at.counted("rejected"), len(backend.asked)) == (1, 2, 1)


async def test_what_does_not_leave(store: Store, clock: Clock, backend: Backend) -> None:
    """Other features, judges that did not apply and feedback stay, and hold nothing up."""
    async with desk(store, clock, backend, features=("support-*",)) as at:
        at.judge("other", feature="billing")
        at.judge("skipped", passed=None, status=Status.SKIPPED)
        at.judge("thumb", kind="feedback")
        assert await at.exporter.export() == 0
        assert (backend.asked, at.standing().waiting) == ([], 0)
        at.judge("error", passed=None)
        at.judge("s1")
        assert await at.exporter.export() == 2
    assert backend.samples == ["error", "s1"]


async def test_feedback_leaves_when_it_is_wanted(store: Store, clock: Clock, backend: Backend) -> None:
    """A setting sends what people said too."""
    async with desk(store, clock, backend, feedback=True) as at:
        at.judge("thumb", kind="feedback")
        assert await at.exporter.export() == 1


async def test_explanations_leave_when_they_are_wanted(store: Store, clock: Clock, backend: Backend) -> None:
    """By default they stay."""
    async with desk(store, clock, backend) as at:
        at.judge("s1", explanation="quoted")
        await at.exporter.export()
    async with desk(store, clock, backend, explanations=True) as at:
        at.judge("s2", explanation="quoted")
        await at.exporter.export()
    sent = [told(request.records[0]).get("gen_ai.evaluation.explanation") for request in backend.asked]
    assert sent == [None, "quoted"]


async def test_the_gauge_says_what_waits(store: Store, clock: Clock, backend: Backend) -> None:
    """A backend that is down shows as a number that grows."""
    backend.rule = lambda _: DOWN
    async with desk(store, clock, backend) as at:
        at.judge("s1", "s2")
        await at.exporter.export()
    assert at.metrics.registry.get_sample_value("leadline_export_waiting") == 2
