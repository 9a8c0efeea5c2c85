"""The drawing of a distribution: two outlines over each other for numbers, bars beside each other for labels."""

from __future__ import annotations

from typing import Any

import altair as alt

from evaluator.api.distribution_shapes import BinView, DistributionView, PieceView
from evaluator.distribution.scale import bin_name, edge_name, place_of, ticks
from ui.components.axes import Spec, chart, layered
from ui.theme import BASELINE, FIRED, LINE
from ui.words import count, metric_name, one_line

BEFORE, NOW = "before", "now"
HEIGHT = 280
FRAME = 110
"""Pixels that legend and axis take."""
LABEL = 26
"""Letters of a label that fit beside its bars on a phone."""
DOMAIN = [BEFORE, NOW]
SCALE = alt.Scale(domain=DOMAIN, range=[BASELINE, LINE])
DASHES = alt.Scale(domain=DOMAIN, range=[[5, 3], [1, 0]])
FILLS = alt.Scale(domain=DOMAIN, range=[0.08, 0.7])
LEGEND = alt.Legend(title=None, orient="top", symbolStrokeWidth=2)


def outlines(view: DistributionView) -> Spec:
    """Two outlines over each other: before dashed and hollow, now solid and filled; quantiles of before as lines."""
    rows = steps(view)
    x = alt.X(
        "at:Q",
        title=axis_title(view),
        scale=alt.Scale(domain=[0, len(view.bins)], nice=False),
        axis=alt.Axis(values=ticks(len(view.bins)), labelExpr=tick_words(view), grid=False, labelFlush=True),
    )
    y = alt.Y("share:Q", title="share of the votes", axis=alt.Axis(format="~%", tickCount=4))
    colour = alt.Color("when:N", scale=SCALE, legend=LEGEND)
    dashes = alt.StrokeDash("when:N", scale=DASHES, legend=LEGEND)
    filled = [row for row in rows if row["when"] == NOW]
    area = chart(filled).mark_area(color=LINE, opacity=0.25, interpolate="step-after").encode(x=x, y=y)
    line = (
        chart(rows).mark_line(strokeWidth=2, interpolate="step-after").encode(x=x, y=y, color=colour, strokeDash=dashes)
    )
    bins = chart([row for row in rows if row["what"]]).mark_rect(opacity=0.01)
    seen = bins.encode(x=x, x2=alt.X2("end:Q"), y=alt.Y("most:Q"), y2=alt.datum(0), tooltip=tooltips(view))
    return layered([area, line, *cuts(view, x), seen], HEIGHT)


def steps(view: DistributionView) -> list[dict[str, Any]]:
    """A row of each side for each bin, and one more at the end, where the outline closes."""
    shown = [when for when in (BEFORE, NOW) if when == NOW or view.before]
    rows = []
    for place, one in enumerate(view.bins):
        most = max(piece.share or 0.0 for piece in (one.before, one.now))
        for when in shown:
            told = told_of(one, when, view)
            rows.append({"at": place, "end": place + 1, "most": most, **told})
    last = [row for row in rows if row["at"] == len(view.bins) - 1]
    return [*rows, *({**row, "at": len(view.bins), "what": ""} for row in last)]


def told_of(one: BinView, when: str, view: DistributionView) -> dict[str, Any]:
    """One side of a bin as a row of a chart's data, with both sides for who hovers it."""
    piece: PieceView = one.before if when == BEFORE else one.now
    words = {name: piece_words(side) for name, side in ((BEFORE, one.before), (NOW, one.now))}
    return {
        "when": when,
        "what": one_line(bin_name(one, view.metric)),
        "share": piece.share or 0.0,
        "lo": piece.lo,
        "hi": piece.hi,
        "n": piece.votes,
        **{f"{name}_words": told for name, told in words.items()},
    }


def piece_words(piece: PieceView) -> str:
    """A share with its interval and votes.

    >>> piece_words(PieceView(votes=12, share=0.12, lo=0.07, hi=0.198))
    '12.0 % (95 %: 7.0–19.8), n = 12'
    """
    if piece.share is None or piece.lo is None or piece.hi is None:
        return "no votes"
    bounds = f"95 %: {100 * piece.lo:.1f}–{100 * piece.hi:.1f}"
    return f"{100 * piece.share:.1f} % ({bounds}), n = {count(round(piece.votes, 1))}"


