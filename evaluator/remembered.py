"""Answers that take long are kept until what they are made of changes, or for a little longer when they are dear."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

T = TypeVar("T")

MOST = 512
DEAR_SECONDS = 0.1
TIMES = 60.0
LONGEST_SECONDS = 60.0
IDLE_SECONDS = 600.0


@dataclass(slots=True)
class _Answer:
    """One answer: of which state it is, until when it is given though that changed, and when somebody asked last."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    state: object = None
    value: object = None
    made: bool = False
    until: float = 0.0
    asked: float = 0.0


class Remembered:
    """Answers by key, for any thread; those who ask for the same at once wait for one making of it.

    A key with another `state` is made anew. Where that took more than DEAR_SECONDS of work, what was made is given for
    sixty times as long whatever came meanwhile, at most for a minute: under constant traffic everything would be
    made anew for every reader. Small stores, whose answers are cheap, are always told as they are. What nobody asked
    for in ten minutes is forgotten at the next question: a key may be one of a day, or of a look.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, work: Callable[[], float] = time.thread_time
    ) -> None:
        self._clock, self._work = clock, work
        self._answers: OrderedDict[Hashable, _Answer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, state: object, make: Callable[[], T]) -> T:
        """The answer of `key` while `state` is what it was, else what `make` says now. What raises is not kept."""
        answer = self._answer(key)
        with answer.lock:
            if not answer.made or (answer.state != state and self._clock() >= answer.until):
                begun = self._work()
                answer.value, answer.state, answer.made = make(), state, True
                took = self._work() - begun
                answer.until = self._clock() + min(TIMES * took, LONGEST_SECONDS) if took > DEAR_SECONDS else 0.0
            return cast("T", answer.value)

    def _answer(self, key: Hashable) -> _Answer:
        """The place of this key; those that nobody asked for go, and the idlest when there are too many."""
        with self._lock:
            answer: Any = self._answers.setdefault(key, _Answer())
            self._answers.move_to_end(key)
            answer.asked = self._clock()
            while len(self._answers) > MOST or next(iter(self._answers.values())).asked < answer.asked - IDLE_SECONDS:
                self._answers.popitem(last=False)
        return cast("_Answer", answer)
