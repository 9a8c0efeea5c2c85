"""What people do about alerts: acknowledge, assign, comment, silence, send again.

Every action is a line of the audit log. Each function is one operation for Store.run; InputError says what is wrong
with what was asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any

from evaluator.alerts import muting
from evaluator.alerts.outbox import Owed, revived
from evaluator.alerts.severity import Severity
from evaluator.alerts.state import State
from evaluator.errors import InputError
from evaluator.monitors.metrics import METRICS
from store import audit, incidents, outbox, silences
from store.audit import Entry
from store.database import Connection
from store.incidents import Incident
from store.records import Delivery
from store.silences import Silence

API = "api"
COMMAND = "command"
UI = "ui"
BY_HAND = "resolved by hand"
UNKNOWN = "unknown"
"""The actor of a request that names nobody."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the name they gave, which way they came, and the beginning of the hash of their API key."""

    name: str
    via: str
    key: str | None = None


def log(c: Connection, actor: Actor, now: datetime, what: tuple[str, str, str], **detail: Any) -> None:
    """One line of the audit log; `what` is the action, the kind of subject, and which one."""
    action, subject, subject_id = what
    entry = Entry(
        ts=now,
        action=action,
        subject=subject,
        subject_id=subject_id,
        actor=actor.name,
        via=actor.via,
        key=actor.key,
        detail=detail,
    )
    audit.append(c, [entry])


def acknowledge(c: Connection, incident_id: str, actor: Actor, now: datetime, note: str = "") -> Incident:
    """Somebody sees to it: it is not told again unless it gets worse or is over. The first who says so counts.

    What others note when they say so, too, is kept as their comment.
    """
    found = _unresolved(c, incident_id)
    if found.state == State.ACKNOWLEDGED:
        return comment(c, incident_id, note, actor, now) if note else found
    after = replace(found, state=State.ACKNOWLEDGED, acknowledged_at=now, acknowledged_by=actor.name)
    return _changed(c, after, actor, now, ("acknowledged", {"note": note} if note else {}))


def unacknowledge(c: Connection, incident_id: str, actor: Actor, now: datetime, note: str = "") -> Incident:
    """Nobody sees to it any more."""
    found = _unresolved(c, incident_id)
    if found.state != State.ACKNOWLEDGED:
        return found
    after = replace(found, state=State.FIRING, acknowledged_at=None, acknowledged_by=None)
    return _changed(c, after, actor, now, ("unacknowledged", {"note": note} if note else {}))


def assign(c: Connection, incident_id: str, to: str | None, actor: Actor, now: datetime) -> Incident:
    """Gives the incident to somebody; None: to nobody."""
    found = known(c, incident_id)
    return _changed(c, replace(found, assignee=to), actor, now, ("assigned", {"to": to, "from": found.assignee}))


def comment(c: Connection, incident_id: str, text: str, actor: Actor, now: datetime) -> Incident:
    """Adds a comment to the incident's history."""
    return _changed(c, known(c, incident_id), actor, now, ("commented", {"text": text}))


def resolved(c: Connection, actor: Actor, now: datetime, what: tuple[str, int], note: str) -> None:
    """The line of an incident (its id, and how many alerts) that somebody ended by hand."""
    incident_id, alerts = what
    log(c, actor, now, (BY_HAND, "incident", incident_id), alerts=alerts, **({"note": note} if note else {}))


def endings(c: Connection, ended: Iterable[Incident]) -> dict[str, Entry]:
    """How those of these incidents that people ended were ended, by incident id."""
    resolved_at = {one.incident_id: one.resolved_at for one in ended if one.resolved_at}
    found = audit.last(c, BY_HAND, "incident", list(resolved_at)) if resolved_at else {}
    return {incident_id: one for incident_id, one in found.items() if one.ts == resolved_at[incident_id]}


