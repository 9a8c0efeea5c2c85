"""Who acts from the command line, and what they ask for as a request whose errors are sentences."""

from __future__ import annotations

import getpass
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import click

from evaluator.cli.check import aware
from evaluator.errors import InputError

if TYPE_CHECKING:
    from pydantic import BaseModel

F = TypeVar("F", bound=Callable[..., object])
M = TypeVar("M", bound="BaseModel")
_LENGTH = re.compile(r"(?:[0-9]{1,4}[mhdw])+")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def login_name() -> str:
    """The name of who is logged in; a container's bare user number has none."""
    from evaluator.alerts.actions import UNKNOWN

    try:
        return getpass.getuser() or UNKNOWN
    except (OSError, KeyError, ImportError):  # what it raises depends on the version of Python
        return UNKNOWN


def by_option(command: F) -> F:
    """`--by`: who acts, for the audit log."""
    return click.option(
        "--by",
        metavar="NAME",
        default=login_name,
        callback=_named,
        show_default="your login name",
        help="Who does this; kept in the audit log.",
    )(command)


def _named(_: click.Context, __: click.Parameter, value: str) -> str:
    if not value.strip():
        raise InputError("--by: say who you are, or leave it out for your login name")
    return value.strip()


def request(shape: type[M], **fields: Any) -> M:
    """What is asked for; InputError names the option that it cannot be made of."""
    from pydantic import ValidationError

    try:
        return shape(**fields)
    except ValidationError as error:
        wrong = error.errors(include_url=False)[0]
        empty = wrong["type"] == "string_too_short" and not wrong["input"]
        said = "must not be empty" if empty else wrong["msg"].removeprefix("Value error, ")
        raise InputError(f"{'.'.join(map(str, wrong['loc']))}: {said}") from None


def when(text: str, option: str) -> datetime:
    """A time with its zone in the years that the API takes; InputError names the option."""
    at = aware(text, option)
    if not 1970 <= at.year <= 9000:
        raise InputError(f"{option} {text}: must lie between the years 1970 and 9000")
    return at


def length(text: str, option: str) -> timedelta:
    """A length of time in minutes, hours, days or weeks; InputError names the option.

    >>> length("2h", "--for"), length("1d12h", "--for")
    (datetime.timedelta(seconds=7200), datetime.timedelta(days=1, seconds=43200))
    """
    if not _LENGTH.fullmatch(text):
        raise InputError(f"{option} {text}: no length of time; write 30m, 2h, 3d or 1w")
    found = re.findall(r"([0-9]+)([mhdw])", text)
    return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in found), timedelta())
