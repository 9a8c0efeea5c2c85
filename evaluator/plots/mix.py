"""A change of a share in three bars: as a whole, at the same mix of traffic, and by the mix alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from evaluator.plots import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE_LETTERS = 72
COLOURS = (canvas.BASELINE, canvas.FIRED, canvas.LINE)
HATCHES = ("", "///", "...")
"""So that the bars differ without their colours too."""


@dataclass(frozen=True, slots=True)
class Change:
    """A part of the change, in points, with its 95 % interval."""

    name: str
    size: float
    lo: float
    hi: float


def chart(title: str, split_by: str, changes: Sequence[Change], width: int = 1000, height: int = 320) -> bytes:
    """The chart as a PNG of this size in pixels; `title` and `split_by` may hold anything."""
    return canvas.picture(lambda figure: draw(figure, title, split_by, changes), width, height)


def draw(figure: Figure, title: str, split_by: str, changes: Sequence[Change]) -> None:
    """Draws the chart on an empty figure."""
    axes: Axes = figure.add_subplot()
    canvas.tidy(axes)
    axes.grid(visible=False, axis="y")
    axes.grid(visible=True, axis="x", color="#e6e6e6", linewidth=0.8)
    for place, (one, colour, hatch) in enumerate(zip(changes, COLOURS, HATCHES, strict=True)):
        axes.barh(place, one.size, height=0.55, color=colour, alpha=0.75, hatch=hatch, edgecolor="white")
        axes.plot([one.lo, one.hi], [place, place], color="black", linewidth=1.6)
    axes.axvline(0.0, color=canvas.INK, linewidth=0.8)
    axes.set_yticks(range(len(changes)), [one.name for one in changes])
    axes.invert_yaxis()
    told = canvas.shown(f"change in points, split by {split_by}; lines: 95 % intervals", 90)
    axes.set_xlabel(told, fontsize=11, color=canvas.INK, parse_math=False)
    canvas.heading(figure, title, TITLE_LETTERS)
