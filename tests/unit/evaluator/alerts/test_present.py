"""Alerts and incidents as they stand now: links, the last look, silences, and who ended what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from evaluator.alerts import actions, views
from evaluator.alerts.evidence import present
from evaluator.alerts.wording import render_text
from store import alerts, incidents, outbox
from tests.alerting import alert
from tests.builders import NOON
from tests.unit.evaluator.alerts.test_incidents import ANA, Play

FALL = alert("a", looked_at="2026-11-20T12:00:00Z")
EXAMPLE = {"sample_id": "s/1", "link": "http://127.0.0.1:34863/regression?monitor=a&sample=s%2F1"}


@pytest.fixture
def play(store, clock):
    return Play(store, clock)


def shown(play):
    """The one incident as people see it."""
    return play.read(views.incident_views, play.read(incidents.find), play.settings, play.clock())[0]


def ended_by_hand(play, note):
    """The line of the log."""
    what = (play.incident.incident_id, 1)
    play.store.run(lambda c: actions.resolved(c, ANA, play.clock(), what, note)).result()


def test_links_lead_to_where_the_service_is_now(play):
    """An alert was raised under another address: messages and answers have the present one."""
    play = Play(play.store, play.clock, public_url="https://leadline.example/")
    play.raises(replace(FALL, evidence={**FALL.evidence, "examples": [EXAMPLE]}))
    play.settle()
    [told] = play.read(outbox.notifications)
    [view] = play.read(views.alert_views, play.read(alerts.find), play.settings, NOON)
    for data in (told.data, view.evidence):
        assert data["link"] == "https://leadline.example/regression?monitor=a"
        assert data["examples"][0]["link"] == "https://leadline.example/regression?monitor=a&sample=s%2F1"
    assert told.data["incident"]["alerts"][0]["link"] == told.data["link"]


def test_a_plain_rule_has_no_page_of_its_own():
    """Its link leads to the overview."""
    rule = alert("r", rule={"name": "slow", "in_words": "slow"})
    assert present(rule.evidence, None, "http://127.0.0.1:9")["link"] == "http://127.0.0.1:9/"


def test_the_title_of_what_goes_on_has_the_rate_of_the_last_look(play):
    """What an incident was told with is old after a day; its title and its alerts say how it is now."""
    play.raises(FALL)
    play.settle()
    assert shown(play).title == "chat · tone: pass rate 80.0 %, was 95.0 %"
    play.clock.advance(hours=20)
    play.looks(FALL, 0.16, 0.13)
    assert shown(play).title == "chat · tone: pass rate now 70.0 %, was 95.0 %"
    assert shown(play).alerts[0].evidence["drop"]["now"] == {"size": 0.16, "lo": 0.13, "hi": 0.16, "rate": 0.7}


def test_a_look_that_saw_no_more_than_the_alarm_says_nothing_new(play):
    """Nor does one that is of another share of the metric."""
    play.looks(FALL, 0.16, 0.13)
    play.raises(FALL)
    assert "now" not in play_evidence(play)["drop"]
    play.clock.advance(hours=1)
    play.looks(FALL, 0.16, 0.13)
    play.raises(replace(FALL, evidence={**FALL.evidence, "reading": 3}))
    assert "now" not in play_evidence(play)["drop"]


def play_evidence(play):
    [view] = play.read(views.alert_views, play.read(alerts.find), play.settings, play.clock())
    return view.evidence


def test_a_silence_after_the_message_is_seen(play):
    """Alert and incident say until when; the incident only where all that fires is covered."""
    play.raises(FALL, alert("b", monitor={"metric": "latency_ms"}))
    play.settle()
    play.silence(2, metric="pass_rate")
    found = {one.metric: one.silenced_until for one in shown(play).alerts}
    assert found == {"pass_rate": NOON + timedelta(hours=2), "latency_ms": None}
    assert shown(play).silenced_until is None
    play.ends(alert("b", monitor={"metric": "latency_ms"}))
    assert shown(play).silenced_until == NOON + timedelta(hours=2)
    play.clock.advance(hours=2)
    assert shown(play).silenced_until is None


def test_who_ended_it_is_told(play):
    """The message of an end by hand has the name, the note and the rate of the last look; a recovery has none."""
    play.raises(FALL)
    play.settle()
    play.clock.advance(hours=1)
    play.looks(FALL, 0.16, 0.13)
    play.ends(FALL)
    play.store.run(
        lambda c: actions.resolved(c, ANA, play.clock(), (play.incident.incident_id, 1), "rolled back")
    ).result()
    play.settle()
    told = play.read(outbox.notifications)[0].data
    assert (told["incident"]["resolved_by"], told["incident"]["resolved_note"]) == ("ana", "rolled back")
    assert (told["drop"]["now"]["rate"], shown(play).resolved_by) == (0.7, "ana")


def test_what_recovered_was_ended_by_nobody(play):
    """Although somebody ended alerts of its incident by hand before."""
    play.raises(FALL)
    play.settle()
    ended_by_hand(play, "")
    play.clock.advance(hours=1)
    play.ends(FALL)
    play.settle()
    told = play.read(outbox.notifications)[0].data
    assert (told["incident"]["resolved_by"], shown(play).resolved_by, "now" in told["drop"]) == (None, None, False)


def test_what_is_over_is_not_told_as_if_it_went_on(play):
    """The alert that was told of ended, another of the incident goes on: the title has no rate of now."""
    play.raises(FALL, alert("b", monitor={"metric": "latency_ms"}))
    play.clock.advance(hours=1)
    play.looks(FALL, 0.16, 0.13)
    play.settle()
    assert shown(play).title.startswith("chat · tone: pass rate now 70.0 %")
    play.ends(FALL)
    assert shown(play).title.startswith("chat · tone: pass rate 80.0 %, was")


def test_a_recovery_is_told_although_the_rest_was_ended_by_hand(play):
    """The look that is told belongs to what people ended, not to what came back before."""
    other = alert("b", monitor={"metric": "latency_ms"})
    play.raises(FALL, other)
    play.settle()
    play.clock.advance(hours=1)
    play.looks(FALL, 0.16, 0.13)
    play.ends(FALL)
    play.clock.advance(hours=1)
    play.ends(other)
    ended_by_hand(play, "")
    play.settle()
    told = play.read(outbox.notifications)[0].data
    assert (told["monitor"]["monitor_id"], "now" in told["drop"]) == ("a", False)


def test_evidence_of_other_versions_is_told(play):
    """Without a drop, a monitor or examples as they are now, an alert is told all the same."""
    bare = {name: told for name, told in FALL.evidence.items() if name not in ("drop", "looked_at", "examples")}
    play.raises(replace(FALL, evidence=bare))
    play.clock.advance(hours=1)
    play.looks(FALL, 0.16, 0.13)
    assert play.settle() == ["firing"]
    assert present({"monitor": None, "looked_at": "2026-11-20T12:00:00"}, None, "") == {
        "monitor": None,
        "looked_at": "2026-11-20T12:00:00",
    }


def test_a_message_of_an_older_version_is_still_read():
    """Its last look has no rate: the drop is told alone."""
    then = {**FALL.evidence, "drop": {**FALL.evidence["drop"], "now": {"size": 0.2, "lo": 0.1, "hi": 0.3}}}
    text = render_text({**then, "severity": "warning", "state": "firing", "flags": [], "coverage": None})
    assert text.startswith("By now down 20.0 points at the same mix (10.0 to 30.0)\nPass rate 80.0 %")
