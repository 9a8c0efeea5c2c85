"""Every pass rate in one table: its state, its rate, how today differs, and what would be noticed how fast."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import partial

import streamlit as st

from evaluator.api.shapes import MonitorView
from evaluator.api.usage_shapes import Difference, PassRates
from evaluator.monitors.words import RATE_OF_JUDGE
from ui.components.table import Column, name, number, picking_table, points, share, trend
from ui.components.table import state as state_of
from ui.theme import HELP, LOOKS, Look, look, rank
from ui.words import smallest, span, unscored

Key = tuple[str, str, str]
"""Feature, judge and its version."""


def monitor_table(monitors: Sequence[MonitorView], rates: Sequence[PassRates]) -> None:
    """One row per feature and judge, the troubled first; a click opens the monitor's page."""
    shown = ranked(monitors)
    if not shown:
        return
    st.subheader("Every feature and judge", anchor=False)
    picked = picking_table(shown, columns(shown, rates), key="monitors", alt="Pass rate and state of every monitor")
    st.caption(
        "Click a row to open it. Seen in 1, 3, 7 d: the smallest drop, in percentage points, that would be found "
        "within so many days half of the time, at the present number of votes. Today less yesterday, and less the same "
        "day of last week: points up to the same time of day, only where the votes do not explain them by chance."
    )
    opened(picked)


def ranked(monitors: Sequence[MonitorView]) -> list[MonitorView]:
    """The pass rates, the troubled first."""
    rates = [monitor for monitor in monitors if monitor.metric == RATE_OF_JUDGE]
    return sorted(rates, key=lambda m: (rank(m.state), m.feature, m.judge))


def opened(picked: MonitorView | None) -> None:
    """Opens the page of the monitor whose row was clicked, if any was."""
    if picked:
        st.switch_page("pages/regression.py", query_params={"monitor": picked.monitor_id})


def columns(shown: Sequence[MonitorView], rates: Sequence[PassRates]) -> list[Column[MonitorView]]:
    """All of them; those for missing verdicts only where some are missing. A phone shows the first three."""
    known = {(one.feature, one.judge, one.judge_version): one for one in rates}
    lacking = any(monitor.current.unscored for monitor in shown)
    return [
        state_column(shown),
        name("Feature", lambda one: one.feature, 140),
        share("Pass rate", lambda one: one.current.rate, 78, "Share of passes in the monitor's current window"),
        name("Judge", lambda one: one.judge, 125),
        name("95 % interval", lambda one: span(one.current) if one.current.n else None, 102),
        *(_of_lacking() if lacking else ()),
        number("n", lambda one: one.current.n, 55, "Votes: one per session"),
        share("Baseline", lambda one: one.baseline.rate if one.baseline else None, 75, "–: none yet"),
        trend("Recent", lambda one: [step.rate for step in one.recent], 80, RECENT, (_lowest(shown), 1.0)),
        points("Less yesterday", partial(differs, known=known, of="since_yesterday"), 96, DIFFERS),
        points("Less last week", partial(differs, known=known, of="since_last_week"), 96, DIFFERS),
        *(points(f"Seen in {days} d", partial(smallest, days=days), 80, "Points; –: not yet") for days in (1, 3, 7)),
    ]


RECENT = "Pass rate by day, on one scale for all rows"
DIFFERS = "Today's pass rate less that one, in points; –: no more than chance, or nothing to compare"
BOUNDS = "What the rate would be if all that were not judged had failed, or passed"


def _of_lacking() -> Iterable[Column[MonitorView]]:
    return (
        share("Scored", scored, 70, "Of what the judge was to score, the share that it has"),
        name("With unscored", lambda one: unscored(one.current) or None, 110, BOUNDS),
    )


def scored(one: MonitorView) -> float | None:
    """Of the votes that the judge owes, the share that it has given; None when it owes none."""
    whole = one.current.n + one.current.unscored
    return one.current.n / whole if whole else None


def differs(one: MonitorView, known: Mapping[Key, PassRates], of: str) -> float | None:
    """By how much today differs from then, where chance does not explain it."""
    rates = known.get((one.feature, one.judge, one.judge_version))
    told: Difference | None = getattr(rates, of) if rates else None
    return told.change if told and told.beyond_chance else None


def state_column(monitors: Sequence[MonitorView]) -> Column[MonitorView]:
    """States as coloured words, wider where the longest word stands in it."""
    width = 122 if any(one.state == "judge_broken" for one in monitors) else 95
    return state_of("State", lambda one: look(one.state), LOOKS.values(), width, explained(LOOKS.values()))


def explained(known: Iterable[Look]) -> str:
    """What these states mean, where their words do not say it."""
    looks = list(known)
    return "  \n".join(f"{LOOKS[state].word}: {words}" for state, words in HELP.items() if LOOKS[state] in looks)


def _lowest(monitors: Sequence[MonitorView]) -> float:
    # One scale for all rows: each on its own would make noise look like a fall.
    rates = [step.rate for monitor in monitors for step in monitor.recent if step.rate is not None]
    return min([*rates, 0.9])
