"""How a metric's votes are spread, before and now: by value or by label, and their quantiles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from evaluator.api.distribution_shapes import BinView, DistributionView, QuantileView
from evaluator.distribution.scale import bin_name, figure, stands_alone
from ui.components import table
from ui.components.axes import show
from ui.components.distribution_chart import BEFORE, NOW, bars, outlines
from ui.components.reader import reader_zone
from ui.components.regression_files import Files
from ui.moments import moment
from ui.words import cell, count, metric_name

ANCHOR = "distribution"


def distribution(view: DistributionView, files: Files) -> None:
    """The section of the regression page; nothing where the metric has no distribution, or no vote."""
    if view.kind == "none" or not view.bins:
        return
    st.subheader(f"{metric_name(view.metric)}: how it is spread", anchor=ANCHOR)
    drawn = bars(view) if stands_alone(view) else outlines(view)
    show(drawn, f"{metric_name(view.metric)} before and now, as shares of the votes")
    st.caption(key_words(view))
    files.offer("distribution", bin_rows(view), anchor=ANCHOR)
    tables(view)


def key_words(view: DistributionView) -> str:
    """What is compared, and what the lines mean."""
    zone = reader_zone()
    now = f"Now, solid and filled: {count(round(view.now.n))} votes since {moment(view.now.start, zone)}."
    if view.before is None:
        return f"{now} There is no baseline yet to compare with."
    before = (
        f"Before, dashed: the baseline, {count(round(view.before.n))} votes from {moment(view.before.start, zone)}."
    )
    if stands_alone(view):
        return f"{before} {now} Thin lines: 95 % intervals."
    edge = " Orange: from there on lies the share that the monitor speaks of." if view.edge else ""
    return f"{before} {now} Dotted: quantiles of the baseline.{edge} Hover a bin for its numbers."


def tables(view: DistributionView) -> None:
    """Quantiles, or the shares of labels, as figures."""
    if view.quantiles:
        table.table(view.quantiles, quantile_columns(view), key="quantiles", alt="Quantiles before and now")
        st.caption(
            "So many percent of the votes lie below a quantile. “Beyond it now”: the share of now above the one before."
        )
    if stands_alone(view) and view.kind == "category":
        table.table(view.bins, label_columns(view), key="labels", alt="Shares of labels before and now")


def quantile_columns(view: DistributionView) -> Sequence[table.Column[QuantileView]]:
    """Before, now and the change between them."""
    unit = f", {view.unit}" if view.unit else ""

    def rounded(value: float | None) -> float | None:
        return None if value is None else float(f"{value:.3g}") if not view.whole else round(value)

    def spread(lo: float | None, hi: float | None) -> str | None:
        if lo is None or hi is None:
            return None
        return "–".join(figure(end, view.metric) for end in (lo, hi))

    return [
        table.name("Quantile", lambda one: one.name, 80),
        table.number(f"Before{unit}", lambda one: rounded(one.before), 110, form="plain"),
        table.number(f"Now{unit}", lambda one: rounded(one.now), 110, form="plain"),
        table.number("Change, %", lambda one: changed(one), 95, form="%+.1f"),
        table.share("Beyond it now", lambda one: one.beyond and one.beyond.share, 120),
        table.name("95 % before", lambda one: spread(one.before_lo, one.before_hi), 130),
        table.name("95 % now", lambda one: spread(one.now_lo, one.now_hi), 130),
    ]


def changed(one: QuantileView) -> float | None:
    """How much larger it is now, in percent."""
    return None if not one.before or one.now is None else 100 * (one.now / one.before - 1)


def label_columns(view: DistributionView) -> Sequence[table.Column[BinView]]:
    """Shares, what became of them, and the votes behind."""

    def moved(one: BinView) -> float | None:
        before, now = one.before.share, one.now.share
        return None if before is None or now is None else now - before

    return [
        table.name(metric_name(view.metric), lambda one: bin_name(one, view.metric), 220),
        table.share("Before", lambda one: one.before.share, 85),
        table.share("Now", lambda one: one.now.share, 85),
        table.points("Change, points", moved, 115),
        table.number("n before", lambda one: round(one.before.votes, 1), 85),
        table.number("n now", lambda one: round(one.now.votes, 1), 85),
    ]


def bin_rows(view: DistributionView) -> list[dict[str, Any]]:
    """The bins for a file."""
    return [
        {
            "label": None if one.label is None else cell(bin_name(one, view.metric)),
            "low": one.low,
            "high": one.high,
            **{
                f"{field}_{when}": getattr(piece, field)
                for when, piece in ((BEFORE, one.before), (NOW, one.now))
                for field in ("votes", "share", "lo", "hi")
            },
        }
        for one in view.bins
    ]
