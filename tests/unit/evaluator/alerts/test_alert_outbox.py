"""The outbox and its courier, on a real store."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from evaluator.alerts.message import DeliveryError
from evaluator.alerts.outbox import Courier, enqueue, event_id
from evaluator.alerts.state import fired, resolved
from evaluator.settings import AlertSettings
from store import alerts
from store.store import Store
from tests.builders import NOON

ALERT = fired("m1", 1, NOON - timedelta(minutes=5), {"value": {"rate": 0.8}})
DOWN = DeliveryError("the target answered 503", retry=True)


class Recorder:
    """A channel that keeps what it was sent; before that it raises what it was told to."""

    def __init__(self, name="oncall", fails=()):
        self.name = name
        self.fails = list(fails)
        self.messages = []

    async def send(self, message):
        if self.fails:
            raise self.fails.pop(0)
        self.messages.append(message)


class Stuck(Recorder):
    """A channel that takes a message and answers only when it is let go."""

    def __init__(self, name="oncall"):
        super().__init__(name)
        self.taken, self.let_go = asyncio.Event(), asyncio.Event()

    async def send(self, message):
        self.messages.append(message)
        self.taken.set()
        await self.let_go.wait()


def courier(store, clock, *channels, max_attempts=10):
    settings = AlertSettings(max_attempts=max_attempts)
    return Courier(store, channels, clock=clock, rng=random.Random(1), settings=settings)


def owe(store, *channels, alert=ALERT, event="firing", now=NOON):
    """Saves the alert and what it owes, as a look does."""

    def operation(c):
        alerts.save(c, alert)
        enqueue(c, alert, event, channels or ("oncall",), now)

    store.run(operation).result()


def owed(store, alert=ALERT):
    with store.read() as c:
        return {(row.event, row.channel): row for row in alerts.deliveries(c, alert.alert_id)}


async def test_delivered(store, clock):
    """What is owed is sent with its evidence and its event's state, and recorded as delivered."""
    channel = Recorder()
    owe(store)
    assert await courier(store, clock, channel).deliver_due() == 1
    data = channel.messages[0].data
    assert (data["state"], data["alert_id"], data["value"]) == ("firing", ALERT.alert_id, {"rate": 0.8})
    assert (data["fired_at"], data["resolved_at"]) == ("2026-11-20T11:55:00Z", None)
    row = owed(store)["firing", "oncall"]
    assert (row.state, row.attempts, row.delivered_at, row.last_error) == ("delivered", 1, NOON, None)


async def test_delivered_once(store, clock):
    """What was delivered is not sent again, not even when the event is owed anew."""
    channel = Recorder()
    for _ in range(2):
        owe(store)
        await courier(store, clock, channel).deliver_due()
    assert len(channel.messages) == 1


def test_owed_with_the_alert_or_not_at_all(store):
    """An operation that fails after owing leaves neither the alert nor the delivery."""

    def operation(c):
        alerts.save(c, ALERT)
        enqueue(c, ALERT, "firing", ["oncall"], NOON)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        store.run(operation).result()
    with store.read() as c:
        assert (alerts.find(c), alerts.due(c, NOON)) == ([], [])


def test_a_row_per_channel_and_event(store):
    """Each event of an alert is owed to each channel under one event id."""
    owe(store, "oncall", "slack")
    owe(store, "oncall", "slack", event="resolved")
    ids = {key: row.event_id for key, row in owed(store).items()}
    assert len(ids) == 4
    assert ids["firing", "slack"] == ids["firing", "oncall"] == event_id(ALERT, "firing") == f"{ALERT.alert_id}:firing"


async def test_tried_again_later(store, clock):
    """A failure that a retry helps is tried again when its wait is over, not before, under the same event id."""
    channel, broken = Recorder(), Recorder(fails=[DOWN])
    owe(store)
    assert await courier(store, clock, broken).deliver_due() == 0
    row = owed(store)["firing", "oncall"]
    assert (row.state, row.attempts, row.last_error) == ("pending", 1, "the target answered 503")
    assert NOON < row.next_attempt_at <= NOON + timedelta(seconds=30)
    clock.now = row.next_attempt_at - timedelta(milliseconds=1)
    assert await courier(store, clock, channel).deliver_due() == 0
    clock.now = row.next_attempt_at
    assert await courier(store, clock, channel).deliver_due() == 1
    assert channel.messages[0].event_id == row.event_id


@pytest.mark.parametrize(("failures", "longest"), [(1, 30), (3, 120), (9, 3600)])
async def test_full_jitter(store, clock, failures, longest):
    """The wait after each failure is drawn over the whole range up to a limit that doubles, at most an hour."""
    names = [f"c{n}" for n in range(12)]
    owe(store, *names)
    before = [replace(row, attempts=failures - 1) for row in owed(store).values()]
    store.run(lambda c: [alerts.save_delivery(c, row) for row in before]).result()
    await courier(store, clock, *(Recorder(name, fails=[DOWN]) for name in names), max_attempts=99).deliver_due()
    waits = [(row.next_attempt_at - NOON).total_seconds() for row in owed(store).values()]
    assert 0 <= min(waits) < longest / 4
    assert longest * 3 / 4 < max(waits) <= longest


@pytest.mark.parametrize(("asked", "waits"), [(600.0, 600), (90_000.0, 3600)])
async def test_retry_after_is_honoured(store, clock, asked, waits):
    """The wait that the receiver asks for is kept, up to an hour."""
    owe(store)
    busy = DeliveryError("the target answered 429", retry=True, retry_after_seconds=asked)
    await courier(store, clock, Recorder(fails=[busy])).deliver_due()
    assert owed(store)["firing", "oncall"].next_attempt_at == NOON + timedelta(seconds=waits)


