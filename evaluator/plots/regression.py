"""The small chart that goes along with an alert: the share over time, its baseline, and when the fall began."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from evaluator.plots import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TITLE_LETTERS = 62
WIDE_TITLE_LETTERS = 78
MARKER_LETTERS = 28
HEADROOM = 0.04
"""Least room above and below the curve, as a share."""
MEASURE_LETTERS = 44


@dataclass(frozen=True, slots=True)
class Point:
    """A share in one step of time that begins at `start`, with its 95 % interval and how many votes it had."""

    start: datetime
    rate: float
    lo: float
    hi: float
    n: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What the chart shows. `onset` is the 90 % interval of the beginning and, between its ends, the likeliest time.

    `title`, `measure` (beside the axis) and `marker` may hold anything: they are shown as they are, cut, on one line.
    With `votes`, how many each step has is drawn below.
    """

    title: str
    points: Sequence[Point]
    step: timedelta
    baseline: float | None = None
    onset: tuple[datetime, datetime, datetime] | None = None
    marker: tuple[datetime, str] | None = None
    fired_at: datetime | None = None
    resolved_at: datetime | None = None
    measure: str = ""
    votes: bool = False


def chart(course: Course, width: int = 800, height: int = 360) -> bytes:
    """The chart as a PNG of this size in pixels."""
    return canvas.picture(lambda figure: draw(figure, course), width, height)


def draw(figure: Figure, course: Course) -> None:
    """Draws the chart on an empty figure."""
    axes = figure.add_subplot() if not course.votes else _two(figure, course)
    canvas.tidy(axes)
    _curve(axes, course)
    _levels(axes, course)
    _moments(axes, course)
    _scales(axes, course)
    canvas.heading(figure, course.title, WIDE_TITLE_LETTERS if course.votes else TITLE_LETTERS)
    canvas.key(figure)


def _two(figure: Figure, course: Course) -> Axes:
    """Draws the votes below, and answers the axes for what stands above them."""
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(4, 1))
    canvas.tidy(below)
    starts = [point.start for point in course.points]
    votes = [point.n for point in course.points]
    below.bar(starts, votes, width=course.step, align="edge", color=canvas.BASELINE, alpha=0.6, linewidth=0)
    below.set_ylabel("votes", fontsize=11, color=canvas.INK)
    below.yaxis.get_major_locator().set_params(nbins=2)
    canvas.utc_axis(below)
    found: Axes = above
    return found


def _curve(axes: Axes, course: Course) -> None:
    """The share with its interval, broken where steps are missing: what nobody measured is not drawn."""
    times: list[datetime] = []
    shown: list[Point] = []
    for point in course.points:
        if times and point.start + course.step / 2 - times[-1] > 2 * course.step:
            times.append(times[-1] + course.step)
            shown.append(replace(point, rate=math.nan, lo=math.nan, hi=math.nan))
        times.append(point.start + course.step / 2)
        shown.append(point)
    lo, hi = [point.lo for point in shown], [point.hi for point in shown]
    axes.fill_between(times, lo, hi, color=canvas.LINE, alpha=0.22, linewidth=0, label="95 % interval")  # type: ignore[arg-type]
    axes.plot(times, [point.rate for point in shown], color=canvas.LINE, linewidth=2, marker="o", markersize=3)  # type: ignore[arg-type]


def _levels(axes: Axes, course: Course) -> None:
    if course.baseline is not None:
        label = f"baseline {course.baseline:.1%}".replace("%", " %")
        axes.axhline(course.baseline, color=canvas.BASELINE, linewidth=1.6, linestyle="--", label=label)


def _moments(axes: Axes, course: Course) -> None:
    if course.onset:
        lo, at, hi = course.onset
        axes.axvspan(lo, hi, color=canvas.ONSET, alpha=0.25, linewidth=0, label="began (90 %)")  # type: ignore[arg-type]
        axes.axvline(at, color=canvas.ONSET, linewidth=1.6)  # type: ignore[arg-type]
    when, name = course.marker or (None, "")
    for moment, colour, word in (
        (course.fired_at, canvas.FIRED, "fired"),
        (course.resolved_at, canvas.RESOLVED, "resolved"),
        (when, canvas.MARKER, f"marker: {name}"),
    ):
        if moment:
            label = canvas.shown(word, MARKER_LETTERS)
            axes.axvline(moment, color=colour, linewidth=1.6, linestyle=":", label=label)  # type: ignore[arg-type]


def _scales(axes: Axes, course: Course) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    levels = [course.baseline] if course.baseline is not None else []
    lo = min([*levels, *(point.lo for point in course.points)], default=0.0)
    hi = max([*levels, *(point.hi for point in course.points)], default=1.0)
    room = max(HEADROOM, 0.08 * (hi - lo))
    axes.set_ylim(max(lo - room, -0.01), min(hi + room, 1.01))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{100 * share:.3g} %"))
    if course.measure:
        measure = canvas.shown(course.measure, MEASURE_LETTERS)
        axes.set_ylabel(measure, fontsize=11, color=canvas.INK, parse_math=False)
    if not course.votes:
        canvas.utc_axis(axes)
