"""Incidents, channels, deliveries, routes and the audit log as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from evaluator.cli.output import STATE_STYLES, moment, print_table, shortened

if TYPE_CHECKING:
    from evaluator.api.alert_shapes import DeliveryView
    from evaluator.api.incident_shapes import ChannelView, EntryView, IncidentView, SilenceView, WayView

INCIDENTS = ("id", "severity", "state", "fired (UTC)", "what", ">alerts", "who")
CHANNELS = (
    "channel", "kind", "state", ">waiting", ">failures", ">dead", ">taken in 24 h", "last taken (UTC)",
    "next attempt (UTC)", "last error", "last test (UTC)",
)  # fmt: skip
DELIVERIES = (
    "event", "channel", "tells", "state", ">attempts", "owed since (UTC)", "taken (UTC)", "next attempt (UTC)",
    "last error",
)  # fmt: skip
ROUTES = ("feature", "owner", "severity", "route", "told", "held until (UTC)")
LOG = ("when (UTC)", "who", "via", "key", "did", "to", "which", "details")
DELIVERY_STYLES = {"dead": "bold red", "pending": "yellow", "skipped": "dim"}
CHANNEL_STYLES = {"failing": "bold red", "removed": "dim"}


def print_incidents(found: Sequence[IncidentView], state: str) -> None:
    """A row for each incident, or in words that there is none."""
    if found:
        print_table(INCIDENTS, map(_incident, found), styles=[STATE_STYLES.get(one.state, "dim") for one in found])
        click.echo("\n`leadline alert show ID` tells all about one.")
    elif state == "all":
        click.echo("There was no incident yet.")
    else:
        others = "resolved" if state in ("open", "firing") else "open"
        click.echo(f"No incident is {state}. `--state all` lists the {others} ones, too.")


def _incident(one: IncidentView) -> tuple[object, ...]:
    who = one.assignee or one.acknowledged_by or "–"
    return one.incident_id, one.severity, stands(one), moment(one.opened_at), one.title, len(one.alerts), who


def stands(one: IncidentView) -> str:
    """The state of an incident; where nobody was told of it, that and why, or until when nobody is told of more."""
    ended = f"{one.state} by hand by {one.resolved_by}" if one.resolved_by else one.state
    if one.silenced_until:
        return f"{ended}, silenced until {moment(one.silenced_until)}"
    if one.withheld:
        return f"{ended}, not told: {one.withheld}"
    return ended if one.deliveries else f"{ended}, told to nobody"


def print_channels(found: Sequence[ChannelView]) -> None:
    """A row for each channel."""
    styles = [CHANNEL_STYLES["failing"] if one.test_error else CHANNEL_STYLES.get(one.state, "") for one in found]
    print_table(CHANNELS, map(_channel, found), styles=styles)


def _channel(one: ChannelView) -> tuple[object, ...]:
    return (
        one.name,
        one.kind or "–",
        one.state,
        one.waiting,
        one.failures,
        one.dead,
        one.delivered_last_day,
        moment(one.last_delivered_at),
        moment(one.retry_at),
        shortened(one.last_error or "–"),
        shortened(f"{moment(one.tested_at)}{f': {one.test_error}' if one.test_error else ''}"),
    )


def print_deliveries(found: Sequence[DeliveryView], limit: int | None = None) -> None:
    """A row for each delivery."""
    print_table(DELIVERIES, map(_delivery, found), styles=[DELIVERY_STYLES.get(one.state, "") for one in found])
    _note_limit(len(found), limit)


def _delivery(one: DeliveryView) -> tuple[object, ...]:
    return (
        one.event_id,
        one.channel,
        one.event,
        one.state,
        one.attempts,
        moment(one.created_at),
        moment(one.delivered_at),
        moment(one.next_attempt_at) if one.state == "pending" else "–",
        shortened(one.last_error or "–"),
    )


def print_routes(found: Sequence[WayView]) -> None:
    """A row for each feature and severity."""
    cells = [
        (
            one.feature,
            one.owner or "–",
            one.severity,
            one.route,
            ", ".join(one.channels) or "nobody",
            moment(one.held_until),
        )
        for one in found
    ]
    print_table(ROUTES, cells, styles=["" if one.channels else "dim" for one in found])


def print_log(found: Sequence[EntryView], limit: int | None = None) -> None:
    """A row for each action, or in words that there was none."""
    if not found:
        click.echo("Nothing was done yet.")
        return
    print_table(LOG, map(_entry, found), styles=["dim" if one.via == "leadline" else "" for one in found])
    _note_limit(len(found), limit)


def _entry(one: EntryView) -> tuple[object, ...]:
    when = f"{one.ts:%Y-%m-%d %H:%M:%S}"
    return (
        when,
        one.actor,
        one.via,
        one.key or "–",
        one.action,
        one.subject,
        one.subject_id,
        shortened(details(one.detail)),
    )


def details(detail: Mapping[str, object]) -> str:
    """What is known of an action besides, with a word before each piece.

    >>> details({"note": "on it", "channels": [], "error": None, "ends_at": "2026-11-20T12:00:00.5+00:00"})
    'note: on it; channels: none; ends at: 2026-11-20 12:00'
    """
    told = [(name, _piece(name, value)) for name, value in detail.items()]
    return "; ".join(f"{name.replace('_', ' ')}: {piece}" for name, piece in told if piece)


def _piece(name: str, value: object) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key}={one}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value)) or "none"
    if value and (name == "ts" or name.endswith("_at")):
        return moment(datetime.fromisoformat(str(value)))
    return "" if value is None else str(value)


def window(one: SilenceView) -> tuple[str, str]:
    """When a silence begins and ends, or ended."""
    if one.every and one.ended_at is None:
        return moment(one.starts_at), f"{moment(one.ends_at)}, and again"
    return moment(one.starts_at), moment(one.ended_at or one.ends_at)


def until(one: SilenceView) -> str:
    """From when to when a silence holds, in words."""
    span = f"from {moment(one.starts_at)} to {moment(one.ends_at)} UTC"
    return f"{span}, and every {one.every} at that time" if one.every else span


def _note_limit(shown: int, limit: int | None) -> None:
    if limit is not None and shown >= limit:
        click.echo(f"\nThe newest {limit}; --limit {limit * 10} shows more.")
