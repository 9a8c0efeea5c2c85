"""Judging by batches: what is submitted, how it is taken in, and what becomes of what fails."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest

from judges.batch import Limits
from judges.budget import Limit
from judges.cost import Usage, cost_usd
from judges.rubric import Escalation
from store.batches import BatchState
from store.records import Status
from store.store import Store
from tests.batching import HAIKU, Desk, open_desk
from tests.builders import make_sample
from tests.conftest import Clock
from tests.fake_batches import EXPIRED, errored
from tests.fakes import OVERLOADED, FakeClaude, Json, Reply, decides, says

ESCALATION = Escalation(model="claude-sonnet-5-5", when=("split",))
REFUSAL = "I'm sorry, I can't help with that."
Open = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture
async def claude() -> AsyncIterator[FakeClaude]:
    """A Claude server on loopback."""
    async with FakeClaude() as server:
        yield server


@pytest.fixture
def opened(store: Store, clock: Clock, claude: FakeClaude) -> Open:
    """Opens a desk over the test's store, clock and server."""
    return partial(open_desk, store, clock, claude)


def texts(count: int) -> list[str]:
    return [f"Parcel {n} is on its way." for n in range(count)]


def sure(label: str) -> Reply:
    """An answer of a rubric that escalates."""
    return says(f'{{"explanation": "Clearly.", "certainty": "certain", "verdict": "{label}"}}')


def keep(desk: Desk, *answers: str) -> None:
    desk.keep(*(make_sample(f"s{n}", text=text) for n, text in enumerate(answers)))


async def test_a_batch_judges_its_samples(opened: Open) -> None:
    """Verdicts come unordered and land on the right samples, with what they cost at half price."""
    async with opened() as desk:
        keep(desk, "It is on its way.", REFUSAL, "Tomorrow.")
        await desk.batches.submit(desk.keys)
        await desk.batches.poll()
        found = desk.verdicts
    assert {name: verdict.passed for name, verdict in found.items()} == {"s0": True, "s1": False, "s2": True}
    one = found["s0"]
    usage = Usage(
        input_tokens=one.input_tokens or 0,
        output_tokens=one.output_tokens or 0,
        cache_read_tokens=one.cache_read_tokens or 0,
        cache_write_5m_tokens=one.cache_write_tokens or 0,
    )
    whole = cost_usd(HAIKU, usage)
    assert whole
    assert (one.via, one.cost_usd) == ("batch", pytest.approx(whole / 2))
    assert desk.made[0].spent_usd == pytest.approx(sum(verdict.cost_usd or 0 for verdict in found.values()))


async def test_nothing_is_judged_before_the_batch_ends(opened: Open, claude: FakeClaude) -> None:
    """Asking again and again changes nothing until then."""
    claude.batches.polls = 2
    async with opened() as desk:
        keep(desk, "Tomorrow.")
        await desk.batches.submit(desk.keys)
        polled = [len(await desk.batches.poll()) for _ in range(4)]
    assert polled == [0, 0, 1, 0]
    assert desk.verdicts["s0"].passed


async def test_a_batch_is_written_down_before_it_is_submitted(opened: Open, claude: FakeClaude) -> None:
    """When the provider hears of it, the store has it, with the samples it is for."""
    claude.batches.lost, claude.batches.hangs = 1, True
    async with opened() as desk:
        keep(desk, *texts(3))
        task = asyncio.create_task(desk.batches.submit(desk.keys))
        await claude.batches.arrived.wait()
        (batch,) = desk.made
        task.cancel()
        await asyncio.wait([task])
        assert (batch.state, batch.provider_id, batch.requests) == (BatchState.SUBMITTING, None, 3)
        assert {item.sample_id for item in desk.items} == {"s0", "s1", "s2"}
        assert all(one.startswith(batch.batch_key) for one in claude.batches.made[0].requests)


