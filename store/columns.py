"""Python values as Arrow columns, which DuckDB reads at once: binding values one by one is far slower.

By nanoarrow, which costs 2 MB of memory; pyarrow costs 30 before it has done anything.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate, chain
from typing import Any

from store.text import clean

Values = Sequence[Any]
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


def stream(data: Mapping[str, Values]) -> Any:
    """A table of these columns that can be read once. Times become naive UTC, mappings of texts MAP."""
    import nanoarrow as na

    columns = [_column(values) for values in data.values()]
    schema = na.struct({name: column.schema for name, column in zip(data, columns, strict=True)})
    rows = len(next(iter(data.values())))
    table = na.c_array_from_buffers(schema, rows, [None], children=columns, null_count=0)
    return na.c_array_stream(table).__arrow_c_stream__()


def _column(values: Values) -> Any:
    """A column of the type of its first value; of a number with a fraction when there is one."""
    kind = next((value for value in values if value is not None), None)
    if kind is None:
        return _build("null", len(values), [], len(values))
    make = next((make for types, make in KINDS if isinstance(kind, types)), None)
    if make is None:
        raise TypeError(f"no column can hold a {type(kind).__name__}")
    return make(values)


def _flags(values: Values) -> Any:
    return _plain("bool", values, _bits([bool(value) for value in values]))


def _numbers(values: Values) -> Any:
    if any(isinstance(value, float) for value in values):
        return _plain("float64", values, array("d", [value or 0.0 for value in values]))
    return _plain("int64", values, array("q", [value or 0 for value in values]))


def _times(values: Values) -> Any:
    return _plain("timestamp", values, array("q", [0 if value is None else _micros(value) for value in values]))


def _micros(at: datetime) -> int:
    return ((at if at.tzinfo else at.replace(tzinfo=UTC)) - EPOCH) // MICROSECOND


def _texts(values: Values) -> Any:
    try:
        parts = [b"" if value is None else value.encode() for value in values]
    except UnicodeEncodeError:
        parts = [b"" if value is None else clean(value).encode() for value in values]
    return _plain("large_string", values, *_joined(parts))


def _bytes(values: Values) -> Any:
    return _plain("large_binary", values, *_joined([value or b"" for value in values]))


def _lists(values: Values) -> Any:
    """Lists of whole numbers, or of texts."""
    items = [value or () for value in values]
    offsets, parts = array("i", accumulate(map(len, items), initial=0)), list(chain.from_iterable(items))
    validity, nulls = _validity(values)
    kind, column = ("texts", _texts(parts)) if parts and isinstance(parts[0], str) else ("list", _numbers(parts))
    return _build(kind, len(values), [validity, offsets], nulls, [column])


def _maps(values: Values) -> Any:
    items = [{clean(key): clean(text) for key, text in (value or {}).items()} for value in values]
    offsets = array("i", accumulate(map(len, items), initial=0))
    keys, texts = (_texts(list(chain.from_iterable(part))) for part in (items, [item.values() for item in items]))
    entries = _build("entries", offsets[-1], [None], 0, [keys, texts])
    validity, nulls = _validity(values)
    return _build("map", len(values), [validity, offsets], nulls, [entries])


KINDS: tuple[tuple[type | tuple[type, ...], Callable[[Values], Any]], ...] = (
    (bool, _flags),
    ((int, float), _numbers),
    (str, _texts),
    (datetime, _times),
    (Mapping, _maps),
    (bytes, _bytes),
    ((list, tuple), _lists),
)


def _joined(parts: Sequence[bytes]) -> tuple[Any, bytes]:
    return array("q", accumulate(map(len, parts), initial=0)), b"".join(parts)


def _plain(kind: str, values: Values, *buffers: Any) -> Any:
    validity, nulls = _validity(values)
    return _build(kind, len(values), [validity, *buffers], nulls)


def _validity(values: Values) -> tuple[bytes | None, int]:
    """The bitmap of what is there, None when all is; and how much is not."""
    nulls = sum(value is None for value in values)
    return (_bits([value is not None for value in values]) if nulls else None), nulls


def _bits(flags: Sequence[bool]) -> bytes:
    digits = "".join("1" if flag else "0" for flag in reversed(flags))
    return int(digits or "0", 2).to_bytes((len(flags) + 7) // 8, "little")


def _build(kind: str, length: int, buffers: Sequence[Any], nulls: int, children: Sequence[Any] = ()) -> Any:
    import nanoarrow as na

    return na.c_array_from_buffers(_schemas()[kind], length, buffers, null_count=nulls, children=children)


@cache
def _schemas() -> dict[str, Any]:
    import nanoarrow as na

    text = na.large_string()
    kinds = {
        "null": na.null(),
        "bool": na.bool_(),
        "int64": na.int64(),
        "float64": na.float64(),
        "timestamp": na.timestamp("us"),
        "large_string": text,
        "large_binary": na.large_binary(),
        "entries": na.struct({"key": na.large_string(nullable=False), "value": text}, nullable=False),
        "list": na.list_(na.int64()),
        "texts": na.list_(text),
        "map": na.map_(text, text),
    }
    return {name: na.c_schema(kind) for name, kind in kinds.items()}
