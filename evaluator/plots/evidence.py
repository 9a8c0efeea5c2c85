"""The evidence that a share got worse, look by look, beside the level at which an alert fires."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from evaluator.plots import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE_LETTERS = 72


@dataclass(frozen=True, slots=True)
class Look:
    """One look: the evidence and its threshold in powers of ten."""

    at: datetime
    evidence: float
    threshold: float


def chart(title: str, looks: Sequence[Look], width: int = 1000, height: int = 400) -> bytes:
    """The chart as a PNG of this size in pixels; `title` may hold anything."""
    return canvas.picture(lambda figure: draw(figure, title, looks), width, height)


def draw(figure: Figure, title: str, looks: Sequence[Look]) -> None:
    """Draws the chart on an empty figure."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes: Axes = figure.add_subplot()
    canvas.tidy(axes)
    times = [look.at for look in looks]
    axes.plot(times, [look.evidence for look in looks], color=canvas.LINE, linewidth=2, label="evidence")  # type: ignore[arg-type]
    axes.plot(
        times,  # type: ignore[arg-type]
        [look.threshold for look in looks],
        color=canvas.FIRED,
        linewidth=1.6,
        linestyle="--",
        label="an alert fires here",
    )
    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda power, _: f"10^{power:.0f}"))
    axes.set_ylabel("evidence against “nothing changed”", fontsize=11, color=canvas.INK)
    canvas.utc_axis(axes)
    canvas.heading(figure, title, TITLE_LETTERS)
    canvas.key(figure)