async def test_dead_at_once(store, clock):
    """A failure that no retry helps ends the delivery with its reason."""
    owe(store)
    gone = DeliveryError("the target answered 410", retry=False)
    await courier(store, clock, Recorder(fails=[gone])).deliver_due()
    row = owed(store)["firing", "oncall"]
    assert (row.state, row.attempts, row.last_error) == ("dead", 1, "the target answered 410")


async def test_dead_after_the_last_attempt(store, clock):
    """After max_attempts failures the delivery is dead and left alone."""
    owe(store)
    channel = Recorder(fails=[DOWN] * 9)
    for _ in range(6):
        await courier(store, clock, channel, max_attempts=3).deliver_due()
        clock.advance(hours=2)
    assert (owed(store)["firing", "oncall"].state, len(channel.fails)) == ("dead", 6)


async def test_a_bug_in_a_channel(store, clock):
    """A channel that fails in an unforeseen way is tried again; its error, which may hold a URL, is not kept."""
    owe(store, "oncall", "slack")
    other = Recorder("slack")
    await courier(store, clock, Recorder(fails=[ValueError("https://secret")]), other).deliver_due()
    row = owed(store)["firing", "oncall"]
    assert (row.state, row.last_error) == ("pending", "the channel itself failed (ValueError)")
    assert len(other.messages) == 1


async def test_channel_that_is_not_configured_here(store, clock):
    """What is owed to a channel that this process does not know waits, as for one that is down, and says why."""
    owe(store, "removed")
    await courier(store, clock, Recorder()).deliver_due()
    row = owed(store)["firing", "removed"]
    assert (row.state, row.last_error) == ("pending", "no channel of this name is configured here")


async def test_survives_a_restart(tmp_path, clock):
    """What was owed before the process ended is delivered by the next one."""
    with Store.open(tmp_path / "db", clock=clock) as store:
        owe(store)
    channel = Recorder()
    with Store.open(tmp_path / "db", clock=clock) as store:
        assert await courier(store, clock, channel).deliver_due() == 1
    assert channel.messages[0].event_id == event_id(ALERT, "firing")


async def test_cut_off_before_it_was_recorded(store, clock):
    """A delivery whose success was not recorded is sent again under the same id: at least once."""
    stuck, channel = Stuck(), Recorder()
    owe(store)
    round_ = asyncio.create_task(courier(store, clock, stuck).deliver_due())
    await stuck.taken.wait()
    round_.cancel()
    with pytest.raises(asyncio.CancelledError):
        await round_
    await courier(store, clock, channel).deliver_due()
    assert [message.event_id for message in stuck.messages] == [message.event_id for message in channel.messages]


async def test_stuck_channel_delays_nobody(store, clock):
    """While one channel hangs, another gets what is owed in the same round and in later ones; nothing is sent twice."""
    stuck, quick = Stuck("a_stuck"), Recorder("quick")
    owe(store, "a_stuck", "quick")
    post = courier(store, clock, stuck, quick)
    round_ = asyncio.create_task(post.deliver_due())
    await stuck.taken.wait()
    owe(store, "a_stuck", "quick", alert=replace(ALERT, alert_id="a2"))
    async with asyncio.timeout(2):
        while len(quick.messages) < 2:
            await post.deliver_due()
    assert len(stuck.messages) == 1
    stuck.let_go.set()
    assert await round_ == 2


async def test_a_failing_channel_gets_one_attempt_per_round(store, clock):
    """The first failure of a round ends the channel's turn; the rest keeps its attempts and goes out in order later."""
    ids = [f"a{n}" for n in range(4)]
    for n, alert_id in enumerate(ids):
        owe(store, alert=replace(ALERT, alert_id=alert_id), now=NOON + timedelta(seconds=n))
    clock.advance(minutes=1)
    channel = Recorder(fails=[DOWN])
    assert await courier(store, clock, channel).deliver_due() == 0
    assert await courier(store, clock, channel).deliver_due() == 3
    assert [message.data["alert_id"] for message in channel.messages] == ids[1:]


async def test_resolved_waits_for_firing(store, clock):
    """A resolved event does not overtake the firing one, and tells the state of its own event."""
    channel = Recorder(fails=[DOWN])
    post = courier(store, clock, channel)
    owe(store)
    await post.deliver_due()
    owe(store, alert=resolved(ALERT, NOON, ALERT.evidence), event="resolved")
    assert await post.deliver_due() == 0
    clock.advance(minutes=1)
    assert await post.deliver_due() + await post.deliver_due() == 2
    told = [(m.event, m.data["state"], m.data["resolved_at"], m.occurred_at) for m in channel.messages]
    assert told[0] == ("firing", "firing", None, ALERT.fired_at)
    assert told[1] == ("resolved", "resolved", "2026-11-20T12:00:00Z", NOON)


async def test_resolved_after_a_dead_firing(store, clock):
    """When the firing event is dead, the resolved one is delivered all the same."""
    owe(store)
    owe(store, alert=resolved(ALERT, NOON, ALERT.evidence), event="resolved")
    channel = Recorder(fails=[DeliveryError("the target answered 404", retry=False)])
    post = courier(store, clock, channel)
    await post.deliver_due()
    await post.deliver_due()
    assert [message.event for message in channel.messages] == ["resolved"]
