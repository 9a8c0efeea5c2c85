"""`leadline alert channels`, `test`, `deliveries`, `retry`, `routes`: who is told, and whether it arrives."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from evaluator.cli.acting import by_option, request, when
from evaluator.cli.alert_source import AlertSource, ask
from evaluator.cli.alert_tables import print_channels, print_deliveries, print_routes
from evaluator.cli.options import Options, global_options, json_option, limit_option
from evaluator.cli.output import moment, print_json, printable
from evaluator.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from evaluator.api.alert_shapes import DeliveryView
    from evaluator.api.incident_shapes import Request, WayView

HOW = """put these lines into leadline.toml:

[[alerts.channels]]
name = "team"
kind = "apprise"
url_env = "TEAM_URL"

and set TEAM_URL to the address of your mail, Slack, pager … (https://appriseit.com/services/ has the form of each)."""
NO_CHANNEL = f"No channel is configured, so nobody is told of an incident. To change that, {HOW}"
STATES = ("pending", "delivered", "dead", "skipped")


@click.command()
@global_options
@json_option
@click.pass_obj
def channels(options: Options, as_json: bool) -> None:
    """Say how each channel fares.

    waiting messages are not taken yet, failures counts the attempts at the first of them, dead ones were given up.
    """
    found = ask(options, lambda source: source.channels(), creates=True)
    if as_json:
        print_json([view.model_dump(mode="json") for view in found])
        return
    if found:
        print_channels(found)
    if not any(one.kind for one in found):
        click.echo(NO_CHANNEL)


@click.command()
@global_options
@click.argument("channel")
@by_option
@click.pass_context
def test(ctx: click.Context, channel: str, by: str) -> None:
    """Try a channel. Sends one message to CHANNEL now and says whether it was taken; exit 1 when it was not."""
    from evaluator.api.incident_shapes import Request

    asked = request(Request, by=by)
    sent = ask(ctx.obj, lambda source: _try(source, channel, asked), creates=True)
    if sent.state == "delivered":
        click.echo(printable(f"{channel} took the message: look there for it."))
        return
    click.echo(printable(f"{channel} did not take the message: {sent.last_error}"))
    ctx.exit(1)


async def _try(source: AlertSource, channel: str, asked: Request) -> DeliveryView:
    known = [one.name for one in await source.channels() if one.kind]
    if not known:
        raise InputError(f"There is no channel {channel!r}, nor any other: {HOW}")
    if channel not in known:
        raise InputError(f"There is no channel {channel!r}; alerts.channels has {', '.join(known)}.")
    return await source.try_channel(channel, asked)


@click.command()
@global_options
@click.option("--state", type=click.Choice(STATES), help="pending waits, dead was given up. Default: all.")
@limit_option(100, 10_000)
@json_option
@click.pass_obj
def deliveries(options: Options, /, *, state: str | None, limit: int, as_json: bool) -> None:
    """List what channels are and were owed.

    There is a row for each event and channel, the newest first: pending waits for its turn or the next attempt,
    delivered was taken, dead was given up (`leadline alert retry`), skipped was made needless by a later message of
    its incident.
    """
    found = ask(options, lambda source: source.deliveries(state, limit))
    if as_json:
        print_json([view.model_dump(mode="json") for view in found])
    elif found:
        print_deliveries(found, limit)
    else:
        click.echo(f"No delivery is {state}." if state else "Nothing was owed to any channel yet.")


@click.command()
@global_options
@click.argument("event_id")
@click.argument("channel")
@by_option
@click.pass_obj
def retry(options: Options, event_id: str, channel: str, by: str) -> None:
    """Send again what was given up.

    EVENT_ID and CHANNEL are as `leadline alert deliveries --state dead` lists them.
    """
    from evaluator.api.incident_shapes import RetryRequest

    asked = request(RetryRequest, by=by, event_id=event_id, channel=channel)
    after = ask(options, lambda source: source.retry(asked))
    click.echo(printable(f"{after.event_id} to {after.channel}: {_stands(after)}"))


def _stands(one: DeliveryView) -> str:
    """Where a delivery stands after it was asked for again."""
    if one.state == "delivered":
        return f"delivered at {moment(one.delivered_at)} UTC."
    if one.state == "skipped":
        return f"skipped, {one.last_error}."
    if one.state == "dead":
        return f"given up again: {one.last_error}."
    if one.attempts:
        return f"failed: {one.last_error}; it is tried again at {moment(one.next_attempt_at)} UTC while a service runs."
    return "it is owed again, and sent within seconds while a service runs and its channel works."


@click.command()
@global_options
@click.option("--feature", help="Only this feature. Default: every feature that is known.")
@click.option("--at", "at_text", metavar="ISO", help="As of this time, such as 2026-11-20T23:00:00Z. Default: now.")
@json_option
@click.pass_obj
def routes(options: Options, /, *, feature: str | None, at_text: str | None, as_json: bool) -> None:
    """Say who would be told of what. Nothing is sent.

    There is a row for each feature and severity, with the route that decides (alerts.routes, the first that fits), its
    channels, and the end of its quiet hours when they would hold the message back.
    """
    at = when(at_text, "--at") if at_text else None
    found, known = ask(options, lambda source: _ways(source, feature, at), creates=True)
    if as_json:
        print_json([view.model_dump(mode="json") for view in found])
        return
    print_routes(found)
    if not known:
        click.echo(f"\n{NO_CHANNEL}")


async def _ways(source: AlertSource, feature: str | None, at: datetime | None) -> tuple[list[WayView], bool]:
    """Who would be told, and whether there is any channel."""
    return await source.routes(feature, at), any(one.kind for one in await source.channels())
