"""The chart of a regression, as its readers get it: a PNG."""

from __future__ import annotations

import io
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from matplotlib.figure import Figure
from PIL import Image, ImageChops

from evaluator.plots import canvas
from evaluator.plots.regression import Course, Point, chart, draw
from tests.builders import NOON
from ui import theme

STEP = timedelta(hours=2)


def points(*rates, n=100):
    """One point per rate, the last one just before noon; None is a step without votes."""
    steps = enumerate(rates)
    starts = [(NOON - (len(rates) - i) * STEP, rate) for i, rate in steps if rate is not None]
    return [Point(start, rate, max(rate - 0.03, 0), min(rate + 0.03, 1), n) for start, rate in starts]


FALL = Course(
    title="support-chat · tone",
    points=points(*[0.95] * 40, *[0.82] * 10),
    step=STEP,
    baseline=0.95,
    onset=(NOON - 11 * STEP, NOON - 10 * STEP, NOON - 9 * STEP),
    marker=(NOON - 10 * STEP, "release 7"),
    fired_at=NOON - 5 * STEP,
    resolved_at=NOON,
)


def seen(course):
    """The picture, decoded."""
    return Image.open(io.BytesIO(chart(course))).convert("RGB")


def texts(course):
    """Every text that is on the picture."""
    figure = Figure()
    draw(figure, course)
    return {text.get_text() for text in figure.findobj(lambda artist: hasattr(artist, "get_text"))}


def test_size_and_form():
    """The chart is a PNG of 800 by 360 pixels, and the same data gives the same bytes."""
    assert chart(FALL).startswith(b"\x89PNG\r\n")
    assert seen(FALL).size == (800, 360)
    assert chart(FALL) == chart(FALL)


def test_what_it_tells():
    """Title, baseline, onset, marker, alarm and end are named on the picture."""
    told = {"support-chat · tone", "95 % interval", "baseline 95.0 %", "began (90 %)", "fired", "resolved"}
    assert told | {"marker: release 7"} <= texts(FALL)


@pytest.mark.parametrize(
    "change",
    [{"points": FALL.points[:-10]}, {"baseline": 0.9}, {"onset": None}, {"marker": None}, {"fired_at": None}],
    ids=["points", "baseline", "onset", "marker", "fired"],
)
def test_everything_is_drawn(change):
    """Each part of the data changes the picture."""
    assert ImageChops.difference(seen(FALL), seen(replace(FALL, **change))).getbbox()


def test_steps_without_votes_stay_empty():
    """The curve and its band are not drawn across steps that nobody measured."""
    course = Course(title="", points=points(*[0.9] * 10, *[None] * 30, *[0.9] * 10), step=STEP)
    middle = seen(course).crop((300, 60, 500, 220))
    colours = {colour for _, colour in middle.getcolors(100_000)}
    assert all(max(colour) - min(colour) < 10 for colour in colours)


@pytest.mark.parametrize(
    "points_", [[], points(0.5), points(0.0), points(1.0, 1.0)], ids=["none", "one", "zero", "all"]
)
def test_little_data(points_):
    """Without votes, with one step or at the ends of the scale there is a picture too."""
    assert seen(Course(title="a", points=points_, step=STEP)).size == (800, 360)


@pytest.mark.parametrize(
    "text",
    [r"$\frac{1}{$", r"$$\input{/etc/passwd}$$", "_hidden", "漢字 🙂", "a" * 5000, "\x00\n\u202e", r"\$5 & 7 % #1"],
    ids=["formula", "command", "underscore", "letters", "long", "control", "signs"],
)
def test_hostile_texts(text):
    """No text is read as a formula, breaks the chart or makes it larger."""
    course = replace(FALL, title=text, marker=(NOON - 10 * STEP, text))
    assert seen(course).size == (800, 360)


def test_formulas_stay_text():
    """What stands between dollar signs is shown letter by letter."""
    assert {"$x^2$ up", "marker: $y_1$"} <= texts(replace(FALL, title="$x^2$ up", marker=(NOON, "$y_1$")))
    assert ImageChops.difference(seen(replace(FALL, title="$x^2$")), seen(replace(FALL, title="x2"))).getbbox()


def test_threads():
    """Charts drawn by several threads at once are those that one thread draws."""
    courses = [replace(FALL, baseline=level / 100) for level in range(80, 92)]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(chart, courses)) == [chart(course) for course in courses]


def test_matplotlib_is_imported_late():
    """Whoever imports the chart does not wait for matplotlib, and pyplot is never loaded."""
    code = (
        "import sys; from evaluator.plots.regression import Course, chart; from datetime import timedelta;"
        "print('matplotlib' in sys.modules); chart(Course(title='', points=[], step=timedelta(hours=1)));"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_colours_are_the_pages():
    """Charts in messages and on pages use the same colours for the same things."""
    for name in ("LINE", "BASELINE", "ONSET", "FIRED", "RESOLVED", "MARKER"):
        assert getattr(canvas, name) == getattr(theme, name)
