"""The outbox and its courier, on a real store."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from evaluator.alerts.channels import Unready
from evaluator.alerts.message import Attachment, DeliveryError
from evaluator.alerts.outbox import DOUBTFUL, Courier, Means, revived
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from store import audit, outbox
from store.outbox import Notification
from store.records import Delivery
from store.store import Store
from tests.builders import NOON

DOWN = DeliveryError("the target answered 503", retry=True)
GONE = DeliveryError("the target answered 410", retry=False)
DAY_OF_FAILURES = 500


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


class Picky(Recorder):
    """A channel that never takes the event `poison`, and everything else."""

    async def send(self, message):
        if message.event_id == "poison":
            raise DOWN
        self.messages.append(message)


class Forgetful(Recorder):
    """A channel that is told again what fires."""

    async def refresh(self, told, now):
        await self.send(told)


class Stuck(Recorder):
    """A channel that takes a message and answers only when it is let go."""

    def __init__(self, name="oncall"):
        super().__init__(name)
        self.taken, self.let_go = asyncio.Event(), asyncio.Event()

    async def send(self, message):
        self.messages.append(message)
        self.taken.set()
        await self.let_go.wait()


def courier(store, clock, *channels, attach=None, counted=None, **settings):
    known = tuple(ChannelSettings(name=one.name, kind="apprise", url_env="X") for one in channels)
    means = Means(clock, random.Random(1))
    if attach:
        means = replace(means, attach=attach)
    if counted is not None:
        means = replace(means, count=lambda channel, outcome: counted.append((channel, outcome)))
    return Courier(store, channels, means, AlertSettings(channels=known, **settings))


def owe(store, *events, channels=("oncall",), at=NOON, not_before=None, incident=None, **told_of):
    """Saves these events and owes them to each channel, as a pass over the incidents does."""

    def operation(c):
        for event in events:
            data = {"n": event, **told_of}
            told = Notification(event_id=event, event="firing", occurred_at=at, data=data, incident_id=incident)
            outbox.save_notification(c, told)
            rows = [
                Delivery(
                    event_id=event,
                    channel=channel,
                    event="firing",
                    state="pending",
                    created_at=at,
                    next_attempt_at=not_before or at,
                    incident_id=incident,
                )
                for channel in channels
            ]
            outbox.owe(c, rows)

    store.run(operation).result()


def owed(store):
    with store.read() as c:
        return {(row.event_id, row.channel): row for row in outbox.find(c)}


def told(channel):
    return [message.event_id for message in channel.messages]


async def test_delivered(store, clock):
    """What is owed is sent as it was saved, and recorded as delivered."""
    channel, counted = Recorder(), []
    owe(store, "e1")
    assert await courier(store, clock, channel, counted=counted).deliver_due() == 1
    message = channel.messages[0]
    assert (message.event_id, message.event, message.data, message.sent_at) == ("e1", "firing", {"n": "e1"}, NOON)
    row = owed(store)["e1", "oncall"]
    assert (row.state, row.attempts, row.delivered_at, row.last_error) == ("delivered", 1, NOON, None)
    assert counted == [("oncall", "delivered")]


async def test_delivered_once(store, clock):
    """What was delivered is not sent again, not even when the event is owed anew."""
    channel = Recorder()
    for _ in range(2):
        owe(store, "e1")
        await courier(store, clock, channel).deliver_due()
    assert told(channel) == ["e1"]


async def test_in_the_order_in_which_they_came_to_be_owed(store, clock):
    """A channel hears of events in order, whatever they are called."""
    channel = Recorder()
    owe(store, "z", "a", "m")
    await courier(store, clock, channel).deliver_due()
    assert told(channel) == ["z", "a", "m"]


async def test_tried_again_later(store, clock):
    """A failure that a retry helps is tried again when its wait is over, not before, under the same event id."""
    channel, broken, counted = Recorder(), Recorder(fails=[DOWN]), []
    owe(store, "e1")
    assert await courier(store, clock, broken, counted=counted).deliver_due() == 0
    row = owed(store)["e1", "oncall"]
    assert (row.state, row.attempts, row.last_error) == ("pending", 1, "the target answered 503")
    assert NOON < row.next_attempt_at <= NOON + timedelta(seconds=30)
    clock.now = row.next_attempt_at - timedelta(milliseconds=1)
    assert await courier(store, clock, channel).deliver_due() == 0
    clock.now = row.next_attempt_at
    assert await courier(store, clock, channel).deliver_due() == 1
    assert (told(channel), counted) == (["e1"], [("oncall", "failed")])


@pytest.mark.parametrize(("failures", "longest"), [(1, 30), (3, 120), (9, 3600), (200, 3600)])
async def test_full_jitter(store, clock, failures, longest):
    """The wait after each failure is drawn over the whole range up to a limit that doubles, at most an hour."""
    names = [f"c{n}" for n in range(12)]
    owe(store, "e1", channels=names)
    before = [replace(row, attempts=failures - 1) for row in owed(store).values()]
    store.run(lambda c: outbox.save(c, before)).result()
    await courier(store, clock, *(Recorder(name, fails=[DOWN]) for name in names)).deliver_due()
    waits = [(row.next_attempt_at - NOON).total_seconds() for row in owed(store).values()]
    assert 0 <= min(waits) < longest / 4
    assert longest * 3 / 4 < max(waits) <= longest


@pytest.mark.parametrize(("asked", "waits"), [(600.0, 600), (90_000.0, 3600)])
async def test_retry_after_is_honoured(store, clock, asked, waits):
    """The wait that the receiver asks for is kept, up to an hour."""
    owe(store, "e1")
    busy = DeliveryError("the target answered 429", retry=True, retry_after_seconds=asked)
    await courier(store, clock, Recorder(fails=[busy])).deliver_due()
    assert owed(store)["e1", "oncall"].next_attempt_at == NOON + timedelta(seconds=waits)


async def test_dead_at_once(store, clock):
    """A failure that no retry helps ends the delivery with its reason, is logged, and lets the next one pass."""
    owe(store, "e1", "e2")
    channel = Recorder(fails=[GONE])
    await courier(store, clock, channel).deliver_due()
    row = owed(store)["e1", "oncall"]
    assert (row.state, row.attempts, row.last_error) == ("dead", 1, "the target answered 410")
    with store.read() as c:
        assert [(one.action, one.subject_id) for one in audit.find(c, "delivery")] == [("given up", "e1 oncall")]
    assert told(channel) == ["e2"]


async def test_a_channel_that_is_down_for_a_day_catches_up_in_order(store, clock):
    """Nothing is given up in a day, one message at a time is tried, and then all arrive in order."""
    down, channel = Recorder(fails=[DOWN] * DAY_OF_FAILURES), Recorder()
    attempts = 0
    for hour in range(24):
        owe(store, f"e{hour}", at=clock.now)
        for _ in range(12):
            await courier(store, clock, down).deliver_due()
            clock.advance(minutes=5)
    attempts = sum(row.attempts for row in owed(store).values())
    assert {row.state for row in owed(store).values()} == {"pending"}
    assert attempts == owed(store)["e0", "oncall"].attempts
    clock.advance(hours=1)
    assert await courier(store, clock, channel).deliver_due() == 24
    assert told(channel) == [f"e{hour}" for hour in range(24)]


async def test_given_up_after_three_days(store, clock):
    """A channel that is down for longer than give_up_hours loses what is older, and nothing else."""
    owe(store, "old")
    clock.advance(hours=71)
    owe(store, "young", at=clock.now)
    clock.advance(hours=2)
    down = Recorder(fails=[DOWN] * 2)
    await courier(store, clock, down).deliver_due()
    states = {event: row.state for (event, _), row in owed(store).items()}
    assert states == {"old": "dead", "young": "pending"}


async def test_a_message_that_its_channel_never_takes_holds_up_nobody_for_long(store, clock):
    """After some attempts the next one is tried beside it; when that arrives, the message goes its own way and dies."""
    channel = Picky()
    owe(store, "poison", "e1", "e2")
    for _ in range(DOUBTFUL - 1):
        await courier(store, clock, channel).deliver_due()
        clock.advance(hours=1)
    assert told(channel) == []
    await courier(store, clock, channel).deliver_due()
    assert told(channel) == ["e1", "e2"]
    for _ in range(6):
        clock.advance(hours=1)
        await courier(store, clock, channel).deliver_due()
    assert (owed(store)["poison", "oncall"].state, owed(store)["poison", "oncall"].attempts) == ("dead", 10)


async def test_what_is_over_does_not_overtake_what_began(store, clock):
    """Later events of an incident wait for its first one, even when that one goes its own way."""
    channel = Picky()
    owe(store, "poison", incident="i1")
    owe(store, "other", incident="i2")
    owe(store, "over", incident="i1")
    for _ in range(DOUBTFUL):
        await courier(store, clock, channel).deliver_due()
        clock.advance(hours=1)
    assert told(channel) == ["other"]
    for _ in range(6):
        await courier(store, clock, channel).deliver_due()
        clock.advance(hours=1)
    assert told(channel) == ["other", "over"]


async def test_quiet_hours_hold_up_nobody_else(store, clock):
    """What waits for the end of quiet hours is passed by, and delivered when they are over."""
    channel = Recorder()
    owe(store, "held", not_before=NOON + timedelta(hours=8))
    owe(store, "now")
    await courier(store, clock, channel).deliver_due()
    assert told(channel) == ["now"]
    clock.advance(hours=8)
    await courier(store, clock, channel).deliver_due()
    assert told(channel) == ["now", "held"]


async def test_most_messages_an_hour(store, clock):
    """More than max_per_hour wait for their turn; nothing is lost, and the order stays."""
    channel = Recorder()
    owe(store, *(f"e{n}" for n in range(10)))
    arrived = []
    for _ in range(4):
        arrived.append(await courier(store, clock, channel, max_per_hour=4).deliver_due())
        clock.advance(minutes=61)
    assert (arrived, told(channel)) == ([4, 4, 2, 0], [f"e{n}" for n in range(10)])


async def test_what_is_critical_does_not_wait_for_the_hour(store, clock):
    """A page passes the messages that max_per_hour holds back, and takes along what comes first of its own incident."""
    channel = Recorder()
    owe(store, "w1", "w2", severity="warning")
    owe(store, "w3", severity="warning", incident="i1")
    owe(store, "worse", severity="critical", incident="i1")
    owe(store, "page", severity="critical")
    await courier(store, clock, channel, max_per_hour=1).deliver_due()
    assert told(channel) == ["w1", "w3", "worse", "page"]


async def test_a_clock_that_is_set_back_does_not_hold_up_a_channel(store, clock):
    """What arrived at a time that is still to come counts in no hour of now."""
    channel = Recorder()
    for event in ("e1", "e2"):
        owe(store, event, at=clock() - timedelta(days=2))
        await courier(store, clock, channel, max_per_hour=1).deliver_due()
        clock.advance(days=-1)
    assert told(channel) == ["e1", "e2"]


async def test_a_bug_in_a_channel(store, clock):
    """A channel that fails in an unforeseen way is tried again; its error, which may hold a URL, is not kept."""
    owe(store, "e1", channels=("oncall", "slack"))
    other = Recorder("slack")
    await courier(store, clock, Recorder(fails=[ValueError("https://secret")]), other).deliver_due()
    row = owed(store)["e1", "oncall"]
    assert (row.state, row.last_error) == ("pending", "the channel itself failed (ValueError)")
    assert len(other.messages) == 1


async def test_what_this_process_cannot_send_waits_for_another(store, clock):
    """A channel whose secret is not here gets no attempt, so that none counts against its messages."""
    owe(store, "e1")
    assert await courier(store, clock, Unready("oncall", "needs X")).deliver_due() == 0
    assert (owed(store)["e1", "oncall"].attempts, owed(store)["e1", "oncall"].state) == (0, "pending")


async def test_a_bug_in_a_channel_that_is_told_again(store, clock):
    """What fails in an unforeseen way when it is told again what fires does not keep the others from it."""
    broken, other = Forgetful("a", fails=[ValueError("https://secret")]), Forgetful("b")
    await courier(store, clock, broken, other).refresh({"a": [{"n": 1}], "b": [{"n": 1}]})
    assert (broken.messages, other.messages) == ([], [[{"n": 1}]])


async def test_channel_that_is_not_configured_here(store, clock):
    """What is owed to a channel that this process does not know waits, as for one that is down, and says why."""
    owe(store, "e1", channels=("removed",))
    await courier(store, clock, Recorder()).deliver_due()
    row = owed(store)["e1", "removed"]
    assert (row.state, row.last_error) == ("pending", "no channel of this name is configured here")


async def test_files_go_along(store, clock):
    """What is made for an event goes along; a chart that cannot be drawn costs the chart only."""
    file = Attachment("chart.png", "image/png", b"png")

    def attach(event, _channel):
        if event.event_id == "bad":
            raise ValueError("no chart")
        return (file,)

    channel = Recorder()
    owe(store, "good", "bad")
    await courier(store, clock, channel, attach=attach).deliver_due()
    assert [message.attachments for message in channel.messages] == [(file,), ()]


async def test_survives_a_restart(tmp_path, clock):
    """What was owed before the process ended is delivered by the next one."""
    with Store.open(tmp_path / "db", clock=clock) as store:
        owe(store, "e1")
    channel = Recorder()
    with Store.open(tmp_path / "db", clock=clock) as store:
        assert await courier(store, clock, channel).deliver_due() == 1
    assert told(channel) == ["e1"]


async def test_cut_off_before_it_was_recorded(store, clock):
    """A delivery whose success was not recorded is sent again under the same id: at least once."""
    stuck, channel = Stuck(), Recorder()
    owe(store, "e1")
    round_ = asyncio.create_task(courier(store, clock, stuck).deliver_due())
    await stuck.taken.wait()
    round_.cancel()
    with pytest.raises(asyncio.CancelledError):
        await round_
    await courier(store, clock, channel).deliver_due()
    assert told(stuck) == told(channel) == ["e1"]


async def test_stuck_channel_delays_nobody(store, clock):
    """While one channel hangs, another gets what is owed in the same round and in later ones; nothing is sent twice."""
    stuck, quick = Stuck("a_stuck"), Recorder("quick")
    owe(store, "e1", channels=("a_stuck", "quick"))
    post = courier(store, clock, stuck, quick)
    round_ = asyncio.create_task(post.deliver_due())
    await stuck.taken.wait()
    owe(store, "e2", channels=("a_stuck", "quick"))
    async with asyncio.timeout(2):
        while len(quick.messages) < 2:
            await post.deliver_due()
    assert len(stuck.messages) == 1
    stuck.let_go.set()
    assert await round_ == 2


async def test_given_up_and_owed_again(store, clock):
    """What was given up can be owed again, as if for the first time."""
    owe(store, "e1")
    await courier(store, clock, Recorder(fails=[GONE])).deliver_due()
    again = revived(owed(store)["e1", "oncall"], clock())
    store.run(lambda c: outbox.save(c, [again])).result()
    channel = Recorder()
    assert await courier(store, clock, channel).deliver_due() == 1
