"""The grid of time that everything is counted on: quarter hours of UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

STEP = timedelta(minutes=15)
PER_DAY = 96
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def floor(moment: datetime) -> datetime:
    """The start of the bucket that `moment` lies in.

    >>> floor(datetime(2026, 11, 20, 12, 29, 59, tzinfo=UTC)).isoformat()
    '2026-11-20T12:15:00+00:00'
    """
    return moment - (moment - EPOCH) % STEP


def latest(moment: datetime, every: int, turn: int = 0) -> datetime:
    """The last moment not after `moment` on a grid of `every` buckets that begins `turn` buckets after the clock's.

    >>> latest(datetime(2026, 11, 20, 12, 15, tzinfo=UTC), 4, 2).isoformat()
    '2026-11-20T11:30:00+00:00'
    """
    return moment - (moment - EPOCH - turn * STEP) % (every * STEP)


def ceil(moment: datetime) -> datetime:
    """The first start of a bucket that is not before `moment`.

    >>> ceil(datetime(2026, 11, 20, 12, 15, tzinfo=UTC)) == ceil(datetime(2026, 11, 20, 12, 1, tzinfo=UTC))
    True
    """
    return floor(moment + STEP - timedelta(microseconds=1))
