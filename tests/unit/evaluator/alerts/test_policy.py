"""What people are told of an incident, as a table."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from evaluator.alerts.alarm import alarm
from evaluator.alerts.message import Event
from evaluator.alerts.policy import Standing, Why, decide
from evaluator.alerts.severity import Severity
from store.incidents import Incident
from tests.alerting import alert
from tests.builders import NOON

REPEAT = timedelta(hours=24)
LATER = NOON + timedelta(hours=1)
NEW = Incident(incident_id="i1", state="firing", severity="info", opened_at=NOON)
TOLD = Incident(
    incident_id="i1",
    state="firing",
    severity="warning",
    opened_at=NOON,
    told_at=NOON,
    told_severity="warning",
    told_drop=0.15,
)
SEEN_TO = Incident(**{**{name: getattr(TOLD, name) for name in TOLD.__slots__}, "acknowledged_at": NOON})
HELD_BACK = Incident(**{**{name: getattr(NEW, name) for name in NEW.__slots__}, "withheld": "silenced"})
SEVERE = Severity.CRITICAL


def one(name="a", *, over=False, severity=Severity.WARNING, lowest=0.11, told=True):
    found = alert(name, ended=LATER if over else None, told=told)
    return alarm(found, owner="", severity=severity, drop=(0.15, lowest, 0.3))


def quiet(*alarms, silenced=(), explained=()):
    ids = {each.alert.monitor_id: each.alert.alert_id for each in alarms}
    return Standing(alarms, frozenset(ids[n] for n in silenced), frozenset(ids[n] for n in explained))


@pytest.mark.parametrize(
    ("incident", "standing", "hours", "event", "why"),
    [
        (NEW, quiet(one()), 0, Event.FIRING, Why.BEGAN),
        (NEW, quiet(one(), silenced="a"), 0, None, Why.SILENCED),
        (NEW, quiet(one(), explained="a"), 0, None, Why.EXPLAINED),
        (NEW, quiet(one("a"), one("b"), silenced="a"), 0, Event.FIRING, Why.BEGAN),
        (NEW, quiet(one(over=True)), 0, Event.RESOLVED, Why.OVER),
        (NEW, quiet(one(over=True), silenced="a"), 0, None, Why.SILENCED),
        (NEW, quiet(one(over=True, told=False)), 0, None, Why.PAST),
        (HELD_BACK, quiet(one()), 2, Event.FIRING, Why.BEGAN),
        (HELD_BACK, quiet(one(over=True)), 2, None, Why.NEVER_TOLD),
        (TOLD, quiet(one()), 1, None, Why.NOTHING_NEW),
        (TOLD, quiet(one(), one("b")), 1, None, Why.NOTHING_NEW),
        (TOLD, quiet(one(), one("b", severity=SEVERE)), 1, Event.UPDATED, Why.MORE_SEVERE),
        (TOLD, quiet(one(severity=Severity.INFO)), 1, None, Why.NOTHING_NEW),
        (TOLD, quiet(one(lowest=0.23)), 1, Event.UPDATED, Why.WORSE),
        (TOLD, quiet(one()), 23.9, None, Why.NOTHING_NEW),
        (TOLD, quiet(one()), 24, Event.UPDATED, Why.STILL_GOING_ON),
        (TOLD, quiet(one(), silenced="a"), 24, None, Why.SILENCED),
        (TOLD, quiet(one(over=True)), 1, Event.RESOLVED, Why.OVER),
        (TOLD, quiet(one(over=True), one("b")), 1, None, Why.NOTHING_NEW),
        (TOLD, quiet(one(over=True), silenced="a"), 1, Event.RESOLVED, Why.OVER),
        (SEEN_TO, replace(quiet(one()), unheard=frozenset({"slack"})), 1, Event.UPDATED, Why.WIDER),
        (SEEN_TO, replace(quiet(one()), surfaced=frozenset({"a"})), 1, Event.UPDATED, Why.UNEXPLAINED),
        (SEEN_TO, quiet(one()), 100, None, Why.NOTHING_NEW),
        (SEEN_TO, quiet(one(severity=SEVERE)), 1, Event.UPDATED, Why.MORE_SEVERE),
        (SEEN_TO, quiet(one(over=True)), 1, Event.RESOLVED, Why.OVER),
    ],
)
def test_decide(incident, standing, hours, event, why):
    """Each row is an incident, its alarms and the hours since it was told, and what comes of it."""
    answer = decide(incident, standing, NOON + timedelta(hours=hours), REPEAT)
    assert (answer.event, answer.why) == (event, why)


def test_the_lead_is_loud_severe_and_a_pass_rate():
    """The alarm that speaks for the incident is one that nothing explains, of these the worst, a pass rate first."""
    latency = alarm(
        alert("l", monitor={"metric": "latency_ms"}), owner="", severity=Severity.WARNING, drop=(0.9, 0.8, 1.0)
    )
    explained = one("e", severity=SEVERE)
    assert quiet(latency, one("a"), explained, explained="e").lead.alert.monitor_id == "a"


def test_what_was_explained_does_not_speak_at_the_end():
    """When all is over, the message is about what the first one was about, and as severe."""
    standing = quiet(one("a", over=True), one("e", over=True, severity=SEVERE), explained="e")
    assert (standing.lead.alert.monitor_id, standing.severity) == ("a", Severity.WARNING)
