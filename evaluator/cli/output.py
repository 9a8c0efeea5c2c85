"""How commands print: aligned tables, plain text when piped, and names from samples that cannot steer a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import click

if TYPE_CHECKING:
    from rich.console import Console

    from evaluator.api.shapes import Bounded, Interval

WIDE = 240
WIDEST = 100_000
"""Wider than any table: a console cuts the cells of a table that does not fit."""

STATE_STYLES = {
    "firing": "bold red",
    "acknowledged": "bold yellow",
    "pending": "yellow",
    "ok": "green",
    "insufficient": "dim",
    "no_data": "yellow",
    "judge_broken": "bold yellow",
}


def console(*, stderr: bool = False) -> Console:
    """A terminal as wide as it is; a pipe gets whole lines without colours."""
    from rich.console import Console

    stream = sys.stderr if stderr else sys.stdout
    return Console(
        stderr=stderr, width=None if stream.isatty() else WIDE, highlight=False, markup=False, soft_wrap=True
    )


def print_json(value: Any) -> None:
    """One JSON document on stdout."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, styles: Sequence[str] = ()) -> None:
    """A table; a column whose name starts with `>` is right-aligned. Never cut: a narrow terminal wraps its lines."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in columns:
        justify: Literal["right", "left"] = "right" if name.startswith(">") else "left"
        table.add_column(name.lstrip(">"), justify=justify, no_wrap=True)
    for number, row in enumerate(rows):
        style = styles[number] if number < len(styles) else ""
        table.add_row(*(Text(printable(cell), style=style) for cell in row))
    screen = console()
    screen.width = WIDEST
    screen.print(table, soft_wrap=False, crop=False)


def printable(value: object) -> str:
    """Text of unknown origin on one line: control characters, also those that turn text around, become `?`.

    >>> printable("a\\x1b[2Jb")
    'a?[2Jb'
    """
    return "".join(char if char.isprintable() else "?" for char in str(value))


def shortened(text: str, most: int = 120) -> str:
    """Text for a cell of a table, whose rows are all as wide as the longest.

    >>> shortened("abcdef", 4)
    'abc…'
    """
    return text if len(text) <= most else f"{text[: most - 1]}…"


def percent(rate: float | None) -> str:
    """A rate as 97.3 %; no data is –, never 0."""
    return "–" if rate is None else f"{100 * rate:.1f} %"


def usd(amount: float) -> str:
    """An amount of money with the digits that say something: cents, or two digits of less than one.

    >>> usd(1234.567), usd(0.00123), usd(0.0)
    ('1,234.57', '0.0012', '0.00')
    """
    return f"{amount:,.2f}" if amount >= 0.1 or not amount else f"{amount:.2g}"


def interval(value: Interval | None) -> str:
    """A rate with its 95 % interval: 97.3 % [96.1, 98.2]."""
    if value is None or value.rate is None or value.lo is None or value.hi is None:
        return "–"
    return f"{percent(value.rate)} [{100 * value.lo:.1f}, {100 * value.hi:.1f}]"


def bounds(value: Bounded) -> str:
    """What the rate would be had the unscored all failed, or all passed: 91.0–94.2 %; – where nothing is unscored."""
    if not value.unscored or value.worst is None or value.best is None:
        return "–"
    return f"{100 * value.worst:.1f}–{100 * value.best:.1f} %"


def moment(value: datetime | None) -> str:
    """A time to the minute, in UTC."""
    return "–" if value is None else f"{value:%Y-%m-%d %H:%M}"
