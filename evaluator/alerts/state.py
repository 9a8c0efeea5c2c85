"""The life of an alert as a table: what one look does to a monitor that has no alert, or a firing one.

Edges, not levels: an alert fires once and resolves once, however many looks lie between. What people are told of it is
decided in evaluator.alerts.policy.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from evaluator.drift.decision import Decision
from store.records import Alert, Json


class State(StrEnum):
    """Where a monitor stands after a look, or an alert.

    Insufficient: no baseline. Pending: the evidence would do for a budget of false alarms ten times as large; nobody
    is told. Acknowledged: it fires, and somebody has said that they see to it. Resolved: the end of an alert, whose
    monitor is ok again. No data: no vote for a day. Judge broken: votes are lacking because the judge fails.
    Superseded (another judge version came) and off (settings): not watched.
    """

    INSUFFICIENT = "insufficient"
    OK = "ok"
    PENDING = "pending"
    NO_DATA = "no_data"
    JUDGE_BROKEN = "judge_broken"
    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    SUPERSEDED = "superseded"
    OFF = "off"


class Action(StrEnum):
    """What the look does to the alert."""

    FIRE = "fire"
    RESOLVE = "resolve"
    STAY = "stay"


class Reason(StrEnum):
    """Why: the word that is stored with the look."""

    ALARM = "alarm"
    RECOVERED = "recovered"
    NOT_RECOVERED = "not_recovered"
    BELOW_THRESHOLD = "below_threshold"
    NEAR_THRESHOLD = "near_threshold"
    MINOR_SHIFT = "minor_shift"
    FEW_FAILS = "few_fails"
    NO_VOTES = "no_votes"
    NO_BASELINE = "no_baseline"
    JUDGE_FAILS = "judge_fails"


PENDING_FACTOR = 10.0
"""A monitor is pending when its evidence would fire with a budget of false alarms this many times as large."""


@dataclass(frozen=True, slots=True)
class Transition:
    """What a look does, why, and the monitor's state after it."""

    action: Action
    reason: Reason
    state: State


def step(
    firing: bool, decision: Decision | None, recovered: bool, *, silent: bool = False, arl: float = math.inf
) -> Transition:
    """Answers what one look does; `decision` is None while there is no baseline, `recovered` counts only while firing.

    `silent` says that no vote came for a day: then nothing can be said of a monitor that does not fire. `arl` is the
    evidence that raises an alarm; a monitor that is not far from it is pending.

    >>> step(False, None, False).reason
    <Reason.NO_BASELINE: 'no_baseline'>
    """
    return _burning(decision, recovered) if firing else _quiet(decision, silent, arl)


def seen(state: State, *, broken: bool) -> tuple[State, Reason] | None:
    """What a monitor of a judge that fails is: it says nothing, unless it fires. None: what the look said holds.

    >>> seen(State.OK, broken=True), seen(State.FIRING, broken=True), seen(State.OK, broken=False)
    ((<State.JUDGE_BROKEN: 'judge_broken'>, <Reason.JUDGE_FAILS: 'judge_fails'>), None, None)
    """
    quiet = state in (State.OK, State.PENDING, State.NO_DATA)
    return (State.JUDGE_BROKEN, Reason.JUDGE_FAILS) if quiet and broken else None


def _quiet(decision: Decision | None, silent: bool, arl: float) -> Transition:
    if decision is None:
        return Transition(Action.STAY, Reason.NO_BASELINE, State.INSUFFICIENT)
    if decision.alarm:
        return Transition(Action.FIRE, Reason.ALARM, State.FIRING)
    if silent or decision.votes <= 0:
        return Transition(Action.STAY, Reason.NO_VOTES, State.NO_DATA)
    shown = [reason for reason in (Reason.MINOR_SHIFT, Reason.FEW_FAILS) if reason in decision.flags]
    if not shown and (decision.log_evidence or 0.0) >= math.log(arl / PENDING_FACTOR):
        return Transition(Action.STAY, Reason.NEAR_THRESHOLD, State.PENDING)
    return Transition(Action.STAY, shown[0] if shown else Reason.BELOW_THRESHOLD, State.OK)


def _burning(decision: Decision | None, recovered: bool) -> Transition:
    """A firing alert ends by the recovery rule alone: neither silence nor a lost baseline is good news."""
    if recovered:
        return Transition(Action.RESOLVE, Reason.RECOVERED, State.OK)
    if decision is None:
        return Transition(Action.STAY, Reason.NO_BASELINE, State.FIRING)
    if decision.votes <= 0:
        return Transition(Action.STAY, Reason.NO_VOTES, State.FIRING)
    return Transition(Action.STAY, Reason.NOT_RECOVERED, State.FIRING)


def fired(monitor_id: str, baseline_version: int, looked_at: datetime, evidence: Json) -> Alert:
    """The alert that a FIRE opens.

    The same look against the same baseline has the same `alert_id`: a repeated look opens no second alert, and a fall
    below a new baseline is another one.
    """
    digest = hashlib.sha256(f"{monitor_id}\n{baseline_version}\n{looked_at.isoformat()}".encode()).hexdigest()
    return Alert(
        alert_id=f"alert_{digest[:20]}",
        monitor_id=monitor_id,
        state=State.FIRING,
        fired_at=looked_at,
        resolved_at=None,
        evidence=evidence,
    )


def resolved(alert: Alert, looked_at: datetime, evidence: Json) -> Alert:
    """The alert after a RESOLVE."""
    return replace(alert, state=State.RESOLVED, resolved_at=looked_at, evidence=evidence)
