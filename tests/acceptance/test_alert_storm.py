"""200 monitors that fire at one look: grouped, limited in rate, and nothing lost."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta

import pytest

from evaluator.alerts.incidents import Incidents
from evaluator.alerts.message import Message
from evaluator.alerts.outbox import Courier, Means
from evaluator.monitors.watch import Monitors
from evaluator.settings import DriftSettings, Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from evaluator.telemetry import Metrics
from store import alerts, incidents
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock
from tests.voting import ALONE, nobody_waits

pytestmark = pytest.mark.slow

FEATURES, JUDGES = 40, 5
GOOD_HOURS, BAD_HOURS = 8, 3
STEP = timedelta(minutes=2)
PAGER = ChannelSettings(name="pager", kind="apprise", url_env="PAGER")
Fired = tuple[Store, int]


class Pager:
    """A channel that keeps what it is sent."""

    name = "pager"

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def send(self, message: Message) -> None:
        self.messages.append(message)


def _settings(**given: int) -> Settings:
    return Settings(
        drift=DriftSettings(baseline_votes=200, baseline_hours=6, false_alarms_per_30_days=20),
        alerts=AlertSettings(channels=(PAGER,), **given),
        monitors=ALONE,
    )


@pytest.fixture(scope="module")
def fired() -> Iterator[Store]:
    """A store in which every judge of every feature has fallen, and the look has seen it."""
    clock = Clock()
    with Store.open(None, clock=clock) as store:
        for feature in range(FEATURES):
            _fill(store, feature)
        yield store


def _fill(store: Store, feature: int) -> None:
    times = [NOON - timedelta(hours=GOOD_HOURS + BAD_HOURS) + n * STEP for n in range((GOOD_HOURS + BAD_HOURS) * 30)]
    named = [(f"s{feature}-{n}", ts, n % 20 > 0 if n < GOOD_HOURS * 30 else n % 2 > 0) for n, ts in enumerate(times)]
    own = f"feature-{feature:02}"
    store.append_samples([make_sample(name, ts=ts, received_at=ts, feature=own) for name, ts, _ in named]).result()
    store.append_verdicts(
        [
            make_verdict(name, ts=ts, passed=good, feature=own, judge=f"judge-{judge}")
            for judge in range(JUDGES)
            for name, ts, good in named
        ]
    ).result()


async def _looked(store: Store, clock: Clock, settings: Settings) -> int:
    """One look; how many alerts fire."""
    versions = {f"judge-{judge}": "v1" for judge in range(JUDGES)}
    watching = Monitors(store, settings, clock, Metrics(), versions, waiting=nobody_waits, quiet=True)
    await watching.look(NOON)
    with store.read() as c:
        return len(alerts.firing(c))


def _again(store: Store) -> None:
    """As if no pass had been made over the alerts yet."""
    for table in ("incident", "incident_member", "notification", "delivery"):
        store.run(lambda c, table=table: c.execute(f"DELETE FROM {table}")).result()  # type: ignore[misc]


async def test_a_storm_is_one_message(fired: Store, clock: Clock) -> None:
    """All that begins at one time is one incident, told once, with every alert in it."""
    settings, pager = _settings(), Pager()
    firing = await _looked(fired, clock, settings)
    await Incidents(fired, settings, clock).settle()
    await Courier(fired, [pager], Means(clock, random.Random(1)), settings.alerts).deliver_due()
    with fired.read() as c:
        held = [alert.alert_id for _, alert in incidents.members(c, [one.incident_id for one in incidents.find(c)])]
    listed = [one for message in pager.messages for one in message.data["incident"]["alerts"]]
    print(f"a storm of {firing} alerts (200): {len(pager.messages)} message (1), {len(listed)} alerts listed in it")
    assert firing == FEATURES * JUDGES
    assert len(pager.messages) == 1
    assert len(set(held)) == len(listed) == firing


async def test_apart_they_come_one_after_the_other(fired: Store, clock: Clock) -> None:
    """Told apart, each feature is a message; no hour has more than it may, and in the end all have arrived in order."""
    settings, pager = _settings(storm_incidents=1000, max_per_hour=12), Pager()
    firing = await _looked(fired, clock, settings)
    _again(fired)
    await Incidents(fired, settings, clock).settle()
    courier = Courier(fired, [pager], Means(clock, random.Random(1)), settings.alerts)
    by_hour = []
    for _ in range(5):
        by_hour.append(await courier.deliver_due())
        clock.advance(minutes=61)
    listed = [one["alert_id"] for message in pager.messages for one in message.data["incident"]["alerts"]]
    print(
        f"{firing} alerts as {FEATURES} incidents, at most 12 messages an hour: {by_hour} by hour, {len(listed)} alerts"
    )
    assert by_hour == [12, 12, 12, 4, 0]
    assert len(set(listed)) == len(listed) == firing
