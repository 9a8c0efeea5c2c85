"""Whether a silence or a maintenance window covers an alarm now. Pure: what is stored of them comes in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from store.silences import Silence

LABELS = ("feature", "judge", "metric", "owner", "severity", "rule", "monitor")
"""What a matcher can name."""
PERIODS = {"day": timedelta(days=1), "week": timedelta(weeks=1)}


def active(silence: Silence, now: datetime) -> bool:
    """Whether it holds now; a repeated window holds at the same time of each day or week, UTC, until it is ended.

    >>> from datetime import UTC
    >>> night = datetime(2026, 11, 20, 2, tzinfo=UTC)
    >>> window = Silence(silence_id="s", kind="maintenance", matchers={}, starts_at=night, every="day", reason="",
    ...     ends_at=night + timedelta(hours=1), created_at=night, created_by="ana")
    >>> [active(window, night + timedelta(hours=hours)) for hours in (-1, 0.5, 1, 24.5)]
    [False, True, False, True]
    """
    if now < silence.starts_at or (silence.ended_at is not None and now >= silence.ended_at):
        return False
    since = now - silence.starts_at
    if silence.every:
        since %= PERIODS[silence.every]
    return since < silence.ends_at - silence.starts_at


def until(silence: Silence, now: datetime) -> datetime:
    """When it holds no longer, this time: `now` lies in it."""
    since = now - silence.starts_at
    return now - (since % PERIODS[silence.every] if silence.every else since) + (silence.ends_at - silence.starts_at)


def over(silence: Silence, now: datetime) -> bool:
    """Whether it will never hold again."""
    return silence.ended_at is not None or (not silence.every and silence.ends_at <= now)


def matches(matchers: Mapping[str, str], labels: Mapping[str, str]) -> bool:
    """Whether every matcher (label to glob) fits; without any, everything does."""
    return all(fnmatchcase(labels.get(name, ""), glob) for name, glob in matchers.items())


def muting(silences: Iterable[Silence], labels: Mapping[str, str], now: datetime) -> Silence | None:
    """The silence that covers these labels now, of several the one that holds longest; None when none does."""
    found = [one for one in silences if active(one, now) and matches(one.matchers, labels)]
    return max(found, key=lambda one: until(one, now), default=None)
