"""`leadline mark`: say that something happened which may change quality, and list what did."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from evaluator.cli.acting import by_option
from evaluator.cli.check import aware
from evaluator.cli.options import Options, global_options, json_option
from evaluator.cli.output import moment, print_json, print_table, printable
from store.records import MarkerKind

if TYPE_CHECKING:
    from store.records import Marker

COLUMNS = ("when (UTC)", "kind", "name", "feature", "origin", "note")
NEWEST = 100


@click.command()
@global_options
@click.argument("name", required=False)
@click.option(
    "--kind", type=click.Choice([kind.value for kind in MarkerKind]), default=MarkerKind.DEPLOY.value, show_default=True
)
@click.option("--feature", help="The feature it concerns. Default: all of them.")
@click.option("--ts", metavar="ISO", help="When, e.g. 2026-11-20T12:00:00Z. Default: now.")
@click.option("--note", default="", help="Anything that helps later; kept with the marker.")
@by_option
@click.option("--list", "listing", is_flag=True, help=f"List the newest {NEWEST} markers instead; --feature chooses.")
@json_option
@click.pass_obj
def mark(options: Options, /, name: str | None, *, listing: bool, as_json: bool, **given: Any) -> None:
    """Mark that NAME (a deploy, a prompt, a model) went out: changes right after it are found with fewer votes."""
    if listing == bool(name):
        raise click.UsageError("Give either NAME, to mark something, or --list.")
    if listing:
        found = asyncio.run(_list(options, given["feature"]))
    else:
        # The time is chosen here: what is sent again after a lost answer is then the same marker.
        ts = aware(given["ts"], "--ts") if given["ts"] else datetime.now(UTC)
        told = {**given, "name": name, "ts": ts.isoformat()}
        found = [asyncio.run(_mark(options, {key: value for key, value in told.items() if value}))]
    if as_json:
        print_json([asdict(one) for one in found] if listing else asdict(found[0]))
    elif listing:
        print_table(COLUMNS, map(_cells, found))
    else:
        click.echo(
            printable(f"marked {found[0].kind} {found[0].name} at {moment(found[0].ts)} UTC, {_whose(found[0])}")
        )


def _whose(marker: Marker) -> str:
    return f"feature {marker.feature}" if marker.feature else "all features"


def _cells(one: Marker) -> tuple[str, ...]:
    return (moment(one.ts), one.kind, one.name, one.feature or "all", one.origin, one.note)


async def _mark(options: Options, told: dict[str, Any]) -> Marker:
    if options.url:
        async with options.remote() as remote:
            return _read(await remote.post("/v1/markers", told))[0]
    from evaluator import markers
    from evaluator.alerts.actions import COMMAND, UNKNOWN, Actor

    async with options.service(creates=True) as service:
        one = markers.read(told, service.clock(), COMMAND)
        return (await markers.keep(service.store, [one], lambda by: Actor(by or UNKNOWN, COMMAND)))[0]


async def _list(options: Options, feature: str | None) -> list[Marker]:
    if options.url:
        async with options.remote() as remote:
            return _read(await remote.get("/v1/markers", feature=feature, limit=NEWEST))
    from store.markers import MarkerFilter, find

    async with options.service() as service:
        with service.store.read() as c:
            return find(c, MarkerFilter(feature=feature, limit=NEWEST))


def _read(answer: Any) -> list[Marker]:
    from pydantic import TypeAdapter

    from store.records import Marker

    return TypeAdapter(list[Marker]).validate_python(answer)
