"""Markers as people and deploy scripts tell them: a deploy, a new prompt, another model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from evaluator.alerts import actions
from evaluator.alerts.actions import Actor
from evaluator.errors import InputError
from evaluator.intake import clean
from evaluator.intake.decode import Item
from evaluator.intake.public import EARLIEST, cleaned
from evaluator.intake.shape import MAX_ERRORS, Id, Label
from store import markers as marker_store
from store.database import Connection
from store.errors import StoreUnavailable
from store.records import Marker, MarkerKind
from store.store import Store

AHEAD = timedelta(days=1)
MAX_NOTE = 2000
AsActor = Callable[[str | None], Actor]
"""Who acts, when this is the name that was given."""
_KINDS = ", ".join(MarkerKind)


class PublicMarker(BaseModel):
    """One marker as it is sent. A description says what its field must be: errors are made of it."""

    model_config = ConfigDict(extra="forbid")

    name: Id = Field(description="must be 1 to 256 printable characters: the release, the version, or a few words")
    kind: MarkerKind = Field(MarkerKind.DEPLOY, description=f"must be one of {_KINDS}")
    ts: AwareDatetime | None = Field(None, description="must be a time with its zone, such as 2026-11-20T12:00:00Z")
    feature: Label | None = Field(
        None, description="must be 1 to 100 printable characters; without it, all features are meant"
    )
    note: Annotated[str, Field(max_length=MAX_NOTE)] = Field(
        "", description=f"must be text of at most {MAX_NOTE} characters"
    )
    by: Label | None = Field(
        None, description="must be 1 to 100 printable characters: who tells it, kept in the audit log"
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A marker, and the name of who told it (None: nobody said)."""

    marker: Marker
    by: str | None


def read(value: object, now: datetime, origin: str) -> Told:
    """The marker that was told; without a time it is now. InputError says in words why it cannot be one."""
    given = _validated(cleaned(value))
    ts = (given.ts or now).astimezone(UTC)
    if not EARLIEST <= ts <= now + AHEAD:
        raise InputError(f"ts: {ts.isoformat()} is before 2000 or more than a day ahead; check that clock")
    marker = Marker(
        marker_id=marker_store.identity(given.kind, given.name, given.feature, ts),
        ts=ts,
        created_at=now,
        kind=given.kind,
        name=given.name,
        feature=given.feature,
        origin=origin,
        note=given.note,
    )
    return Told(marker, given.by)


def read_all(items: Sequence[Item], now: datetime) -> list[Told]:
    """The markers of a body; InputError when one of them cannot be one: then none is stored."""
    if not items:
        raise InputError("there is no marker in the body; send one object or an array of them")
    return [_item(item, now, many=len(items) > 1) for item in items]


async def keep(store: Store, told: Sequence[Told], as_actor: AsActor) -> list[Marker]:
    """Stores the markers and answers after the commit; one that was told before is stored, and logged, once."""
    if store.nearly_full():
        raise StoreUnavailable("the disk is nearly full: free some space")
    await asyncio.shield(asyncio.wrap_future(store.run(lambda c: _append(c, told, as_actor))))
    return [one.marker for one in told]


def _append(c: Connection, told: Sequence[Told], as_actor: AsActor) -> None:
    fresh = marker_store.append(c, [one.marker for one in told])
    for one, is_new in zip(told, fresh, strict=True):
        if is_new:
            marker = one.marker
            detail = {"kind": marker.kind, "name": marker.name, "feature": marker.feature, "ts": marker.ts.isoformat()}
            actions.log(c, as_actor(one.by), marker.created_at, ("marked", "marker", marker.marker_id), **detail)


def _item(item: Item, now: datetime, *, many: bool) -> Told:
    try:
        if item.error:
            raise item.error
        return read(item.value, now, "api")
    except InputError as error:
        where = f"item {item.index}: " if many else ""
        raise InputError(f"{where}{error}; nothing was stored") from None


def _validated(fields: dict[str, Any]) -> PublicMarker:
    try:
        return PublicMarker.model_validate(fields)
    except ValidationError as error:
        told = [_in_words(str(one["loc"][0]), one["type"], one["input"]) for one in error.errors(include_url=False)]
        raise InputError("; ".join(dict.fromkeys(told[:MAX_ERRORS]))) from None


def _in_words(name: str, kind: str, given: object) -> str:
    if kind == "extra_forbidden":
        return f"{name[:60]}: unknown field; known are {', '.join(PublicMarker.model_fields)}"
    got = "" if kind == "missing" else f", got {clean.shown(given)}"
    return f"{name}: {PublicMarker.model_fields[name].description}{got}"
