"""`leadline alert`: what is wrong, who sees to it, and who did what about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from evaluator.cli.acting import by_option, request
from evaluator.cli.alert_channels import channels, deliveries, retry, routes, test
from evaluator.cli.alert_incident import print_incident
from evaluator.cli.alert_silences import silence, silences, unsilence
from evaluator.cli.alert_source import AlertSource, Verb, ask
from evaluator.cli.alert_tables import print_incidents, print_log
from evaluator.cli.options import Options, global_options, json_option, limit_option
from evaluator.cli.output import moment, print_json, printable

if TYPE_CHECKING:
    from evaluator.api.alert_shapes import DeliveryView
    from evaluator.api.incident_shapes import IncidentView, Request

STATES = ("open", "firing", "acknowledged", "resolved", "all")
ID = click.argument("incident_id", metavar="ID")
NOTE = click.option("--note", default="", help="Anything that helps later; kept in the incident's history.")


@click.group()
def alert() -> None:
    """Incidents and whom they are told to: see, acknowledge, silence, send again.

    An alert is one monitor's regression. Alerts that began together are one incident, which is what messages are
    about: ID is the id of an incident or of one of its alerts, as `leadline alert list` prints them.
    """


@alert.command("list")
@global_options
@click.option(
    "--state", type=click.Choice(STATES), default="open", show_default=True, help="open: firing or acknowledged."
)
@limit_option(100, 1000)
@json_option
@click.pass_obj
def list_(options: Options, /, *, state: str, limit: int, as_json: bool) -> None:
    """List the incidents, the newest first."""
    found = ask(options, lambda source: source.incidents(None if state == "all" else state, limit))
    if as_json:
        print_json([view.model_dump(mode="json") for view in found])
    else:
        print_incidents(found, state)


@alert.command()
@global_options
@ID
@json_option
@click.pass_obj
def show(options: Options, incident_id: str, as_json: bool) -> None:
    """Show everything about one incident.

    Its alerts, its last message as the channels show it, who got it, and what people did about it.
    """
    found = ask(options, lambda source: source.incident(incident_id))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        print_incident(found)


@alert.command()
@global_options
@ID
@NOTE
@by_option
@click.pass_obj
def ack(options: Options, incident_id: str, note: str, by: str) -> None:
    """Acknowledge: you see to it. It is told again only when it gets worse, and when it is over."""
    found = _act(options, incident_id, "ack", {"by": by, "note": note})
    if found.acknowledged_by == by:
        _say(f"acknowledged {found.incident_id}: {by} sees to it. It is told again only when it gets worse or is over.")
    else:
        _say(f"{found.incident_id}: {found.acknowledged_by} sees to it already, since {moment(found.acknowledged_at)}.")


@alert.command()
@global_options
@ID
@NOTE
@by_option
@click.pass_obj
def unack(options: Options, incident_id: str, note: str, by: str) -> None:
    """Take an acknowledgement back. Nobody sees to it any more, and it is told again from time to time."""
    found = _act(options, incident_id, "unack", {"by": by, "note": note})
    _say(f"{found.incident_id} is not acknowledged: it is told again while it goes on.")


@alert.command()
@global_options
@ID
@click.argument("name", required=False)
@click.option("--nobody", is_flag=True, help="Take it from whoever has it.")
@by_option
@click.pass_obj
def assign(options: Options, /, incident_id: str, *, name: str | None, nobody: bool, by: str) -> None:
    """Give the incident to NAME. Messages and lists say so."""
    if nobody == bool(name):
        raise click.UsageError("Give either NAME, or --nobody.")
    found = _act(options, incident_id, "assign", {"by": by, "to": name or None})
    _say(f"{found.incident_id} is {f'assigned to {found.assignee}' if found.assignee else 'nobody’s'} now.")


@alert.command()
@global_options
@ID
@click.argument("text")
@by_option
@click.pass_obj
def comment(options: Options, incident_id: str, text: str, by: str) -> None:
    """Add TEXT to the incident's history."""
    found = _act(options, incident_id, "comment", {"by": by, "text": text})
    _say(f"noted; `leadline alert show {found.incident_id}` has the history.")


@alert.command()
@global_options
@ID
@NOTE
@by_option
@click.pass_obj
def resolve(options: Options, incident_id: str, note: str, by: str) -> None:
    """End the incident by hand. Its monitors gather evidence anew, so it comes back if nothing was mended."""
    from evaluator.api.incident_shapes import AckRequest

    asked = request(AckRequest, by=by, note=note)

    async def end(source: AlertSource) -> tuple[IncidentView, IncidentView]:
        return await source.incident(incident_id), await source.act(incident_id, "resolve", asked)

    before, found = ask(options, end)
    if before.state == "resolved":
        whose = f", by hand by {before.resolved_by}" if before.resolved_by else ""
        _say(f"{found.incident_id} was over already, since {moment(found.resolved_at)} UTC{whose}: nothing was done.")
        return
    _say(f"{found.incident_id} is {found.state}: its monitors gather evidence anew, against the same baseline.")
    if told := ", ".join(_heard(one) for one in found.deliveries if one.event == "resolved"):
        _say(f"That it is over is told to {told}.")


@alert.command()
@global_options
@click.option("--incident", "incident_id", metavar="ID", help="Only what concerns this incident.")
@limit_option(100, 10_000)
@json_option
@click.pass_obj
def log(options: Options, /, *, incident_id: str | None, limit: int, as_json: bool) -> None:
    """List who did what, people and Leadline itself.

    The newest comes first. Incidents, silences, channels, deliveries, baselines and markers leave a line each time.
    The column key begins the hash of the API key that was used, so that two keys can be told apart.
    """
    found = ask(options, lambda source: source.log(incident_id, limit))
    if as_json:
        print_json([view.model_dump(mode="json") for view in found])
    else:
        print_log(found, limit)


def _act(options: Options, incident_id: str, verb: Verb, fields: dict[str, Any]) -> IncidentView:
    from evaluator.api.incident_shapes import AckRequest, AssignRequest, CommentRequest

    shapes: dict[str, type[Request]] = {"assign": AssignRequest, "comment": CommentRequest}
    asked = request(shapes.get(verb, AckRequest), **fields)
    return ask(options, lambda source: source.act(incident_id, verb, asked))


def _heard(one: DeliveryView) -> str:
    """A channel, and how far it is with a message."""
    return f"{one.channel} ({one.state}{f', {one.last_error}' if one.last_error else ''})"


def _say(text: str) -> None:
    click.echo(printable(text))


for command in (silence, silences, unsilence, channels, test, deliveries, retry, routes):
    alert.add_command(command)