def silence(c: Connection, asked: Silence, actor: Actor, now: datetime) -> Silence:
    """Begins a silence or plans a maintenance window; the same again is the same one, unless it was ended early."""
    if asked.ends_at <= max(asked.starts_at, now):
        raise InputError("A silence ends after it starts, and not in the past: give a later end.")
    if asked.every and asked.ends_at - asked.starts_at >= muting.PERIODS[asked.every]:
        raise InputError(f"A window that comes again every {asked.every} must be shorter than that.")
    if unknown := sorted(set(asked.matchers) - set(muting.LABELS)):
        raise InputError(f"There is no label {unknown[0]!r}; a matcher names one of {', '.join(muting.LABELS)}.")
    for label, known in (("severity", tuple(Severity)), ("metric", tuple(METRICS))):
        glob = asked.matchers.get(label, "*")
        if not any(fnmatchcase(name, glob) for name in known):
            near = get_close_matches(glob, known, n=1)
            hint = f"Did you mean '{near[0]}'?" if near else f"There are {', '.join(known)}."
            raise InputError(f"No {label} is called {glob!r}: this would silence nothing. {hint}")
    if not asked.matchers:
        raise InputError("A silence needs a matcher, such as feature = support-*; * alone matches everything.")
    if (before := silences.get(c, asked.silence_id)) is not None and before.ended_at is None:
        return before
    silences.save(c, [asked])
    told = {"matchers": dict(asked.matchers), "ends_at": asked.ends_at.isoformat(), "reason": asked.reason}
    log(c, actor, now, (f"{asked.kind} set", "silence", asked.silence_id), **told)
    return asked


def silence_id(matchers: Mapping[str, str], actor: Actor, span: tuple[datetime, datetime], every: str | None) -> str:
    """The id of a silence: the same whenever the same is asked for again."""
    told = repr([sorted(matchers.items()), actor.name, *(one.isoformat() for one in span), *([every] if every else [])])
    return f"sil_{hashlib.sha256(told.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def end_silence(c: Connection, silence_id: str, actor: Actor, now: datetime) -> Silence:
    """Ends a silence now; one that is over stays as it was."""
    found = silences.get(c, silence_id)
    if found is None:
        raise InputError(f"There is no silence {silence_id!r}; `leadline alert silences --past` lists them.")
    if muting.over(found, now):
        return found
    ended = replace(found, ended_at=now, ended_by=actor.name)
    silences.save(c, [ended])
    log(c, actor, now, ("silence ended", "silence", silence_id))
    return ended


def retry(c: Connection, event_id: str, channel: str, actor: Actor, now: datetime) -> Delivery:
    """Owes a delivery again that was given up. InputError: there is none, or its channel heard that all is over."""
    found = outbox.get(c, event_id, channel)
    if found is None:
        raise InputError(f"Nothing was owed to {channel!r} for {event_id!r}; see `leadline alert deliveries`.")
    if found.state != Owed.DEAD:
        return found
    if outbox.took_the_end(c, found):
        raise InputError(f"{channel!r} was told that {found.incident_id} is over; this message would open it again.")
    again = revived(found, now)
    outbox.save(c, [again])
    log(c, actor, now, ("sent again", "delivery", f"{event_id} {channel}"))
    return again


def known(c: Connection, incident_id: str) -> Incident:
    """The incident with this id, or the one that the alert with this id belongs to."""
    member = incidents.member(c, incident_id)
    found = incidents.get(c, member.incident_id if member else incident_id)
    if found is None:
        raise InputError(f"There is no incident {incident_id!r}; `leadline alert list --state all` lists them.")
    return found


def _unresolved(c: Connection, incident_id: str) -> Incident:
    found = known(c, incident_id)
    if found.state == State.RESOLVED:
        raise InputError(f"{found.incident_id} is over: there is nothing to see to.")
    return found


def _changed(c: Connection, after: Incident, actor: Actor, now: datetime, what: tuple[str, dict[str, Any]]) -> Incident:
    incidents.save(c, [after])
    log(c, actor, now, (what[0], "incident", after.incident_id), **what[1])
    return after
