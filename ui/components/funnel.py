"""From what arrived to what was judged, for each feature and judge."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any

import streamlit as st

from evaluator.api.judge_shapes import CoverageDay, CoverageView
from ui.components.coverage import reasons
from ui.components.day_bars import day_bars
from ui.theme import ROW_HEIGHT
from ui.words import cell, one_line, percent

ROWS_SHOWN = 12
STEPS = {"arrived": "Arrived", "kept": "Kept", "with_text": "With text", "applies": "Applies", "chosen": "Chosen"}
Rows = Sequence[CoverageDay]


def funnel_table(days: Rows) -> None:
    """One row per feature and judge: each count is what is left of the one before it."""
    st.subheader("Coverage", anchor=False)
    if not days:
        st.caption("No judge looks at these features: `leadline doctor` says what to do.")
        return
    shown = [row(part) for part in parts(days)]
    st.dataframe(
        shown,
        column_config=_columns(),
        hide_index=True,
        row_height=ROW_HEIGHT,
        height="content" if len(shown) <= ROWS_SHOWN else ROW_HEIGHT * (ROWS_SHOWN + 1),
        key="funnel",
        alt="From what arrived to what was judged, by feature and judge",
    )
    st.caption("Judged: of what was chosen and not skipped, the share that has a verdict. By day: verdicts.")


def parts(days: Rows) -> list[Rows]:
    """The days of each feature and judge, those with the lowest share judged first."""
    ordered = sorted(days, key=lambda day: (day.feature, day.judge, day.day))
    grouped = [list(group) for _, group in groupby(ordered, key=lambda day: (day.feature, day.judge))]
    return sorted(grouped, key=lambda part: (judged(part) is None, judged(part) or 0.0))


def judged(part: Rows) -> float | None:
    """Of what was chosen and not skipped, the share that has a verdict; None when nothing was."""
    skipped = sum(total(part, "skipped").values())
    chosen = sum(day.chosen for day in part) - skipped
    return sum(day.ok for day in part) / chosen if chosen else None


def total(part: Rows, name: str) -> Counter[str]:
    """The reasons of one kind, over all days."""
    sums = Counter[str]()
    for day in part:
        sums.update(getattr(day, name))
    return sums


def row(part: Rows) -> dict[str, Any]:
    """One feature at one judge as a row; foreign names cannot act as formulas in a download."""
    return {
        "Feature": cell(part[0].feature),
        "Judge": cell(part[0].judge),
        "Judged": percent(judged(part)),
        **{title: sum(getattr(day, step) for day in part) for step, title in STEPS.items()},
        "Verdicts": sum(day.ok for day in part),
        "Judge errors": total(part, "errors").total(),
        "Skipped": total(part, "skipped").total(),
        "Waiting": sum(day.waiting + day.overdue for day in part),
        "By day": [day.ok for day in part],
    }


def choose_row(days: Rows) -> Rows | None:
    """The feature and judge to look at closer; the one with the lowest share judged unless the reader picks one."""
    known = {(part[0].feature, part[0].judge): part for part in parts(days)}
    if not known:
        return None
    heading = st.container()
    picked = st.selectbox(
        "Feature and judge", list(known), format_func=lambda key: f"{one_line(key[0])} · {one_line(key[1])}", key="row"
    )
    chosen = known.get(picked) if picked else None
    missing = chosen is not None and any(day.arrived > day.ok for day in chosen)
    heading.subheader("Why the rest was not judged" if missing else "Day by day", anchor=False)
    return chosen


def way(part: Rows) -> None:
    """One feature at one judge: day by day as bars, and the reasons at every step."""
    day_bars(part)
    for title, name in (("Not kept", "not_kept"), ("Without text", "no_text"), ("Not chosen", "not_chosen")):
        reasons(title, total(part, name))
    other = sum(day.with_text - day.applies for day in part)
    if other:
        st.caption(f"Not a sample that the judge applies to: {other:,}")
    for title, name in (("Judge errors", "errors"), ("Skipped", "skipped")):
        reasons(title, total(part, name))
    if overdue := sum(day.overdue for day in part):
        st.caption(f"Waited longer than pipeline.window_days, and not looked for any more: {overdue:,}")


def superseded(coverage: CoverageView) -> None:
    """Verdicts of versions that the judges no longer have: they are none of the table's."""
    present = {(day.judge, day.judge_version) for day in coverage.days}
    named = {judge for judge, _ in present}
    past = Counter[str]()
    for row in coverage.judges:
        if row.judge in named and (row.judge, row.judge_version) not in present:
            past[f"{row.judge} {row.judge_version}"] += row.n
    reasons("Verdicts of earlier versions, not counted above", past)


def _columns() -> dict[str, Any]:
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    counts = [*STEPS.values(), "Verdicts", "Skipped", "Waiting"]
    return {
        "Feature": text(width=135),
        "Judge": text(width=125),
        "Judged": text(width=70, alignment="right"),
        **{name: number(width=74, format="localized") for name in counts},
        "Judge errors": number(width=92, format="localized"),
        "By day": st.column_config.BarChartColumn(width=100, y_min=0),
    }
