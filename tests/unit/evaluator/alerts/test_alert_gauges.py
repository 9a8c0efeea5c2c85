"""What is told of alerts as gauges, and of how many."""

from __future__ import annotations

from datetime import timedelta

from evaluator.alerts.gauges import alerted
from evaluator.readings import MOST_NAMES, OTHERS
from evaluator.settings import Settings
from store import alerts, incidents, silences
from store.database import Connection
from store.incidents import Incident, Member
from store.records import Alert
from store.silences import Silence
from store.store import Store
from tests.builders import NOON

REGRESSION = ("chat", "tone", "pass_rate")


def fire(c: Connection, n: int, **evidence: object) -> None:
    """An alert that fires, on a feature of its own unless it is told otherwise."""
    about = {"monitor": {"feature": f"f{n}", "judge": "tone", "metric": "pass_rate"}, **evidence}
    one = Alert(alert_id=f"a{n}", monitor_id=f"m{n}", state="firing", fired_at=NOON, resolved_at=None, evidence=about)
    alerts.save(c, one)


def regressions(store: Store) -> dict[tuple[str, ...], float]:
    with store.read() as c:
        return {one.labels: one.value for one in alerted(c, Settings(), NOON) if one.gauge == "regressions"}


def test_an_alert_tells_its_incident(store: Store) -> None:
    """How bad it is, where its incident stands, and why nobody hears of it: it is explained, or all is silenced."""
    chat = {"monitor": dict(zip(("feature", "judge", "metric"), REGRESSION, strict=True))}

    def write(c: Connection) -> None:
        for n, rule in enumerate(({}, {"rule": {"name": "slow"}}, {}, {})):
            fire(c, n, **chat, **rule)
        incidents.save(c, [Incident(incident_id="i0", state="acknowledged", severity="critical", opened_at=NOON)])
        quiet = Incident(incident_id="i1", state="firing", severity="info", opened_at=NOON, withheld="silenced")
        incidents.save(c, [quiet])
        joined = [("a0", "i0", "critical", None), ("a1", "i0", "warning", "a0"), ("a2", "i1", "info", None)]
        incidents.save_members(
            c,
            [
                Member(alert_id=alert, incident_id=one, joined_at=NOON, severity=severity, explained_by=lead)
                for alert, one, severity, lead in joined
            ],
        )

    store.run(write).result()
    assert regressions(store) == {
        (*REGRESSION, "", "critical", "acknowledged", "", "i0"): 1,
        (*REGRESSION, "slow", "warning", "acknowledged", "explained", "i0"): 1,
        (*REGRESSION, "", "info", "firing", "silenced", "i1"): 1,
        (*REGRESSION, "", "unknown", "firing", "", ""): 1,
    }


def test_a_silence_set_after_the_message_is_told(store: Store) -> None:
    """While one covers the alert, nobody is told of it, whatever was told before; beside it the alert is as it was."""
    night = Silence(
        silence_id="s1", kind="silence", matchers={"feature": "f1"}, starts_at=NOON, ends_at=NOON + timedelta(hours=1),
        reason="rollback", created_at=NOON, created_by="ana",
    )  # fmt: skip

    def write(c: Connection) -> None:
        for n in (1, 2):
            fire(c, n)
            told = Incident(incident_id=f"i{n}", state="firing", severity="info", opened_at=NOON, told_at=NOON)
            incidents.save(c, [told])
            incidents.save_members(c, [Member(alert_id=f"a{n}", incident_id=f"i{n}", joined_at=NOON, severity="info")])
        silences.save(c, [night])

    store.run(write).result()
    assert {labels[0]: labels[-2] for labels in regressions(store)} == {"f1": "silenced", "f2": ""}


def test_alerts_are_bounded_and_none_is_lost(store: Store) -> None:
    """However many features fire, so many are told by name and the others as one number."""
    store.run(lambda c: [fire(c, n) for n in range(200)]).result()
    found = regressions(store)
    assert (len(found), sum(found.values())) == (MOST_NAMES + 1, 200)
    assert found[OTHERS, "tone", "pass_rate", "", "unknown", "firing", "", OTHERS] == 200 - MOST_NAMES
