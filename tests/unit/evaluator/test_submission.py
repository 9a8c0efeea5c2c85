"""On the way into a batch: money that others spend meanwhile, verdicts that are paid already, and equal content."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from functools import partial

import pytest

from evaluator.batches.submission import Submitted
from judges.batch import Limits
from judges.budget import REASON, Limit
from judges.errors import Unavailable
from judges.rubric import Escalation
from store.records import Verdict
from store.store import Store
from tests.batching import JUDGE, Desk, open_desk
from tests.builders import make_sample
from tests.conftest import Clock
from tests.fakes import OVERLOADED, FakeClaude, Reply, fails, says

Open = Callable[..., AbstractAsyncContextManager[Desk]]
ESCALATION = Escalation(model="claude-sonnet-5-5", when=("split",))


@pytest.fixture
async def claude() -> AsyncIterator[FakeClaude]:
    """A Claude server on loopback."""
    async with FakeClaude() as server:
        yield server


@pytest.fixture
def opened(store: Store, clock: Clock, claude: FakeClaude) -> Open:
    """Opens a desk over the test's store, clock and server."""
    return partial(open_desk, store, clock, claude)


def sure(label: str) -> Reply:
    """An answer of a rubric that escalates."""
    return says(f'{{"explanation": "Clearly.", "certainty": "certain", "verdict": "{label}"}}')


def keep(desk: Desk, count: int) -> None:
    desk.keep(*(make_sample(f"s{n:03}", text=f"Parcel {n:03} is on its way.") for n in range(count)))


async def test_money_spent_meanwhile_shortens_the_batch(opened: Open, claude: FakeClaude) -> None:
    """What others spend while a batch is made leaves less for it, and never nothing."""
    async with opened() as desk:
        keep(desk, 1)
        each = (await desk.batches.submit(desk.keys)).batches[0].estimate_usd or 0.0
    desk.store.run(lambda c: c.execute("DELETE FROM batch_item; DELETE FROM batch; DELETE FROM sample")).result()
    claude.batches.made.clear()

    async def spend(verdicts: Sequence[Verdict]) -> int:
        desk.means.resources.budgets.hold("other", each)
        return len(verdicts)

    async with opened(budget=Limit(usd_per_day=250.5 * each), keep=spend) as desk:
        keep(desk, 250)
        told = await desk.batches.submit(desk.keys)
    assert [len(made.requests) for made in claude.batches.made] == [248]
    assert "budget" in str(told.failure)


@pytest.mark.parametrize(("seconds", "passing"), [(30.0, True), (40_000.0, False)])
def test_a_budget_that_has_room_soon_is_waited_for(seconds: float, passing: bool) -> None:
    """Beside calls under way it is a matter of seconds; a spent one needs the next day."""
    failure = Unavailable("No room.", reason=REASON, retry_after_seconds=seconds)
    assert Submitted(failure=failure).passing is passing


async def test_money_of_a_batch_that_was_not_made_is_free_again(opened: Open, claude: FakeClaude) -> None:
    """Whatever a submission meets, it leaves nothing set aside for what is not under way."""
    body = fails(529, "overloaded_error").body
    assert isinstance(body, dict)
    claude.batches.refusals.append((529, body))
    async with opened(budget=Limit(usd_per_day=1.0)) as desk:
        keep(desk, 3)
        await desk.batches.submit(desk.keys)
        assert [one.usd for one in desk.means.resources.budgets.left(JUDGE)] == pytest.approx([1.0])


async def test_a_paid_verdict_outlives_a_failing_submission(opened: Open, claude: FakeClaude) -> None:
    """What the stronger model decided is stored, with its price, though its neighbours cannot be submitted."""
    answers = iter([sure("PASS"), sure("FAIL"), sure("FAIL")])
    claude.rule = lambda _: next(answers)
    body = fails(529, "overloaded_error").body
    assert isinstance(body, dict)
    async with opened(votes=3, escalation=ESCALATION, limits=Limits(requests=3)) as desk:
        keep(desk, 1)
        await desk.batches.submit(desk.keys)
        claude.then(OVERLOADED, OVERLOADED)
        await desk.batches.poll()
        claude.rule = lambda _: sure("PASS")
        claude.batches.refusals.append((529, body))
        desk.keep(make_sample("b", text="Another."), make_sample("c", text="A third."))
        told = await desk.batches.submit(desk.keys)
    verdict = desk.verdicts["s000"]
    assert told.passing
    assert (verdict.via, verdict.escalated) == ("batch", True)
    assert (verdict.cost_usd or 0.0) > (desk.made[0].spent_usd or 0.0)


async def test_equal_content_has_a_bound(opened: Open, claude: FakeClaude) -> None:
    """A batch of few requests does not hold any number of samples; the others wait for its answer and cost nothing."""
    async with opened(limits=Limits(requests=10)) as desk:
        desk.keep(*(make_sample(f"s{n}", text="pong") for n in range(60)))
        told = await desk.batches.submit(desk.keys)
        assert (len(desk.items), len(told.later[JUDGE])) == (50, 10)
        await desk.batches.poll()
        await desk.batches.submit(told.later)
    assert (len(desk.verdicts), claude.batches.paid) == (60, 1)
