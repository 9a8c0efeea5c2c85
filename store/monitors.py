"""Monitors, their baselines and the checks made of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from store import queries, rows
from store.records import Baseline, DriftCheck, Monitor, Series, Share
from store.samples import EARLIEST

if TYPE_CHECKING:
    from store.database import Connection


class Current(NamedTuple):
    """A monitor as it is stored now, with the version of its newest baseline (None: it has none)."""

    monitor: Monitor
    version: int | None


def current(c: Connection, monitor_ids: Sequence[str]) -> dict[str, Current]:
    """How these monitors stand, by id."""
    found = queries.rows(c, "current_monitors", monitor_ids=list(monitor_ids))
    stands = [(row.pop("version"), _monitor(row)) for row in found]
    return {monitor.monitor_id: Current(monitor, version) for version, monitor in stands}


def monitors(c: Connection) -> list[Monitor]:
    """Every monitor, by series."""
    return [_monitor(row) for row in queries.rows(c, "monitors")]


def last_look(c: Connection) -> datetime | None:
    """Up to when any monitor was looked at; None before the first look."""
    until: datetime | None = queries.rows(c, "last_look")[0]["until"]
    return until


def save_monitors(c: Connection, changed: Sequence[Monitor]) -> None:
    """Insert these monitors, each in place of the one with its id."""
    queries.run(c, "delete_monitors", monitor_ids=[monitor.monitor_id for monitor in changed])
    rows.insert(c, "insert_monitors", (_monitor_row(monitor) for monitor in changed))


def baselines(c: Connection, monitor_ids: Sequence[str] | None = None) -> list[Baseline]:
    """The newest baseline of these monitors, or of every one."""
    ids = None if monitor_ids is None else list(monitor_ids)
    return [Baseline(**row) for row in queries.rows(c, "newest_baselines", ids=ids)]


def every_baseline(c: Connection) -> list[Baseline]:
    """Every baseline that a monitor has and had, the newest first."""
    return [Baseline(**row) for row in queries.rows(c, "every_baseline")]


def append_baselines(c: Connection, added: Sequence[Baseline]) -> None:
    """Add baselines; of each monitor the one with the highest version counts."""
    rows.insert(c, "insert_baselines", (asdict(baseline) for baseline in added))


def append_checks(c: Connection, checks: Sequence[DriftCheck]) -> None:
    """Add these checks to the history, in place of those that were made of the same monitor and time or later."""
    first: dict[str, datetime] = {}
    for check in checks:
        first[check.monitor_id] = min(check.looked_at, first.get(check.monitor_id, check.looked_at))
    if first:
        with rows.incoming_once(c, {"monitor_id": list(first), "looked_at": list(first.values())}):
            queries.run(c, "delete_checks")
    rows.insert(c, "insert_checks", (_check_row(check) for check in checks))


def last_checks(c: Connection, monitor_ids: Sequence[str] | None = None) -> dict[str, DriftCheck]:
    """The newest check of these monitors, or of every one, by monitor id."""
    ids = None if monitor_ids is None else list(monitor_ids)
    return {row["monitor_id"]: _check(row) for row in queries.rows(c, "last_checks", ids=ids)}


def checks(c: Connection, monitor_id: str, start_at: datetime | None = None) -> list[DriftCheck]:
    """The checks of one monitor since `start_at`, oldest first."""
    return [_check(row) for row in queries.rows(c, "checks", monitor_id=monitor_id, start_at=start_at or EARLIEST)]


def _monitor(row: dict[str, Any]) -> Monitor:
    series = Series(**{key: row.pop(key) for key in Series.__slots__})
    return Monitor(series=series, **row)


def _monitor_row(monitor: Monitor) -> dict[str, Any]:
    row = _row(monitor)
    return row | _row(row.pop("series"))


def _check(row: dict[str, Any]) -> DriftCheck:
    flags = tuple(flag for flag in row.pop("flags").split(",") if flag)
    told = json.loads(row.pop("share") or "{}")
    share = Share(**told | {"labels": tuple(told.get("labels", ()))})
    reading = row.pop("reading") or 0
    return DriftCheck(flags=flags, drop=row.pop("drop_size"), share=share, reading=reading, **row)


def _check_row(check: DriftCheck) -> dict[str, Any]:
    row = _row(check)
    share = json.dumps(_row(check.share), ensure_ascii=False)
    return row | {"flags": ",".join(check.flags), "drop_size": row.pop("drop"), "share": share}


def _row(record: Monitor | Series | DriftCheck | Share) -> dict[str, Any]:
    """Its fields by name, nothing copied: asdict takes longer than storing hundreds of looks."""
    return {one.name: getattr(record, one.name) for one in fields(record)}
