"""Markers: what may have caused a change, told by somebody or noticed when a new value appears in the traffic."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from store import queries, rows
from store.records import Marker, MarkerKind
from store.samples import EARLIEST, LATEST

if TYPE_CHECKING:
    from store.database import Connection

SEEN = "seen"
MOST_A_DAY = 20
"""New values of one kind in one feature and day. What has more of them is an id of something, not a version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkerFilter:
    """Markers of [start_at, end_at); with a feature, its own and those of all features; the newest `limit`."""

    feature: str | None = None
    start_at: datetime = EARLIEST
    end_at: datetime = LATEST
    limit: int = 10_000


def identity(kind: str, name: str, feature: str | None, ts: datetime) -> str:
    """The id of a marker: the same whenever the same is told again."""
    told = json.dumps([kind, name, feature, ts.astimezone(UTC).isoformat(timespec="microseconds")])
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def append(c: Connection, given: Sequence[Marker]) -> list[bool]:
    """Store what is new; True for each that was. For Store.run."""
    ids = [marker.marker_id for marker in given]
    known = {row["marker_id"] for row in queries.rows(c, "known_markers", ids=ids)}
    fresh = {marker.marker_id: marker for marker in reversed(given) if marker.marker_id not in known}
    rows.insert(c, "insert_markers", map(asdict, fresh.values()))
    return [fresh.pop(one, None) is not None for one in ids]


def extent(c: Connection) -> tuple[object, ...]:
    """Another value when a marker comes or moves."""
    return tuple(queries.rows(c, "markers_extent")[0].values())


def find(c: Connection, wanted: MarkerFilter = MarkerFilter()) -> list[Marker]:
    """The markers that fit, newest first."""
    return [_marker(row) for row in queries.rows(c, "find_markers", **asdict(wanted))]


def notice(c: Connection) -> None:
    """Make a marker of every model, release and prompt version that is new to its feature; move those that came late.

    Once per feature and value, at the time of its first sample, and never for a feature's first value, in whatever
    order the samples come. Only samples that came since the last time are read. For Store.run.
    """
    state = queries.rows(c, "seen_watermark")[0]
    if state["newest"] <= state["watermark"]:
        return
    queries.run(c, "find_fresh_values", watermark=state["watermark"])
    queries.run(c, "set_seen_watermark", seq=state["newest"])
    if queries.rows(c, "fresh_values")[0]["n"]:
        queries.run(c, "delete_first_seen")
        queries.run(c, "insert_first_seen")
        _match(c)


def _match(c: Connection) -> None:
    """Make the markers of the traffic those that the first appearances call for."""
    due = {one.marker_id: one for one in map(_appeared, queries.rows(c, "first_appearances", most_a_day=MOST_A_DAY))}
    have = {row["marker_id"] for row in queries.rows(c, "seen_markers")}
    if gone := have - due.keys():
        queries.run(c, "delete_markers", ids=sorted(gone))
    append(c, [marker for marker_id, marker in due.items() if marker_id not in have])


def _appeared(row: dict[str, Any]) -> Marker:
    marker_id = identity(row["kind"], row["name"], row["feature"], row["ts"])
    return _marker({**row, "marker_id": marker_id, "origin": SEEN, "note": ""})


def _marker(row: dict[str, Any]) -> Marker:
    return Marker(**{**row, "kind": MarkerKind(row["kind"])})
