"""How files of samples are to be read: the options of the commands that take some."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from evaluator.cli.options import Options
from evaluator.errors import InputError
from evaluator.intake.formats import CONTAINERS, NAMES

if TYPE_CHECKING:
    from evaluator.intake.columns import Columns
    from evaluator.intake.files import File

F = TypeVar("F", bound=Callable[..., object])
KNOWN = [*CONTAINERS, *NAMES]
OPTIONS = (
    click.option("--map", "mapped", multiple=True, metavar="FIELD=COLUMN", help="Take a public field from a column."),
    click.option(
        "--set", "fixed", multiple=True, metavar="FIELD=VALUE", help="Give every row a field, e.g. feature=chat."
    ),
    click.option("--timezone", metavar="ZONE", help="Time zone of timestamps without one, e.g. UTC or Europe/Berlin."),
    click.option("--metadata-rest", is_flag=True, help="Keep every other column as metadata."),
    click.option(
        "--format",
        "file_format",
        type=click.Choice(KNOWN),
        metavar="NAME",
        help=f"Instead of finding out: {', '.join(KNOWN)}.",
    ),
    click.option("--requests", metavar="FILE", help="The requests of a batch, joined to its results by custom_id."),
)


def reading_options(command: F) -> F:
    """The options that say what rows of a file mean."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def opened(options: Options, names: Sequence[str], given: dict[str, Any]) -> list[File]:
    """The files, to be read as the options say."""
    from evaluator.intake.files import File

    columns = _columns(given)
    settings = options.settings()
    stdin = sys.stdin.buffer if "-" in names else None
    how = {
        "columns": columns,
        "format": given["file_format"],
        "requests": given["requests"],
        "naming": settings.intake.feature_attributes,
        "max_line_bytes": settings.server.max_item_kb * 1000,
    }
    return [File(name, stdin=stdin, **how) for name in names]


def _columns(given: dict[str, Any]) -> Columns:
    from evaluator.intake.columns import Columns, assignments

    zone = None
    if name := given["timezone"]:
        try:
            zone = ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise InputError(f"--timezone {name}: unknown; e.g. UTC or Europe/Berlin") from None
    names, fixed = assignments(given["mapped"], "--map"), assignments(given["fixed"], "--set")
    return Columns(names=names, fixed=fixed, zone=zone, metadata_rest=given["metadata_rest"])
