"""An alert as grouping, inhibition, silences and routes see it: labels, when it began, how far it fell, and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from evaluator.alerts.severity import Severity
from store.records import Alert, DriftCheck, Json

UNKNOWN_ONSET = timedelta(hours=1)
"""A plain rule knows no onset: it began within so long before it fired."""
Drop = tuple[float | None, float | None, float | None]
"""How far a share got worse, and the ends of that interval."""
ROLLOUT = timedelta(hours=1)
"""What goes out may take so long to reach the traffic."""
WHOLE = "whole traffic"
"""The name of the slice that is everything (evaluator.drift.slices)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alert. It began in [began_lo, began_hi]; `marker` (kind, name) lies there, `slice` is where it fell
    most (None: everywhere). `drop` is how far the share got worse by now, between `drop_lo` and `drop_hi`; `check` is
    the monitor's last look, whatever it was of.
    """

    alert: Alert
    owner: str
    severity: Severity
    began_lo: datetime
    began_hi: datetime
    marker: tuple[str, str] | None = None
    slice: str | None = None
    drop: float | None = None
    drop_lo: float | None = None
    drop_hi: float | None = None
    check: DriftCheck | None = None

    @property
    def fires(self) -> bool:
        return self.alert.resolved_at is None

    @property
    def monitor(self) -> Mapping[str, str]:
        """Its labels without severity and owner: which series it is of."""
        told = self.alert.evidence.get("monitor", {})
        return {name: told.get(name) or "" for name in ("feature", "judge", "judge_version", "metric")}

    @property
    def labels(self) -> dict[str, str]:
        """What silences and routes match."""
        rule = (self.alert.evidence.get("rule") or {}).get("name", "")
        own = {"monitor": self.alert.monitor_id, "owner": self.owner, "severity": self.severity.value, "rule": rule}
        return {**self.monitor, **own}


def alarm(
    alert: Alert, *, owner: str, severity: Severity, drop: Drop | None = None, check: DriftCheck | None = None
) -> Alarm:
    """Reads an alert; `drop` is what the last look says, without it what the alarm said."""
    told = alert.evidence
    size, lo, hi = drop or at_alarm(told)
    began_lo, began_hi = _began(alert)
    return Alarm(
        alert=alert,
        owner=owner,
        severity=severity,
        began_lo=began_lo,
        began_hi=began_hi,
        marker=_marker(told, began_lo),
        slice=_slice(told),
        drop=size,
        drop_lo=lo,
        drop_hi=hi,
        check=check,
    )


def at_alarm(told: Json) -> Drop:
    """How far the share had got worse when the alarm was raised."""
    drop = (told.get("drop") or {}).get("at_alarm") or {}
    return drop.get("size"), drop.get("lo"), drop.get("hi")


def by_now(told: Json) -> Json:
    """How the share stood at the last look that is told of; empty where none is."""
    now: Json = (told.get("drop") or {}).get("now") or {}
    return now


def _began(alert: Alert) -> tuple[datetime, datetime]:
    onset = alert.evidence.get("onset") or {}
    lo, hi = onset.get("lo_at"), onset.get("hi_at")
    if not (lo and hi):
        return alert.fired_at - UNKNOWN_ONSET, alert.fired_at
    return datetime.fromisoformat(lo), datetime.fromisoformat(hi)


def _marker(told: Json, began: datetime) -> tuple[str, str] | None:
    """Only one in the onset's interval, or shortly before: a poor fit binds nothing together."""
    marker = told.get("marker")
    if not marker or marker.get("fit") == "after" or datetime.fromisoformat(marker["ts"]) < began - ROLLOUT:
        return None
    return marker["kind"], marker["name"]


def _slice(told: Json) -> str | None:
    where = told.get("where") or ()
    name: str | None = where[0]["name"] if where else None
    return None if name == WHOLE else name
