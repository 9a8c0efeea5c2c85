"""`leadline alert silence`, `silences`, `unsilence`: of what nobody is told, and until when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from evaluator.alerts.muting import LABELS
from evaluator.cli.acting import by_option, length, request, when
from evaluator.cli.alert_source import AlertSource, ask
from evaluator.cli.alert_tables import until, window
from evaluator.cli.options import Options, global_options, json_option
from evaluator.cli.output import moment, print_json, print_table, printable, shortened
from evaluator.errors import InputError

if TYPE_CHECKING:
    from evaluator.api.incident_shapes import SilenceView

COLUMNS = ("id", "kind", "state", "of what", "from (UTC)", "to (UTC)", "every", ">mutes now", "by", "reason")
STYLES = {"active": "yellow", "over": "dim"}
NONE = "No silence holds or is planned. `leadline alert silence feature=support-* --for 2h --reason WHY` makes one."


@click.command()
@global_options
@click.argument("matchers", metavar="LABEL=GLOB...", nargs=-1, required=True)
@click.option("--for", "length_text", metavar="LENGTH", help="How long: 30m, 2h, 3d, 1w.")
@click.option("--until", "until_text", metavar="ISO", help="Or until when, e.g. 2026-11-20T12:00:00Z.")
@click.option("--from", "from_text", metavar="ISO", help="Since when. Default: now.")
@click.option("--reason", required=True, help="Why; whoever looks for the missing message reads it.")
@click.option("--maintenance", is_flag=True, help="It is a planned maintenance window.")
@click.option(
    "--every", type=click.Choice(["day", "week"]), help="A maintenance window that comes again, same time UTC."
)
@by_option
@click.pass_obj
def silence(options: Options, /, *, matchers: Sequence[str], reason: str, by: str, **given: Any) -> None:
    """Tell nobody of alerts that fit.

    Every LABEL=GLOB must fit, e.g. feature=support-* severity=info. Labels are feature, judge, metric, owner,
    severity, rule and monitor. Alerts are raised and listed all the same; what still fires when the silence ends is
    told then.
    """
    from evaluator.api.incident_shapes import SilenceRequest

    asked = request(
        SilenceRequest,
        by=by,
        matchers=labels(matchers),
        reason=reason,
        kind="maintenance" if given["maintenance"] or given["every"] else "silence",
        every=given["every"],
        **times(given, datetime.now(UTC)),
    )
    made = ask(options, lambda source: source.silence(asked), creates=True)
    what = f"{made.silence_id}: nobody is told of {said(made.matchers)} {until(made)}"
    click.echo(printable(f"{what}; it mutes {made.covers} firing alert{'s' * (made.covers != 1)} now."))
    if not made.concerns:
        click.echo("No monitor and no rule that is known now matches it: `leadline check --all` lists the monitors.")
    click.echo(printable(f"`leadline alert unsilence {made.silence_id}` ends it early."))


@click.command()
@global_options
@click.option("--past", is_flag=True, help="Also those that are over.")
@json_option
@click.pass_obj
def silences(options: Options, past: bool, as_json: bool) -> None:
    """List silences and maintenance windows. Those that hold now come first."""
    found = [one for one in ask(options, lambda source: source.silences()) if past or one.state != "over"]
    if as_json:
        print_json([view.model_dump(mode="json") for view in found])
    elif found:
        print_table(COLUMNS, map(_cells, found), styles=[STYLES.get(one.state, "") for one in found])
    else:
        click.echo("There was no silence yet." if past else NONE)


@click.command()
@global_options
@click.argument("silence_id", metavar="ID")
@by_option
@click.pass_obj
def unsilence(options: Options, silence_id: str, by: str) -> None:
    """End a silence now. What it held back and still fires is told."""
    from evaluator.api.incident_shapes import Request

    asked = request(Request, by=by)

    async def end(source: AlertSource) -> tuple[list[SilenceView], SilenceView]:
        return await source.silences(), await source.end_silence(silence_id, asked)

    before, ended = ask(options, end)
    if any(one.silence_id == silence_id and one.state == "over" for one in before):
        whose = f", ended by {ended.ended_by}" if ended.ended_by else ""
        over = f"was over already, since {moment(ended.ended_at or ended.ends_at)} UTC{whose}: nothing was done."
        click.echo(printable(f"{ended.silence_id} ({said(ended.matchers)}) {over}"))
        return
    told = f"since {moment(ended.ended_at or ended.ends_at)} UTC; what it held back and still fires is told."
    click.echo(printable(f"{ended.silence_id} ({said(ended.matchers)}) is over {told}"))


def labels(given: Sequence[str]) -> dict[str, str]:
    """LABEL=GLOB arguments as a mapping; InputError names what is wrong with one.

    >>> labels(["feature=support-*", "severity=info"])
    {'feature': 'support-*', 'severity': 'info'}
    """
    found: dict[str, str] = {}
    for text in given:
        label, equals, glob = text.partition("=")
        if not (equals and label and glob):
            raise InputError(f"{text}: write LABEL=GLOB, e.g. feature=support-*; feature=* alone matches everything")
        if label not in LABELS:
            raise InputError(f"{text}: there is no label {label!r}; a matcher names one of {', '.join(LABELS)}")
        if label in found:
            raise InputError(f"{text}: {label} is given twice, and all must match; make two silences")
        found[label] = glob
    return found


def times(given: Mapping[str, Any], now: datetime) -> dict[str, datetime | None]:
    """When the silence starts and ends; InputError when both ends are given, or none."""
    if bool(given["length_text"]) == bool(given["until_text"]):
        raise InputError("Say how long: either --for 2h, or --until 2026-11-20T12:00:00Z.")
    starts_at = when(given["from_text"], "--from") if given["from_text"] else None
    if given["until_text"]:
        ends_at = when(given["until_text"], "--until")
    else:
        ends_at = (starts_at or now) + length(given["length_text"], "--for")
    return {"starts_at": starts_at, "ends_at": ends_at}


def said(matchers: Mapping[str, str]) -> str:
    """Matchers as they are typed.

    >>> said({"feature": "support-*", "severity": "info"})
    'feature=support-* severity=info'
    """
    return " ".join(f"{label}={glob}" for label, glob in matchers.items())


def _cells(one: SilenceView) -> tuple[object, ...]:
    ended = f" (ended by {one.ended_by})" if one.ended_by else ""
    from_, to = window(one)
    covers = one.covers if one.state == "active" else "–"
    return (
        one.silence_id, one.kind, one.state, said(one.matchers), from_, f"{to}{ended}", one.every or "–", covers,
        one.created_by, shortened(one.reason),
    )  # fmt: skip
