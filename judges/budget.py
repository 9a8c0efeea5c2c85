"""What judging may cost: limits in USD per UTC day and per week, asked before each call and trued up after it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from judges.errors import Unavailable
from store.records import Clock

REASON = "budget"
FEW = 3
"""So few calls that would still fit when those under way are paid are not worth waiting for: the budget is spent."""
ASIDE_SECONDS = 5.0
"""How long a judge rests whose call does not fit beside those under way."""
TOTAL = ""
"""The name under which all judges together are counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """Most USD in a UTC day, and from Monday to Sunday; None where there is no limit."""

    usd_per_day: float | None = None
    usd_per_week: float | None = None


class Spent(NamedTuple):
    """What one judge spent on one UTC day."""

    day: date
    judge: str
    usd: float


class Left(NamedTuple):
    """What is left of one limit (`name` is the judge's or TOTAL), and when it begins anew.

    `usd` is free; `aside_usd` is set aside for calls under way, of which a part may come back.
    """

    name: str
    usd: float
    aside_usd: float
    limit_usd: float
    period: str
    renewed_at: datetime


@dataclass(slots=True)
class Reservation:
    """Money set aside for one call; `settle` it with what the call did cost (0 when there was none)."""

    budgets: Budgets
    judge: str
    usd: float

    def settle(self, usd: float | None) -> None:
        """True the estimate up; None (nobody counted what it took) books the estimate itself."""
        self.budgets.settle(self, self.usd if usd is None else usd)


class Budgets:
    """All limits with what was spent against them. Not for several threads: it lives in the judges' event loop."""

    def __init__(self, total: Limit, by_judge: Mapping[str, Limit], clock: Clock) -> None:
        self._limits = {TOTAL: total, **by_judge}
        self._clock = clock
        self._spent: dict[tuple[str, date], float] = defaultdict(float)
        self._reserved: dict[str, float] = defaultdict(float)

    def load(self, spent: Iterable[Spent]) -> None:
        """Count what was spent before this process began."""
        for one in spent:
            self._add(one.judge, one.day, one.usd)

    def reserve(self, judge: str, usd: float | None) -> Reservation:
        """Sets the estimate aside; Unavailable (reason budget) when it does not fit.

        Beside calls under way it may fit as soon as their true cost is known; else with the next day or week. A call
        without an estimate always goes: a model without a price costs nothing that anybody knows of.
        """
        wanted = usd or 0.0
        for left in self.left(judge) if wanted else ():
            if left.usd + left.aside_usd < wanted:
                raise self._exhausted(left)
            if left.usd < wanted:
                raise self._exhausted(left) if _nearly_spent(left, wanted) else _aside(left)
        return self.hold(judge, wanted)

    def hold(self, judge: str, usd: float) -> Reservation:
        """Sets money aside whatever is left: for what is spent already and not yet on the bill."""
        for name in (TOTAL, judge):
            self._reserved[name] += usd
        return Reservation(self, judge, usd)

    def settle(self, reservation: Reservation, usd: float) -> None:
        """Gives the reserved money back and books what was spent, today."""
        for name in (TOTAL, reservation.judge):
            self._reserved[name] -= reservation.usd
        self._add(reservation.judge, self._today(), usd)

    def left(self, judge: str) -> list[Left]:
        """What is left of every limit that holds for this judge (TOTAL: for all together), what is set aside taken off.

        A day or week that was overdrawn has less than nothing left.
        """
        today = self._today()
        monday = today - timedelta(days=today.weekday())
        found = []
        for name in dict.fromkeys((TOTAL, judge)):
            limit = self._limits.get(name, Limit())
            for usd, period, first, days in (
                (limit.usd_per_day, "day", today, 1),
                (limit.usd_per_week, "week", monday, 7),
            ):
                if usd is not None:
                    aside, renewed_at = self._reserved[name], _midnight(first + timedelta(days=days))
                    found.append(Left(name, usd - self.spent(name, first) - aside, aside, usd, period, renewed_at))
        return found

    def limit(self, judge: str) -> Limit:
        """The limits of one judge, or of all together (TOTAL)."""
        return self._limits.get(judge, Limit())

    def spent(self, judge: str, since: date) -> float:
        """USD spent from that UTC day on by one judge, or by all together (TOTAL)."""
        return math.fsum(usd for (name, day), usd in self._spent.items() if name == judge and day >= since)

    def _today(self) -> date:
        return self._clock().astimezone(UTC).date()

    def _add(self, judge: str, day: date, usd: float) -> None:
        for name in (TOTAL, judge):
            self._spent[name, day] += usd
        # Only this week counts, so older days are let go.
        for key in [key for key in self._spent if key[1] < day - timedelta(days=7)]:
            del self._spent[key]

    def _exhausted(self, left: Left) -> Unavailable:
        wait = (left.renewed_at - self._clock()).total_seconds()
        message = (
            f"The budget of {left.limit_usd:g} USD per {left.period} is spent. Judging goes on at "
            f"{left.renewed_at:%Y-%m-%d %H:%M} UTC, or when the budget is raised."
        )
        return Unavailable(message, reason=REASON, retry_after_seconds=max(1.0, wait), everyone=True)


def _nearly_spent(left: Left, wanted: float) -> bool:
    unspent = left.usd + left.aside_usd
    return unspent < left.limit_usd and unspent < FEW * wanted


def _aside(left: Left) -> Unavailable:
    message = (
        f"What is left of the budget of {left.limit_usd:g} USD per {left.period} is set aside for judgements under "
        "way. Judging goes on when their cost is known."
    )
    return Unavailable(message, reason=REASON, retry_after_seconds=ASIDE_SECONDS, everyone=True)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
