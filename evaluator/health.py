"""Whether a judge can be asked now, and which samples have to wait: a bad sample is no outage, and the reverse.

When the error says that everyone is affected (an open circuit, a limit reached, a budget spent), the judge rests and no
sample is blamed. Any other failure is the sample's: it waits longer each time, so that others go first, and when it
fails again and again while others are answered, it is given up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from judges.errors import Unavailable
from store.records import Clock
from store.samples import Key

TRIES = 5
FIRST_WAIT_SECONDS = 60.0
MAX_DOUBLINGS = 6
REMEMBERED = 10_000
"""Failed samples held in memory; beyond it the longest known is forgotten, which costs it its count and no more."""


@dataclass(slots=True)
class Trouble:
    """One sample's failures; `tries` are those with an answer to another sample since the one before."""

    waits_until: datetime
    failures: int = 0
    tries: int = 0
    answers_by_then: int = -1


class Health:
    """What the answers of one judge say about it, and about single samples."""

    def __init__(self, clock: Clock) -> None:
        self.why, self.reason = "", ""
        self._clock = clock
        self._rests_until: datetime | None = None
        self._answers = 0
        self._troubles: dict[Key, Trouble] = {}

    def __len__(self) -> int:
        """How many samples are known to have failed and were not answered since."""
        return len(self._troubles)

    @property
    def rests(self) -> bool:
        """Whether the judge as a whole is left alone for now."""
        return self._rests_until is not None and self._rests_until > self._clock()

    def waits(self, key: Key) -> bool:
        """Whether this sample is left out for now."""
        trouble = self._troubles.get(key)
        return trouble is not None and trouble.waits_until > self._clock()

    def answered(self, key: Key) -> None:
        """The judge is there, and so is this sample's answer."""
        self._answers += 1
        self._troubles.pop(key, None)

    def failed(self, key: Key, error: Unavailable) -> bool:
        """Notes what follows from the failure; True when it was the sample's last try."""
        self.why, self.reason = str(error), error.reason
        if error.everyone:
            self._rests_until = self._clock() + timedelta(seconds=error.retry_after_seconds)
            return False
        return self._wait(key, error).tries >= TRIES

    def _wait(self, key: Key, error: Unavailable) -> Trouble:
        trouble = self._troubles.pop(key, None) or Trouble(self._clock())
        # Without an answer to anybody in between it may be an outage, which is not the sample's fault.
        trouble.tries += self._answers > trouble.answers_by_then
        trouble.answers_by_then = self._answers
        first = max(FIRST_WAIT_SECONDS, error.retry_after_seconds)
        trouble.waits_until = self._clock() + timedelta(seconds=first * 2 ** min(trouble.failures, MAX_DOUBLINGS))
        trouble.failures += 1
        self._troubles[key] = trouble
        if len(self._troubles) > REMEMBERED:
            self._troubles.pop(next(iter(self._troubles)))
        return trouble
