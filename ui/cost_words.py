"""What judging cost, added up: by judge and day, what it comes to in a month, and what batches and reuse saved."""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from evaluator.api.judge_shapes import CostRow, JudgeView

RATE_DAYS = 7
"""Full days that the present rate is the mean of."""
DAY = timedelta(days=1)


class Sum(NamedTuple):
    """What some rows cost together; `usd` is what is known of it: of `priced` verdicts, not of the `unpriced`."""

    name: str
    verdicts: int
    priced: int
    usd: float
    unpriced: int
    reused: int
    batched: int
    batches_saved: float
    reuse_saved: float | None

    @property
    def per_verdict(self) -> float | None:
        """USD per verdict with a known price; None without any."""
        return self.usd / self.priced if self.priced else None


def added(name: str, rows: Sequence[CostRow]) -> Sum:
    """The sum of the rows. A batch costs half: it saved as much as it cost. Reuse saved what paid verdicts cost."""
    verdicts, unpriced, reused = (sum(getattr(one, of) for one in rows) for of in ("verdicts", "unpriced", "reused"))
    # Trials and second opinions have a price or none, and are no verdicts.
    priced = sum(max(one.verdicts - one.unpriced, 0) for one in rows)
    known, paid = sum(one.known_usd for one in rows), priced - reused
    return Sum(
        name=name,
        verdicts=verdicts,
        priced=priced,
        usd=known,
        unpriced=unpriced,
        reused=reused,
        batched=sum(one.batched for one in rows),
        batches_saved=sum(one.batched_usd for one in rows),
        reuse_saved=reused * known / paid if paid > 0 else None,
    )


def added_by(rows: Sequence[CostRow], of: Callable[[CostRow], str]) -> list[Sum]:
    """A sum for each judge, feature or day, the dearest first."""
    groups: dict[str, list[CostRow]] = {}
    for one in rows:
        groups.setdefault(of(one), []).append(one)
    return sorted((added(name, own) for name, own in groups.items()), key=lambda one: (-one.usd, one.name))


def since(rows: Iterable[CostRow], day: date) -> list[CostRow]:
    """The rows of this UTC day and later ones."""
    return [one for one in rows if one.day >= day.isoformat()]


class Forecast(NamedTuple):
    """What the month comes to at the rate of the last `days` full days."""

    usd: float
    days: int


def forecast(rows: Sequence[CostRow], today: date) -> Forecast | None:
    """What was spent this month, and for its remaining days the mean of the last full days; None before the first.

    Only days from the first that cost anything on count, at most seven; what today will still cost is left to the rate.
    """
    first = min((one.day for one in rows if one.known_usd), default=None)
    if first is None or first >= today.isoformat():
        return None
    days = min(RATE_DAYS, (today - date.fromisoformat(first)).days)
    lately = [one for one in since(rows, today - days * DAY) if one.day < today.isoformat()]
    rate = added("", lately).usd / days
    left = calendar.monthrange(today.year, today.month)[1] - today.day + 1
    past = [one for one in since(rows, today.replace(day=1)) if one.day < today.isoformat()]
    return Forecast(added("", past).usd + max(left * rate, added("", since(rows, today)).usd), days)


def day_limit(judges: Sequence[JudgeView], feature: str | None, judge: str | None) -> float | None:
    """What may be spent in a day on what is shown: the budget of all judges, or of the chosen one; None: no limit.

    A budget is for all features, so there is none to hold one feature against.
    """
    if feature is not None:
        return None
    budgets = [one.budget if judge else one.total_budget for one in judges if judge in (None, one.name)]
    return next((one.usd_per_day for one in budgets if one), None)
