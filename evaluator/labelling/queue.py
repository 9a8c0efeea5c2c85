"""Which sample is whose next: in the order of places, one in each person's hands, none twice in the same ones.

The order is fixed before anybody looks (see horizon.py), so nobody can steer it: who asks again before they answered,
or comes back tomorrow, is asked about the same sample, and "cannot say" is an answer too. Every fifth sample goes to a
second person as well, and all that the first could not say anything about. Who holds what is kept in memory only: it
keeps two people who label at a time from labelling the same, and costs nothing when it is lost.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from store import labels, samples
from store.labels import LabelFilter, Target
from store.records import TextState
from store.samples import Key

if TYPE_CHECKING:
    from evaluator.settings import Settings
    from store.database import Connection
    from store.records import Clock

WINDOW = timedelta(days=30)
SHARE_OF_SECOND = 0.2
HELD = timedelta(minutes=15)
MOST_HELD = 50
"""For one judge and feature; who asks beyond that takes the place of whoever has waited longest."""


@dataclass(frozen=True, slots=True)
class Held:
    """A sample in somebody's hands."""

    key: Key
    since: datetime


def window(settings: Settings, feature: str) -> timedelta:
    """How far back people are asked about what was judged: as long as its text is kept, and a month at most."""
    return min(WINDOW, timedelta(days=settings.text_of(feature).days))


class Queue:
    """Hands out samples. What it hands out stays with that person until they answer, or for 15 minutes."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._held: dict[Target, dict[str, Held]] = {}

    def next(self, c: Connection, target: Target, labeller: str) -> Key | None:
        """The sample that this person is to label now; None when there is none for them."""
        with self._lock:
            now, me = self._clock(), labeller.casefold()
            held = self._held.setdefault(target, {})
            for name in [name for name, one in held.items() if now - one.since > HELD]:
                del held[name]
            key = self._mine(c, target, labeller) or self._another(c, target, labeller)
            if key is None:
                held.pop(me, None)
                return None
            held[me] = held.get(me) or Held(key, now)
            while len(held) > MOST_HELD:
                del held[min(held, key=lambda name: held[name].since)]
            return key

    def answered(self, target: Target, labeller: str) -> None:
        """This person has answered: they are asked about another one next."""
        with self._lock:
            self._held.get(target, {}).pop(labeller.casefold(), None)

    def elsewhere(self, target: Target, labeller: str) -> int:
        """How many samples are in others' hands."""
        with self._lock:
            return len(self._held.get(target, {}).keys() - {labeller.casefold()})

    def _mine(self, c: Connection, target: Target, labeller: str) -> Key | None:
        """What this person holds, unless its text is gone, or they or as many as are wanted labelled it meanwhile."""
        one = self._held[target].get(labeller.casefold())
        if one is None:
            return None
        wanted = LabelFilter(**target._asdict(), sample_id=one.key[0])
        said = {found.labeller.casefold() for found in labels.find(c, wanted) if found.ts == one.key[1]}
        readable = any(sample.text is TextState.KEPT for sample in samples.load(c, [one.key]))
        if not readable or labeller.casefold() in said or len(said) > 1:
            del self._held[target][labeller.casefold()]
            return None
        return one.key

    def _another(self, c: Connection, target: Target, labeller: str) -> Key | None:
        elsewhere = [one.key[0] for one in self._held[target].values()]
        second = labels.second(c, target, labeller, SHARE_OF_SECOND, elsewhere)
        since = self._clock() - window(self._settings, target.feature)
        return second or labels.fresh(c, target, since, elsewhere)
