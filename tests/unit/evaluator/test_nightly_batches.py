"""Judges that judge by night: when they submit, and who leaves their samples alone meanwhile."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from functools import partial

import pytest

from evaluator.lane import Lane
from evaluator.pipeline import Pipeline
from evaluator.settings import SamplingSettings, Settings
from evaluator.telemetry import Metrics
from judges.budget import Limit
from store.store import Store
from tests.batching import Desk, open_desk
from tests.builders import NOON, make_sample
from tests.conftest import Clock
from tests.fake_judges import FakeJudge
from tests.fakes import FakeClaude, fails
from tests.judging import waiting

Open = Callable[..., AbstractAsyncContextManager[Desk]]
NIGHT = datetime.fromisoformat("2026-11-21T02:00:00+00:00")


@pytest.fixture
async def claude() -> AsyncIterator[FakeClaude]:
    """A Claude server on loopback."""
    async with FakeClaude() as server:
        yield server


@pytest.fixture
def opened(store: Store, clock: Clock, claude: FakeClaude) -> Open:
    """Opens a desk over the test's store, clock and server."""
    return partial(open_desk, store, clock, claude)


def keep(desk: Desk, *names: str) -> None:
    desk.keep(*(make_sample(name, ts=desk.clock(), text=f"Parcel {name} is on its way.") for name in names))


async def test_what_is_pending_is_submitted_at_night(opened: Open, claude: FakeClaude, clock: Clock) -> None:
    """Not before the time of day that is set, and once."""
    async with opened() as desk:
        keep(desk, "a", "b")
        sizes = []
        for clock.now in (NOON, NIGHT.replace(hour=1, minute=59), NIGHT, NIGHT.replace(minute=1)):
            await desk.batches.submit_due()
            sizes.append(len(claude.batches.made))
    assert sizes == [0, 0, 1, 1]
    assert len(claude.batches.made[0].requests) == 2


async def test_a_missed_night_is_made_up_for(opened: Open, claude: FakeClaude, clock: Clock) -> None:
    """A service that was down at that time submits when it is up again; what came since waits with the rest."""
    async with opened() as desk:
        keep(desk, "a")
        clock.now = NIGHT.replace(hour=9)
        await desk.batches.submit_due()
    assert len(claude.batches.made) == 1


async def test_a_restart_by_day_submits_nothing_early(opened: Open, claude: FakeClaude, clock: Clock) -> None:
    """What arrived since the last night waits for the next one."""
    clock.now = NIGHT.replace(hour=9)
    for _ in range(2):
        async with opened() as desk:
            keep(desk, f"at {clock()}")
            await desk.batches.submit_due()
            clock.advance(hours=1)
    assert claude.batches.made == []


async def test_a_restart_leaves_what_was_canceled_for_the_next_night(
    opened: Open, claude: FakeClaude, clock: Clock
) -> None:
    """Somebody wanted it to stop; what else is pending is submitted."""
    claude.batches.polls = None
    async with opened() as desk:
        keep(desk, "a", "b")
        clock.now = NIGHT
        await desk.batches.submit_due()
        claude.batches.cancel(claude.batches.made[0])
        await desk.batches.poll()
        clock.now = NOON
        keep(desk, "c")
    sizes = []
    for clock.now in (NIGHT.replace(hour=9), NIGHT + timedelta(days=1)):
        async with opened() as desk:
            await desk.batches.submit_due()
        sizes.append([len(made.requests) for made in claude.batches.made[1:]])
    assert sizes == [[1], [1, 2]]


async def test_what_equals_a_batch_has_its_verdict_with_it(opened: Open, claude: FakeClaude, clock: Clock) -> None:
    """Not a night later: once the batch is taken in it costs nothing."""
    claude.batches.polls = None
    async with opened() as desk:
        desk.keep(make_sample("a", text="pong", ts=clock()))
        await desk.batches.submit(desk.keys)
        desk.keep(make_sample("b", text="pong", ts=clock()))
        clock.now = NIGHT
        await desk.batches.submit_due()
        claude.batches.end()
        await desk.batches.poll()
    assert (sorted(desk.verdicts), claude.batches.paid) == (["a", "b"], 1)


async def test_a_night_without_the_provider_is_tried_again(opened: Open, claude: FakeClaude, clock: Clock) -> None:
    """A minute later, not a day."""
    body = fails(529, "overloaded_error").body
    assert isinstance(body, dict)
    claude.batches.refusals.append((529, body))
    async with opened() as desk:
        keep(desk, "a")
        clock.now = NIGHT
        assert (await desk.batches.submit_due()).failure
        clock.advance(minutes=1)
        await desk.batches.submit_due()
    assert len(claude.batches.made) == 1


async def test_a_spent_budget_waits_for_the_next_night(opened: Open, claude: FakeClaude, clock: Clock) -> None:
    """Asking every minute would end the same."""
    async with opened(budget=Limit(usd_per_day=1e-9)) as desk:
        keep(desk, "a")
        clock.now = NIGHT
        first = await desk.batches.submit_due()
        again = await desk.batches.submit_due()
    assert "budget" in str(first.failure)
    assert (again.failure, claude.batches.made) == (None, [])


async def test_more_than_a_batch_holds_is_submitted_in_several(opened: Open, claude: FakeClaude, clock: Clock) -> None:
    """All of it, in one night."""
    async with opened() as desk:
        keep(desk, *(f"s{n}" for n in range(450)))
        clock.now = NIGHT
        await desk.batches.submit_due()
        await desk.batches.poll()
    assert len(desk.verdicts) == 450


async def test_nobody_judges_them_by_day(store: Store, clock: Clock) -> None:
    """Fresh samples, the search for unjudged ones and a drain leave a judge alone that judges by batches."""
    live, nightly = FakeJudge("live"), FakeJudge("nightly", kind="llm")
    entries = [live.entry, nightly.batched]
    lanes = [Lane(e, j, SamplingSettings(), clock) for e, j in zip(entries, (live, nightly), strict=True)]
    pipeline = Pipeline(store, lanes, Settings(), clock, Metrics())
    pipeline.start()
    sample = make_sample()
    store.append_samples([sample]).result()
    pipeline.submit([sample])
    await pipeline.drain()
    await pipeline.recover()
    await pipeline.judge([sample])
    await pipeline.stop()
    assert (live.asked, nightly.asked) == (["s1"], [])
    assert waiting(store, pipeline, clock(), 1)[0] == 1


async def test_metrics_show_what_is_in_batches(opened: Open, claude: FakeClaude) -> None:
    """As many samples as wait, and none afterwards."""
    claude.batches.polls = None
    async with opened() as desk:
        keep(desk, "a", "b")
        await desk.batches.submit(desk.keys)
        before = desk.metrics.render().decode()
        claude.batches.end()
        await desk.batches.poll()
        after = desk.metrics.render().decode()
    assert 'leadline_batch_samples{judge="smell_test"} 2.0' in before
    assert "leadline_batch_samples{" not in after
