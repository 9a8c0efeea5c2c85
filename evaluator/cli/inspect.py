"""`leadline judges`, `leadline config`, `leadline version`: what would run, and with which settings."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from evaluator.cli.options import Options, file_options, global_options, json_option
from evaluator.cli.output import percent, print_json, print_table, printable

if TYPE_CHECKING:
    from evaluator.settings import Settings


@click.command()
@global_options
@json_option
@click.pass_obj
def judges(options: Options, as_json: bool) -> None:
    """List the judges: which are ready, which are not configured, and what to set."""
    rows = asyncio.run(_remote_judges(options)) if options.url else _local_judges(options.settings())
    if as_json:
        print_json(rows)
        return
    columns = ("judge", "kind", "state", ">rate", "features", "detail")
    cells = [
        (r["name"], r["kind"], r["state"], percent(r["rate"]), ", ".join(r["features"]), r["detail"]) for r in rows
    ]
    print_table(columns, cells, styles=["" if row["state"] == "ready" else "dim" for row in rows])


async def _remote_judges(options: Options) -> list[dict[str, Any]]:
    async with options.remote() as remote:
        return list(await remote.get("/v1/judges"))


def _local_judges(settings: Settings) -> list[dict[str, Any]]:
    """From the configuration alone, so that it works beside a running service."""
    from evaluator.service import Service

    return [
        {
            "name": entry.name,
            "version": entry.judge.version if entry.judge else None,
            "kind": entry.kind,
            "features": list(entry.features),
            "rate": entry.rate,
            "state": "ready" if entry.judge else "not_configured",
            "detail": entry.detail,
        }
        for entry in Service(settings).list_judges()
    ]


@click.command("config")
@file_options
@json_option
@click.pass_obj
def config_command(options: Options, as_json: bool) -> None:
    """Print the settings in effect and where each comes from, without secrets."""
    from evaluator.effective import effective

    rows = effective(options.settings())
    if as_json:
        print_json([asdict(row) for row in rows])
        return
    for row in rows:
        told = f"{row.name} = {row.value}"
        if row.secret or row.value == "null":
            told = f"# {row.name} is {row.value if row.secret else 'not set'}"
        click.echo(printable(told if row.source == "default" else f"{told}  # {row.source}"))


@click.command("version")
@json_option
def version_command(as_json: bool) -> None:
    """Print the version of Leadline and of what decides its numbers."""
    from importlib.metadata import version

    names = ("leadline", "duckdb", "scipy", "anthropic")
    found = {name: version(name) for name in names}
    if as_json:
        print_json(found)
    else:
        click.echo("  ".join(f"{name} {number}" for name, number in found.items()))
