"""A user's own code in this process, with a limit on the time that anybody waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

from judges.errors import Stopped

MOST_SECONDS = 0.5
MOST_HUNG = 3
"""Python cannot end a thread: with so many that never came back, the judge stops."""


class Timed:
    """Calls in a thread of their own; `judge` is who is stopped when too many calls hang."""

    def __init__(self, judge: str) -> None:
        self._judge = judge
        self._hung: list[threading.Thread] = []

    def failure(self, call: Callable[[], object]) -> BaseException | None:
        """What the call raised, if anything. TimeoutError after MOST_SECONDS; Stopped when too many calls hang."""
        self._hung = [thread for thread in self._hung if thread.is_alive()]
        if len(self._hung) >= MOST_HUNG:
            reason = f"Judge {self._judge!r}: {MOST_HUNG} calls of your code never came back. Mend it, and start again."
            raise Stopped(reason, reason="hangs")
        outcome: Future[BaseException | None] = Future()
        thread = threading.Thread(target=_run, args=(call, outcome), name=f"leadline-{self._judge}", daemon=True)
        thread.start()
        try:
            return outcome.result(MOST_SECONDS)
        except TimeoutError:
            self._hung.append(thread)
            raise


class _Handed:
    """Hands whatever a block raises to the thread that waits for it, as an executor does; but nobody joins ours."""

    def __init__(self, outcome: Future[BaseException | None]) -> None:
        self._outcome = outcome

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> bool:
        self._outcome.set_result(error)
        return True


def _run(call: Callable[[], object], outcome: Future[BaseException | None]) -> None:
    with _Handed(outcome):
        call()
