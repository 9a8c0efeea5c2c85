"""Passes over alerts on a real store: what becomes an incident, what is owed to whom, and the history that is kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from evaluator.alerts import actions
from evaluator.alerts.actions import Actor
from evaluator.alerts.incidents import Incidents, burning, settle
from evaluator.alerts.state import resolved
from evaluator.errors import InputError
from evaluator.settings import FeatureSettings, Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings, RouteSettings
from store import alerts, audit, incidents, monitors, outbox, silences
from store.records import DriftCheck
from store.silences import Silence
from tests.alerting import alert
from tests.builders import NOON

ANA = Actor("ana", actions.API, "0badc0de")
CHANNELS = tuple(ChannelSettings(name=name, kind="apprise", url_env="X") for name in ("pager", "slack"))
OWNERS = {"support": "pager", "sales": "slack"}
NIGHT = RouteSettings(name="night", channels=("slack",), quiet="12:00-20:00")


class Play:
    """A store on a clock: alerts are raised and end, passes are made, and what is owed is read."""

    def __init__(self, store, clock, **settings):
        self.store, self.clock = store, clock
        self.settings = Settings(alerts=AlertSettings(channels=CHANNELS, **settings))

    def settle(self, hours=0.0):
        """A pass, so many hours later; what it tells."""
        self.clock.advance(hours=hours)
        now = self.clock()
        told = self.store.run(lambda c: settle(c, settings=self.settings, now=now)).result()
        return [event.value for _, event in told]

    def raises(self, *found):
        for one in found:
            self.store.run(lambda c, one=one: alerts.save(c, one)).result()

    def ends(self, one):
        self.raises(resolved(one, self.clock(), one.evidence))

    def delivers(self):
        """Everything that is due arrives."""
        now = self.clock()
        due = [one for one in self.read(outbox.pending) if one.next_attempt_at <= now]
        arrived = [replace(one, state="delivered", attempts=1, delivered_at=now) for one in due]
        self.store.run(lambda c: outbox.save(c, arrived)).result()

    def looks(self, one, drop, lowest):
        """A look that says how far the alert's share is down by now."""
        check = DriftCheck(
            monitor_id=one.monitor_id, looked_at=self.clock(), state="firing", reason="not_recovered", votes=100,
            log_evidence=1.0, log_threshold=1.0, p_ref=0.95, p_now=0.7, drop=drop, drop_lo=lowest, drop_hi=drop,
            onset_at=None, onset_lo_at=None, onset_hi_at=None,
        )  # fmt: skip
        self.store.run(lambda c: monitors.append_checks(c, [check])).result()

    def act(self, action, *given):
        return self.store.run(lambda c: action(c, *given, ANA, self.clock())).result()

    def silence(self, hours, **matchers):
        now = self.clock()
        wanted = Silence(
            silence_id="s1", kind="silence", matchers=matchers, starts_at=now, ends_at=now + timedelta(hours=hours),
            reason="migration", created_at=now, created_by="ana",
        )  # fmt: skip
        return self.act(actions.silence, wanted)

    def read(self, function, *given):
        with self.store.read() as c:
            return function(c, *given)

    @property
    def incident(self):
        (found,) = self.read(incidents.find)
        return found

    def owed(self):
        return [(row.event, row.channel, row.state) for row in reversed(self.read(outbox.find))]

    def told(self):
        return [one.event for one in reversed(self.read(outbox.notifications))]

    def history(self):
        return [entry.action for entry in reversed(self.read(audit.find, "incident"))]


@pytest.fixture
def play(store, clock):
    return Play(store, clock)


FALL = alert("a")


def test_told_once_however_often_it_is_looked_at(play):
    """An alert is told once to every channel when it fires, and once when it is over."""
    play.raises(FALL)
    assert [play.settle(), play.settle(1), play.settle(1)] == [["firing"], [], []]
    play.ends(FALL)
    assert [play.settle(), play.settle(1)] == [["resolved"], []]
    events = ("firing", "resolved")
    assert play.owed() == [(event, channel, "pending") for event in events for channel in ("pager", "slack")]
    assert (play.incident.state, play.incident.resolved_at) == ("resolved", NOON + timedelta(hours=2))
    assert play.history() == ["opened", "told", "resolved", "told"]


def test_one_id_per_event(play):
    """Every channel hears of an event under one id; each event has another."""
    play.raises(FALL)
    play.settle()
    play.settle(24)
    play.ends(FALL)
    play.settle()
    ids = [row.event_id.removeprefix(play.incident.incident_id) for row in play.read(outbox.find)]
    assert sorted(set(ids)) == [":firing", ":resolved", ":updated:1"]
    assert len(ids) == 6


