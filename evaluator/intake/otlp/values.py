"""What both encodings of OTLP share: times, ids, limits, and which records of a body can be used."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, TypeVar

from pydantic_core import to_json

from evaluator.errors import InputError
from evaluator.intake.decode import BodyTooLargeError, UndecodableError
from evaluator.intake.otlp.records import Attributes, Resource

T = TypeVar("T")
F = TypeVar("F")

MAX_VALUES = 1_000_000
MAX_DEPTH = 48
"""Levels of a value in JSON; the protobuf parser stops at about as many."""
BYTES = "(bytes)"
REMOTE_PARENT = 0x300
NO_TRACE_ID = "no valid trace id (16 bytes, not all zero)"
NO_SPAN_ID = "no valid span id (8 bytes, not all zero)"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST = 946_684_800 * 10**9
_LATEST = 4_102_444_800 * 10**9
_LARGEST_INTEGER = 2**63


class DamagedError(InputError):
    """A record that cannot be read at all, as opposed to one that says too little."""


class Room:
    """How many attribute values one body may still have: each is an object in memory."""

    def __init__(self) -> None:
        self._left = MAX_VALUES

    def take(self, count: int) -> None:
        """BodyTooLargeError once the body has more than MAX_VALUES."""
        self._left -= count
        if self._left < 0:
            raise BodyTooLargeError(f"more than {MAX_VALUES:,} attribute values in one body; send it in parts")


def sane(nanoseconds: int) -> int:
    """A time as it came; 0 for what lies before 2000 or after 2099: a clock that was never set."""
    return nanoseconds if _EARLIEST <= nanoseconds < _LATEST else 0


def moment(nanoseconds: int) -> datetime | None:
    """A time in UTC; None for one that is not sane."""
    return _EPOCH + timedelta(microseconds=nanoseconds // 1000) if sane(nanoseconds) else None


def number(value: float) -> float | None:
    """A number that JSON can say: no infinity, no NaN, no integer beyond 64 bits."""
    if isinstance(value, int):
        return value if -_LARGEST_INTEGER <= value < _LARGEST_INTEGER else None
    return value if math.isfinite(value) else None


def usable(frames: Iterable[F], read: Callable[[F], T], name: str) -> tuple[list[T], list[str]]:
    """Every record that can be read, and an error per one that cannot; UndecodableError when all are damaged."""
    found: list[T] = []
    errors: list[str] = []
    count = damaged = 0
    for position, frame in enumerate(frames):
        count += 1
        try:
            found.append(read(frame))
        except BodyTooLargeError:
            raise
        except InputError as error:
            damaged += isinstance(error, DamagedError)
            errors.append(f"{name} {position}: {error}")
    if count and damaged == count:
        raise UndecodableError(f"the body cannot be read: {errors[0]}")
    return found, errors


def event_name(attributes: Attributes) -> str:
    """The name of a log record's event where only an attribute has it."""
    name = attributes.get("event.name")
    return name if isinstance(name, str) else ""


class LogIds:
    """Ids of log records, which OTLP has none for: a hash of what the record says, numbered where a body repeats it."""

    def __init__(self) -> None:
        self._seen: Counter[str] = Counter()

    def of(self, resource: Resource, content: Any) -> str:
        """The same for the same record sent again, in either encoding."""
        told = (resource.scope, resource.attributes, content)
        digest = blake2b(to_json(told, inf_nan_mode="constants"), digest_size=16).hexdigest()
        self._seen[digest] += 1
        count = self._seen[digest]
        return digest if count == 1 else f"{digest}.{count}"
