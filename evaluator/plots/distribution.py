"""How votes are spread before and now: two outlines over each other, or two bars for each label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evaluator.plots import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE_LETTERS = 72
LABEL_LETTERS = 30
BEFORE, NOW = "before", "now"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bin or label with its shares of the votes before (None: there is no baseline) and now."""

    name: str
    before: float | None
    now: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What the chart shows. Of a scale, `edges` names some edges between bins by their place, and `marks` are named
    places on it; without edges the bars stand for labels. Names and titles may hold anything."""

    title: str
    measure: str
    bars: Sequence[Bar]
    edges: Mapping[int, str] = field(default_factory=dict)
    marks: Sequence[tuple[str, float]] = ()


def chart(spread: Spread, width: int = 1000, height: int = 420) -> bytes:
    """The chart as a PNG of this size in pixels."""
    return canvas.picture(lambda figure: draw(figure, spread), width, height)


def draw(figure: Figure, spread: Spread) -> None:
    """Draws the chart on an empty figure."""
    from matplotlib.ticker import PercentFormatter

    axes: Axes = figure.add_subplot()
    canvas.tidy(axes)
    (_outlines if spread.edges else _labels)(axes, spread)
    shares = axes.yaxis if spread.edges else axes.xaxis
    shares.set_major_formatter(PercentFormatter(1.0, decimals=None, symbol=" %"))
    canvas.heading(figure, spread.title, TITLE_LETTERS)
    canvas.key(figure)


def _outlines(axes: Axes, spread: Spread) -> None:
    places = list(range(len(spread.bars) + 1))
    now = [bar.now or 0.0 for bar in spread.bars]
    axes.stairs(now, places, fill=True, color=canvas.LINE, alpha=0.25)
    axes.stairs(now, places, color=canvas.LINE, linewidth=2, label=NOW)
    if any(bar.before is not None for bar in spread.bars):
        before = [bar.before or 0.0 for bar in spread.bars]
        axes.stairs(before, places, color=canvas.BASELINE, linewidth=2, linestyle="--", label=BEFORE)
    for name, place in spread.marks:
        axes.axvline(place, color=canvas.BASELINE, linewidth=1.2, linestyle=":")
        axes.annotate(
            name, (place, 1.0), xycoords=("data", "axes fraction"), fontsize=11, color=canvas.INK, va="bottom"
        )
    axes.set_xticks(list(spread.edges), [canvas.shown(name, LABEL_LETTERS) for name in spread.edges.values()])
    axes.set_xlim(0, len(spread.bars))
    axes.set_xlabel(canvas.shown(spread.measure, 80), fontsize=11, color=canvas.INK, parse_math=False)
    axes.set_ylabel("share of the votes", fontsize=11, color=canvas.INK)


def _labels(axes: Axes, spread: Spread) -> None:
    places = range(len(spread.bars))
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", color="#e6e6e6", linewidth=0.8)
    if any(bar.before is not None for bar in spread.bars):
        before = [bar.before or 0.0 for bar in spread.bars]
        above = [place - 0.2 for place in places]
        axes.barh(above, before, height=0.36, facecolor="none", edgecolor=canvas.BASELINE, linestyle="--", label=BEFORE)
    below = [place + 0.2 for place in places]
    axes.barh(below, [bar.now or 0.0 for bar in spread.bars], height=0.36, color=canvas.LINE, alpha=0.75, label=NOW)
    axes.set_yticks(list(places), [canvas.shown(bar.name, LABEL_LETTERS) for bar in spread.bars], parse_math=False)
    axes.invert_yaxis()
    told = canvas.shown(f"share of the votes, by {spread.measure}", 80)
    axes.set_xlabel(told, fontsize=11, color=canvas.INK, parse_math=False)