@pytest.mark.parametrize("limits", [Limits(requests=2), Limits(bytes=12_000)], ids=["count", "bytes"])
async def test_batches_keep_the_limits(opened: Open, claude: FakeClaude, limits: Limits) -> None:
    """More samples than fit go into several batches, each within the limit."""
    async with opened(limits=limits) as desk:
        keep(desk, *texts(5))
        told = await desk.batches.submit(desk.keys)
        await desk.batches.poll()
    assert len(told.batches) == len(claude.batches.made) > 1
    assert all(len(made.requests) <= 2 for made in claude.batches.made)
    assert all(size <= limits.bytes for size in claude.batches.sizes)
    assert len(desk.verdicts) == claude.batches.paid == 5


async def test_samples_in_a_batch_are_not_submitted_again(opened: Open, claude: FakeClaude) -> None:
    """Neither by the next submission nor by the next night."""
    claude.batches.polls = None
    async with opened() as desk:
        keep(desk, *texts(3))
        await desk.batches.submit(desk.keys)
        await desk.batches.submit(desk.keys)
        desk.clock.advance(days=1)
        await desk.batches.submit_due()
    assert len(claude.batches.made) == 1


@pytest.mark.parametrize("result", [EXPIRED, errored("overloaded_error"), errored("api_error")])
async def test_what_expires_or_fails_is_tried_again(opened: Open, claude: FakeClaude, result: Json) -> None:
    """The next batch holds only what is missing, and only answers are paid for."""
    claude.batches.script.append(result)
    async with opened() as desk:
        keep(desk, *texts(3))
        await desk.batches.submit(desk.keys)
        await desk.batches.poll()
        await desk.batches.poll()
    assert [len(made.requests) for made in claude.batches.made] == [3, 1]
    assert (len(desk.verdicts), claude.batches.paid) == (3, 3)
    assert desk.items == []


async def test_after_three_tries_the_failure_is_the_verdict(opened: Open, claude: FakeClaude) -> None:
    """An error with its reason, which no pass rate counts; the others are not held up."""
    async with opened() as desk:
        keep(desk, "one")
        claude.batches.script.extend([EXPIRED] * 3)
        await desk.batches.submit(desk.keys)
        for _ in range(4):
            await desk.batches.poll()
    verdict = desk.verdicts["s0"]
    assert (verdict.status, verdict.reason, verdict.via) == (Status.ERROR, "expired", "batch")
    assert "3 batches" in (verdict.explanation or "")
    assert len(claude.batches.made) == 3


async def test_a_request_that_is_not_taken_is_an_error_at_once(opened: Open, claude: FakeClaude) -> None:
    """Trying it again would not help."""
    claude.batches.script.append(errored("invalid_request_error"))
    async with opened() as desk:
        keep(desk, "one")
        await desk.batches.submit(desk.keys)
        await desk.batches.poll()
    assert (desk.verdicts["s0"].status, desk.verdicts["s0"].reason) == (Status.ERROR, "bad_request")


async def test_a_canceled_batch_is_not_submitted_again_at_once(opened: Open, claude: FakeClaude) -> None:
    """Somebody wanted it to stop: the samples are pending until the next night, and no try is counted."""
    claude.batches.polls = None
    async with opened() as desk:
        keep(desk, *texts(2))
        await desk.batches.submit(desk.keys)
        claude.batches.cancel(claude.batches.made[0])
        await desk.batches.poll()
        await desk.batches.poll()
        assert (len(claude.batches.made), desk.verdicts, desk.made[0].canceled) == (1, {}, 2)
        desk.clock.advance(days=1)
        await desk.batches.submit_due()
        assert {item.tries for item in desk.items} == {1}
    assert len(claude.batches.made) == 2


