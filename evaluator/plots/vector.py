"""Small drawings without letters as SVG text for a page: matplotlib's, without what a page does not need."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from evaluator.plots import canvas

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_PROLOGUE = re.compile(r"^.*?(?=<svg)", re.DOTALL)
_LEFT_OUT = re.compile(r"<metadata>.*?</metadata>|<!--.*?-->|<defs>\s*<style.*?</defs>", re.DOTALL)
_NOT_NEEDED = re.compile(r'\s(?:id="[A-Za-z]\w*_\d+"|version="1.1"|xmlns:xlink="[^"]*")')
_SPACES = re.compile(r"\s*\n\s*")
_NUMBER = re.compile(r"\d+\.\d{3,}")
_SIZE = re.compile(r'width="[\d.]+pt" height="[\d.]+pt"')


def drawing(draw: Callable[[Axes], None], width: int, height: int) -> str:
    """The SVG element that `draw` makes on axes that fill the whole drawing and show no frame."""

    def fill(figure: Figure) -> None:
        figure.set_layout_engine("none")
        figure.patch.set_visible(False)
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        draw(axes)

    element = compact(canvas.picture(fill, width, height, form="svg").decode())
    return _SIZE.sub(f'width="{width}" height="{height}"', element, count=1)


def compact(svg: str) -> str:
    """The element alone, on one line, with one decimal.

    >>> compact('<?xml version="1.0"?>\\n<svg version="1.1">\\n <g id="axes_1"><path d="M 1.23456 2"/></g>\\n</svg>\\n')
    '<svg> <g><path d="M 1.2 2"/></g> </svg>'
    """
    element = _NOT_NEEDED.sub("", _LEFT_OUT.sub("", _PROLOGUE.sub("", svg)))
    return _SPACES.sub(" ", _NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), element)).strip()
