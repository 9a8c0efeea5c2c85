"""Pages compute one at a time: they share an interpreter with the event loop that acknowledges samples."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

ASKING = 2
"""So many requests of pages are under way at once, and those known to take long; more would not be answered sooner."""
PATIENCE_SECONDS = 2.0
"""A page that has waited so long goes on without waiting: one slow page must not stop the others."""


class _Here(threading.local):
    """What the page in this thread does and holds."""

    computes = False
    has_turn = False
    is_patient = True


class Pages:
    """One page computes at a time, while some others wait for answers of the API.

    The loop needs the interpreter about ten times for each sample; every thread that computes makes it wait.
    """

    def __init__(self, *, asking: int = ASKING, patience_seconds: float = PATIENCE_SECONDS) -> None:
        self._turn = threading.Lock()
        self._places = threading.Semaphore(asking)
        self._patience = patience_seconds
        self._here = _Here()

    @contextmanager
    def computing(self) -> Iterator[None]:
        """Takes the turn for a page, but while it is `asking`. Parts that are guarded by themselves share it."""
        if self._here.computes:
            yield
            return
        self._here.computes = self._here.is_patient = True
        try:
            self._take()
            yield
        finally:
            self._leave()
            self._here.computes = False

    @contextmanager
    def asking(self, *, briefly: bool = True) -> Iterator[None]:
        """Leaves the turn to others while this page waits for an answer. What is known to take long takes no place."""
        self._leave()
        has_place = briefly and self._waited(self._places)
        try:
            yield
        finally:
            if has_place:
                self._places.release()
            if self._here.computes:
                self._take()

    def _take(self) -> None:
        self._here.has_turn = self._waited(self._turn)

    def _leave(self) -> None:
        if self._here.has_turn:
            self._here.has_turn = False
            self._turn.release()

    def _waited(self, what: threading.Lock | threading.Semaphore) -> bool:
        """Whether it was to be had in time."""
        had = what.acquire(timeout=self._patience if self._here.is_patient else 0)
        if self._here.computes and not had:
            self._here.is_patient = False
        return had


PAGES = Pages()
