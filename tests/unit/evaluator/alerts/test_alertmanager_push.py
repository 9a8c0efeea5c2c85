"""What is pushed to Alertmanager, and how; tests/acceptance/test_alertmanager.py has the real one."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest

from evaluator.alerts.alertmanager import alerts, labels
from evaluator.alerts.channels import Refreshing, build, takes_pictures
from evaluator.alerts.evidence import iso
from evaluator.alerts.message import DeliveryError
from evaluator.errors import ConfigError
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from tests import incident_data
from tests.builders import NOON

SOON = iso(NOON + timedelta(minutes=5))


def channel(url):
    """The channel of this address."""
    settings = ChannelSettings(name="am", kind="alertmanager", url_env="AM_URL", allow_private=True)
    [built] = build(AlertSettings(channels=(settings,)), {"AM_URL": url})
    return built


def pushed(told, **options):
    """The monitors that are pushed, with their ends."""
    return {one["labels"]["monitor"]: one["endsAt"] for one in alerts(told, NOON, **options)}


def listed(*entries):
    """Data of an incident with these alerts."""
    told = incident_data.data()
    told["incident"]["alerts"] = list(entries)
    return told


def test_what_fires_ends_soon_and_what_is_over_at_its_end():
    """The end of an alert is a few minutes ahead while it fires, and the time of its recovery afterwards."""
    told = listed(incident_data.entry(1, NOON), incident_data.entry(2, NOON, NOON + timedelta(hours=1)))
    assert pushed(told) == {"m1": SOON, "m2": iso(NOON + timedelta(hours=1))}
    assert pushed(told, over=False) == {"m1": SOON}


def test_what_is_explained_is_left_out():
    """An alert that another one of the incident explains is not pushed."""
    assert pushed(listed(incident_data.entry(1, NOON), incident_data.entry(2, NOON, explained_by="a1"))) == {"m1": SOON}


def test_what_is_silenced_is_left_out():
    """An alert that a silence covers is not pushed; its end is."""
    over = NOON + timedelta(hours=1)
    told = [incident_data.entry(n, NOON, end, silenced=n > 1) for n, end in ((1, None), (2, None), (3, over))]
    assert pushed(listed(*told)) == {"m1": SOON, "m3": iso(over)}


def test_labels_without_a_value_are_left_out():
    """A metric of the feature alone has no judge; an owner is known of the first alert's feature, or told."""
    other = incident_data.entry(2, NOON, feature="search")
    told = listed(incident_data.entry(1, NOON), other)
    assert labels(other, told) == {
        "alertname": "LeadlineRegression",
        "severity": "warning",
        "feature": "search",
        "metric": "latency_ms",
        "monitor": "m2",
    }
    assert labels(incident_data.entry(3, NOON), told)["owner"] == "team-support"
    assert labels({**other, "owner": "team-search"}, told)["owner"] == "team-search"


def test_words_are_the_first_alerts():
    """The text of the message goes with the alert that it is about; the others have their line."""
    first, second = alerts(incident_data.data(), NOON)
    assert first["annotations"]["description"].startswith("Pass rate 82.0 %")
    assert second["annotations"] == {
        "summary": "alert 2 in words",
        "incident": "http://leadline.example/alerts?incident=incident-7",
    }


def test_a_link_without_a_host_is_left_out():
    """Alertmanager refuses what is no URL: without an address of the UI there is no link."""
    [one] = alerts(listed(incident_data.entry(1, NOON, link="/regression?monitor=m1")), NOON)
    assert "generatorURL" not in one


async def test_it_is_posted_with_the_urls_credentials(receiver):
    """User and password of the URL arrive as Basic authentication at the API's path below the prefix."""
    target = channel(f"http://me:word@127.0.0.1:{receiver.port}/am/")
    await target.send(incident_data.message("firing", incident_data.data()))
    [call] = receiver.calls
    assert (call.method, call.path) == ("POST", "/am/api/v2/alerts")
    assert call.headers["authorization"] == "Basic " + base64.b64encode(b"me:word").decode()
    assert call.headers["content-type"] == "application/json"
    assert len(call.json) == 2


async def test_refresh_posts_all_incidents_at_once_or_nothing(receiver):
    """One request has the alerts of every open incident; without any there is no request."""
    target = channel(receiver.url(path=""))
    await target.refresh([], NOON)
    await target.refresh([incident_data.data(), listed(incident_data.entry(3, NOON))], NOON)
    assert [[one["labels"]["monitor"] for one in call.json] for call in receiver.calls] == [["m1", "m2", "m3"]]


@pytest.mark.parametrize(("status", "retry"), [(400, False), (401, False), (302, False), (429, True), (503, True)])
async def test_refusals(receiver, status, retry):
    """What Alertmanager will never take is not tried again; what it cannot take now is."""
    receiver.answers = [(status, {})]
    with pytest.raises(DeliveryError) as caught:
        await channel(receiver.url(path="")).send(incident_data.message("firing", incident_data.data()))
    assert caught.value.retry is retry


async def test_no_reports(receiver):
    """A report is refused for good: there is nothing to show it in."""
    with pytest.raises(DeliveryError, match="apprise") as caught:
        await channel(receiver.url(path="")).send(incident_data.message("digest", incident_data.DIGEST))
    assert not caught.value.retry


def test_what_the_channel_offers():
    """It wants to be told again what fires, and takes no pictures."""
    target = channel("http://127.0.0.1:9093")
    assert isinstance(target, Refreshing)
    assert not takes_pictures(target)


def test_an_address_is_needed():
    """What is no http:// or https:// URL is refused with the variable's name."""
    with pytest.raises(ConfigError, match="AM_URL"):
        channel("alertmanager:9093")
