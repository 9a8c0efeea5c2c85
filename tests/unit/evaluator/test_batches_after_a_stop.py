"""Batches after crashes and lost answers: nothing is paid for twice, and all is judged in the end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from functools import partial

import pytest

from evaluator.batches.recovery import PATIENCE
from judges.errors import JudgeError
from store import batches as batch_store
from store.batches import BatchState
from store.records import Verdict
from store.store import Store
from tests.batching import Desk, open_desk
from tests.builders import NOON, make_sample
from tests.conftest import Clock
from tests.fakes import FakeClaude, fails

Open = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture
async def claude() -> AsyncIterator[FakeClaude]:
    """A Claude server on loopback, whose batches end when a test says so."""
    async with FakeClaude() as server:
        server.batches.polls = None
        yield server


@pytest.fixture
def opened(store: Store, clock: Clock, claude: FakeClaude) -> Open:
    """Opens a desk over the test's store, clock and server; a second one is what a restart would open."""
    return partial(open_desk, store, clock, claude)


def keep(desk: Desk, count: int = 3) -> None:
    desk.keep(*(make_sample(f"s{n}", text=f"Parcel {n} is on its way.") for n in range(count)))


async def killed_in_submission(opened: Open, claude: FakeClaude) -> None:
    """A run that ends after the provider made the batch and before its answer came."""
    claude.batches.lost, claude.batches.hangs = 1, True
    async with opened() as desk:
        keep(desk)
        task = asyncio.create_task(desk.batches.submit(desk.keys))
        await claude.batches.arrived.wait()
        task.cancel()
        await asyncio.wait([task])


async def test_a_stop_before_the_answer_pays_once(opened: Open, claude: FakeClaude) -> None:
    """The batch is found at the provider by its custom ids, once it has ended."""
    await killed_in_submission(opened, claude)
    async with opened() as desk:
        await desk.batches.poll()
        assert desk.made[0].provider_id is None
        claude.batches.end()
        await desk.batches.poll()
        assert len(desk.verdicts) == claude.batches.paid == 3
    assert len(claude.batches.made) == 1


async def test_samples_wait_while_it_is_not_known(opened: Open, claude: FakeClaude, clock: Clock) -> None:
    """However long that takes: a batch of as many requests that is under way may be ours."""
    await killed_in_submission(opened, claude)
    async with opened() as desk:
        for _ in range(20):
            clock.advance(hours=1)
            await desk.batches.poll()
            await desk.batches.submit_due()
        assert (len(claude.batches.made), len(desk.items)) == (1, 3)


async def test_a_batch_that_never_arrived_is_submitted_again(opened: Open, claude: FakeClaude, clock: Clock) -> None:
    """After some minutes without a trace of it at the provider, its samples are pending again."""
    claude.batches.refusals.append((500, {"type": "error", "error": {"type": "api_error", "message": "no"}}))
    async with opened() as desk:
        keep(desk)
        await desk.batches.submit(desk.keys)
        await desk.batches.poll()
        assert [batch.state for batch in desk.made] == [BatchState.SUBMITTING]
        clock.advance(seconds=PATIENCE.total_seconds() + 1)
        await desk.batches.poll()
        assert desk.made == []
        await desk.batches.submit(desk.keys)
        claude.batches.end()
        await desk.batches.poll()
        assert len(desk.verdicts) == claude.batches.paid == 3


async def test_the_batches_of_others_are_not_ours(opened: Open, claude: FakeClaude, clock: Clock) -> None:
    """A batch of the same size, made at the same time by another program, is not taken for a lost one."""
    async with opened() as desk:
        keep(desk)
        await desk.batches.submit(desk.keys)
        other = claude.batches.made[0]
        other.requests = {f"theirs-{n}": params for n, params in enumerate(other.requests.values())}
        desk.store.run(lambda c: c.execute("UPDATE batch SET provider_id = NULL, state = 'submitting'")).result()
        claude.batches.end()
        await desk.batches.poll()
        assert desk.verdicts == {}
        clock.advance(minutes=11)
        await desk.batches.poll()
        assert desk.made == []


async def test_a_lost_answer_is_told_and_made_good(opened: Open, claude: FakeClaude) -> None:
    """Without a restart too: the connection broke after the batch was made."""
    claude.batches.lost = 1
    async with opened() as desk:
        keep(desk)
        told = await desk.batches.submit(desk.keys)
        claude.batches.end()
        await desk.batches.poll()
        assert "cut the connection" in str(told.failure)
        assert (len(claude.batches.made), len(desk.verdicts)) == (1, 3)


async def test_a_stop_after_submission_loses_nothing(opened: Open, claude: FakeClaude) -> None:
    """The next run asks about the batch by its id."""
    async with opened() as desk:
        keep(desk)
        await desk.batches.submit(desk.keys)
    claude.batches.end()
    async with opened() as desk:
        await desk.batches.poll()
        assert (len(claude.batches.made), len(desk.verdicts)) == (1, 3)


class Stop(Exception):
    """The end of a process, in the middle of something."""


async def test_a_stop_while_taking_in_repeats_it(opened: Open, claude: FakeClaude) -> None:
    """Verdicts that were stored stay as they are, those that were not are read from the results again."""
    async with opened() as desk:
        keep(desk, 10)
        await desk.batches.submit(desk.keys)
        claude.batches.end()
    stored: list[Verdict] = []

    async def half(verdicts: Sequence[Verdict]) -> int:
        stored.extend(verdicts[:5])
        await asyncio.wrap_future(desk.store.append_verdicts(stored))
        raise Stop

    async with opened(keep=half) as desk:
        with pytest.raises(Stop):
            await desk.batches.poll()
    async with opened() as desk:
        await desk.batches.poll()
        found = desk.verdicts
        assert len(found) == claude.batches.paid == 10
        assert all(found[verdict.sample_id] == verdict for verdict in stored)
        assert desk.made[0].state is BatchState.ENDED


