"""Small drawings: what is in them, how large they are, and that nothing of them needs anything else."""

from __future__ import annotations

import re
from datetime import timedelta
from xml.etree import ElementTree

from evaluator.plots.bars import bars
from evaluator.plots.regression import Point
from evaluator.plots.sparkline import Course, runs, sparkline
from tests.builders import NOON

STEP = timedelta(hours=6)


def points(*places: int, rate: float = 0.95) -> list[Point]:
    return [Point(start=NOON + STEP * place, rate=rate, lo=rate - 0.02, hi=rate + 0.02, n=30) for place in places]


def course(found: list[Point], **fields: object) -> Course:
    return Course(points=found, start=NOON, end=NOON + 28 * STEP, step=STEP, **fields)  # type: ignore[arg-type]


def test_a_sparkline_is_one_small_element() -> None:
    """A week in steps of six hours is less than 3 kB of SVG, of the size that was asked for."""
    drawn = sparkline(course(points(*range(28)), baseline=0.95, onset=NOON + 20 * STEP))
    element = ElementTree.fromstring(drawn)
    assert (element.tag, element.get("width"), element.get("height")) == (
        "{http://www.w3.org/2000/svg}svg",
        "150",
        "40",
    )
    assert len(drawn) <= 3000


def test_a_drawing_asks_for_nothing() -> None:
    """It names no address, style sheet, typeface or script."""
    drawn = sparkline(course(points(*range(28)), baseline=0.95)) + bars([1.0, 2.0], 3.0)
    named = set(re.findall(r"https?://[^\"\s]+", drawn))
    assert named == {"http://www.w3.org/2000/svg"}
    assert not re.search(r"<(script|style|text|image|use)|@import", drawn)


def test_what_nobody_measured_is_not_drawn() -> None:
    """The curve is broken where steps are missing."""
    assert [len(run) for run in runs(points(0, 1, 5, 6, 7), STEP)] == [2, 3]
    assert sparkline(course(points(0, 1, 5, 6))).count("fill: #1f77b4") == 2


def test_a_lone_point_is_drawn() -> None:
    """One step with votes between empty ones can be seen."""
    assert sparkline(course(points(3))).count("stroke: #1f77b4") == 1


def test_chance_is_not_drawn_as_a_fall() -> None:
    """Half a point more or less is a nearly level line: the drawing spans ten points at least."""
    drawn = sparkline(course([*points(0, rate=0.95), *points(1, rate=0.945)]))
    line = next(one for one in re.findall(r'd="([^"]+)"[^>]*stroke: #1f77b4', drawn))
    (_, first), (_, last) = (map(float, pair) for pair in re.findall(r"([\d.]+) ([\d.]+)", line))
    assert abs(first - last) <= 0.06 * 28.8


def test_drawings_of_equal_data_are_equal() -> None:
    """The same report is the same file."""
    assert sparkline(course(points(*range(9)))) == sparkline(course(points(*range(9))))


def test_no_money_is_drawn_as_no_bar() -> None:
    """Days without costs are no error."""
    assert bars([0.0, 0.0]).startswith("<svg")
