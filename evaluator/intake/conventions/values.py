"""Single attribute values as we take them: texts without placeholders, counts, JSON in whichever form it came."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, TypedDict

from pydantic_core import PydanticSerializationError, from_json, to_json

from evaluator.errors import InputError
from evaluator.intake import clean, decode
from evaluator.intake.usage import MAX_TOKENS

MAX_NAME = 256
LARGEST = 2**64
"""No number that is meant as an id or a name lies beyond, and Python does not print those of thousands of digits."""
PLACEHOLDERS = frozenset({"", "None", "null", "undefined", "<nil>", "<REDACTED>"})
SCRUBBED = "[Scrubbed due to"
_OPENERS = ("{", "[", '"')
_MENDED = (b"\\u0000", b"NaN", b"Infinity")
"""In a value's JSON: signs that it may hold what no store can keep."""


class Told(NamedTuple):
    """A JSON value, and whether it had been cut off and is only what could be recovered."""

    value: Any
    cut: bool = False


class Counts(TypedDict):
    """Tokens as Facts has them: input without what the cache gave or took."""

    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None


def words(names: str) -> tuple[str, ...]:
    """Attribute names written one after the other."""
    return tuple(names.split())


def told(value: Any) -> Told:
    """The value of an attribute that is JSON text or already structured; text that is no JSON is itself.

    JSON that was cut in the middle is recovered up to the cut, its last text included.

    >>> told('[{"role": "user", "content": "Where is my ord')
    Told(value=[{'role': 'user', 'content': 'Where is my ord'}], cut=True)
    >>> told([1]).value, told('"Hello"').value, told('"Hello" she said').value
    ([1], 'Hello', '"Hello" she said')
    """
    if not isinstance(value, str) or value.lstrip()[:1] not in _OPENERS:
        return Told(value)
    try:
        return Told(from_json(value))
    except ValueError as error:
        return _recovered(value) if "EOF" in str(error) else _mended(value)


def _recovered(value: str) -> Told:
    """What stood before the cut; one inside an escape would spoil the last text, which then ends before it."""
    for whole in (value, value.rpartition("\\")[0]):
        try:
            return Told(from_json(whole, allow_partial="trailing-strings"), cut=True)
        except ValueError:
            continue
    return Told(value)


def _mended(value: str) -> Told:
    """The JSON value of a text with halves of surrogate pairs; any other text is itself."""
    try:
        return Told(decode.parsed(value.encode("utf-8", "replace")))
    except InputError:
        return Told(value)


def text(value: Any) -> str | None:
    """The value as text; None for what says nothing: empty, the word None, a scrubber's note, no scalar.

    >>> text("None"), text("[Scrubbed due to 'session']"), text(17), text(" a "), text('"told as JSON"')
    (None, None, '17', 'a', 'told as JSON')
    """
    if isinstance(value, str):
        value = value.strip()
        if value[:1] == '"' == value[-1:] and isinstance(inner := told(value).value, str):
            value = inner.strip()
        return None if value in PLACEHOLDERS or value.startswith(SCRUBBED) else value
    if value is None or not isinstance(value, bool | int | float) or abs(value) > LARGEST:
        return None
    return clean.json_text(value)


def name(value: Any) -> str | None:
    """A short printable text, an id or a name; longer ones are cut, unprintable characters become spaces."""
    known = text(value)
    if known is None or (len(known) <= MAX_NAME and known.isprintable()):
        return known
    shown = "".join(c if c.isprintable() else " " for c in known[: 4 * MAX_NAME])
    return " ".join(shown.split())[:MAX_NAME].rstrip() or None


def first(attributes: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """The name told under the first of these attributes that tells one."""
    for one in names:
        if one in attributes and (known := name(attributes[one])) is not None:
            return known
    return None


def count(value: Any) -> int | None:
    """A number of tokens, also written as text or with a fraction of zero; None for everything else.

    >>> count(71), count("71"), count(71.0), count(-1), count("many"), count(True)
    (71, 71, 71, None, None, None)
    """
    if isinstance(value, str) and value.isdecimal() and len(value) < 16:
        value = int(value)
    usable = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MAX_TOKENS
    return int(value) if usable and value == int(value) else None


def tokens(
    input_tokens: Any, output_tokens: Any, cache_read: Any = None, cache_write: Any = None, *, includes: bool = True
) -> Counts:
    """Counts with the input split; `includes`: the convention's input counts what the cache gave and took too.

    >>> tokens(2069, 23, 2048, 0)["input_tokens"], tokens(21, 23, 2048, 0, includes=False)["input_tokens"]
    (21, 21)
    """
    whole, read, written = count(input_tokens), count(cache_read), count(cache_write)
    if whole is not None and includes:
        whole = max(0, whole - (read or 0) - (written or 0))
    return Counts(
        input_tokens=whole, output_tokens=count(output_tokens), cache_read_tokens=read, cache_write_tokens=written
    )


def storable(item: Any) -> Any:
    """A JSON value that the store can keep: clean texts, no NaN, and a note in place of endless nesting."""
    return item if _is_plain(item) else _storable(item, 0)


def _is_plain(item: Any) -> bool:
    """Whether nothing needs mending, told by its JSON: almost always, and many times faster than going through it."""
    try:
        text = to_json(item, inf_nan_mode="constants")
    except (PydanticSerializationError, ValueError, RecursionError):
        return False
    return text.count(b"{") + text.count(b"[") <= clean.MAX_DEPTH and not any(sign in text for sign in _MENDED)


def _storable(item: Any, depth: int) -> Any:
    kind = type(item)
    if kind is str:
        return clean.text(item)
    if item is None or kind is int or kind is bool:
        return item
    if kind is float:
        return item if math.isfinite(item) else None
    if depth >= clean.MAX_DEPTH:
        return "(nested too deep)"
    if kind is dict:
        return {clean.text(str(key)): _storable(value, depth + 1) for key, value in item.items()}
    if kind is list or kind is tuple:
        return [_storable(element, depth + 1) for element in item]
    return clean.text(str(item))
