"""What tests of alerts share: names of messages, and alerts as looks leave them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from evaluator.alerts.incidents import settle
from evaluator.alerts.state import fired, resolved
from evaluator.settings import Settings
from store import outbox
from store.records import Alert, Delivery
from store.store import Store
from tests.builders import NOON

OF_THE_EVENT = frozenset(
    {
        "alert_id",
        "state",
        "fired_at",
        "resolved_at",
        "severity",
        "owner",
        "update.why",
        "drop.now.size",
        "drop.now.lo",
        "drop.now.hi",
        "drop.now.rate",
    }
    | {f"incident.{name}" for name in ("incident_id", "state", "severity", "opened_at", "resolved_at", "link")}
    | {f"incident.{name}" for name in ("acknowledged_by", "assignee", "resolved_by", "resolved_note", "count")}
    | {f"incident.alerts.{name}" for name in ("alert_id", "monitor_id", "feature", "judge", "metric", "state")}
    | {
        f"incident.alerts.{name}"
        for name in ("severity", "owner", "fired_at", "resolved_at", "title", "link", "silenced", "explained_by")
    }
)
"""Names of a message that are not the evidence of an alert but of what is told of its incident."""


def promised() -> set[str]:
    """The names of a message that docs/alerts.md lists."""
    page = (Path(__file__).resolve().parents[1] / "docs" / "alerts.md").read_text(encoding="utf-8")
    return set(re.findall(r"^\| `([a-z0-9_.]+)` \|", page.split("## The evidence")[1], re.MULTILINE))


def evidence(**told: Any) -> dict[str, Any]:
    """The evidence of a fall from 95 to 80 % that began an hour before noon; name what is different.

    `monitor` and `drop` are merged, `onset` is a pair of hours before noon, `marker` a (kind, name), `where` a slice.
    """
    before = told.pop("onset", (2, 1))
    lo, hi = (NOON - timedelta(hours=hours) for hours in before)
    kind, name = told.pop("marker", (None, None))
    where = told.pop("where", None)
    size = told.pop("drop", 0.15)
    monitor = {"monitor_id": "m1", "feature": "chat", "judge": "tone", "judge_version": "v1", "metric": "pass_rate"}
    return {
        "monitor": {**monitor, **told.pop("monitor", {})},
        "says": None,
        "bad": "down",
        "value": {"n": 600.0, "rate": 0.8, "lo": 0.77, "hi": 0.83},
        "baseline": {"n": 1000.0, "rate": 0.95, "lo": 0.93, "hi": 0.96},
        "drop": {"at_alarm": {"size": size, "lo": size - 0.04, "hi": size + 0.04}},
        "evidence": {"in_words": "evidence 31,000:1", "false_alarms_per_30_days": 1.0},
        "onset": {"at": iso(hi), "lo_at": iso(lo), "hi_at": iso(hi)},
        "marker": {"kind": kind, "name": name, "fit": "inside", "ts": iso(lo), "in_words": name} if kind else None,
        "where": [{"name": where, "rate_before": 0.95, "rate_now": 0.5, "n_now": 100.0}] if where else [],
        "why": None,
        "examples": [],
        "flags": [],
        "link": "http://127.0.0.1:8321/regression?monitor=m1",
        "told": True,
        **told,
    }


def alert(monitor_id: str = "m1", *, at: datetime = NOON, ended: datetime | None = None, **told: Any) -> Alert:
    """An alert that fired at noon, over since `ended`; `told` as for `evidence`."""
    monitor = {"monitor_id": monitor_id, **told.pop("monitor", {})}
    found = fired(monitor_id, 1, at, evidence(monitor=monitor, **told))
    return found if ended is None else resolved(found, ended, found.evidence)


def settled(store: Store, settings: Settings, now: datetime = NOON) -> list[Delivery]:
    """What is owed after a pass over all alerts, in order."""
    store.run(lambda c: settle(c, settings=settings, now=now)).result()
    with store.read() as c:
        return list(reversed(outbox.find(c)))


def iso(moment: datetime) -> str:
    """A time as evidence has it."""
    return moment.isoformat().replace("+00:00", "Z")