async def test_a_stop_before_the_next_batch_is_made_good(opened: Open, claude: FakeClaude) -> None:
    """What a batch left undone is in the store: the next run submits it, and nothing else."""
    async with opened() as desk:
        keep(desk)
        await desk.batches.submit(desk.keys)
        claude.batches.end()
        name = min(claude.batches.made[0].requests)
        claude.batches.made[0].results[name] = {"type": "expired"}
        claude.batches.refusals.append((529, {"type": "error", "error": {"type": "overloaded_error", "message": "no"}}))
        await desk.batches.poll()
        assert (len(claude.batches.made), len(desk.verdicts)) == (1, 2)
    async with opened() as desk:
        await desk.batches.poll()
        claude.batches.end()
        await desk.batches.poll()
        assert ([len(made.requests) for made in claude.batches.made], len(desk.verdicts)) == ([3, 1], 3)


async def test_results_that_are_cut_are_read_again(opened: Open, claude: FakeClaude) -> None:
    """Half of the results are no reason to pay for the other half anew."""
    claude.batches.cut_results = 1
    async with opened() as desk:
        keep(desk)
        await desk.batches.submit(desk.keys)
        claude.batches.end()
        await desk.batches.poll()
        assert desk.verdicts == {}
        assert "cut the connection" in (desk.made[0].reason or "")
        await desk.batches.poll()
        assert (len(claude.batches.made), len(desk.verdicts), desk.made[0].reason) == (1, 3, None)


@pytest.mark.parametrize(
    ("status", "kind", "left"),
    [
        (429, "rate_limit_error", 0),
        (529, "overloaded_error", 0),
        (401, "authentication_error", 1),
        (413, "too_large", 1),
    ],
)
async def test_a_batch_that_is_refused_leaves_its_samples_pending(
    opened: Open, claude: FakeClaude, status: int, kind: str, left: int
) -> None:
    """Nothing was made; a refusal that will not pass by itself stays listed as failed, with its reason."""
    body = fails(status, kind).body
    assert isinstance(body, dict)
    claude.batches.refusals.append((status, body))
    async with opened() as desk:
        keep(desk)
        told = await desk.batches.submit(desk.keys)
        assert isinstance(told.failure, JudgeError)
        assert [batch.state for batch in desk.made] == [BatchState.FAILED] * left
        assert desk.items == []
        assert (desk.lane.stopped is None) == (status != 401)
        assert desk.means.held == {}


async def test_a_batch_that_the_provider_does_not_know_is_given_up_after_a_day(
    opened: Open, claude: FakeClaude, clock: Clock
) -> None:
    """With the right key it may know it; after a day it cannot be under way any more."""
    async with opened() as desk:
        keep(desk)
        await desk.batches.submit(desk.keys)
        claude.batches.made.clear()
        await desk.batches.poll()
        assert "another workspace" in (desk.made[0].reason or "")
        assert len(desk.items) == 3
        clock.advance(hours=26)
        await desk.batches.poll()
        assert [batch.state for batch in desk.made] == [BatchState.FAILED]
        assert desk.items == []


async def test_a_batch_of_a_judge_that_is_gone_is_left_alone(opened: Open, claude: FakeClaude, clock: Clock) -> None:
    """Another version of the rubric cannot read its answers; it may be put back while the results are there."""
    async with opened() as desk:
        keep(desk)
        await desk.batches.submit(desk.keys)
    claude.batches.end()
    async with opened(question="Is it short?") as desk:
        assert await desk.batches.poll() == []
        assert [batch.state for batch in desk.made] == [BatchState.IN_PROGRESS]
        clock.advance(days=31)
        await desk.batches.poll()
        assert [batch.state for batch in desk.made] == [BatchState.FAILED]
        assert desk.means.held == {}


async def test_only_who_has_a_batch_is_asked_about_it(opened: Open, claude: FakeClaude, clock: Clock) -> None:
    """Another address knows nothing of it: it is waited for as long as its results are there, and not paid again."""
    async with opened() as desk:
        keep(desk)
        await desk.batches.submit(desk.keys)
    claude.batches.end()
    claude.url, address = claude.url.replace("127.0.0.1", "localhost"), claude.url
    async with opened() as desk:
        clock.advance(hours=26)
        assert await desk.batches.poll() == []
        assert [(batch.state, batch.provider) for batch in desk.made] == [(BatchState.IN_PROGRESS, "127.0.0.1")]
        assert "127.0.0.1, which is not asked" in (desk.made[0].reason or "")
    claude.url = address
    async with opened() as desk:
        await desk.batches.poll()
        assert (len(desk.verdicts), claude.batches.paid) == (3, 3)


async def test_old_leftovers_are_forgotten(opened: Open, claude: FakeClaude, clock: Clock) -> None:
    """A month later nobody waits for what a canceled batch did not do."""
    async with opened() as desk:
        keep(desk)
        await desk.batches.submit(desk.keys)
        claude.batches.cancel(claude.batches.made[0])
        await desk.batches.poll()
        assert len(desk.items) == 3
        clock.advance(days=31)
        desk.keep(make_sample("new", ts=clock(), text="Something else."))
        await desk.batches.submit({"smell_test": [("new", clock())]})
        claude.batches.end()
        await desk.batches.poll()
        with desk.store.read() as c:
            assert batch_store.undone(c, ("smell_test", desk.lane.judge.version), desk.keys["smell_test"]) == []
        assert clock() - NOON > timedelta(days=30)
