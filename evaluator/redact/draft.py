"""What of a record is text, what is a name, and what is an id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, TypeVar

from evaluator.intake.parts import Facts
from evaluator.redact.leaves import Leaf, gather, shallow
from store.records import Sample

Record = TypeVar("Record", Facts, Sample)
TEXT = ("request", "response", "error", "reference")
BODY = (*TEXT, "metadata")
NAMES = (
    "feature", "service", "environment", "model", "provider", "prompt_version", "release", "stop_reason",
    "stop_reason_raw", "incomplete",
)  # fmt: skip
IDS = ("session_id", "sample_id", "trace_id", "span_id", "response_id")
_FIELDS = {
    kind: [name for name in (*BODY, *NAMES, *IDS) if name in {field.name for field in fields(kind)}]
    for kind in (Facts, Sample)
}
_ORDER = {"system": 0, "tools": 1, "messages": 2}
_RANDOM = re.compile(r"[0-9a-f]{32}:[0-9a-f]{16}|[0-9a-f]{32}|[0-9a-f]{16}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_USER_KEY = re.compile(r"(?:end_?)?user|enduser_pseudo_id|.*user_?(?:ids?|uuid|name|email)")
_BETWEEN_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True)
class Draft:
    """A record's texts in one list, in reading order, and which of them belong to which field."""

    leaves: list[Leaf]
    fields: dict[str, tuple[int, int]]

    @classmethod
    def of(cls, record: Facts | Sample) -> Draft:
        """TooDeepError when a value is nested too deep."""
        leaves: list[Leaf] = []
        places: dict[str, tuple[int, int]] = {}
        for name in _FIELDS[type(record)]:
            value = getattr(record, name)
            if value and not (name in IDS and is_random(value)):
                begin = len(leaves)
                gather(value, leaves)
                places[name] = (begin, len(leaves))
        return cls(leaves, places)


def shallowed(record: Record) -> Record:
    """The record with what is nested too deep cut off."""
    return replace(record, request=shallow(record.request), response=shallow(record.response))


def is_random(given: str) -> bool:
    """Whether an id is made as tracers and databases make them: nothing is looked for in it."""
    return _RANDOM.fullmatch(given) is not None


@lru_cache(maxsize=1024)
def names_a_user(key: str) -> bool:
    """Whether metadata under this key are a user's id.

    >>> [names_a_user(key) for key in ("enduser.id", "userIds", "langfuse_user_id", "user_plan", "paying_user")]
    [True, True, True, False, False]
    """
    words = _BETWEEN_WORDS.sub("_", key).lower()
    return _USER_KEY.fullmatch(words) is not None


def in_order(request: Mapping[str, Any]) -> Mapping[str, Any]:
    """The request with its parts in reading order, whatever order its records came in."""
    names = list(request)
    ordered = sorted(names, key=lambda name: (_ORDER.get(name, len(_ORDER)), name))
    return request if names == ordered else {name: request[name] for name in ordered}
