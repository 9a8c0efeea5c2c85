"""Who is told of an alarm, and not before when: the first route that matches decides. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fnmatch import fnmatchcase
from typing import get_args

from evaluator.settings_alerts import AlertSettings, DayName, RouteSettings

DAYS: tuple[str, ...] = get_args(DayName)
DEFAULT = "(default)"
"""The name of what happens when no route matches: every channel is told."""


@dataclass(frozen=True, slots=True)
class Way:
    """Where an alarm goes: the route, its channels, and the end of the quiet hours that hold it back (None: none)."""

    route: str
    channels: tuple[str, ...]
    held_until: datetime | None


def way(labels: Mapping[str, str], settings: AlertSettings, now: datetime) -> Way:
    """The way of an alarm with these labels (feature, owner, severity)."""
    route = next((one for one in settings.routes if _fits(one, labels)), None)
    if route is None:
        return Way(DEFAULT, tuple(channel.name for channel in settings.channels), None)
    held = None if labels.get("severity") in route.quiet_except else quiet_until(route, settings, now)
    return Way(route.name, route.channels, held)


def recipients(found: Iterable[Mapping[str, str]], settings: AlertSettings, now: datetime) -> dict[str, datetime]:
    """Each channel that is told of an incident with alarms of these labels, and when at the earliest."""
    told: dict[str, datetime] = {}
    for labels in found:
        one = way(labels, settings, now)
        for channel in one.channels:
            told[channel] = min(one.held_until or now, told.get(channel, datetime.max.replace(tzinfo=now.tzinfo)))
    return told


def quiet_until(route: RouteSettings, settings: AlertSettings, now: datetime) -> datetime | None:
    """When the quiet time that `now` lies in ends; None when it is not quiet."""
    local = now.astimezone(settings.zone)
    end: datetime | None = None
    # Quiet hours and quiet days may follow one another: the end is where neither goes on. One day is never quiet.
    while (further := _quiet_end(route, end or local)) is not None:
        end = further
    return None if end is None else end.astimezone(now.tzinfo)


def _fits(route: RouteSettings, labels: Mapping[str, str]) -> bool:
    globs = ((route.features, labels.get("feature", "")), (route.owners, labels.get("owner", "")))
    return labels.get("severity") in route.severities and all(
        any(fnmatchcase(value, glob) for glob in patterns) for patterns, value in globs
    )


def _quiet_end(route: RouteSettings, local: datetime) -> datetime | None:
    if DAYS[local.weekday()] in route.quiet_days:
        return _at(local + timedelta(days=1), time())
    if route.quiet is None:
        return None
    start, end = (time.fromisoformat(part) for part in route.quiet.split("-"))
    inside = start <= local.time() < end if start <= end else not end <= local.time() < start
    if not inside:
        return None
    return _at(local if local.time() < end else local + timedelta(days=1), end)


def _at(day: datetime, clock: time) -> datetime:
    """This time of that day, in its zone, whatever the clock change does."""
    return datetime.combine(day.date(), clock, tzinfo=day.tzinfo)
