"""Times as the reader of a page knows them: in the browser's zone, with UTC beside it; and how long something took."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_of(name: str | None) -> tzinfo:
    """The zone that the browser names; UTC when it names none that this machine knows."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def moment(at: datetime | None, zone: tzinfo) -> str:
    """Day and minute in `zone`, and UTC in brackets where it differs.

    >>> moment(datetime(2026, 11, 17, 13, 15, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    'Tue 17 Nov 14:15 (13:15 UTC)'
    >>> moment(datetime(2026, 11, 17, 13, 15, tzinfo=UTC), UTC)
    'Tue 17 Nov 13:15 UTC'
    """
    if at is None:
        return "never"
    local = at.astimezone(zone)
    return f"{local:%a %-d %b} {clock(at, zone)}"


def clock(at: datetime, zone: tzinfo) -> str:
    """The same without the day.

    >>> clock(datetime(2026, 11, 17, 23, 15, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    '00:15 (Tue 23:15 UTC)'
    """
    local, utc = at.astimezone(zone), at.astimezone(UTC)
    if local.utcoffset() == utc.utcoffset():
        return f"{utc:%H:%M} UTC"
    day = "" if local.date() == utc.date() else f"{utc:%a} "
    return f"{local:%H:%M} ({day}{utc:%H:%M} UTC)"


def short(at: datetime, zone: tzinfo, beside: datetime) -> str:
    """Like `moment`, without the day and UTC where `beside` shows them already.

    >>> short(datetime(2026, 11, 17, 13, 15, tzinfo=UTC), UTC, datetime(2026, 11, 17, 9, 0, tzinfo=UTC))
    '13:15'
    """
    local = at.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == beside.astimezone(zone).date() else f"{local:%a %-d %b %H:%M}"


def onset_words(at: datetime, lo: datetime | None, hi: datetime | None, zone: tzinfo) -> str:
    """Since when, and how sure that is, as the start of a sentence."""
    since = f"Since about {moment(at, zone)}"
    if lo is None or hi is None:
        return since
    return f"{since}, between {short(lo, zone, at)} and {short(hi, zone, at)} (90 % interval)"


def waited(seconds: float) -> str:
    """A duration in the largest unit that reads well.

    >>> waited(3.4), waited(600), waited(7200), waited(260_000)
    ('3 seconds', '10 minutes', '2 hours', '3 days')
    """
    for size, unit in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"
