"""Following one series look by look: a pure function of its counts, the same for history and for live traffic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from evaluator.alerts.state import Action, Transition, step
from evaluator.buckets import PER_DAY
from evaluator.drift.decision import Decision
from evaluator.drift.detector import evaluate
from evaluator.drift.recovery import recovered
from evaluator.monitors.counts import Counts, Floats

WINDOW = 30 * PER_DAY
"""Buckets that evidence is sought in. Older ones without an alarm are clean history: they enlarge the reference."""
MAX_LOOKS = 3000
"""Looks at one go; a longer backlog is looked at in coarser steps."""


@dataclass(frozen=True, slots=True)
class Rule:
    """When an alarm is raised: evidence of `arl` (buckets between false alarms) and a drop of at least `delta`."""

    arl: float
    delta: float


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the watching stands, as bucket indices: reference window, start of the evidence, the look that fired."""

    reference: tuple[int, int]
    restart: int
    fired: int | None = None
    drop: float = 0.0


@dataclass(frozen=True, slots=True)
class Look:
    """What the look after `end` buckets said and did. The decision counts its buckets from `origin`."""

    end: int
    origin: int
    decision: Decision
    transition: Transition
    standing: Standing


def due(counts: Counts, after: int) -> Sequence[int]:
    """The looks that are still owed: after every bucket with votes past `after`, and after the last bucket."""
    voted = np.flatnonzero(counts.n.sum(axis=1) > 0) + 1
    ends = [int(end) for end in voted if end > after]
    ends = ends[:: len(ends) // MAX_LOOKS + 1]
    if len(counts) > after and (not ends or ends[-1] != len(counts)):
        ends.append(len(counts))
    return ends


def follow(counts: Counts, standing: Standing, ends: Sequence[int], rule: Rule) -> Iterator[Look]:
    """Looks after each of `ends` in order; an alarm fires once and resolves once."""
    for end in ends:
        origin, decision = _decide(counts, standing, end, rule)
        back = _recovery(counts, standing, end, rule)
        silent = not counts.n[max(end - PER_DAY, 0) : end].any()
        transition = step(standing.fired is not None, decision, back is not None, silent=silent)
        if transition.action is Action.FIRE:
            standing = replace(standing, fired=end, drop=decision.drop or 0.0)
        elif transition.action is Action.RESOLVE:
            standing = replace(standing, fired=None, restart=back or standing.restart)
        yield Look(end, origin, decision, transition, standing)


def _decide(counts: Counts, standing: Standing, end: int, rule: Rule) -> tuple[int, Decision]:
    origin = standing.restart if standing.fired is not None else max(standing.restart, end - WINDOW)
    reference, clean = _reference(counts, standing), counts.total(standing.restart, origin)
    reference = {name: reference[name] + clean[name] for name in reference}
    return origin, evaluate(reference, counts.slice(origin, end), arl=rule.arl, delta=rule.delta)


def _recovery(counts: Counts, standing: Standing, end: int, rule: Rule) -> int | None:
    """The bucket at which the recovery of a firing alarm begins; None while it goes on or when there is none."""
    if standing.fired is None:
        return None
    since = counts.slice(standing.fired, end)
    found = recovered(_reference(counts, standing), since, drop=standing.drop, delta=rule.delta)
    return standing.fired + found.at if found.resolved and found.at is not None else None


def _reference(counts: Counts, standing: Standing) -> dict[str, Floats]:
    return counts.total(*standing.reference)
