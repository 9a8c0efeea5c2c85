"""From a row of columns to an item of the public sample shape: `--map response=answer --map metadata.plan=tier`."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from typing import Any

from evaluator.errors import InputError

Item = dict[str, Any]

WHOLE = (
    "id",
    "timestamp",
    "feature",
    "environment",
    "session_id",
    "user_id",
    "model",
    "prompt_version",
    "release",
    "request",
    "response",
    "usage",
    "latency_ms",
    "error",
    "reference",
    "metadata",
    "provider",
    "trace_id",
    "span_id",
    "response_id",
    "incomplete",
)
ANSWERS = ("response", "error")
"""A row without either is no sample."""
USAGE = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
PARTS = {
    "request": ("system", "messages", "tools", "max_tokens"),
    "response": ("content", "stop_reason"),
    "usage": USAGE,
}
NUMBERS = ("latency_ms", "request.max_tokens", *(f"usage.{name}" for name in USAGE))
BODIES = {"request": ("messages",), "response": ("content", "choices")}
NO_ZONE = "has no time zone; say which one its clock was on, e.g. --timezone UTC"


@dataclass(frozen=True, slots=True)
class Columns:
    """How a file's columns become public fields: `names` is field -> column, `fixed` field -> value for every row.

    Columns that are named like a public field need no entry. `metadata_rest` keeps every other column as metadata,
    `zone` is the time zone of timestamps that carry none.
    """

    names: Mapping[str, str] = field(default_factory=dict)
    fixed: Mapping[str, str] = field(default_factory=dict)
    zone: tzinfo | None = None
    metadata_rest: bool = False

    @property
    def identity(self) -> bool:
        """Whether an item that already has the public shape passes as it is."""
        return not (self.names or self.fixed or self.zone or self.metadata_rest)

    def plan(self, columns: Sequence[str]) -> dict[str, str]:
        """Field -> column for a file with these columns; InputError when one that is needed or mapped is not there."""
        for name, column in self.names.items():
            if column not in columns:
                near = difflib.get_close_matches(column, columns, n=1)
                hint = f"; did you mean {near[0]!r}?" if near else f"; the file has {', '.join(columns[:20])}"
                raise InputError(f"--map {name}={column}: there is no column {column!r}{hint}", reason="no_column")
        taken = set(self.names.values())
        plan = {column: column for column in columns if column not in taken and known_field(column)}
        if self.metadata_rest:
            plan |= {f"metadata.{c}": c for c in columns if c not in taken and c not in plan}
        plan |= self.names
        if not any(name.partition(".")[0] in ANSWERS for name in (*plan, *self.fixed)):
            told = f"no column is called response or error; the file has {', '.join(columns[:20])}"
            raise InputError(f"{told}. Say which one it is: --map response=COLUMN", reason="no_column")
        return plan


def known_field(name: str) -> bool:
    """Whether `name` is a public field: response, usage.input_tokens, metadata.anything."""
    head, _, rest = name.partition(".")
    return name in WHOLE or (rest in PARTS.get(head, ())) or (head == "metadata" and bool(rest))


def assignments(given: Sequence[str], option: str) -> dict[str, str]:
    """FIELD=VALUE arguments as a mapping; InputError names an unknown field and the nearest known one.

    >>> assignments(["response=answer", "metadata.plan=tier"], "--map")
    {'response': 'answer', 'metadata.plan': 'tier'}
    """
    pairs = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (equals and name and value):
            raise InputError(f"{option} {text}: write FIELD=VALUE, e.g. {option} response=answer", reason="bad_option")
        if not known_field(name):
            known = [*WHOLE, *(f"{head}.{part}" for head, parts in PARTS.items() for part in parts), "metadata.NAME"]
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else f"; the fields are {', '.join(known)}"
            raise InputError(f"{option} {text}: {name!r} is no public field{hint}", reason="bad_option")
        pairs[name] = value
    return pairs


def to_item(row: Mapping[str, Any], plan: Mapping[str, str], columns: Columns) -> Item:
    """The public item of one row; an empty cell is an absent field, but an empty response stays an empty answer."""
    item: Item = {}
    for name, column in sorted(plan.items()):
        value = _value(name, row.get(column), columns.zone)
        if value is not None:
            _put(item, name, value)
    for name, text in columns.fixed.items():
        _put(item, name, _value(name, text, columns.zone))
    if "response" not in item and "error" not in item and row.get(plan.get("response", "response")) == "":
        item["response"] = ""
    return item


def _value(name: str, value: Any, zone: tzinfo | None) -> Any:
    if value is None or value == "":
        return None
    if name == "timestamp":
        return _timestamp(value, zone)
    if isinstance(value, str):
        if name in NUMBERS:
            return _number(name, value)
        return _body(name, value)
    if name == "metadata" and isinstance(value, list):
        return dict(value)
    return value if isinstance(value, bool | int | float | list | dict) else str(value)


def _timestamp(value: Any, zone: tzinfo | None) -> str | float:
    """ISO 8601 text, a time, or seconds or milliseconds since 1970."""
    if isinstance(value, int | float):
        return value
    if isinstance(value, str):
        if value.replace(".", "", 1).isdigit():
            return float(value)
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise InputError(f"timestamp {value[:40]!r} is not ISO 8601, e.g. 2026-11-20T12:00:00Z") from None
    if not isinstance(value, datetime):
        raise InputError(f"timestamp is a {type(value).__name__}, not a time; e.g. 2026-11-20T12:00:00Z")
    if value.tzinfo is None and zone is None:
        raise InputError(f"timestamp {value.isoformat()} {NO_ZONE}", reason="no_zone")
    aware = value if value.tzinfo else value.replace(tzinfo=zone)
    return aware.astimezone(UTC).isoformat()


def _number(name: str, text: str) -> float | int:
    try:
        number = float(text)
    except ValueError:
        raise InputError(f"{name} {text[:40]!r} is not a number") from None
    return int(number) if number.is_integer() else number


def _body(name: str, text: str) -> Any:
    """A cell that holds a whole API body, a usage or a metadata object is read as JSON; any other text stays text."""
    if name not in ("request", "response", "request.messages", "request.tools", "usage", "metadata"):
        return text
    if text[:1] not in "{[":
        return text
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return text
    wanted = BODIES.get(name)
    is_body = wanted is None or (isinstance(parsed, dict) and any(isinstance(parsed.get(key), list) for key in wanted))
    return parsed if is_body else text


def _put(item: Item, name: str, value: Any) -> None:
    """Sets a dotted field; text that already stands where parts are added becomes the part it is."""
    head, _, rest = name.partition(".")
    if not rest:
        item[head] = value
        return
    inner = item.setdefault(head, {})
    if isinstance(inner, str):
        text = {"role": "user", "content": inner}
        inner = item[head] = {"content": inner} if head == "response" else {"messages": [text]}
    if not isinstance(inner, dict):
        raise InputError(f"{head} is no object, so {name} cannot be set in it")
    inner[rest] = value
