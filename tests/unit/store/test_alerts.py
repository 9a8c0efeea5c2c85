"""Alerts in and out of the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from store import alerts
from store.records import Alert
from store.store import Store
from tests.builders import NOON

HOUR = timedelta(hours=1)
ALERT = Alert(
    alert_id="a1",
    monitor_id="m1",
    state="firing",
    fired_at=NOON,
    resolved_at=None,
    evidence={"n": 512, "drop": 0.1, "examples": [{"text": "<b>Grüße</b>"}]},
)


def test_an_alert_comes_back_and_is_replaced(store: Store) -> None:
    """An alert is read back equal; saved again it stands once, as it was saved last."""
    resolved = replace(ALERT, state="resolved", resolved_at=NOON + HOUR)
    for alert in (ALERT, resolved):
        store.run(lambda c, saved=alert: alerts.save(c, saved)).result()  # type: ignore[misc]
        with store.read() as c:
            assert (alerts.get(c, "a1"), alerts.find(c)) == (alert, [alert])


def test_alerts_are_found_by_state_and_monitor(store: Store) -> None:
    """Alerts come newest first, narrowed by state and monitor, at most `limit`."""
    second = replace(ALERT, alert_id="a2", fired_at=NOON + HOUR, state="resolved")
    third = replace(ALERT, alert_id="a3", fired_at=NOON + 2 * HOUR, monitor_id="m2")
    for alert in (ALERT, second, third):
        store.run(lambda c, saved=alert: alerts.save(c, saved)).result()  # type: ignore[misc]
    with store.read() as c:
        assert alerts.find(c, limit=2) == [third, second]
        assert alerts.find(c, state="firing") == [third, ALERT]
        assert alerts.find(c, state="firing", monitor_id="m1") == [ALERT]


def test_an_unknown_alert_is_none(store: Store) -> None:
    """An id that was never stored gives None."""
    with store.read() as c:
        assert alerts.get(c, "nobody") is None