async def test_equal_content_is_paid_for_once(opened: Open, claude: FakeClaude) -> None:
    """The second sample shares the first one's request, and is marked."""
    async with opened() as desk:
        keep(desk, "Tomorrow.", "Tomorrow.", REFUSAL)
        await desk.batches.submit(desk.keys)
        await desk.batches.poll()
    found = desk.verdicts
    assert len(claude.batches.made[0].requests) == claude.batches.paid == 2
    assert Counter(verdict.via for verdict in found.values()) == {"batch": 2, "cache": 1}
    assert sorted(found[name].cost_usd == 0 for name in ("s0", "s1")) == [False, True]


async def test_what_was_judged_before_is_given_again(opened: Open, claude: FakeClaude) -> None:
    """No request is made for content that has its verdict."""
    async with opened() as desk:
        keep(desk, "Tomorrow.")
        await desk.batches.submit(desk.keys)
        await desk.batches.poll()
        desk.keep(make_sample("later", text="Tomorrow."))
        told = await desk.batches.submit(desk.keys)
    assert (told.verdicts, told.batches, desk.verdicts["later"].via) == (1, [], "cache")


async def test_what_cannot_be_judged_is_skipped_at_once(opened: Open, claude: FakeClaude) -> None:
    """It costs no request."""
    async with opened() as desk:
        desk.keep(make_sample("s0", error="timeout", response={}))
        told = await desk.batches.submit(desk.keys)
    assert (told.verdicts, claude.batches.made) == (1, [])
    assert (desk.verdicts["s0"].status, desk.verdicts["s0"].reason) == (Status.SKIPPED, "request_error")


async def test_votes_are_asked_together(opened: Open, claude: FakeClaude) -> None:
    """Three requests make one verdict: their majority, with what all of them cost."""
    answers = iter([decides("PASS"), decides("FAIL"), decides("FAIL")])
    claude.rule = lambda _: next(answers)
    async with opened(votes=3) as desk:
        keep(desk, "Tomorrow.")
        await desk.batches.submit(desk.keys)
        await desk.batches.poll()
    verdict = desk.verdicts["s0"]
    assert (verdict.passed, verdict.votes, verdict.disagreement) == (False, 3, pytest.approx(1 / 3))
    assert verdict.cost_usd == pytest.approx(desk.made[0].spent_usd)


async def test_only_missing_votes_are_asked_again(opened: Open, claude: FakeClaude) -> None:
    """What was answered is kept until the rest is there, and paid for once."""
    claude.batches.script.append(EXPIRED)
    async with opened(votes=3) as desk:
        keep(desk, "Tomorrow.")
        await desk.batches.submit(desk.keys)
        await desk.batches.poll()
        assert desk.verdicts == {}
        await desk.batches.poll()
    assert [len(made.requests) for made in claude.batches.made] == [3, 1]
    assert (desk.verdicts["s0"].votes, claude.batches.paid) == (3, 3)
    assert desk.verdicts["s0"].cost_usd == pytest.approx(sum(batch.spent_usd or 0 for batch in desk.made))


async def test_votes_that_never_come_do_not_count(opened: Open, claude: FakeClaude) -> None:
    """Two votes of three decide when they agree."""
    claude.batches.script.extend([EXPIRED])
    async with opened(votes=3) as desk:
        keep(desk, "Tomorrow.")
        await desk.batches.submit(desk.keys)
        await desk.batches.poll()
        claude.batches.script.extend([EXPIRED])
        await desk.batches.poll()
        claude.batches.script.extend([EXPIRED])
        for _ in range(3):
            await desk.batches.poll()
    verdict = desk.verdicts["s0"]
    assert (verdict.status, verdict.passed, verdict.votes) == (Status.OK, True, 2)


async def test_a_share_is_judged_twice_on_purpose(opened: Open, claude: FakeClaude) -> None:
    """The second judgement is in the same batch, and says whether the verdict flipped."""
    answers = iter([decides("PASS"), decides("FAIL")])
    claude.rule = lambda _: next(answers)
    async with opened(repeat_rate=1.0) as desk:
        keep(desk, "Tomorrow.")
        await desk.batches.submit(desk.keys)
        await desk.batches.poll()
    assert (len(claude.batches.made[0].requests), desk.verdicts["s0"].flipped) == (2, True)


