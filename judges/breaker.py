"""Leaves a provider alone while it is in trouble: closed, open for a time, half open with one probe.

Trouble is what the provider has, not what is wrong with us or with one request: no answer, no connection, 5xx, 529.
When its share among the calls of a sliding window is too high, the circuit opens and no call leaves. After a time one
call may try; the others wait for what becomes of it. If it fails, the next open time is twice as long, up to a cap.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from judges.errors import Unavailable

CIRCUIT_OPEN = "circuit_open"
SLICES = 20
"""The window is counted in so many slices: its memory does not grow with the calls."""


class BreakerSettings(BaseModel):
    """When a provider is left alone, and for how long."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    window_seconds: float = Field(60.0, gt=0, description="How far back a provider's errors are counted.")
    min_calls: int = Field(10, ge=1, description="Calls in that window before their error rate means anything.")
    error_rate: float = Field(
        0.5, gt=0, le=1, description="Share of failed calls (no answer, 5xx, 529) from which no call leaves any more."
    )
    open_seconds: float = Field(15.0, gt=0, description="Time until one call tries again; it doubles while that fails.")
    max_open_seconds: float = Field(120.0, gt=0, description="Longest such time.")


class State(StrEnum):
    """Calls leave; none leaves; one tries."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(slots=True)
class _Slice:
    begun_at: float
    calls: int = 0
    failures: int = 0


class Breaker:
    """One provider's circuit. `enter` before a call and `leave` after it; times are of the monotonic clock.

    `why` is what the last call failed with.
    """

    def __init__(
        self,
        provider: str,
        settings: BreakerSettings,
        clock: Callable[[], float],
        on_turn: Callable[[State], object] = lambda _: None,
    ) -> None:
        self.state = State.CLOSED
        self.why = ""
        self.since = clock()
        self.next_probe_at: float | None = None
        self._provider = provider
        self._settings = settings
        self.clock = clock
        self._on_turn = on_turn
        self._open_seconds = settings.open_seconds
        self._slices: deque[_Slice] = deque(maxlen=SLICES)
        self._probe: asyncio.Future[None] | None = None

    @property
    def error_rate(self) -> float | None:
        """The share of failed calls in the window; None without a call."""
        calls, failures = self._counts()
        return failures / calls if calls else None

    def check(self) -> None:
        """Raises Unavailable while no call may leave."""
        if self.state is State.OPEN and (left := (self.next_probe_at or 0.0) - self.clock()) > 0:
            raise Unavailable(
                f"{self.why or f'{self._provider} is in trouble'}. No call leaves for {left:.0f} s; "
                "the sample stays pending and is tried again.",
                reason=CIRCUIT_OPEN,
                retry_after_seconds=left,
                everyone=True,
            )

    async def enter(self) -> bool:
        """Whether this call is the probe; waits for another's probe, raises Unavailable when the circuit is open."""
        while True:
            self.check()
            if self.state is State.CLOSED:
                return False
            if self._probe is None:
                self._probe = asyncio.get_running_loop().create_future()
                self._turn(State.HALF_OPEN)
                return True
            await asyncio.shield(self._probe)

    def leave(self, probe: bool, failed: bool | None) -> None:
        """What became of the call that entered; None when it never left, or nobody knows."""
        if probe:
            self._probed(failed)
        elif failed is not None and self.state is State.CLOSED:
            self._count(failed)

    def _probed(self, failed: bool | None) -> None:
        if failed:
            self._open_seconds = min(2 * self._open_seconds, self._settings.max_open_seconds)
            self._open()
        elif failed is False:
            self._open_seconds = self._settings.open_seconds
            self._slices.clear()
            self.next_probe_at = None
            self._turn(State.CLOSED)
        if self._probe is not None and not self._probe.done():
            self._probe.set_result(None)
        self._probe = None

    def _count(self, failed: bool) -> None:
        now = self.clock()
        if not self._slices or now - self._slices[-1].begun_at >= self._settings.window_seconds / SLICES:
            self._slices.append(_Slice(now))
        part = self._slices[-1]
        part.calls += 1
        part.failures += failed
        if failed and self._is_too_much():
            self._open()

    def _is_too_much(self) -> bool:
        calls, failures = self._counts()
        return calls >= self._settings.min_calls and failures >= self._settings.error_rate * calls

    def _counts(self) -> tuple[int, int]:
        """Calls and failures within the window; a copy is counted, since other threads ask too."""
        horizon = self.clock() - self._settings.window_seconds
        recent = [part for part in tuple(self._slices) if part.begun_at > horizon]
        return sum(part.calls for part in recent), sum(part.failures for part in recent)

    def _open(self) -> None:
        self.next_probe_at = self.clock() + self._open_seconds
        self._turn(State.OPEN)

    def _turn(self, state: State) -> None:
        self.state, self.since = state, self.clock()
        self._on_turn(state)
