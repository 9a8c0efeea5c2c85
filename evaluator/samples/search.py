"""Searching samples, newest first: as far back as the time allows, and from there on when asked again.

Texts lie compressed and have no index. So a search with words, or for a verdict, looks at portions of time, first a
short one and then longer ones, and stops when it has enough or has taken its time: it tells how far back it looked.
"""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from evaluator.errors import InputError
from evaluator.samples.said import excerpt, holds, said
from store import searching
from store.records import TextState
from store.samples import Key
from store.searching import Brief, Place, Search

if TYPE_CHECKING:
    from store.database import Connection

FIRST_PORTION = timedelta(hours=1)
MANY = 500
"""Matches that are read at a time where some have the words in their JSON and not in what was said."""
LONGEST_TEXT = 1_000_000
"""Texts of more bytes are not brought into memory for a list: words are looked for in their JSON alone."""
MOST_BYTES = 16_000_000
"""Bytes of texts that are in memory at a time; what is found keeps an excerpt."""
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long a search begins new portions, by a timer in seconds, and how many samples a portion holds at most.

    With words or for a verdict, such a portion takes some 30 ms on two cores.
    """

    timer: Callable[[], float] = time.perf_counter
    seconds: float = 0.15
    most_with_texts: int = 8_000
    most_with_verdicts: int = 100_000


USUAL = Pace()


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found, newest first: all that match and are not older than `searched_until` (None: no samples).

    `next` is where to go on for more: None when all of the time that was asked for has been looked at.
    """

    samples: Sequence[Brief] = ()
    searched_until: datetime | None = None
    next: Place | None = None


def search(c: Connection, wanted: Search, limit: int, after: Place | None = None, pace: Pace = USUAL) -> Found:
    """The first matches after a place, at most `limit`, as many as are found in the time that the pace allows."""
    span = searching.times(c, wanted.start_at, wanted.end_at)
    if span is None:
        return Found()
    walk = _Walk(c, wanted, span, pace)
    return walk.go(after if after and after.ts <= walk.newest else Place(walk.newest), limit)


def place_of(cursor: str) -> Place:
    """The place that a cursor names. InputError: it is none of ours."""
    try:
        ts, sample_id = json.loads(urlsafe_b64decode(cursor.encode()))
        place = Place(datetime.fromtimestamp(0, UTC) + ts * MOMENT, str(sample_id))
        # Half of a pair of surrogates is no text: its UnicodeEncodeError is a ValueError.
        place.sample_id.encode()
        return place
    # Nested brackets without end are a RecursionError.
    except (ValueError, TypeError, OverflowError, RecursionError):
        raise InputError("The cursor in `after` is not one that a search gave: begin again without it.") from None


def cursor_of(place: Place) -> str:
    """A place as an opaque text that a URL takes."""
    since = (place.ts - datetime.fromtimestamp(0, UTC)) // MOMENT
    return urlsafe_b64encode(json.dumps([since, place.sample_id], ensure_ascii=False).encode()).decode()


def matches(brief: Brief, words: Sequence[str]) -> bool:
    """Whether the words stand in what was said; long texts are not read, and taken at the word of their JSON."""
    unread = brief.text is TextState.KEPT and brief.size > LONGEST_TEXT and None in (brief.request, brief.response)
    if not words or unread:
        return True
    asked, answered = said(brief.request, brief.response)
    return holds(words, [*asked, *answered])


def _shortened(brief: Brief, words: Sequence[str]) -> Brief:
    asked, answered = (excerpt(texts, words) for texts in said(brief.request, brief.response))
    return brief._replace(request=None, response=None, asked=asked, answered=answered)


class _Walk:
    """One search under way, back to `oldest`."""

    def __init__(self, c: Connection, wanted: Search, span: tuple[datetime, datetime], pace: Pace) -> None:
        self._oldest, self.newest = span
        self._c = c
        self._wanted = wanted
        self._pace = pace
        # Without words and verdicts all of the time is looked at at once, which takes some 10 ms for a million samples.
        most_judged = pace.most_with_verdicts if wanted.by_verdict else None
        self._most = pace.most_with_texts if wanted.words else most_judged
        self._width = FIRST_PORTION

    def go(self, place: Place, limit: int) -> Found:
        """Portion by portion, until there are enough, no more, or the time is over."""
        begun, found, refused = self._pace.timer(), list[Brief](), False
        while place.ts >= self._oldest:
            from_ts = self._from(place)
            # One more than is missing tells whether there are more.
            most = MANY if refused else limit + 1 - len(found)
            keys = searching.portion(self._c, self._wanted, from_ts, place, most)
            good, refused = self._read(keys)
            found += good
            place = Place(keys[-1][1], keys[-1][0]) if len(keys) == most else Place(from_ts - MOMENT)
            if len(found) > limit:
                del found[limit:]
                place = Place(found[-1].ts, found[-1].sample_id)
                break
            if self._pace.timer() - begun > self._pace.seconds:
                break
        more = place if place.ts >= self._oldest else None
        return Found(found, max(place.ts + MOMENT, self._oldest), more)

    def _read(self, keys: Sequence[Key]) -> tuple[list[Brief], bool]:
        """Those that match, with excerpts in place of their texts; whether others have the words in their JSON only."""
        words, good, refused = self._wanted.words, list[Brief](), False
        for part in searching.fitting(keys, searching.sizes(self._c, keys), MOST_BYTES):
            for brief in searching.briefs(self._c, part, LONGEST_TEXT):
                if matches(brief, words):
                    good.append(_shortened(brief, words))
                else:
                    refused = True
        return good, refused

    def _from(self, place: Place) -> datetime:
        """Where the next portion begins: as far back as it holds no more samples than can be looked at at once."""
        if self._most is None:
            return self._oldest
        shrunk = False
        while True:
            from_ts = max(self._oldest, place.ts - self._width)
            n = searching.count(self._c, from_ts, place.ts + MOMENT)
            if n > self._most and self._width > MOMENT:
                self._width, shrunk = max(self._width / 4, MOMENT), True
                continue
            few = 4 * n <= self._most and from_ts > self._oldest and not shrunk
            self._width = min(4 * self._width, self.newest - self._oldest + MOMENT) if few else self._width
            if n or not few:
                return from_ts
