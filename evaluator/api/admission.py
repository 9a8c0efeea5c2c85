"""How many bytes of bodies may be in memory at once, over all requests that bring something in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from evaluator.errors import LeadlineError


class BusyError(LeadlineError):
    """There is no room for this body now: 503, and the same request will do in a second."""

    retry_after_seconds = 1


class Budget:
    """A number of bytes that requests share. Safe across threads: bodies are unpacked in some."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._used = 0
        self._lock = Lock()

    @property
    def used(self) -> int:
        """Bytes that requests under way hold."""
        return self._used

    @contextmanager
    def hold(self) -> Iterator[Hold]:
        """The share of one request; given back however the request ends."""
        hold = Hold(self)
        try:
            yield hold
        finally:
            hold.end()

    def take(self, size: int) -> None:
        """Takes bytes, or gives them back (negative); BusyError when there are not as many."""
        with self._lock:
            if size > 0 and self._used + size > self.limit:
                raise BusyError(
                    f"bodies of {self._used / 1_000_000:.0f} MB are under way (intake.max_memory_mb); send it again"
                )
            self._used += size


class Hold:
    """What one request holds: as much as its body has needed so far, packed or unpacked, whichever is more."""

    def __init__(self, budget: Budget) -> None:
        self._budget = budget
        self._lock = Lock()
        self._size = 0
        self._ended = False

    def reach(self, size: int) -> None:
        """Makes sure of so many bytes in total; BusyError when there is no room, or the request has ended."""
        with self._lock:
            if self._ended:
                raise BusyError("the request has ended")
            if size > self._size:
                self._budget.take(size - self._size)
                self._size = size

    def end(self) -> None:
        """Gives everything back; a thread that still unpacks for this request stops at its next step."""
        with self._lock:
            self._budget.take(-self._size)
            self._size, self._ended = 0, True
