"""One bar for each day, beside a limit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evaluator.plots import canvas
from evaluator.plots.vector import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def bars(heights: Sequence[float], limit: float | None = None, width: int = 320, height: int = 64) -> str:
    """The bars as an SVG element; the limit is a dashed line across them, where it is not far above them all."""

    def draw(axes: Axes) -> None:
        top = max(heights, default=0.0)
        axes.bar(range(len(heights)), heights, width=0.8, color=canvas.LINE)
        if limit is not None and limit <= 4 * top:
            axes.axhline(limit, color=canvas.FIRED, linewidth=1.2, linestyle=(0, (4, 3)))
            top = max(top, limit)
        axes.set_ylim(0.0, 1.06 * top or 1.0)
        axes.set_xlim(-0.6, max(len(heights), 7) - 0.4)

    return drawing(draw, width, height)
