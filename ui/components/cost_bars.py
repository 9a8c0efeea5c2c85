"""What judging cost on each day, as bars: a colour for each of the dearest judges or features."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from operator import attrgetter
from typing import Any

import altair as alt
import streamlit as st

from evaluator.api.judge_shapes import CostRow
from ui.components.axes import Spec, chart, layered, show
from ui.components.chart_files import chart_files
from ui.components.cost_filters import Chosen
from ui.components.day_bars import day_words
from ui.cost_words import added_by
from ui.theme import BASELINE, FIRED, LINE, MARKER, ONSET, RESOLVED
from ui.words import one_line

COLOURS = (LINE, ONSET, RESOLVED, FIRED, MARKER)
OTHERS = "others"
NONE = "no feature"
"""Trials of rubrics belong to none."""
HEIGHT = 260
LETTERS = 32


def cost_bars(rows: Sequence[CostRow], chosen: Chosen, today: date, limit: float | None) -> None:
    """A bar per UTC day, parted by judge or feature; the budget of a day as a dashed line where there is one."""
    show(bars_chart(rows, chosen, today, limit), f"What judging cost on each day, by {chosen.by.lower()}")
    if limit:
        st.caption(f"Dashed: the budget of {'this judge' if chosen.judge else 'all judges'} for a day.")
    chart_files("judging", "cost by day", file_rows(rows))


def file_rows(rows: Sequence[CostRow]) -> list[dict[str, Any]]:
    """What the bars are made of, oldest day first, with whole names and nothing taken together."""
    told = sorted((one for one in rows if one.known_usd), key=lambda one: (one.day, one.feature, one.judge))
    fields = {"feature", "judge", "verdicts", "unpriced", "known_usd"}
    return [{"day_utc": one.day, **one.model_dump(include=fields)} for one in told]


def bars_chart(rows: Sequence[CostRow], chosen: Chosen, today: date, limit: float | None) -> Spec:
    """The bars, and the limit over them."""
    by = chosen.by
    parts, order = pieces(rows, by, today, chosen.days)
    names = [day_words(today - timedelta(days=n), today) for n in range(chosen.days - 1, -1, -1)]
    colours = [*COLOURS[: len(order) - (OTHERS in order)], *([BASELINE] if OTHERS in order else [])]
    bars = (
        chart(parts)
        .mark_bar()
        .encode(
            x=alt.X("day:O", title=None, scale=alt.Scale(domain=names), axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("usd:Q", title="USD"),
            color=alt.Color(
                "what:N",
                scale=alt.Scale(domain=order, range=colours),
                legend=alt.Legend(title=None, orient="bottom", columns=2, labelLimit=260),
            ),
            order=alt.Order("place:Q"),
            tooltip=[
                alt.Tooltip("day:O", title="day (UTC)"),
                alt.Tooltip("what:N", title=by.lower()),
                alt.Tooltip("usd:Q", title="USD", format=",.4f"),
                alt.Tooltip("verdicts:Q", title="verdicts", format=","),
            ],
        )
    )
    rule = chart([{"usd": limit}]).mark_rule(color=FIRED, strokeDash=[5, 4]).encode(y=alt.Y("usd:Q")) if limit else None
    return layered([bars, rule] if rule else [bars], HEIGHT)


def pieces(rows: Sequence[CostRow], by: str, today: date, days: int) -> tuple[list[dict[str, Any]], list[str]]:
    """The parts of the bars, and their names, the dearest first; names that look alike are told apart by a number."""
    of = attrgetter(by.lower())
    dearest = [one.name for one in added_by(rows, of) if one.usd]
    named = {name: one_line(name, LETTERS) or NONE for name in dearest[: len(COLOURS)]}
    for place, (name, told) in enumerate(list(named.items())):
        if list(named.values()).count(told) > 1 or told == OTHERS:
            named[name] = f"{told} ({place + 1})"
    order = [*named.values(), *([OTHERS] if len(dearest) > len(COLOURS) else [])]
    first = (today - timedelta(days=days - 1)).isoformat()
    sums: dict[tuple[str, str], list[float]] = {}
    for one in rows:
        if one.day >= first and one.known_usd:
            whole = sums.setdefault((one.day, named.get(of(one), OTHERS)), [0.0, 0.0])
            whole[0] += one.known_usd
            whole[1] += one.verdicts
    return [
        {"day": day_words(date.fromisoformat(day), today), "what": what, "usd": usd, "verdicts": n}
        | {"place": order.index(what)}
        for (day, what), (usd, n) in sums.items()
    ], order
