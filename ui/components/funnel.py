"""From what arrived to what was judged, for each feature and judge; one closer: ?feature=…&judge=…."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import partial
from itertools import groupby

import streamlit as st

from evaluator.api.judge_shapes import CoverageDay, CoverageView
from ui.components.coverage import reasons
from ui.components.day_bars import day_bars
from ui.components.table import Column, bars, name, number, share, table
from ui.words import one_line

ROWS_SHOWN = 12
STEPS = {"arrived": "Arrived", "kept": "Kept", "with_text": "With text", "applies": "Applies", "chosen": "Chosen"}
Rows = Sequence[CoverageDay]


def funnel_table(days: Rows) -> None:
    """One row per feature and judge: each count is what is left of the one before it."""
    st.subheader("Coverage", anchor=False)
    if not days:
        st.caption("No judge looks at these features: `leadline doctor` says what to do.")
        return
    alt = "From what arrived to what was judged, by feature and judge"
    table(parts(days), columns(), key="funnel", alt=alt, most=ROWS_SHOWN)
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


def total(part: Rows, kind: str) -> Counter[str]:
    """The reasons of one kind, over all days."""
    sums = Counter[str]()
    for day in part:
        sums.update(getattr(day, kind))
    return sums


def columns() -> list[Column[Rows]]:
    """A feature at a judge, and each count of its days in all."""
    return [
        name("Feature", lambda part: part[0].feature, 135),
        name("Judge", lambda part: part[0].judge, 125),
        share("Judged", judged, 70),
        *(number(title, partial(counted, step=step), 74) for step, title in STEPS.items()),
        number("Verdicts", partial(counted, step="ok"), 74),
        number("Judge errors", lambda part: total(part, "errors").total(), 92),
        number("Skipped", lambda part: total(part, "skipped").total(), 74),
        number("Waiting", lambda part: counted(part, "waiting") + counted(part, "overdue"), 74),
        bars("By day", lambda part: [day.ok for day in part], 100),
    ]


def counted(part: Rows, step: str) -> int:
    """One count over all days."""
    return sum(getattr(day, step) for day in part)


def choose_row(days: Rows) -> Rows | None:
    """The feature and judge to look at closer, which the address names; else the one with the lowest share judged."""
    known = {(part[0].feature, part[0].judge): part for part in parts(days)}
    if not known:
        return None
    asked = (st.query_params.get("feature", ""), st.query_params.get("judge", ""))
    if any(asked) and asked not in known:
        st.warning("No such judge looks at such a feature in this time. Choose one:", icon=":material/search_off:")
    heading = st.container()
    shown = asked if asked in known else next(iter(known))
    picked = st.selectbox(
        "Feature and judge",
        list(known),
        index=list(known).index(shown),
        format_func=lambda key: f"{one_line(key[0])} · {one_line(key[1])}",
        # The key follows the address: a link to another row replaces what was picked before.
        key=f"row-{shown}",
    )
    if picked and picked != shown:
        st.query_params.update({"feature": picked[0], "judge": picked[1]})
        st.rerun()
    chosen = known[shown]
    missing = any(day.arrived > day.ok for day in chosen)
    heading.subheader("Why the rest was not judged" if missing else "Day by day", anchor=False)
    return chosen


def way(part: Rows) -> None:
    """One feature at one judge: day by day as bars, and the reasons at every step."""
    day_bars(part)
    for title, kind in (("Not kept", "not_kept"), ("Without text", "no_text"), ("Not chosen", "not_chosen")):
        reasons(title, total(part, kind))
    other = sum(day.with_text - day.applies for day in part)
    if other:
        st.caption(f"Not a sample that the judge applies to: {other:,}")
    for title, kind in (("Judge errors", "errors"), ("Skipped", "skipped")):
        reasons(title, total(part, kind))
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
