"""The course of a rate in one line of a table: its curve in its 95 % band, and the baseline as a dashed line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from evaluator.plots import canvas
from evaluator.plots.regression import Point
from evaluator.plots.vector import drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAST_RANGE = 0.1
"""The drawing shows at least ten points from bottom to top, so that chance does not look like a fall."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What is drawn: the steps of [start, end), and from when on the rate fell, if it did."""

    points: Sequence[Point]
    start: datetime
    end: datetime
    step: timedelta
    baseline: float | None = None
    onset: datetime | None = None


def sparkline(course: Course, width: int = 150, height: int = 40) -> str:
    """The drawing as an SVG element of this size in pixels."""
    return drawing(lambda axes: _draw(axes, course), width, height)


def runs(points: Sequence[Point], step: timedelta) -> list[list[Point]]:
    """The points in stretches without a missing step: what nobody measured is not drawn."""
    found: list[list[Point]] = []
    for point in points:
        if found and point.start - found[-1][-1].start <= 1.5 * step:
            found[-1].append(point)
        else:
            found.append([point])
    return found


def _draw(axes: Axes, course: Course) -> None:
    end = (course.end - course.start) / course.step
    if course.onset:
        since = max((course.onset - course.start) / course.step, 0.0)
        axes.axvspan(since, end, color=canvas.ONSET, alpha=0.25, linewidth=0)
    for run in runs(course.points, course.step):
        times = [(point.start + course.step / 2 - course.start) / course.step for point in run]
        _stretch(axes, times, run)
    if course.baseline is not None:
        axes.axhline(course.baseline, color=canvas.BASELINE, linewidth=1.1, linestyle=(0, (4, 3)))
    axes.set_xlim(0.0, end)
    axes.set_ylim(*_range(course))


def _stretch(axes: Axes, times: Sequence[float], run: Sequence[Point]) -> None:
    """One stretch of the curve in its band; a single point is as wide as its step."""
    if len(run) == 1:
        times, run = [times[0] - 0.4, times[0] + 0.4], [run[0], run[0]]
    lo, hi = [point.lo for point in run], [point.hi for point in run]
    axes.fill([*times, *reversed(times)], [*lo, *reversed(hi)], color=canvas.LINE, alpha=0.25, linewidth=0)
    axes.plot(times, [point.rate for point in run], color=canvas.LINE, linewidth=1.4)


def _range(course: Course) -> tuple[float, float]:
    levels = [course.baseline] if course.baseline is not None else []
    low = min([*levels, *(point.lo for point in course.points)], default=0.0)
    high = max([*levels, *(point.hi for point in course.points)], default=1.0)
    missing = max(LEAST_RANGE - (high - low), 0.0) / 2
    return low - missing - 0.005, high + missing + 0.005