def test_alarms_with_one_cause_are_one_message(play):
    """What falls with it, at once or later, joins the incident and is told with it."""
    second, third = alert("b", monitor={"judge": "style"}), alert("c", monitor={"metric": "latency_ms", "judge": ""})
    play.raises(FALL, second)
    assert play.settle() == ["firing"]
    play.raises(third)
    assert play.settle(1) == []
    for one in (FALL, second):
        play.ends(one)
    assert play.settle() == []
    play.ends(third)
    assert play.settle() == ["resolved"]
    (told,) = [one for one in play.read(outbox.notifications) if one.event == "resolved"]
    assert [one["monitor_id"] for one in told.data["incident"]["alerts"]] == ["a", "b", "c"]


def test_what_it_says_is_kept(play):
    """A message says at every attempt what was true when the event happened."""
    play.raises(FALL)
    play.settle()
    play.ends(FALL)
    play.settle()
    firing, over = sorted(play.read(outbox.notifications), key=lambda one: one.event)
    assert (firing.data["state"], firing.data["resolved_at"], firing.occurred_at) == ("firing", None, NOON)
    assert (over.data["state"], over.data["incident"]["state"]) == ("resolved", "resolved")


def test_told_again_when_it_gets_worse(play):
    """A change that is surely larger than what was told is an update, and says how large it is."""
    play.raises(FALL)
    play.settle()
    play.looks(FALL, 0.20, 0.17)
    assert play.settle(1) == []
    play.looks(FALL, 0.30, 0.26)
    assert play.settle(1) == ["updated"]
    newest = play.read(outbox.notifications)[0].data
    by_now = {"size": 0.30, "lo": 0.26, "hi": 0.30, "rate": 0.7}
    assert (newest["update"], newest["drop"]["now"]) == ({"why": "worse"}, by_now)


def test_another_lead_is_not_worse(play):
    """When what led the message is over, the next alert was as bad when it was told: only its own growth is news."""
    slow = alert("l", monitor={"metric": "latency_ms", "judge": ""}, drop=0.4)
    play.raises(FALL, slow)
    play.settle()
    play.ends(FALL)
    assert play.settle(1) == []
    play.looks(slow, 0.7, 0.65)
    assert play.settle(1) == ["updated"]


def test_the_end_is_the_last_message(play):
    """A late look finds that it was over before it was told again: the end is the newest message all the same."""
    play.raises(FALL)
    assert [play.settle(), play.settle(24.4)] == [["firing"], ["updated"]]
    play.raises(resolved(FALL, NOON + timedelta(hours=24), FALL.evidence))
    play.settle()
    found = play.read(outbox.notifications, play.incident.incident_id)
    assert [one.event for one in found] == ["resolved", "updated", "firing"]


def test_told_again_after_repeat_unless_somebody_sees_to_it(play):
    """What goes on is told again each day, until it is acknowledged; its end is told all the same."""
    play.raises(FALL)
    assert [play.settle(), play.settle(23), play.settle(1), play.settle(24)] == [
        ["firing"],
        [],
        ["updated"],
        ["updated"],
    ]
    play.act(actions.acknowledge, play.incident.incident_id)
    assert (play.settle(48), play.incident.state, play.incident.acknowledged_by) == ([], "acknowledged", "ana")
    play.ends(FALL)
    assert play.settle() == ["resolved"]


def test_a_silence_holds_back_and_lets_go(play):
    """What is silenced is told to nobody; what still fires when the silence ends is told then."""
    play.silence(2, feature="ch*")
    play.raises(FALL)
    assert [play.settle(), play.settle(1.9), play.incident.withheld] == [[], [], "silenced"]
    assert play.settle(0.1) == ["firing"]
    assert play.history() == ["opened", "silenced", "told"]


def test_what_ends_in_silence_was_never_told(play):
    """An alert that is over before its silence is told to nobody."""
    play.silence(2, feature="*")
    play.raises(FALL)
    play.settle()
    play.ends(FALL)
    assert [play.settle(1), play.settle(2), play.owed()] == [[], [], []]
    assert play.history() == ["opened", "silenced", "resolved"]


def test_an_end_is_told_in_a_silence(play):
    """Who was told that it began is told that it is over: a page that was opened is closed."""
    play.raises(FALL)
    play.settle()
    play.silence(2, feature="*")
    play.ends(FALL)
    assert play.settle(1) == ["resolved"]