def tooltips(view: DistributionView) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("what:N", title=one_line(metric_name(view.metric).lower(), 40)),
        alt.Tooltip("before_words:N", title=BEFORE),
        alt.Tooltip("now_words:N", title=NOW),
    ]


def cuts(view: DistributionView, x: alt.X) -> list[alt.Chart]:
    """The quantiles of before as named lines, and where the share begins that the monitor speaks of."""
    drawn = []
    for one in view.quantiles:
        if one.before is not None and one.name != "mean":
            drawn += named_rule(x, place_of(one.before, view), one.name, BASELINE)
    if view.edge:
        up = view.edge.direction == "up"
        drawn += named_rule(x, place_of(view.edge.value, view), "watched →" if up else "← watched", FIRED, up=up)
    return drawn


def named_rule(x: alt.X, at: float, name: str, colour: str, *, up: bool | None = None) -> list[alt.Chart]:
    """A vertical line with its name above the plot; what is watched has a row of its own, and leans to its side."""
    data, row = chart([{"at": at, "name": name}]), 0 if up is None else 1
    rule = data.mark_rule(color=colour, strokeDash=[2, 3] if row else [1, 3], strokeWidth=1.5)
    text = data.mark_text(
        align="right" if up is False else "left",
        y=-6 - 13 * row,
        dx=2 if up is False else -2,
        color=colour,
        fontSize=11,
    )
    return [rule.encode(x=x), text.encode(x=x, text=alt.Text("name:N"))]


def tick_words(view: DistributionView) -> str:
    """The names of the ticks as an expression; they are numbers of ours."""
    words = [f"datum.value == {at} ? '{edge_name(at, view)}' : " for at in ticks(len(view.bins))]
    return f"{''.join(words)}''"


def bars(view: DistributionView) -> Spec:
    """Two bars for each label or grade: before hollow with a dashed edge, now filled; each with its interval."""
    shown = [when for when in (BEFORE, NOW) if when == NOW or view.before]
    names = bar_names(view)
    rows = [
        {"label": name, **told_of(one, when, view)}
        for name, one in zip(names, view.bins, strict=True)
        for when in shown
    ]
    most = max((row["hi"] or 0.0 for row in rows), default=1.0)
    y = alt.Y("label:N", sort=names, title=None, axis=alt.Axis(labelLimit=180, labelOverlap=False))
    offset = alt.YOffset("when:N", scale=alt.Scale(domain=shown, paddingInner=0.15))
    scale = alt.Scale(domain=[0, min(1.02 * most, 1.0)])
    x = alt.X("share:Q", title="share of the votes", scale=scale, axis=alt.Axis(format="~%", tickCount=4))
    drawn = chart(rows).mark_bar(strokeWidth=1.5)
    drawn = drawn.encode(
        x=x,
        y=y,
        yOffset=offset,
        tooltip=tooltips(view),
        fill=alt.Fill("when:N", scale=SCALE, legend=LEGEND),
        stroke=alt.Stroke("when:N", scale=SCALE, legend=LEGEND),
        strokeDash=alt.StrokeDash("when:N", scale=DASHES, legend=LEGEND),
        fillOpacity=alt.FillOpacity("when:O", sort=DOMAIN, scale=FILLS, legend=LEGEND),
    )
    rule = chart(rows).mark_rule(strokeWidth=1.5, color=BASELINE)
    spans = rule.encode(x=alt.X("lo:Q"), x2=alt.X2("hi:Q"), y=y, yOffset=offset)
    return layered([drawn, spans], 20 * len(shown) * len(names) + FRAME)


def bar_names(view: DistributionView) -> list[str]:
    """The labels as they fit beside the bars, those that were cut to the same still apart."""
    found: list[str] = []
    for one in view.bins:
        name = short = one_line(bin_name(one, view.metric), LABEL)
        number = 2
        while name in found:
            name, number = f"{short} ({number})", number + 1
        found.append(name)
    return found


def axis_title(view: DistributionView) -> str:
    """What is measured, in which unit, and that the steps are no equal distances."""
    unit = f", {view.unit}" if view.unit else ""
    return f"{metric_name(view.metric).lower()}{unit}{' (logarithmic)' if view.kind == 'number' else ''}"