async def test_a_repeat_that_fails_holds_nothing_up(opened: Open, claude: FakeClaude) -> None:
    """The first judgement stands alone."""
    claude.rule = lambda _: decides("PASS")
    async with opened(repeat_rate=1.0) as desk:
        keep(desk, "Tomorrow.")
        await desk.batches.submit(desk.keys)
        claude.batches.end()
        (made,) = claude.batches.made
        made.results[max(made.results)] = EXPIRED
        await desk.batches.poll()
    assert (desk.verdicts["s0"].passed, desk.verdicts["s0"].flipped, desk.items) == (True, None, [])


async def test_the_budget_stops_submission_and_says_so(opened: Open, claude: FakeClaude) -> None:
    """What fits is submitted, the rest stays pending until the next day."""
    async with opened() as desk:
        keep(desk, *texts(4))
        each = (await desk.batches.submit({"smell_test": desk.keys["smell_test"][:1]})).batches[0].estimate_usd or 0
    claude.batches.made.clear()
    desk.store.run(lambda c: c.execute("DELETE FROM batch_item; DELETE FROM batch")).result()
    async with opened(budget=Limit(usd_per_day=2.5 * each)) as desk:
        keep(desk, *texts(4))
        told = await desk.batches.submit(desk.keys)
        assert "budget" in str(told.failure)
        assert desk.batches.failures["smell_test"] == str(told.failure)
        assert [len(made.requests) for made in claude.batches.made] == [2]
        await desk.batches.poll()
        assert len(desk.verdicts) == 2


async def test_a_restart_sets_the_money_of_open_batches_aside_again(opened: Open, claude: FakeClaude) -> None:
    """So that nobody spends it while the batch is under way; the real price is booked when it is taken in."""
    claude.batches.polls = None
    async with opened() as desk:
        keep(desk, *texts(3))
        await desk.batches.submit(desk.keys)
        (batch,) = desk.made
    async with opened(budget=Limit(usd_per_day=1.0)) as desk:
        (left,) = desk.means.resources.budgets.left("smell_test")
        assert 1.0 - left.usd == pytest.approx(batch.estimate_usd)
        claude.batches.end()
        await desk.batches.poll()
        (left,) = desk.means.resources.budgets.left("smell_test")
        assert 1.0 - left.usd == pytest.approx(desk.made[0].spent_usd)


async def test_an_escalation_is_a_call(opened: Open, claude: FakeClaude) -> None:
    """Split votes go to the stronger model when the batch is taken in; both are kept, each at its price."""
    answers = iter([sure("PASS"), sure("FAIL"), sure("FAIL"), sure("PASS")])
    claude.rule = lambda _: next(answers)
    async with opened(votes=3, escalation=ESCALATION) as desk:
        keep(desk, "Tomorrow.")
        await desk.batches.submit(desk.keys)
        await desk.batches.poll()
    verdict = desk.verdicts["s0"]
    assert (verdict.passed, verdict.escalated, verdict.model) == (True, True, "claude-sonnet-5-5")
    assert (verdict.cost_usd or 0) > (desk.made[0].spent_usd or 0)


async def test_an_escalation_that_cannot_be_had_waits(opened: Open, claude: FakeClaude) -> None:
    """What the batch cost is not lost: the next poll asks the stronger model alone."""
    answers = iter([sure("PASS"), sure("FAIL"), sure("FAIL")])
    claude.rule = lambda _: next(answers)
    async with opened(votes=3, escalation=ESCALATION) as desk:
        keep(desk, "Tomorrow.")
        await desk.batches.submit(desk.keys)
        claude.then(OVERLOADED, OVERLOADED)
        await desk.batches.poll()
        assert desk.verdicts == {}
        claude.rule = lambda _: sure("PASS")
        await desk.batches.poll()
    assert (len(claude.batches.made), desk.verdicts["s0"].escalated) == (1, True)
