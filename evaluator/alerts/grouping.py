"""Which alarms are one incident: those that began together and have a marker or a slice in common.

The whole traffic of a feature is a slice, too: two judges of one feature that fall together are one incident, unless
they fall in different slices of it. Many incidents at once that began together are one storm.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from evaluator.alerts.alarm import Alarm

STORM_LASTS = timedelta(hours=1)
"""So long after its first alert, what began at the same time is still part of a storm."""


@dataclass(slots=True)
class Group:
    """Alarms that belong together; `incident_id` is that of the incident they join, None for a new one."""

    incident_id: str | None
    alarms: list[Alarm] = field(default_factory=list)


def linked(one: Alarm, other: Alarm) -> bool:
    """Whether two alarms have one cause, as far as can be told."""
    if not overlap(one, other):
        return False
    if one.marker is not None and one.marker == other.marker:
        return True
    if one.slice is not None and other.slice is not None:
        return one.slice == other.slice
    return one.monitor["feature"] == other.monitor["feature"]


def overlap(one: Alarm, other: Alarm) -> bool:
    """Whether both may have begun at one time."""
    return one.began_lo <= other.began_hi and other.began_lo <= one.began_hi


def group(new: Sequence[Alarm], known: Sequence[Group], *, storm: int) -> list[Group]:
    """The groups that `new` alarms join or make, in order; more than `storm` new ones that began together are one.

    An alarm joins the first group that it is linked with, else a storm that goes on; groups are not merged for it.
    """
    groups = [Group(one.incident_id, list(one.alarms)) for one in known]
    joined: dict[int, list[Alarm]] = {}
    for alarm in new:
        near = [n for n, one in enumerate(groups) if any(linked(alarm, has) for has in one.alarms)]
        near += [n for n, one in enumerate(groups[: len(known)]) if _goes_on(one, alarm, storm)]
        place = near[0] if near else len(groups)
        if place == len(groups):
            groups.append(Group(None))
        groups[place].alarms.append(alarm)
        joined.setdefault(place, []).append(alarm)
    found = [Group(groups[place].incident_id, alarms) for place, alarms in joined.items()]
    old = [one for one in found if one.incident_id is not None]
    fresh = [one for one in found if one.incident_id is None]
    return old + (_storms(fresh, storm) if len(fresh) > storm else fresh)


def _goes_on(group: Group, alarm: Alarm, storm: int) -> bool:
    """Whether the alarm is one more of a storm: not all looks of one hour see it at once."""
    features = {one.monitor["feature"] for one in group.alarms}
    began = min((one.alert.fired_at for one in group.alarms), default=alarm.alert.fired_at)
    fresh = alarm.alert.fired_at <= began + STORM_LASTS
    return len(features) > storm and fresh and any(overlap(alarm, one) for one in group.alarms)


def _storms(fresh: Sequence[Group], storm: int) -> list[Group]:
    """Groups whose alarms began at one time become one, where that joins more than `storm` of them."""
    pools: list[list[Group]] = []
    for one in fresh:
        near = [pool for pool in pools if any(_touch(one, other) for other in pool)]
        pools = [pool for pool in pools if pool not in near] + [[one, *(other for pool in near for other in pool)]]
    found: list[Group] = []
    for pool in pools:
        found += [Group(None, [a for one in pool for a in one.alarms])] if len(pool) > storm else pool
    return found


def _touch(one: Group, other: Group) -> bool:
    return any(overlap(a, b) for a in one.alarms for b in other.alarms)
