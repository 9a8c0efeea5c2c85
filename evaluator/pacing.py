"""When a budget bites, fewer samples are judged over the whole day instead of all until noon and none after it.

Every quarter hour the expected spend of what is left of the day or week is compared with what is left of its budget. If
that is not enough, the judge's rate is multiplied by the share that it buys. Every factor is stored with its time, so
the inclusion probability of each sample is known, and what was left out can be counted.

Judges that judge by night spend a whole day's samples at once, so theirs is another sum: what a day brings is compared
with the limit of a whole day, or with what the week has left for each of its nights. What waits for them is no demand
of today; judges that are called only leave the money for the nights that come before a limit begins anew.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import structlog

from evaluator import owed
from evaluator.lane import Lane
from evaluator.owed import Span
from judges.budget import REASON, TOTAL, Budgets, Left, Spent
from store import rates
from store.records import Clock, RateChange
from store.store import Store

log = structlog.get_logger(__name__)

DAY = LOOK_BACK = timedelta(hours=24)
HOUR = timedelta(hours=1)
PRICE_DAYS = timedelta(days=7)
DAYS = {"day": 1, "week": 7}
LEAST_HOURS = 0.25
WITHIN = "within"
"""The reason of a change back to the whole rate."""
STEP = 0.1
"""A factor is changed when it is off by this share: small corrections are not worth a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What a judge would judge: new samples per hour at its whole rate, those that wait already, USD for each.

    `factor` is what its rate is multiplied by now.
    """

    per_hour: float
    pending: int
    usd: float
    nightly: bool
    factor: float

    def usd_for(self, hours: float) -> float:
        """What the new samples of so many hours would cost."""
        return self.per_hour * hours * self.usd

    @property
    def usd_of_a_day(self) -> float:
        """What a day's samples would cost; what waits by night is of this day."""
        return max(self.usd_for(24), self.pending * self.usd)


class Pacing:
    """Spreads budgets over their day or week by thinning the sampling of the judges that spend them."""

    def __init__(
        self, store: Store, lanes: Sequence[Lane], budgets: Budgets | None, clock: Clock, *, night: time
    ) -> None:
        """`night` is the time of day, UTC, when batches are submitted."""
        self._store = store
        self._lanes = {lane.judge.name: lane for lane in lanes if lane.judge.kind == "llm"}
        self._budgets = budgets
        self._clock = clock
        self._night = night

    @property
    def limited(self) -> bool:
        """Whether there is any budget to keep."""
        return self._budgets is not None and any(self._budgets.left(name) for name in self._lanes)

    def recall(self) -> None:
        """Learns from the store what was spent this week, and which factors hold."""
        with self._store.read() as c:
            spent = rates.spent(c, self._clock() - PRICE_DAYS)
        if self._budgets:
            self._budgets.load(Spent(*one) for one in spent)
        self._recall_factors()

    async def adapt(self) -> list[RateChange]:
        """Sets the factors anew where they are off; call it in the loop that the budgets live in."""
        if self._budgets is None:
            return []
        demands = await asyncio.to_thread(self._demands)
        now = self._clock()
        changes = []
        for name, lane in self._lanes.items():
            factor, before = self._factor(name, demands, self._budgets.left(name)), lane.factor(now)
            if _is_off(before, factor):
                reason = REASON if factor < 1 else WITHIN
                changes.append(RateChange(judge=name, since=now, factor=factor, reason=reason))
        if changes:
            await asyncio.wrap_future(self._store.run(lambda c: rates.append(c, changes)))
            await asyncio.to_thread(self._recall_factors)
            for change in changes:
                log.info("sampling adapted to the budget", judge=change.judge, factor=round(change.factor, 4))
        return changes

    def _recall_factors(self) -> None:
        with self._store.read() as c:
            changed = rates.changes(c)
        for name, lane in self._lanes.items():
            lane.thinned(changed.get(name, []))

    def _demands(self) -> dict[str, Demand]:
        """Only judges of which a price is known from their verdicts of the last week."""
        now = self._clock()
        with self._store.read() as c:
            prices = {pace.judge: pace.usd / pace.paid for pace in rates.pace(c, now - PRICE_DAYS)}
            found = {}
            for name, lane in self._lanes.items():
                if name not in prices:
                    continue
                arrived, oldest = owed.eligible(c, lane, Span(now - LOOK_BACK, now))
                hours = max(LEAST_HOURS, (now - oldest).total_seconds() / 3600) if oldest else LEAST_HOURS
                pending, _ = owed.count(c, lane, Span(now - LOOK_BACK, now))
                found[name] = Demand(
                    per_hour=arrived / hours,
                    pending=pending,
                    usd=prices[name],
                    nightly=not lane.live,
                    factor=lane.factor(now),
                )
        return found

    def _factor(self, name: str, demands: Mapping[str, Demand], limits: Sequence[Left]) -> float:
        shares = [1.0]
        for left in limits:
            sharing = list(demands.values()) if left.name == TOTAL else [demands[name]] if name in demands else []
            shares.append(self._called(left, sharing) if self._lanes[name].live else self._nightly(left, sharing))
        return min(1.0, float(f"{min(shares):.3g}"))

    def _called(self, left: Left, sharing: Iterable[Demand]) -> float:
        """The share that what is left buys of the samples to come, when what waits and the nights to come are paid."""
        hours = max(0.0, (left.renewed_at - self._clock()) / HOUR)
        nights = _nights(self._night, self._clock(), left.renewed_at)
        expected, free = 0.0, left.usd
        for one in sharing:
            expected += 0.0 if one.nightly else one.usd_for(hours)
            free -= nights * one.usd_for(24) * one.factor if one.nightly else one.pending * one.usd
        return _share(left.usd, free, expected)

    def _nightly(self, left: Left, sharing: Iterable[Demand]) -> float:
        """The share of a day's samples that a day's money buys; on the last day the next day or week is meant."""
        ahead = left.renewed_at - self._clock()
        renewed = ahead <= DAY
        usd, days = (left.limit_usd, DAYS[left.period]) if renewed else (left.usd, math.ceil(ahead / DAY))
        return _share(usd, usd, days * sum(one.usd_of_a_day for one in sharing))


def _share(left: float, free: float, expected: float) -> float:
    if left <= 0:
        return 0.0
    return max(0.0, free / expected) if expected > 0 else 1.0


def _nights(night: time, now: datetime, until: datetime) -> int:
    """How many times it will be that time of day before then."""
    first = datetime.combine(now.astimezone(UTC).date(), night, tzinfo=UTC)
    first += DAY if first <= now else timedelta()
    return max(0, math.ceil((until - first) / DAY))


def _is_off(before: float, wanted: float) -> bool:
    """Whether it is worth a change: to or from a whole rate or none always, else by a tenth."""
    if before == wanted:
        return False
    if {before, wanted} & {0.0, 1.0}:
        return True
    return abs(wanted - before) > STEP * before
