"""A conversation as people read it: every sample in order of time, with what it adds to what was said before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from evaluator.conversation import Message, fresh, joined, messages
from store import searching
from store.samples import Key
from store.searching import Brief

if TYPE_CHECKING:
    from store.database import Connection

MOST = 100
"""Samples of a conversation that are told: of a longer one those nearest to a time."""
MOST_BYTES = 16_000_000
"""Of all their texts. Most clients send the conversation so far with every call, so they grow with its square."""


class Turn(NamedTuple):
    """One sample of a conversation; `left_out` when its texts would be too much."""

    sample: Brief
    system: Any
    said: Sequence[Message]
    left_out: bool


class Session(NamedTuple):
    """A conversation in order of time, and how many samples of it are earlier and later than those."""

    turns: Sequence[Turn]
    earlier: int
    later: int


def session(c: Connection, session_ids: Sequence[str], near: datetime) -> Session:
    """The conversation around a time; without turns when there is none with one of these ids."""
    keys, earlier, later = searching.session(c, session_ids, near, MOST)
    sizes, fitting, left = searching.sizes(c, keys), [], MOST_BYTES
    for key in keys:
        left -= sizes.get(key, 0)
        if left < 0:
            break
        fitting.append(key)
    whole = searching.briefs(c, fitting, MOST_BYTES)
    cut = searching.briefs(c, keys[len(fitting) :], -1)
    found = sorted([*whole, *cut], key=lambda one: (one.ts, one.sample_id))
    return Session(list(turns(found, {one.key for one in cut})), earlier, later)


def turns(samples: Sequence[Brief], cut: set[Key]) -> Iterator[Turn]:
    """What each sample adds, oldest first; `cut` are those whose texts were left out."""
    before: list[Message] = []
    system: Any = None
    for sample in samples:
        request: Mapping[str, Any] = sample.request or {}
        told = messages(request)
        own = request.get("system")
        yield Turn(sample, own if own and own != system else None, fresh(before, told), sample.key in cut)
        system = own or system
        answer = (sample.response or {}).get("content") or ""
        before = [*joined(before, told), {"role": "assistant", "content": answer}]
