"""`leadline key new`: an API key, shown once; the service only ever knows its hash."""

from __future__ import annotations

import hashlib
import secrets

import click

from evaluator.cli.options import json_option
from evaluator.cli.output import print_json

ROLES = ("ingest", "read", "admin")


def make(role: str) -> tuple[str, str]:
    """A new key and its line for LEADLINE_KEYS, role:sha256-hex."""
    key = f"ll_{role}_{secrets.token_urlsafe(32)}"
    return key, f"{role}:{hashlib.sha256(key.encode()).hexdigest()}"


@click.group()
def key() -> None:
    """API keys, each with one role: ingest, read or admin."""


@key.command()
@click.argument("role", type=click.Choice(ROLES), default="ingest")
@json_option
def new(role: str, as_json: bool) -> None:
    """Make a key for ROLE and print it; it cannot be shown again."""
    secret, line = make(role)
    if as_json:
        print_json({"role": role, "key": secret, "hash_line": line})
        return
    click.echo(f"key (give it to the client, it is not stored): {secret}")
    click.echo(f"for the service's environment:                 LEADLINE_KEYS='[\"{line}\"]'")
    click.echo('Several keys go into the same list: \'["ingest:…", "admin:…"]\'.', err=True)
