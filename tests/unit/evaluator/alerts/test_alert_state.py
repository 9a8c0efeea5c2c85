"""The alert's state machine, as a table."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from datetime import timedelta

import pytest

from evaluator.alerts.state import Action, Reason, State, fired, resolved, seen, step
from evaluator.drift.decision import Decision
from tests.builders import NOON

ALERT = fired("m1", 1, NOON, {"value": {"rate": 0.8}})


def look(*, alarm: bool = False, votes: float = 100.0) -> Decision:
    return Decision(alarm, 1.0, None, None, None, 0.95, 0.9, 0.05, 0.0, 0.1, votes)


@pytest.mark.parametrize(
    ("firing", "decision", "recovered", "expected"),
    [
        (False, None, False, (Action.STAY, Reason.NO_BASELINE, State.INSUFFICIENT)),
        (False, look(), False, (Action.STAY, Reason.BELOW_THRESHOLD, State.OK)),
        (False, look(votes=0), False, (Action.STAY, Reason.NO_VOTES, State.NO_DATA)),
        (False, look(), True, (Action.STAY, Reason.BELOW_THRESHOLD, State.OK)),
        (False, look(alarm=True), False, (Action.FIRE, Reason.ALARM, State.FIRING)),
        (False, look(alarm=True), True, (Action.FIRE, Reason.ALARM, State.FIRING)),
        (True, look(alarm=True), False, (Action.STAY, Reason.NOT_RECOVERED, State.FIRING)),
        (True, look(), False, (Action.STAY, Reason.NOT_RECOVERED, State.FIRING)),
        (True, look(votes=0), False, (Action.STAY, Reason.NO_VOTES, State.FIRING)),
        (True, None, False, (Action.STAY, Reason.NO_BASELINE, State.FIRING)),
        (True, look(), True, (Action.RESOLVE, Reason.RECOVERED, State.OK)),
        (True, look(alarm=True), True, (Action.RESOLVE, Reason.RECOVERED, State.OK)),
    ],
)
def test_step(firing, decision, recovered, expected):
    """Each row is a monitor before the look, the look, and what comes of it."""
    transition = step(firing, decision, recovered)
    assert (transition.action, transition.reason, transition.state) == expected


def test_silence_is_no_health():
    """A monitor without a vote for a day has no data, however good the votes before were; an alarm still fires."""
    assert step(False, look(), False, silent=True).state is State.NO_DATA
    assert step(False, look(alarm=True), False, silent=True).action is Action.FIRE


@pytest.mark.parametrize(
    ("log_evidence", "flags", "expected"),
    [
        (math.log(287), (), (Reason.BELOW_THRESHOLD, State.OK)),
        (math.log(288), (), (Reason.NEAR_THRESHOLD, State.PENDING)),
        (math.log(9000), ("minor_shift",), (Reason.MINOR_SHIFT, State.OK)),
        (None, (), (Reason.BELOW_THRESHOLD, State.OK)),
    ],
)
def test_pending(log_evidence, flags, expected):
    """A tenth of the evidence that raises an alarm is pending, unless the change is known to be too small."""
    decision = replace(look(), log_evidence=log_evidence, flags=flags)
    transition = step(False, decision, False, arl=2880)
    assert (transition.action, transition.reason, transition.state) == (Action.STAY, *expected)


@pytest.mark.parametrize("state", list(State))
def test_a_broken_judge_says_nothing(state):
    """Without a working judge only what was quiet changes: what fires goes on firing, what is not watched stays so."""
    quiet = state in (State.OK, State.PENDING, State.NO_DATA)
    assert seen(state, broken=True) == ((State.JUDGE_BROKEN, Reason.JUDGE_FAILS) if quiet else None)
    assert seen(state, broken=False) is None


def test_one_edge_each_way():
    """A fall that lasts five looks and then recovers fires once and resolves once."""
    firing, actions = False, []
    for alarm, recovered in [(False, False), *[(True, False)] * 5, (True, True), (False, False)]:
        action = step(firing, look(alarm=alarm), recovered).action
        actions.append(action)
        firing = {Action.FIRE: True, Action.RESOLVE: False, Action.STAY: firing}[action]
    assert [action for action in actions if action != Action.STAY] == [Action.FIRE, Action.RESOLVE]


def test_same_look_same_alert():
    """The same look at the same monitor gives the same alert id, another look or monitor another one."""
    times = (NOON, NOON + timedelta(minutes=15))
    ids = {fired(monitor, 1, at, {}).alert_id for monitor in ("m1", "m2") for at in times}
    assert len(ids) == 4
    assert ALERT.alert_id in ids


def test_alert_id_fits_a_header():
    """An alert id is safe in an HTTP header and holds no full stop, whatever the monitor is called."""
    assert re.fullmatch(r"[a-z0-9_]+", fired("Füße. \r\n/…", 1, NOON, {}).alert_id)


def test_resolved_keeps_the_beginning():
    """A resolved alert is the same alert with its end."""
    later = NOON + timedelta(hours=3)
    ended = resolved(ALERT, later, ALERT.evidence)
    assert (ended.alert_id, ended.fired_at, ended.state, ended.resolved_at) == (ALERT.alert_id, NOON, "resolved", later)
