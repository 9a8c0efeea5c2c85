"""JSON read strictly: duplicate keys, NaN, half surrogate pairs, and absurd depth or numbers are refused.

Numbers with a fraction or an exponent become Decimal, so that 0.1 is a tenth.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Any, NoReturn

from judges.errors import JudgeError

MAX_DEPTH = 200
"""jsonschema-rs describes what does not fit down to 255 levels only."""
MAX_DIGITS = 1000


class NotJsonError(JudgeError):
    """The text is no JSON that all readers understand alike; the message says why, and where."""


def loads(text: str) -> Any:
    """The value of a JSON text.

    >>> loads('{"a": [1, 0.1]}')
    {'a': [1, Decimal('0.1')]}
    """
    try:
        value = json.loads(
            text, parse_float=_decimal, parse_int=_integer, parse_constant=_constant, object_pairs_hook=_object
        )
    except json.JSONDecodeError as error:
        raise NotJsonError(f"{error.msg} at line {error.lineno}, column {error.colno}") from None
    except RecursionError:
        raise NotJsonError(f"nested deeper than {MAX_DEPTH} levels") from None
    if text.count("[") + text.count("{") > MAX_DEPTH:
        _require_shallow(value)
    if "\\u" in text or not text.isascii():
        _require_unicode(value)
    return value


def dumps(value: object) -> str:
    """The JSON text of a value; NotJsonError when it holds what JSON has no word for."""
    try:
        return json.dumps(value, allow_nan=False)
    except RecursionError:
        raise NotJsonError(f"nested deeper than {MAX_DEPTH} levels") from None
    except (TypeError, ValueError) as error:
        raise NotJsonError(f"it holds a value that JSON does not have ({error})") from None


def _require_shallow(value: object) -> None:
    depth = sum(any(isinstance(item, (dict, list)) for item in level) for level in _levels(value))
    if depth > MAX_DEPTH:
        raise NotJsonError(f"nested deeper than {MAX_DEPTH} levels")


def _levels(value: object) -> Iterator[list[Any]]:
    """The values of a JSON tree, level by level from the root (a loop, because recursion is what depth would break)."""
    level = [value]
    while level:
        yield level
        level = [child for item in level for child in _children(item)]


def _children(item: object) -> Iterable[Any]:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()


def _require_unicode(value: object) -> None:
    for level in _levels(value):
        keys = (key for item in level if isinstance(item, dict) for key in item)
        for text in (*keys, *(item for item in level if isinstance(item, str))):
            try:
                text.encode()
            except UnicodeEncodeError:
                raise NotJsonError("a string holds half a surrogate pair, which is no character") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = sorted(key for key, _ in pairs)
        twice = next(key for key, following in pairwise(keys) if key == following)
        raise NotJsonError(f"the key {twice[:80]!r} stands twice in one object")
    return found


def _constant(name: str) -> NoReturn:
    raise NotJsonError(f"{name} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise NotJsonError(f"a number of {len(digits)} digits")
    return int(digits)


def _decimal(digits: str) -> Decimal:
    try:
        number = Decimal(digits)
    except InvalidOperation:
        raise NotJsonError(f"the number {digits[:40]} is out of range") from None
    if len(digits) > MAX_DIGITS or abs(number.adjusted()) > MAX_DIGITS:
        raise NotJsonError(f"the number {digits[:40]} is out of range")
    return number
