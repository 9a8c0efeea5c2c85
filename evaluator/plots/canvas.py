"""One way to draw: a figure of its own on matplotlib's object interface, without pyplot and without a display.

matplotlib is imported at the first picture (it takes most of a second) and is not made for threads, so that one picture
is drawn at a time. Whatever a matplotlibrc of this machine says is left out: it could hand texts to LaTeX.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LINE = "#1f77b4"
BASELINE = "#7f7f7f"
ONSET = "#e69f00"
FIRED = "#d55e00"
RESOLVED = "#009e73"
MARKER = "#9467bd"
"""The colours of the web pages: they hold apart for every common kind of colour vision."""

INK = "#444444"
DOTS_PER_INCH = 100
DATES = ["%Y", "%b %Y", "%d %b", "%H:%M", "%H:%M", "%H:%M:%S"]
"""How a tick is written by its finest unit that is not zero, from years to seconds."""
_drawing = Lock()


def picture(
    draw: Callable[[Figure], None], width: int = 800, height: int = 360, form: Literal["png", "svg"] = "png"
) -> bytes:
    """The picture that `draw` makes on an empty figure of this size in pixels; equal figures give equal bytes."""
    with _drawing:
        _plain_matplotlib()
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        inches = (width / DOTS_PER_INCH, height / DOTS_PER_INCH)
        figure = Figure(figsize=inches, dpi=DOTS_PER_INCH, layout="constrained")
        canvas = FigureCanvasAgg(figure)
        draw(figure)
        drawn = io.BytesIO()
        canvas.print_figure(drawn, format=form, metadata={"Software": None} if form == "png" else {"Date": None})
        return drawn.getvalue()


def tidy(axes: Axes, size: float = 13) -> None:
    """Few lines and large figures, as a phone needs them."""
    axes.tick_params(labelsize=size, length=3, colors=INK)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#bbbbbb")
    axes.grid(axis="y", color="#e6e6e6", linewidth=0.8)
    axes.set_axisbelow(True)


def heading(figure: Figure, title: str, letters: int) -> None:
    """The title at the top left, cut to so many letters."""
    told = shown(title, letters)
    figure.suptitle(told, x=0.01, ha="left", fontsize=15, fontweight="bold", parse_math=False)


def key(figure: Figure) -> None:
    """The legend below the drawing."""
    legend = figure.legend(loc="outside lower left", ncols=3, frameon=False, fontsize=12, handlelength=1.4)
    for text in legend.get_texts():
        text.set_parse_math(False)


def utc_axis(axes: Axes) -> None:
    """A horizontal axis of times, with their zone."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    days = AutoDateLocator(minticks=3, maxticks=7)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(days)
    coarser = ["", *DATES[:-1]]
    words = ConciseDateFormatter(days, formats=DATES, zero_formats=coarser, show_offset=False)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_formatter(words)
    axes.set_xlabel("UTC", loc="right", fontsize=11, color=INK, labelpad=-1)


def shown(text: str, limit: int) -> str:
    """The text as matplotlib can show it: cut, and with a box for each letter that its typeface does not have.

    Give it to matplotlib with `parse_math=False`, or what stands between two dollar signs is read as a formula.
    """
    known = _letters()
    seen = "".join(letter if ord(letter) in known else "□" for letter in " ".join(text.split()))
    return seen if len(seen) <= limit else seen[: limit - 1].rstrip() + "…"


@cache
def _plain_matplotlib() -> None:
    import matplotlib

    matplotlib.rcdefaults()
    matplotlib.rcParams["svg.hashsalt"] = "leadline"


@cache
def _letters() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties())).get_charmap())
