"""What payloads tell, in whichever type and under whichever name they tell it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from evaluator.errors import InputError
from evaluator.intake import clean
from evaluator.intake.conventions import names, values
from evaluator.intake.conventions.values import Told
from evaluator.intake.public import MAX_METADATA_KEY, MAX_METADATA_KEYS, MAX_METADATA_VALUE, as_text

Item = dict[str, Any]
Lookup = Callable[[object], Item]
"""The request line with this custom_id; InputError when there is none."""

NAMING = ("leadline.feature", "app.feature", "feature")
"""Metadata keys that name the feature; a service's own are the setting intake.feature_attributes."""
OWN_PLACE = {
    "session_id": names.SESSION,
    "user_id": names.USER,
    "environment": names.ENVIRONMENT,
    "release": names.RELEASE,
    "prompt_version": names.PROMPT_VERSION,
}
"""Public field -> the metadata keys under which applications tell it."""
MILLISECONDS_FROM = 1e11
MAX_LABEL = 100
LABELS = ("feature", "environment")
MESSAGE_KEYS = frozenset({"role", "content", "messages", "choices", "parts", "kwargs"})


class LeftOut(InputError):
    """A record that is no call of a model, or a call that was never made; the message says which, in a word or two."""


def whole(payload: object, what: str) -> Item:
    """The payload as an object with storable values; InputError names what it should be."""
    if not isinstance(payload, dict):
        raise InputError(f"{what} must be a JSON object, got {clean.shown(payload)}", reason="wrong_type")
    return dict(values.storable(payload))


def compact(*layers: Mapping[str, Any], **fields: Any) -> Item:
    """The fields that say something; of two that tell the same the later wins. An empty response is an answer."""
    return {
        name: value
        for layer in (*layers, fields)
        for name, value in layer.items()
        if value not in (None, "", {}) or (name == "response" and value == "")
    }


def obj(value: Any) -> Item:
    """An object, also one written as JSON text; {} for everything else."""
    found = values.told(value).value
    return found if isinstance(found, dict) else {}


def first(row: Mapping[str, Any], *names: str) -> Any:
    """The first of these fields that says something."""
    return next((value for name in names if (value := row.get(name)) not in (None, "", {}, [])), None)


def request_line(row: Item, request_of: Lookup | None, body: str) -> Item:
    """The request of a batch's result, {} where none are given; InputError when it is one of another kind of batch."""
    if request_of is None:
        return {}
    line = request_of(row.get("custom_id"))
    if not isinstance(line.get(body), dict):
        raise InputError(f"its request has no {body}: these are the requests of another kind of batch")
    return line


def moment(value: Any) -> datetime | None:
    """A time as UTC: ISO 8601 (without a zone it is UTC), seconds or milliseconds since 1970; None for all else.

    >>> moment("2026-11-20 11:00:00.842") == moment(1795172400.842) == moment(1795172400842)
    True
    """
    if isinstance(value, str) and value.replace(".", "", 1).isdecimal() and len(value) < 20:
        value = float(value)
    try:
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            return datetime.fromtimestamp(value / 1000 if value > MILLISECONDS_FROM else value, UTC)
        read = datetime.fromisoformat(value.strip()) if isinstance(value, str) else None
        return read and (read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC))
    except (ValueError, OverflowError, OSError):
        return None


def times(started: Any, ended: Any) -> Item:
    """`timestamp`, the end of the call (its start where only that is told), and `latency_ms` where both are."""
    start, end = moment(started), moment(ended)
    known = end or start
    item: Item = {"timestamp": known.isoformat()} if known else {}
    if start and end and end >= start:
        item["latency_ms"] = (end - start).total_seconds() * 1000
    return item


def lifted(metadata: Mapping[str, Any], tags: Any = None, naming: Sequence[str] = NAMING) -> Item:
    """Feature, session, user, … that metadata tells as public fields, and the rest as `metadata`, tags among it."""
    item: Item = {}
    prompt = values.first(metadata, names.PROMPT_NAME)
    for field, keys in {**OWN_PLACE, "feature": tuple(naming)}.items():
        known = values.first(metadata, keys)
        if known:
            item[field] = label(known) if field in LABELS else known
    taken = {key for keys in (*OWN_PLACE.values(), naming, names.PROMPT_NAME) for key in keys}
    listed = values.told(tags).value
    joined = ",".join(filter(None, map(values.text, listed if isinstance(listed, list) else [listed])))
    rest = {key: value for key, value in metadata.items() if key not in taken}
    return {**item, "metadata": dimensions({"tags": joined, "prompt_name": prompt, **rest})}


def dimensions(metadata: Mapping[str, Any]) -> Item:
    """Metadata within the limits of the public shape: what says nothing, is too long or too much is left out."""
    texts = ((key, as_text(value)) for key, value in metadata.items() if value not in (None, "", [], {}))
    fitting = [
        (key, text)
        for key, text in texts
        if 0 < len(key) <= MAX_METADATA_KEY and key.isprintable() and len(text) <= MAX_METADATA_VALUE
    ]
    return dict(fitting[:MAX_METADATA_KEYS])


def label(value: Any) -> str | None:
    """A feature's or an environment's name, cut to its limit."""
    known = values.name(value)
    return known and known[:MAX_LABEL].rstrip()


def body(value: Any) -> Told:
    """A request of unknown form: JSON text that holds messages is read, up to its cut; any other text stays text."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return Told(value)
    found = values.told(value)
    some = found.value[0] if isinstance(found.value, list) and found.value else found.value
    is_message = isinstance(some, dict) and (MESSAGE_KEYS & some.keys() or some.get("type") in ("text", "tool_use"))
    return found if is_message else Told(value)


def texts(value: Any) -> Iterator[str]:
    """Every text in a value, at any depth."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from texts(one)


def without(request: Any, response: Any, error: Any) -> str | None:
    """Why there is no answer, for a call that did not fail: nothing was sent, or only the answer is missing."""
    if error or response is not None:
        return None
    return "no_response" if request else "not_sent"
