"""Alerts in a real Alertmanager: they appear, stay while they are told again, end, and survive its restart."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from evaluator.alerts.alertmanager import AlertmanagerChannel
from evaluator.alerts.channels import Refreshing, build
from evaluator.alerts.message import DeliveryError
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from tests import incident_data
from tests.acceptance.alertmanager import Alertmanager, running
from tests.unit.evaluator.alerts.receiver import receiving

pytestmark = pytest.mark.slow

AGO = timedelta(hours=2)
"""So long ago the alerts fired."""
LABELS = {
    "alertname": "LeadlineRegression",
    "severity": "critical",
    "owner": "team-support",
    "feature": "support-chat",
    "judge": "tone",
    "metric": "pass_rate",
    "monitor": "m1",
}


@pytest.fixture
def now() -> datetime:
    """Alertmanager ends what ended by the real clock: the time at which a test begins, not the run."""
    return datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def alertmanager(tmp_path: Path) -> Iterator[Alertmanager]:
    """An Alertmanager without any alert."""
    with running(tmp_path) as server:
        yield server


def channel(url: str, *, allow_private: bool = True) -> AlertmanagerChannel:
    """The channel that the settings make."""
    settings = ChannelSettings(name="am", kind="alertmanager", url_env="AM_URL", allow_private=allow_private)
    [built] = build(AlertSettings(channels=(settings,)), {"AM_URL": url})
    assert isinstance(built, AlertmanagerChannel)
    return built


def names(server: Alertmanager) -> set[str]:
    """The monitors whose alerts are active."""
    return {one["labels"]["monitor"] for one in server.active()}


async def test_what_fires_appears(alertmanager: Alertmanager, now: datetime) -> None:
    """Each alert of the incident is there with its labels, words, times and link; amtool finds it by them."""
    await channel(alertmanager.url).send(incident_data.message("firing", incident_data.data(now - AGO), now))
    assert names(alertmanager) == {"m1", "m2"}
    [found] = alertmanager.amtool('alertname="LeadlineRegression"', 'severity="critical"')
    assert found["labels"] == LABELS
    assert found["annotations"]["summary"] == "Critical: support-chat · tone: pass rate 82.0 %, was 95.0 % (+1 more)"
    assert "Baseline 95.0 %" in found["annotations"]["description"]
    assert found["annotations"]["incident"] == "http://leadline.example/alerts?incident=incident-7"
    assert found["generatorURL"] == "http://leadline.example/regression?monitor=m1"
    assert datetime.fromisoformat(found["startsAt"]) == now - AGO
    assert datetime.fromisoformat(found["endsAt"]) == now + timedelta(minutes=5)


async def test_it_stays_while_it_is_told_again(alertmanager: Alertmanager, now: datetime) -> None:
    """An alert that nobody tells again ends after five minutes; told again, it is the same alert."""
    told, target = incident_data.data(now - AGO), channel(alertmanager.url)
    await target.send(incident_data.message("firing", told, now - timedelta(minutes=6)))
    assert names(alertmanager) == set()
    await target.refresh([told], now)
    assert names(alertmanager) == {"m1", "m2"}
    assert [one["labels"] for one in alertmanager.amtool("monitor=m1")] == [LABELS]


async def test_resolved_ends_it(alertmanager: Alertmanager, now: datetime) -> None:
    """After "resolved" nothing is active, and telling again what is open does not bring it back."""
    target, over = channel(alertmanager.url), incident_data.data(now - AGO, now - timedelta(minutes=10))
    await target.send(incident_data.message("firing", incident_data.data(now - AGO), now))
    await target.send(incident_data.message("resolved", over, now))
    await target.refresh([over], now)
    assert names(alertmanager) == set()
    assert alertmanager.amtool() == []


async def test_one_alert_of_an_incident_ends(alertmanager: Alertmanager, now: datetime) -> None:
    """In an update, what is over ends, and the rest goes on."""
    target, told = channel(alertmanager.url), incident_data.data(now - AGO)
    await target.send(incident_data.message("firing", told, now))
    told["incident"]["alerts"][1] = incident_data.entry(2, now - AGO, now - timedelta(minutes=10))
    await target.send(incident_data.message("updated", told, now))
    assert names(alertmanager) == {"m1"}


async def test_it_can_fire_again(alertmanager: Alertmanager, now: datetime) -> None:
    """A monitor that resolved and falls again is active again, since its second alarm."""
    target = channel(alertmanager.url)
    await target.send(incident_data.message("firing", incident_data.data(now - AGO), now))
    over = incident_data.data(now - AGO, now - timedelta(minutes=30))
    await target.send(incident_data.message("resolved", over, now))
    await target.send(incident_data.message("firing", incident_data.data(now - timedelta(minutes=15)), now))
    [found] = alertmanager.amtool("monitor=m1")
    assert datetime.fromisoformat(found["startsAt"]) == now - timedelta(minutes=15)


async def test_a_restart_forgets_and_refresh_brings_back(tmp_path: Path, now: datetime) -> None:
    """A restarted Alertmanager knows nothing until the next round tells it what fires."""
    told = incident_data.data(now - AGO)
    with running(tmp_path) as before:
        await channel(before.url).send(incident_data.message("firing", told, now))
        assert names(before) == {"m1", "m2"}
    with running(tmp_path, port=urlsplit(before.url).port or 0) as after:
        assert names(after) == set()
        target = channel(after.url)
        assert isinstance(target, Refreshing)
        await target.refresh([told], now)
        assert names(after) == {"m1", "m2"}


async def test_while_it_is_down(tmp_path: Path, now: datetime) -> None:
    """An Alertmanager that does not answer is tried again."""
    with running(tmp_path) as gone:
        target = channel(gone.url)
    with pytest.raises(DeliveryError) as caught:
        await target.refresh([incident_data.data(now - AGO)], now)
    assert caught.value.retry


async def test_its_receivers_hear_of_it(tmp_path: Path, now: datetime) -> None:
    """Alertmanager tells the receiver of critical alerts, and that one only, that it fires and that it is over."""
    async with receiving() as hook:
        with running(tmp_path, hook=hook.url()) as server:
            target = channel(server.url)
            await target.send(incident_data.message("firing", incident_data.data(now - AGO), now))
            await asyncio.wait_for(hook.called(1), 20)
            over = incident_data.data(now - AGO, now - timedelta(minutes=1))
            await target.send(incident_data.message("resolved", over, now))
            await asyncio.wait_for(hook.called(2), 20)
    told = [(call.json["status"], [one["labels"] for one in call.json["alerts"]]) for call in hook.calls]
    assert told == [("firing", [LABELS]), ("resolved", [LABELS])]


async def test_a_prefix_and_a_test(tmp_path: Path, now: datetime) -> None:
    """Behind a path prefix a test message arrives, and it ends by itself."""
    with running(tmp_path, "--web.route-prefix=/am") as server:
        await channel(f"{server.url}/am/").send(incident_data.message("test", incident_data.TEST, now))
        [found] = Alertmanager(f"{server.url}/am").active()
    assert found["labels"] == {"alertname": "LeadlineTest", "severity": "info", "channel": "oncall"}
    assert datetime.fromisoformat(found["endsAt"]) == now + timedelta(minutes=5)


async def test_hostile_names(alertmanager: Alertmanager, now: datetime) -> None:
    """Names of features and judges with quotes, marks and control characters are taken, and stay one alert."""
    told = incident_data.data(now - AGO)
    told["incident"]["alerts"] = [
        incident_data.entry(
            1, now - AGO, feature='a"b\n<!channel>\x00\ud800 {{ .Labels }}', judge="漢" * 400, link="/x"
        )
    ]
    await channel(alertmanager.url).send(incident_data.message("firing", told, now))
    [found] = alertmanager.active()
    assert found["labels"]["feature"] == 'a"b <!channel> {{ .Labels }}'
    assert len(found["labels"]["judge"]) == 300


async def test_private_addresses_are_refused(alertmanager: Alertmanager, now: datetime) -> None:
    """Without allow_private nothing is pushed to the own machine, whatever it is called."""
    called = alertmanager.url.replace("127.0.0.1", "127.1")
    with pytest.raises(DeliveryError) as caught:
        await channel(called, allow_private=False).refresh([incident_data.data(now - AGO)], now)
    assert not caught.value.retry
    assert names(alertmanager) == set()
