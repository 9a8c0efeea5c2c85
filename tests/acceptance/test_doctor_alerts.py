"""What `leadline doctor` finds about channels, and about incidents that nobody was told of."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from evaluator.alerts.findings import alert_findings
from evaluator.api.shapes import Finding
from evaluator.doctor import examine
from evaluator.service import Service
from evaluator.settings import Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings, RouteSettings
from store import incidents, outbox
from store.incidents import Incident
from store.records import Delivery
from store.store import Store
from tests.builders import NOON

OPS = ChannelSettings(name="ops", kind="apprise", url_env="OPS_URL")
REFUSED = "the target answered 503"


def owe(store: Store, event_id: str, **fields: Any) -> None:
    """Something that the channel ops is owed since noon; name what is different."""
    usual: dict[str, Any] = {
        "channel": "ops",
        "event": "firing",
        "state": "pending",
        "created_at": NOON,
        "next_attempt_at": NOON,
        "attempts": 3,
        "last_error": REFUSED,
    }
    delivery = Delivery(event_id=event_id, **usual | fields)
    store.run(lambda c: outbox.owe(c, [delivery])).result()


def open_incident(store: Store, **fields: Any) -> None:
    """An incident since noon."""
    one = Incident(incident_id="inc_1", state="firing", severity="info", opened_at=NOON, told_at=NOON, **fields)
    store.run(lambda c: incidents.save(c, [one])).result()


def found(store: Store, *channels: ChannelSettings, **fields: Any) -> list[Finding]:
    with store.read() as c:
        return list(alert_findings(c, AlertSettings(channels=channels, **fields), NOON, unready={}))


def told(findings: list[Finding], level: str) -> str:
    return "\n".join(f"{one.area}: {one.what} → {one.fix}" for one in findings if one.level == level)


def test_a_channel_that_fails_is_a_problem(store: Store) -> None:
    """It says how often, what waits, why, and which variable and command to turn to."""
    owe(store, "e1")
    owe(store, "e2", attempts=0, last_error=None)
    said = told(found(store, OPS), "problem")
    assert said.startswith(
        "channel ops: it failed 3 times in a row, 2 messages wait, the oldest since 2026-11-20 12:00"
    )
    assert f"UTC: {REFUSED} → check the target and OPS_URL; `leadline alert test ops` tries it" in said


def test_messages_that_were_given_up_are_a_problem(store: Store) -> None:
    """The last reason and how to send them again; a failed test and what is a week old are none."""
    owe(store, "e1", state="dead", last_error="the target answered 404")
    owe(store, "t1", state="dead", event="test")
    owe(store, "e0", state="dead", created_at=NOON - timedelta(days=8))
    assert told(found(store, OPS), "problem") == (
        "channel ops: 1 message given up in the last 7 days, the last one: the target answered 404 → "
        "`leadline alert deliveries --state dead` lists them; mend the cause, then `leadline alert retry` each"
    )


def test_a_channel_that_takes_messages_is_well(store: Store) -> None:
    """It says how many it took; what is not configured any more and is owed nothing is not spoken of."""
    owe(store, "e1", state="delivered", delivered_at=NOON)
    owe(store, "e1", state="delivered", delivered_at=NOON, channel="old")
    [well] = found(store, OPS)
    assert (well.level, well.what) == ("ok", "took 1 message in the last 24 hours, 0 messages wait")


def test_a_channel_that_cannot_be_made_here_is_a_problem(store: Store) -> None:
    """Its variable is not set: that is said instead of how it fared."""
    with store.read() as c:
        [one] = alert_findings(c, AlertSettings(channels=(OPS,)), NOON, unready={"ops": "needs OPS_URL"})
    assert (one.level, one.what) == ("problem", "needs OPS_URL")


def test_a_channel_whose_last_test_failed_is_a_problem(store: Store) -> None:
    """Until it takes something, whatever it took before."""
    owe(store, "e1", state="delivered", delivered_at=NOON - timedelta(hours=1))
    owe(store, "t1", state="dead", event="test")
    assert told(found(store, OPS), "problem").startswith(f"channel ops: its last test failed: {REFUSED} → check")
    owe(store, "e2", state="delivered", delivered_at=NOON + timedelta(hours=1))
    assert [one.level for one in found(store, OPS)] == ["ok"]


def test_what_a_removed_channel_is_owed_is_told(store: Store) -> None:
    """Somebody took it out of the configuration while messages waited."""
    owe(store, "e1", channel="old", attempts=0, last_error=None)
    assert "channel old: it is not configured any more, and 1 message waits" in told(found(store, OPS), "hint")


@pytest.mark.parametrize("withheld", [None, "silenced"])
def test_an_incident_whose_route_leads_nowhere_is_told(store: Store, withheld: str | None) -> None:
    """Nobody was told of it, and that was no silence: that is worth a hint."""
    open_incident(store, withheld=withheld)
    route = RouteSettings(name="small", channels=())
    said = told(found(store, OPS, routes=(route,)), "hint")
    words = "alerts: nobody was told of 1 open incident, whose route led to no channel then: inc_1"
    assert (words in said) is (withheld is None)


def test_an_incident_that_a_channel_is_owed_is_none_of_them(store: Store) -> None:
    """What waits for its turn is told."""
    open_incident(store)
    owe(store, "inc_1:firing", incident_id="inc_1", attempts=0, last_error=None)
    assert told(found(store, OPS), "hint") == ""


def test_without_a_channel_the_open_incidents_are_counted(store: Store) -> None:
    """There is one hint about it, not two."""
    assert told(found(store), "hint").startswith("alerts: no channel: a regression shows here, and nobody is told")
    open_incident(store)
    assert told(found(store), "hint").startswith("alerts: no channel: 1 open incident shows here, and nobody is told")


async def test_the_doctor_tells_all_of_it(tmp_path: Path) -> None:
    """The findings about channels are among those of the service."""
    settings = Settings(database=tmp_path / "a.duckdb", alerts=AlertSettings(channels=(OPS,)))
    async with Service(settings, environ={"OPS_URL": "json://127.0.0.1:1/"}, scheduled=False) as service:
        assert "channel ops: took 0 messages" in told(examine(service), "ok")