def test_a_silence_can_be_ended(play):
    """Ending a silence lets what it held back be told at once."""
    play.silence(20, judge="tone")
    play.raises(FALL)
    play.settle()
    play.act(actions.end_silence, "s1")
    assert play.settle() == ["firing"]


def test_a_broken_judge_explains_what_its_verdicts_say(play):
    """The broken judge is told; the fall that it accounts for is not, nor when the judge works again."""
    broken = alert("j", monitor={"metric": "judge_errors"}, bad="up", value={"rate": 0.8}, baseline={"rate": 0.0})
    apart = {"onset": (2, 1), "where": "language=de"}
    fall = alert("a", **apart)
    broken.evidence["where"] = [{"name": "language=fr"}]
    play.raises(broken, fall)
    assert play.settle() == ["firing"]
    assert {one.withheld for one in play.read(incidents.find)} == {None, "explained"}
    play.ends(broken)
    assert [play.settle(), play.settle(12)] == [["resolved"], []]
    assert play.settle(13) == ["firing"]


def test_an_explained_alarm_does_not_lead(play):
    """In an incident of both, the broken judge is what the message is about."""
    broken = alert("j", monitor={"metric": "judge_errors"}, bad="up", value={"rate": 0.8}, baseline={"rate": 0.0})
    play.raises(FALL, broken)
    play.settle()
    (told,) = play.read(outbox.notifications)
    listed = [(one["monitor_id"], one["explained_by"]) for one in told.data["incident"]["alerts"]]
    assert listed == [("j", None), ("a", broken.alert_id)]


@pytest.mark.parametrize("silent", [False, True])
def test_what_is_explained_no_longer_is_told(play, silent):
    """A day after the judge works again the fall beside it is news, also after a silence, and to who saw to it."""
    broken = alert("j", monitor={"metric": "judge_errors"}, bad="up", value={"rate": 0.8}, baseline={"rate": 0.0})
    play.raises(FALL, broken)
    play.settle()
    play.act(actions.acknowledge, play.incident.incident_id)
    play.ends(broken)
    if silent:
        play.silence(30, feature="*")
    assert [play.settle(23), play.settle(2), play.settle(5), play.settle(1)].count(["updated"]) == 1
    told = play.read(outbox.notifications)[0]
    assert (told.data["monitor"]["monitor_id"], told.data["update"]) == ("a", {"why": "no longer explained"})
    assert play.history()[-2:] == ["no longer explained", "told"]


def test_what_was_explained_and_is_over_stays_explained(play):
    """A day later the history says nothing of it, though the incident goes on."""
    broken = alert("j", monitor={"metric": "judge_errors"}, bad="up", value={"rate": 0.8}, baseline={"rate": 0.0})
    play.raises(FALL, broken, alert("c", monitor={"metric": "cost_usd"}, bad="up"))
    play.settle()
    play.ends(FALL)
    play.ends(broken)
    play.settle(12)
    play.settle(13)
    assert "no longer explained" not in [
        entry.action for entry in play.read(audit.find) if entry.detail.get("alert_id") == FALL.alert_id
    ]


def test_quiet_hours_end_with_one_message(play, store, clock):
    """What began and ended in quiet hours is one message when they are over; what goes on is told then."""
    quiet = Play(store, clock, routes=(NIGHT,))
    quiet.raises(FALL)
    quiet.settle()
    assert [row.next_attempt_at for row in quiet.read(outbox.pending)] == [NOON + timedelta(hours=8)]
    quiet.ends(FALL)
    quiet.settle(1)
    assert quiet.owed() == [("firing", "slack", "skipped"), ("resolved", "slack", "pending")]
    assert [row.next_attempt_at for row in quiet.read(outbox.pending)] == [NOON + timedelta(hours=8)]


def test_a_silence_takes_back_what_quiet_hours_hold(store, clock):
    """What is silenced before the morning is not told in it, but when the silence is over."""
    play = Play(store, clock, routes=(NIGHT,))
    play.raises(FALL)
    play.settle()
    play.silence(12, feature="*")
    assert (play.settle(1), play.owed()) == ([], [("firing", "slack", "skipped")])
    assert (play.settle(11), play.settle(1)) == (["firing"], [])
    assert play.owed() == [("firing", "slack", "skipped"), ("firing", "slack", "pending")]
    assert play.history() == ["opened", "told", "silenced", "told"]


def test_an_end_waits_for_the_morning(store, clock):
    """What was told by day and ends in quiet hours is told when they are over."""
    play = Play(store, clock, routes=(RouteSettings(name="night", channels=("slack",), quiet="20:00-08:00"),))
    play.raises(FALL)
    play.settle()
    play.delivers()
    play.ends(FALL)
    assert play.settle(14) == ["resolved"]
    assert [row.next_attempt_at for row in play.read(outbox.pending)] == [NOON + timedelta(hours=20)]


