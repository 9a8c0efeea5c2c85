"""Every pass rate in one table: its state, its rate, and what would be noticed how fast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import streamlit as st

from evaluator.api.shapes import MonitorView
from evaluator.monitors.words import RATE_OF_JUDGE
from ui.theme import HELP, LOOKS, ORDER, ROW_HEIGHT, UNKNOWN, Look, look
from ui.words import cell, count, noticed, percent, span, unscored

ROWS_SHOWN = 15


def monitor_table(monitors: Sequence[MonitorView]) -> None:
    """One row per feature and judge, the troubled first; a click opens the monitor's page."""
    rates = [monitor for monitor in monitors if monitor.metric == RATE_OF_JUDGE]
    if not rates:
        return
    shown = sorted(rates, key=lambda m: (rank(m.state), m.feature, m.judge))
    lacking = any(monitor.current.unscored for monitor in shown)
    st.subheader("Every feature and judge", anchor=False)
    picked = st.dataframe(
        [row(monitor, lacking=lacking) for monitor in shown],
        column_config=_columns(_lowest(shown)) | {"State": wide_enough(shown)},
        hide_index=True,
        row_height=ROW_HEIGHT,
        height="content" if len(shown) <= ROWS_SHOWN else ROW_HEIGHT * (ROWS_SHOWN + 1),
        on_select="rerun",
        selection_mode="single-cell",
        key="monitors",
        alt="Pass rate and state of every monitor",
    )
    st.caption(
        "Click a row to open it. Seen in 1, 3, 7 d: the smallest drop, in percentage points, that would be found "
        "within so many days half of the time, at the present number of votes."
    )
    opened(picked, shown)


def opened(picked: Any, shown: Sequence[MonitorView]) -> None:
    """Opens the page of the monitor whose row was clicked, if any was."""
    cells = picked["selection"]["cells"]
    if cells:
        st.switch_page("pages/regression.py", query_params={"monitor": shown[cells[0][0]].monitor_id})


def row(monitor: MonitorView, *, lacking: bool) -> dict[str, Any]:
    """A monitor as a row of text; foreign names cannot act as formulas in a download.

    `lacking`: some monitor lacks verdicts; where none does, there is no column for the bounds.
    """
    shown = look(monitor.state)
    return {
        "State": [f"{shown.sign} {shown.word}"],
        "Feature": cell(monitor.feature),
        "Judge": cell(monitor.judge),
        "Pass rate": percent(monitor.current.rate),
        "95 % interval": span(monitor.current),
        **({"With unscored": unscored(monitor.current)} if lacking else {}),
        "n": count(monitor.current.n),
        "Baseline": percent(monitor.baseline.rate) if monitor.baseline else "none yet",
        "Recent": [step.rate for step in monitor.recent],
        **{f"Seen in {days} d": noticed(monitor.detectable, days, rise=monitor.bad == "up") for days in (1, 3, 7)},
    }


def state_column(known: Iterable[Look] = LOOKS.values(), width: int = 95) -> Any:
    """States as coloured words."""
    looks = [*known, UNKNOWN]
    told = [f"{LOOKS[state].word}: {words}" for state, words in HELP.items() if LOOKS[state] in looks]
    return st.column_config.MultiselectColumn(
        options=[f"{shown.sign} {shown.word}" for shown in looks],
        color=[shown.colour for shown in looks],
        width=width,
        help="  \n".join(told),
    )


def wide_enough(monitors: Iterable[MonitorView]) -> Any:
    """The column of states, wider where the longest word stands in it."""
    return state_column(width=122 if any(one.state == "judge_broken" for one in monitors) else 95)


def _columns(lowest: float) -> dict[str, Any]:
    text = st.column_config.TextColumn
    return {
        "Feature": text(width=140),
        "Judge": text(width=125),
        "Pass rate": text(help="Share of passes in the monitor's current window", width=78, alignment="right"),
        "95 % interval": text(width=102, alignment="right"),
        "With unscored": text(
            help="What the rate would be if all that were not judged had failed, or passed; empty where none did.",
            width=110,
            alignment="right",
        ),
        "n": text(help="Votes: one per session", width=55, alignment="right"),
        "Baseline": text(width=75, alignment="right"),
        "Recent": st.column_config.LineChartColumn(
            help="Pass rate of recent steps, on one scale for all rows", width=80, y_min=lowest, y_max=1.0
        ),
        **{f"Seen in {days} d": text(width=86, alignment="right") for days in (1, 3, 7)},
    }


def rank(state: str) -> int:
    """The troubled come first."""
    return ORDER.index(state) if state in ORDER else len(ORDER)


def _lowest(monitors: Sequence[MonitorView]) -> float:
    # One scale for all rows: each on its own would make noise look like a fall.
    rates = [step.rate for monitor in monitors for step in monitor.recent if step.rate is not None]
    return min([*rates, 0.9])
