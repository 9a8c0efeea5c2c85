"""`leadline key new`: an API key, shown once; the service only ever knows its hash."""

from __future__ import annotations

import click

from evaluator.cli.options import json_option
from evaluator.cli.output import print_json


@click.group()
def key() -> None:
    """API keys, each with one role: ingest, read or admin."""


@key.command()
@click.argument("role", type=click.Choice(["ingest", "read", "admin"]), default="ingest")
@json_option
def new(role: str, as_json: bool) -> None:
    """Make a key for ROLE and print it; it cannot be shown again."""
    from evaluator.api.auth import Role, new_key

    secret, line = new_key(Role(role))
    if as_json:
        print_json({"role": role, "key": secret, "hash_line": line})
        return
    click.echo(f"key (give it to the client, it is not stored): {secret}")
    click.echo(f"for the service's environment:                 LEADLINE_KEYS='[\"{line}\"]'")
    click.echo('Several keys go into the same list: \'["ingest:…", "admin:…"]\'.', err=True)