def test_who_answers_for_what_joins_is_told(store, clock):
    """An alert of another owner that joins is told to their channel alone, although somebody sees to the incident."""
    routes = [RouteSettings(name=owner, owners=(owner,), channels=(to,)) for owner, to in OWNERS.items()]
    play = Play(store, clock, routes=routes)
    features = {"chat": FeatureSettings(owner="support"), "mail": FeatureSettings(owner="sales")}
    play.settings = play.settings.model_copy(update={"features": features})
    one = alert("a", marker=("release", "7"))
    play.raises(one)
    play.settle()
    play.act(actions.acknowledge, play.incident.incident_id)
    play.raises(alert("b", marker=("release", "7"), monitor={"feature": "mail"}))
    assert [play.settle(1), play.settle(1)] == [["updated"], []]
    assert play.owed() == [("firing", "pager", "pending"), ("updated", "slack", "pending")]
    assert play.read(outbox.notifications)[0].data["update"] == {"why": "wider"}


def test_a_channel_that_is_gone_is_owed_nothing_more(play):
    """What is told after a channel was taken out of the settings is not owed to it."""
    play.raises(FALL)
    play.settle()
    play.settings = Settings(alerts=AlertSettings(channels=CHANNELS[:1]))
    play.ends(FALL)
    play.settle(1)
    assert [channel for event, channel, _ in play.owed() if event == "resolved"] == ["pager"]


def test_what_becomes_critical_breaks_the_quiet(store, clock):
    """An update that quiet hours let through replaces what they hold back."""
    play = Play(store, clock, routes=(NIGHT,), severity={"critical_share": 0.0})
    play.raises(alert("a", drop=0.06))
    play.settle()
    play.looks(alert("a"), 0.30, 0.25)
    assert play.settle(1) == ["updated"]
    assert play.owed() == [("firing", "slack", "skipped"), ("updated", "slack", "pending")]
    assert [row.next_attempt_at for row in play.read(outbox.pending)] == [NOON + timedelta(hours=1)]


def test_a_storm_is_one_message(play):
    """200 monitors of 40 features that fire at once are told in one message, and every alert is in the incident."""
    every = [alert(f"m{n}", monitor={"feature": f"f{n % 40}", "judge": f"j{n // 40}"}) for n in range(200)]
    play.raises(*every)
    assert play.settle() == ["firing"]
    (told,) = play.read(outbox.notifications)
    print(
        f"a storm of 200 alerts of 40 features: {len(play.told())} message (1), {told.data['incident']['count']} alerts"
    )
    assert (told.data["incident"]["count"], len(told.data["incident"]["alerts"])) == (200, 200)
    assert len(play.read(incidents.members, [play.incident.incident_id])) == 200


def test_what_only_history_knows_is_told_to_nobody(play):
    """An alert that looks found and ended in old data is an incident without a message."""
    play.raises(alert("a", ended=NOON, told=False))
    assert (play.settle(), play.incident.state, play.incident.withheld) == ([], "resolved", "past")


def test_over_before_the_first_pass_is_one_message(play):
    """An alert that came and went unseen is told when it is over, once."""
    play.raises(alert("a", ended=NOON))
    assert [play.settle(), play.settle(1)] == [["resolved"], []]


def test_the_owner_decides_the_route(store, clock):
    """The owner of a feature is a label that routes match and messages name."""
    team = RouteSettings(name="team", owners=("team-a",), channels=("slack",))
    play = Play(store, clock, routes=(team,))
    play.settings = play.settings.model_copy(update={"features": {"chat": FeatureSettings(owner="team-a")}})
    play.raises(FALL)
    play.settle()
    assert play.owed() == [("firing", "slack", "pending")]
    assert play.read(outbox.notifications)[0].data["owner"] == "team-a"


def test_a_pass_is_all_or_nothing(play, store):
    """A pass that fails after owing leaves no incident and no delivery; the next one makes up for it."""
    play.raises(FALL)

    def cut_off(c):
        settle(c, settings=play.settings, now=NOON)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        store.run(cut_off).result()
    assert (play.read(incidents.find), play.owed()) == ([], [])
    assert play.settle() == ["firing"]


