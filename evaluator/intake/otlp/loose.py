"""Values of OTLP's JSON as senders write them: names in two styles, numbers as texts, ids in hex or base64."""

from __future__ import annotations

import re
from base64 import b64decode
from functools import lru_cache
from typing import Any

from evaluator.errors import InputError
from evaluator.intake.otlp.values import DamagedError, number

_CODES = {"STATUS_CODE_OK": 1, "STATUS_CODE_ERROR": 2, "OK": 1, "ERROR": 2}
_CAPITAL = re.compile(r"[A-Z]")
_HEX = frozenset("0123456789abcdef")
_URL_SAFE = str.maketrans("-_", "+/")
_DIGITS = 20

Json = dict[str, Any]


def named(told: Json) -> Json:
    """The object with its names in snake_case."""
    return {_snake(name): value for name, value in told.items()}


@lru_cache(maxsize=512)
def _snake(name: str) -> str:
    return _CAPITAL.sub(lambda capital: "_" + capital[0].lower(), name)


def mapping(given: Any) -> Json:
    """An object with its names in snake_case; none is an empty one, anything else DamagedError."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise DamagedError("an object was expected")
    return named(given)


def listed(given: Any) -> list[Any]:
    """A list; none is an empty one, anything else DamagedError."""
    if given is None:
        return []
    if not isinstance(given, list):
        raise DamagedError("a list was expected")
    return given


def text(given: Any) -> str:
    """A text; "" for what is none."""
    return given if isinstance(given, str) else ""


def scalar(given: Any) -> Any:
    """A text, a truth value or a number that JSON can say; else None."""
    if isinstance(given, int | float):
        return number(given)
    return given if isinstance(given, str) else None


def double(given: Any) -> float | None:
    """A number, also one written as a text; None for what is none, and for infinity."""
    try:
        return number(float(given))
    except (TypeError, ValueError, OverflowError):
        return None


def integer(given: Any) -> int:
    """An integer, written as one, as a text, or as a number with a fraction; 0 for what is none."""
    if isinstance(given, str) and len(given) > _DIGITS:
        return 0
    try:
        return int(given or 0)
    except (TypeError, ValueError, OverflowError):
        return 0


def status_code(given: Any) -> int:
    """A span's status, by name or number."""
    return _CODES.get(given, 0) if isinstance(given, str) and not given.isdecimal() else integer(given)


def dropped(told: Json, name: str) -> int:
    """How many of these a sender cut off."""
    return max(0, integer(told.get(f"dropped_{name}_count")))


def identifier(given: Any, digits: int, problem: str = "") -> str:
    """An id in hex as specified, or in base64 as plain protobuf JSON has it; "" or an InputError when it is none."""
    plain = text(given)
    found = plain.lower()
    if len(found) != digits or not _HEX.issuperset(found):
        found = _hex(plain)
    if len(found) == digits and found.strip("0"):
        return found
    if problem:
        raise InputError(problem)
    return ""


def _hex(base64: str) -> str:
    """Base64 in either alphabet, with padding or without, as the JSON of protobuf allows."""
    bare = base64[:32].rstrip("=").translate(_URL_SAFE)
    try:
        return b64decode(bare + "=" * (-len(bare) % 4), validate=True).hex()
    except ValueError:
        return ""
