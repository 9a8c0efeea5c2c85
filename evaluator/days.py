"""Days as people in a time zone have them: when each began, and the same time of day on another one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from evaluator.buckets import STEP, floor
from evaluator.errors import InputError

ONE = timedelta(days=1)
WEEK = 7


@cache
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def zone(name: str) -> ZoneInfo:
    """The time zone of this name; InputError when there is none."""
    if name not in _known():
        raise InputError(f"There is no time zone {name!r}: give one such as UTC or Europe/Berlin.")
    return ZoneInfo(name)


def begins(day: date, where: ZoneInfo) -> datetime:
    """When the day begins there, in UTC.

    >>> begins(date(2026, 3, 29), ZoneInfo("Europe/Berlin")).isoformat()
    '2026-03-28T23:00:00+00:00'
    """
    return datetime.combine(day, time.min, where).astimezone(UTC)


def back(moment: datetime, days: int, where: ZoneInfo) -> datetime:
    """The same time of day so many days before, in UTC, however long the days between were.

    >>> back(datetime(2026, 3, 29, 10, tzinfo=UTC), 1, ZoneInfo("Europe/Berlin")).isoformat()
    '2026-03-28T11:00:00+00:00'
    >>> back(datetime(2026, 10, 25, 1, 5, tzinfo=UTC), 0, ZoneInfo("Europe/Berlin")).isoformat()
    '2026-10-25T01:05:00+00:00'
    """
    if not days:
        return moment.astimezone(UTC)
    local = moment.astimezone(where)
    # Subtracting forgets which of an hour's two times it was, where clocks are set back.
    return (local - days * ONE).replace(fold=local.fold).astimezone(UTC)


class Stretch(NamedTuple):
    """From `start` to before `end`."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days of a zone as of `now`; `until` is the last full quarter hour, and everything is cut to quarter hours."""

    where: ZoneInfo
    now: datetime
    count: int

    @property
    def until(self) -> datetime:
        return floor(self.now)

    @property
    def end(self) -> datetime:
        """After all that there is today."""
        return self.until + STEP

    @property
    def today(self) -> date:
        return self.now.astimezone(self.where).date()

    def whole(self, ago: int) -> Stretch:
        """The day so many days ago; of today, what there is."""
        return Stretch(self._start(ago), self.end if ago == 0 else self._start(ago - 1))

    def _start(self, ago: int) -> datetime:
        return floor(begins(self.today - ago * ONE, self.where))

    def by_now(self, ago: int) -> Stretch:
        """That day up to the time of the last full quarter hour; empty in a day's first quarter hour."""
        start = self._start(ago)
        return Stretch(start, max(start, floor(back(self.until, ago, self.where))))

    def moments(self) -> list[datetime]:
        """All at which something that is told begins or ends."""
        told = [self.whole(ago) for ago in range(max(self.count, 2))] + [self.by_now(ago) for ago in (0, 1, WEEK)]
        return sorted({moment for stretch in told for moment in stretch})