def test_every_action_is_in_the_log(play):
    """Who did what is kept, with the way they came and the key they used."""
    play.raises(FALL)
    play.settle()
    incident_id = play.incident.incident_id
    play.act(actions.acknowledge, incident_id)
    play.act(actions.assign, incident_id, "ben")
    play.act(actions.comment, incident_id, "the new prompt")
    play.act(actions.unacknowledge, FALL.alert_id)
    entries = [entry for entry in reversed(play.read(audit.find)) if entry.actor == "ana"]
    assert [entry.action for entry in entries] == ["acknowledged", "assigned", "commented", "unacknowledged"]
    assert {(entry.via, entry.key, entry.subject_id) for entry in entries} == {("api", "0badc0de", incident_id)}
    assert entries[2].detail == {"text": "the new prompt"}


def test_a_silence_that_was_ended_can_be_set_again(play):
    """The same silence again is the same one, but one that was ended early holds once more."""
    play.silence(8, feature="*")
    (before,) = play.read(silences.find)
    play.act(actions.silence, before)
    play.act(actions.end_silence, "s1")
    play.act(actions.silence, before)
    play.raises(FALL)
    assert (play.settle(1), play.incident.withheld) == ([], "silenced")
    assert [one.action for one in play.read(audit.find, "silence")] == ["silence set", "silence ended", "silence set"]


def test_what_was_given_up_is_owed_again(play):
    """It has as long again to arrive; but a channel that heard that all is over is not told that it began."""
    play.raises(FALL)
    play.settle()
    found = play.read(outbox.pending)
    dead = [replace(one, state="dead", attempts=9, last_error="no") for one in found]
    play.store.run(lambda c: outbox.save(c, dead)).result()
    play.clock.advance(hours=100)
    again = play.act(actions.retry, found[0].event_id, "pager")
    assert (again.state, again.attempts, again.created_at) == ("pending", 0, NOON + timedelta(hours=100))
    play.ends(FALL)
    play.settle()
    play.delivers()
    with pytest.raises(InputError, match=r"'slack' was told that inc_.* is over"):
        play.act(actions.retry, found[0].event_id, "slack")


def test_a_look_back_tells_now(play, store, clock):
    """A look as of last week tells people now: what it told is repeated a day from now, and silences of now hold."""
    of_then = Incidents(store, play.settings, clock)
    play.raises(FALL)
    asyncio.run(of_then.settle(NOON - timedelta(days=7)))
    assert (play.incident.told_at, play.settle(23), play.settle(1)) == (NOON, [], ["updated"])


def test_what_quiet_hours_hold_back_is_not_said_again_either(store, clock):
    """What is said each minute to channels that forget begins when their quiet hours end."""
    play = Play(store, clock, routes=(NIGHT,))
    play.raises(FALL)
    play.settle()
    assert play.read(burning, play.settings, NOON) == {}
    assert set(play.read(burning, play.settings, NOON + timedelta(hours=8))) == {"slack"}


def test_the_first_who_sees_to_it_counts(play):
    """Who acknowledges after somebody else changes nothing; what they note is kept as a comment."""
    play.raises(FALL)
    play.settle()
    incident_id, ben = play.incident.incident_id, Actor("ben", actions.UI)
    play.act(actions.acknowledge, incident_id)
    for note in ("", "me too"):
        play.store.run(lambda c, note=note: actions.acknowledge(c, incident_id, ben, NOON, note)).result()
    assert play.incident.acknowledged_by == "ana"
    said = [(entry.action, entry.detail) for entry in play.read(audit.find) if entry.actor == "ben"]
    assert said == [("commented", {"text": "me too"})]


def test_what_is_over_needs_nobody(play):
    """An incident that is over cannot be acknowledged; one that is not there is said not to be."""
    play.raises(FALL)
    play.settle()
    play.ends(FALL)
    play.settle()
    with pytest.raises(InputError, match="is over"):
        play.act(actions.acknowledge, play.incident.incident_id)
    with pytest.raises(InputError, match="There is no incident 'nope'"):
        play.act(actions.comment, "nope", "hello")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"ends_at": NOON - timedelta(hours=1)}, "ends after it starts"),
        ({"every": "day", "ends_at": NOON + timedelta(days=2)}, "shorter"),
        ({"matchers": {}}, "needs a matcher"),
        ({"matchers": {"colour": "red"}}, "no label 'colour'"),
    ],
)
def test_a_silence_that_makes_no_sense(play, fields, says):
    """A silence without an end ahead, a matcher or a label that exists is refused with what to do."""
    plain = Silence(
        silence_id="s1", kind="silence", matchers={"feature": "x"}, starts_at=NOON, ends_at=NOON + timedelta(hours=1),
        reason="r", created_at=NOON, created_by="ana",
    )  # fmt: skip
    with pytest.raises(InputError, match=says):
        play.act(actions.silence, replace(plain, **fields))
