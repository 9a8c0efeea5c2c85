"""Incidents, silences, what is owed and the audit log, in and out of the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from store import alerts, audit, incidents, outbox, silences
from store.audit import Entry
from store.incidents import Incident, Member
from store.outbox import Notification
from store.records import Alert, Delivery
from store.silences import Silence
from store.store import Store
from tests.builders import NOON, make_sample

HOUR = timedelta(hours=1)
HOSTILE = "Grüße'; DROP TABLE alert; --"
INCIDENT = Incident(incident_id="i1", state="firing", severity="warning", opened_at=NOON, assignee=HOSTILE)
ALERT = Alert(alert_id="a1", monitor_id="m1", state="firing", fired_at=NOON, resolved_at=None, evidence={"n": 1})
DELIVERY = Delivery(
    event_id="e1", channel="ops", event="firing", state="pending", created_at=NOON, next_attempt_at=NOON
)


def test_an_incident_comes_back_and_is_replaced(store: Store) -> None:
    """An incident is read back equal; saved again it stands once."""
    over = replace(INCIDENT, state="resolved", resolved_at=NOON + HOUR, told_drop=0.1, updates=3, withheld="silenced")
    for one in (INCIDENT, over):
        store.run(lambda c, one=one: incidents.save(c, [one])).result()  # type: ignore[misc]
        with store.read() as c:
            assert (incidents.get(c, "i1"), incidents.find(c)) == (one, [one])


def test_open_incidents(store: Store) -> None:
    """`open` is what fires or is acknowledged; the oldest of them comes first where all are asked for."""
    states = ("resolved", "acknowledged", "firing")
    found = [
        replace(INCIDENT, incident_id=f"i{n}", state=state, opened_at=NOON + n * HOUR) for n, state in enumerate(states)
    ]
    store.run(lambda c: incidents.save(c, found)).result()
    with store.read() as c:
        assert [one.incident_id for one in incidents.find(c, "open")] == ["i2", "i1"]
        assert [one.incident_id for one in incidents.find(c, "acknowledged")] == ["i1"]
        assert [one.incident_id for one in incidents.unresolved(c)] == ["i1", "i2"]


def test_alerts_without_an_incident(store: Store) -> None:
    """An alert is without an incident until it is a member of one; then it comes with it."""
    member = Member(alert_id="a1", incident_id="i1", joined_at=NOON, severity="info")

    def operation(c: object) -> None:
        alerts.save(c, ALERT)  # type: ignore[arg-type]
        incidents.save(c, [INCIDENT])  # type: ignore[arg-type]

    store.run(operation).result()
    with store.read() as c:
        assert (incidents.without_incident(c), incidents.members(c, ["i1"])) == ([ALERT], [])
    store.run(lambda c: incidents.save_members(c, [member])).result()
    with store.read() as c:
        assert (incidents.without_incident(c), incidents.members(c, ["i1"])) == ([], [(member, ALERT)])
        assert (incidents.member(c, "a1"), incidents.of_alerts(c)) == (member, {"a1": INCIDENT})


def test_the_share_of_the_traffic(store: Store) -> None:
    """Each feature has a share of all samples of the time; without samples there are none."""
    named = [(f"s{n}", "chat" if n < 3 else "mail") for n in range(4)]
    store.append_samples([make_sample(name, feature=feature) for name, feature in named]).result()
    with store.read() as c:
        assert incidents.traffic_shares(c, NOON, NOON + HOUR) == {"chat": 0.75, "mail": 0.25}
        assert incidents.traffic_shares(c, NOON + HOUR, NOON + 2 * HOUR) == {}


def test_a_silence_comes_back(store: Store) -> None:
    """A silence is read back equal, with its matchers and whatever its reason says."""
    one = Silence(
        silence_id="s1",
        kind="maintenance",
        matchers={"feature": "chat*", "judge": HOSTILE},
        starts_at=NOON,
        ends_at=NOON + HOUR,
        every="week",
        reason=HOSTILE,
        created_at=NOON,
        created_by="ana",
    )
    store.run(lambda c: silences.save(c, [one])).result()
    with store.read() as c:
        assert (silences.get(c, "s1"), silences.get(c, "s2"), silences.find(c)) == (one, None, [one])


def test_what_is_told_is_told_once(store: Store) -> None:
    """An event says what it said first, and is owed to a channel once, in the order of owing."""
    told = Notification(event_id="e1", event="firing", occurred_at=NOON, data={"n": 1}, incident_id="i1")
    for one in (told, replace(told, data={"n": 2})):
        store.run(lambda c, one=one: outbox.save_notification(c, one)).result()  # type: ignore[misc]
        store.run(lambda c: outbox.owe(c, [DELIVERY, replace(DELIVERY, channel="mail")])).result()
    with store.read() as c:
        assert outbox.notifications(c, "i1") == [told]
        assert [(one.channel, one.seq) for one in outbox.pending(c)] == [("ops", 1), ("mail", 2)]
        assert [one.channel for one in outbox.pending(c, "mail")] == ["mail"]


def test_how_a_channel_fares(store: Store) -> None:
    """What waits, what was given up (tests apart) and what arrived, by channel."""
    rows = [
        replace(DELIVERY, event_id="e1"),
        replace(DELIVERY, event_id="e2", state="dead"),
        replace(DELIVERY, event_id="t1", event="test", state="dead"),
        replace(DELIVERY, event_id="e3", state="delivered", delivered_at=NOON + HOUR),
    ]
    store.run(lambda c: outbox.owe(c, rows)).result()
    with store.read() as c:
        (found,) = outbox.traffic(c, NOON)
        first, *_ = outbox.find(c, "pending")
        assert (found.waiting, found.dead, found.delivered, found.last_delivered_at) == (1, 1, 1, NOON + HOUR)
        assert (outbox.arrived(c, "ops", NOON, NOON + HOUR), outbox.overtaken(c, first)) == (1, True)


def test_the_audit_log_grows(store: Store) -> None:
    """Entries come back newest first, of one subject where asked."""
    first = Entry(
        ts=NOON, action="acknowledged", subject="incident", subject_id="i1", actor="ana", via="ui", key="0a1b"
    )
    second = replace(first, action="commented", subject_id="i2", detail={"text": HOSTILE})
    for one in (first, second):
        store.run(lambda c, one=one: audit.append(c, [one])).result()  # type: ignore[misc]
    with store.read() as c:
        assert audit.find(c) == [second, first]
        assert audit.find(c, "incident", "i1") == [first]
        assert audit.find(c, "silence") == []
