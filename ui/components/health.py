"""The answer to "is it healthy now?" in one line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from evaluator.api.rule_shapes import RuleView
from evaluator.api.shapes import MonitorView
from ui.components.alarms import leads
from ui.components.reader import reader_zone
from ui.moments import moment
from ui.theme import look, rank

FIRING = "firing"
SEEN_TO = "acknowledged"


def health(monitors: Sequence[MonitorView], rules: Sequence[RuleView]) -> None:
    """The state of everything in words, how much is in which state, and when it was last looked at.

    Of the plain rules those count that fire.
    """
    broken = sum(rule.state == FIRING for rule in rules)
    states = Counter(monitor.state for monitor in monitors)
    icon, words = summary(states, len(leads(monitors)), broken)
    st.header(f"{icon} {words}", anchor=False)
    with st.container(horizontal=True, vertical_alignment="center"):
        for state, counted in badges(states, broken):
            shown = look(state)
            st.badge(f"{counted} {shown.word}", icon=shown.icon, color=shown.colour)
        looks = [*(monitor.checked_until for monitor in monitors), *(rule.looked_at for rule in rules)]
        st.caption(f"Last look: {moment(max(filter(None, looks), default=None), reader_zone())}", width="content")


def badges(states: Counter[str], rules: int) -> list[tuple[str, str]]:
    """States and how many are in them, the troubled first, then the rules that fire; what is counted is said once.

    >>> badges(Counter(ok=20, firing=7), 1)
    [('firing', '7 monitors'), ('ok', '20'), ('firing', '1 plain rule')]
    """
    ordered = sorted(states, key=rank)
    monitors = [
        (state, str(states[state]) if place else _counted(states[state], "monitor"))
        for place, state in enumerate(ordered)
    ]
    return monitors + ([(FIRING, _counted(rules, "plain rule"))] if rules else [])


def summary(states: Counter[str], regressions: int, rules: int) -> tuple[str, str]:
    """An icon, and how everything is in a line."""
    if states[FIRING] or states[SEEN_TO] or rules:
        told = [_counted(n, what) for n, what in ((regressions, "regression"), (rules, "plain rule")) if n]
        verb = "is" if regressions + rules == 1 else "are"
        seen = "" if states[FIRING] or rules else ", and somebody sees to it"
        return ":red[:material/notifications_active:]", f"{' and '.join(told)} {verb} firing{seen}"
    if broken := states["judge_broken"]:
        return ":orange[:material/error:]", f"Nothing is firing, but a judge fails: {_counted(broken, 'monitor')} blind"
    if states["ok"] or states["pending"]:
        unseen = f", {_counted(silent, 'monitor')} without data" if (silent := states["no_data"]) else ""
        return ":green[:material/check_circle:]", f"Healthy: nothing is firing{unseen}"
    if states["no_data"] and not states["insufficient"]:
        unseen = _counted(states["no_data"], "monitor")
        return ":orange[:material/do_not_disturb_on:]", f"Nothing to judge of late: {unseen} without data"
    if states:
        return ":blue[:material/hourglass_top:]", "Learning what normal is: no baseline yet"
    return ":blue[:material/hourglass_top:]", "Samples arrive, no verdicts yet"


def _counted(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"
