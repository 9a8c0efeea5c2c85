"""Which time a baseline by command means: a range, that of a release, prompt version or model, or since a marker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from evaluator.api.baseline_shapes import BaselineRequest
from evaluator.buckets import STEP, ceil, floor
from evaluator.errors import InputError
from store import markers, versions
from store.database import Connection
from store.markers import MarkerFilter
from store.records import Marker
from store.versions import Value, ValueSpan

KINDS = ("release", "prompt_version", "model")
MOST_OTHERS = 0.2
"""With more samples of other values inside, the time of a release is not its own."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The window (without a start, from the first vote on), where it comes from, and what to remember of it."""

    start: datetime | None
    end: datetime
    origin: str
    note: str


def chosen(c: Connection, asked: BaselineRequest, now: datetime) -> Chosen:
    """The window that is asked for, in whole quarter hours that have ended; InputError says what is in the way."""
    kinds = [kind for kind in (*KINDS, "since_marker") if getattr(asked, kind)]
    ranged = asked.start is not None or (asked.end is not None and kinds != ["since_marker"])
    if len(kinds) + ranged != 1:
        raise InputError(
            "Say which window it is, in one way: a range (start and end, or the end alone), a release, a prompt "
            "version, a model, or since a marker (with or without an end)."
        )
    if not kinds:
        return _range(asked, now)
    return _since(c, asked, now) if kinds == ["since_marker"] else _of_value(c, asked, kinds[0], now)


def _range(asked: BaselineRequest, now: datetime) -> Chosen:
    if asked.end is None:
        raise InputError("The range needs an end.")
    if asked.start is not None and asked.end <= asked.start:
        raise InputError(f"The window ends ({asked.end.isoformat()}) before it starts ({asked.start.isoformat()}).")
    start, end = asked.start and ceil(asked.start), floor(asked.end)
    if end > floor(now):
        raise InputError(f"The window ends in the future ({asked.end.isoformat()}): choose an end that has passed.")
    if start is not None and end <= start:
        raise InputError(f"No whole quarter hour lies between {asked.start} and {asked.end}: choose a longer range.")
    return Chosen(start, end, "command", asked.note)


def _since(c: Connection, asked: BaselineRequest, now: datetime) -> Chosen:
    marker = _marker(c, asked, now)
    start, end = ceil(marker.ts), min(asked.end or now, now)
    if floor(end) <= start:
        raise InputError(
            f"No whole quarter hour lies between the marker {_quoted(marker.name)} ({marker.ts.isoformat()}) and the "
            f"end of the window ({end.isoformat()}); wait, or choose an older marker."
        )
    return Chosen(start, floor(end), "marker", _note(f"since {marker.kind} {marker.name}", asked.note))


def _marker(c: Connection, asked: BaselineRequest, now: datetime) -> Marker:
    """The marker with this id, else the newest with this name."""
    told = markers.find(c, MarkerFilter(feature=asked.feature, end_at=now))
    found = [one for one in told if one.marker_id == asked.since_marker]
    found += [one for one in told if one.name == asked.since_marker]
    if not found:
        raise InputError(
            f"There is no marker {_quoted(asked.since_marker or '')} that concerns the feature "
            f"{_quoted(asked.feature)}; `leadline mark --list` lists them."
        )
    return found[0]


def _of_value(c: Connection, asked: BaselineRequest, kind: str, now: datetime) -> Chosen:
    value = Value(feature=asked.feature, kind=kind, name=getattr(asked, kind))
    span, words = versions.value_span(c, value), f"{_word(kind)} {_quoted(value.name)}"
    if span is None:
        known = ", ".join(map(_quoted, versions.newest(c, asked.feature, kind))) or "none"
        raise InputError(f"No sample of {_quoted(asked.feature)} has the {words}. The newest there are: {known}.")
    start, end = ceil(span.first_at), _end(span, now)
    if end <= start:
        raise InputError(f"{_sentence(words)} lasted less than a quarter hour{_until(span)}: name a range.")
    others = 1.0 - (versions.share(c, value, start, end) or 0.0)
    if others > MOST_OTHERS:
        raise InputError(
            f"{100 * others:.0f} % of the samples from {start.isoformat()} to {end.isoformat()}, the time of {words}, "
            f"were of other {_word(kind)}s or of none (at most {100 * MOST_OTHERS:.0f} %): name a range."
        )
    return Chosen(start, end, kind, _note(f"{_word(kind)} {value.name}", asked.note))


def _end(span: ValueSpan, now: datetime) -> datetime:
    """After the last sample, or before the quarter hour in which the next value came."""
    last = floor(span.last_at) + STEP
    return min(last, floor(span.next_at) if span.next_at else last, floor(now))


def _until(span: ValueSpan) -> str:
    return f" before {_quoted(span.next_name)} came" if span.next_name else ""


def _note(what: str, why: str) -> str:
    return f"{what}: {why}" if why else what


def _word(kind: str) -> str:
    return kind.replace("_", " ")


def _sentence(words: str) -> str:
    return words[0].upper() + words[1:]


def _quoted(name: str) -> str:
    return repr(name[:80])
