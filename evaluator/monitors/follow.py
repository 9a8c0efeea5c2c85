"""Following one series look by look: a pure function of its counts, the same for history and for live traffic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np

from evaluator.alerts.state import Action, Transition, step
from evaluator.buckets import EPOCH, PER_DAY, STEP
from evaluator.drift.battery import evaluate_battery
from evaluator.drift.decision import Decision
from evaluator.drift.recovery import recovered
from evaluator.drift.ridit import Ridit
from evaluator.monitors.counts import Counts, Totals

WINDOW = 30 * PER_DAY
"""Buckets that evidence is sought in. Older ones without an alarm are clean history: they enlarge the reference."""
MAX_LOOKS = 3000
"""Looks at one go; a longer backlog is looked at in coarser steps."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When an alarm is raised: evidence of `arl` (buckets between false alarms) and a drop of at least `delta`.

    `every` is the step of looks in buckets, on a grid that begins `turn` buckets after the clock's; `markers` are the
    buckets of markers.
    """

    arl: float
    delta: float
    every: int = 1
    turn: int = 0
    markers: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the watching stands, as bucket indices: the start of the evidence (0: and all clean votes before), the look
    that fired, the drop then, and the indicator that it was read from."""

    restart: int
    fired: int | None = None
    drop: float = 0.0
    reading: int = 0


@dataclass(frozen=True, slots=True)
class Look:
    """What the look after `end` buckets said and did. The decision counts its buckets from `origin`."""

    end: int
    origin: int
    decision: Decision
    transition: Transition
    standing: Standing


def turn_of(feature: str, every: int) -> int:
    """The turn of a feature whose looks come every so many buckets: not all features are looked at in the same one."""
    return crc32(feature.encode()) % every


def due(counts: Counts, after: int, every: int = 1, turn: int = 0) -> Sequence[int]:
    """The looks that are still owed: after every bucket with votes past `after`, and after the last bucket.

    With steps of several buckets, at the next moment of that grid; none where the last one has not come.
    """
    offset = (counts.start - EPOCH) // STEP - turn
    first = max(after - every + 1, 0)
    voted = np.flatnonzero(counts.n[first:].any(axis=1)) + first + 1
    last = len(counts) - (offset + len(counts)) % every
    found = np.unique(-(-(offset + voted) // every) * every - offset)
    found = found[(found > after) & (found <= last)]
    ends: list[int] = found[:: len(found) // MAX_LOOKS + 1].tolist()
    if last > after and (not ends or ends[-1] != last):
        ends.append(last)
    return ends


def follow(counts: Counts, standing: Standing, ends: Sequence[int], rule: Rule) -> Iterator[Look]:
    """Looks after each of `ends` in order; an alarm fires once and resolves once."""
    for end in ends:
        origin, decision = _decide(counts, standing, end, rule)
        back = _recovery(counts, standing, end, rule)
        silent = not counts.n[max(end - PER_DAY, 0) : end].any()
        transition = step(standing.fired is not None, decision, back is not None, silent=silent, arl=rule.arl)
        if transition.action is Action.FIRE:
            standing = replace(standing, fired=end, drop=decision.drop or 0.0, reading=decision.reading)
        elif transition.action is Action.RESOLVE:
            standing = replace(standing, fired=None, restart=back or standing.restart)
        yield Look(end, origin, decision, transition, standing)


def _decide(counts: Counts, standing: Standing, end: int, rule: Rule) -> tuple[int, Decision]:
    origin = max(standing.restart, (end if standing.fired is None else standing.fired) - WINDOW)
    before, indicators = reference(counts, standing.restart, origin), counts.indicators
    ridit = indicators.direction and Ridit(
        {"r": before.r, "rr": before.rr}, {"r": counts.r[origin:end]}, indicators.direction
    )
    return origin, evaluate_battery(
        {"n": before.n, "x": before.x},
        {"n": counts.n[origin:end], "x": counts.x[:, origin:end]},
        arl=rule.arl,
        delta=rule.delta,
        markers=[marker - origin for marker in rule.markers],
        bad=indicators.bad,
        ridit=ridit or None,
    )


def reference(counts: Counts, restart: int, origin: int) -> Totals:
    """What the votes from `origin` on are compared with: the baseline and the clean votes since the last restart."""
    before = counts.reference + counts.clean if restart == 0 else counts.reference
    return before + counts.total(restart, origin)


def _recovery(counts: Counts, standing: Standing, end: int, rule: Rule) -> int | None:
    """The bucket at which the recovery of a firing alarm begins; None while it goes on or when there is none."""
    if standing.fired is None:
        return None
    fired, reading = standing.fired, standing.reading
    found = recovered(
        {"n": counts.reference.n, "x": counts.reference.x[reading]},
        {"n": counts.n[fired:end], "x": counts.x[reading, fired:end]},
        drop=standing.drop,
        delta=rule.delta,
        bad=counts.indicators.bad[reading],
    )
    return fired + found.at if found.resolved and found.at is not None else None
