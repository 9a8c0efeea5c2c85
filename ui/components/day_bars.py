"""What became of each day's samples, as bars."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any

import altair as alt

from evaluator.api.judge_shapes import CoverageDay
from ui.components.axes import Spec, chart, layered, show
from ui.components.chart_files import chart_files
from ui.theme import BASELINE, FIRED, LINE, ONSET, RESOLVED

COLOURS = {
    "judged": RESOLVED,
    "judge errors": FIRED,
    "skipped": ONSET,
    "waiting": LINE,
    "not chosen": "#c7d3dd",
    "not for this judge": "#b5b5b5",
    "without text": BASELINE,
    "not kept": "#e3e3e3",
}
HEIGHT = 340


def day_bars(days: Sequence[CoverageDay]) -> None:
    """A bar per day of one feature at one judge, from what was judged at its foot to what was not kept."""
    show(bars_chart(days, datetime.now(UTC).date()), "What became of the samples of each day")
    rows = [{"day_utc": day.day.isoformat(), **{piece["what"]: piece["n"] for piece in pieces(day)}} for day in days]
    # Without names in the address the least judged row is shown, which tomorrow may be another one.
    row = days[0]
    chart_files(f"{row.feature} {row.judge}", "coverage by day", rows, feature=row.feature, judge=row.judge)


def bars_chart(days: Sequence[CoverageDay], today: date) -> Spec:
    """The bars of these days, in which only what occurs has a colour."""
    parts = [part | {"day": day_words(day.day, today)} for day in days for part in pieces(day)]
    occurring = {part["what"] for part in parts}
    order = [what for what in COLOURS if what in occurring]
    bars = (
        chart(parts)
        .mark_bar()
        .encode(
            x=alt.X("day:O", title=None, sort=None, axis=alt.Axis(labelAngle=0, labelOverlap=True)),
            y=alt.Y("n:Q", title="samples"),
            color=alt.Color(
                "what:N",
                scale=alt.Scale(domain=order, range=[COLOURS[what] for what in order]),
                legend=alt.Legend(title=None, orient="bottom", columns=2),
            ),
            order=alt.Order("place:Q"),
            tooltip=[alt.Tooltip("day:O", title="day (UTC)"), alt.Tooltip("what:N"), alt.Tooltip("n:Q", format=",")],
        )
    )
    return layered([bars], HEIGHT)


def day_words(day: date, today: date) -> str:
    """A day under its bar, short for narrow screens; the day that is not over is marked.

    >>> day_words(date(2026, 11, 20), date(2026, 11, 20)), day_words(date(2026, 11, 9), date(2026, 11, 20))
    ('today', '9 Nov')
    """
    return "today" if day == today else f"{day.day} {day:%b}"


def pieces(day: CoverageDay) -> Iterator[dict[str, Any]]:
    """The parts of one day's bar; nothing for what is 0."""
    counts = {
        "judged": day.ok,
        "judge errors": sum(day.errors.values()),
        "skipped": sum(day.skipped.values()),
        "waiting": day.waiting + day.overdue,
        "not chosen": sum(day.not_chosen.values()),
        "not for this judge": day.with_text - day.applies,
        "without text": sum(day.no_text.values()),
        "not kept": sum(day.not_kept.values()),
    }
    for place, (what, n) in enumerate(counts.items()):
        if n:
            yield {"what": what, "n": n, "place": place}
