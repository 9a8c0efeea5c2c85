"""One incident as text: how it stands, what was told, to whom, and what was done about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from evaluator.alerts import wording
from evaluator.cli.alert_tables import details, print_deliveries, stands
from evaluator.cli.output import STATE_STYLES, moment, print_table, printable
from evaluator.monitors.words import what

if TYPE_CHECKING:
    from evaluator.api.incident_shapes import EntryView, IncidentView

ALERTS = (
    "alert",
    "severity",
    "state",
    "feature",
    "what",
    "fired (UTC)",
    "resolved (UTC)",
    "explained by",
    "silenced until (UTC)",
)


def print_incident(one: IncidentView) -> None:
    """All there is about it, the most wanted first."""
    click.secho(printable(one.title), bold=True)
    click.echo(printable(f"{one.incident_id}: {one.severity}, {stands(one)}; fired at {moment(one.opened_at)} UTC"))
    for line in _people(one):
        click.echo(printable(line))
    _print_message(one)
    click.echo("\nAlerts:")
    cells = [
        (
            alert.alert_id,
            alert.severity or "–",
            alert.state,
            alert.feature,
            what(alert.judge, alert.metric),
            moment(alert.fired_at),
            moment(alert.resolved_at),
            alert.explained_by or "–",
            moment(alert.silenced_until),
        )
        for alert in one.alerts
    ]
    print_table(ALERTS, cells, styles=[STATE_STYLES.get(alert.state, "dim") for alert in one.alerts])
    if one.deliveries:
        click.echo("\nDeliveries:")
        print_deliveries(one.deliveries)
    click.echo("\nHistory (UTC):")
    for entry in one.history:
        click.echo(printable(_done(entry)))


def _people(one: IncidentView) -> list[str]:
    """Who has it, and when it ended."""
    lines = [f"resolved at {moment(one.resolved_at)} UTC"] if one.resolved_at else []
    if one.assignee:
        lines.append(f"assigned to {one.assignee}")
    if one.acknowledged_by:
        lines.append(f"acknowledged by {one.acknowledged_by} at {moment(one.acknowledged_at)} UTC")
    if not lines:
        lines.append(f"nobody sees to it yet: `leadline alert ack {one.incident_id}`")
    if not one.deliveries and not one.withheld and one.resolved_at is None:
        lines.append("no channel was told; `leadline alert routes` shows who will be, at the next look, of this too")
    return lines


def _print_message(one: IncidentView) -> None:
    """The last message as its channels showed it; without any, the first alert's evidence in the same words."""
    last = one.notifications[0] if one.notifications else None
    if last:
        read = "What channels were told last" if one.deliveries else "What channels would have been told"
        heading, data = f"{read} ({last.event}, {moment(last.occurred_at)} UTC):", last.data
    else:
        heading, data = "The first alert:", {**one.alerts[0].evidence, "state": one.alerts[0].state}
    if "monitor" in data:
        click.echo(f"\n{heading}")
        for line in (wording.title(data), *wording.render_text(data).splitlines()):
            click.echo(f"  {printable(line)}")


def _done(one: EntryView) -> str:
    """A line of the history, as long as it is: comments are read here."""
    who = one.actor if one.via == one.actor else f"{one.actor} ({one.via})"
    return ": ".join(part for part in (f"{moment(one.ts)}  {who} {one.action}", details(one.detail)) if part)
