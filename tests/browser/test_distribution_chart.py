"""The drawing of a distribution: what is told apart how, and where things lie."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from evaluator.distribution.scale import bin_name, edge_name, place_of, stands_alone, ticks
from tests.fake_api import HOSTILE, monitor, moved, unlearned
from tests.fake_regression import distribution_of
from ui.components.distribution import bin_rows, changed, key_words
from ui.components.distribution_chart import bar_names, bars, outlines, steps

pytestmark = pytest.mark.slow

SLOWER = distribution_of(moved("chat", "latency_ms", "latency slower than the baseline's p90 (812 ms)"))
LABELS = distribution_of(moved("chat", "stop_reason", "with stop reason end_turn"))
SCORES = distribution_of(monitor("chat", "tone", "llm", metric="score", says="score of 0.5 or lower"))


def scales(drawn: Any, channel: str) -> list[Any]:
    """The ranges of a channel, layer by layer."""
    found = [layer["encoding"].get(channel, {}).get("scale", {}) for layer in drawn["layer"]]
    return [dict(zip(one["domain"], one["range"], strict=True)) for one in found if one]


@pytest.mark.parametrize("drawn", [outlines(SLOWER), bars(LABELS), bars(SCORES)])
def test_before_and_now_differ_without_colours(drawn: Any) -> None:
    """Before is dashed, now is solid, in each kind of drawing."""
    assert {"before": [5, 3], "now": [1, 0]} in scales(drawn, "strokeDash")


def test_the_outline_reaches_the_end_of_the_last_bin() -> None:
    """Both sides have a step for each bin and one more that closes the outline."""
    rows = steps(SLOWER)
    for when in ("before", "now"):
        places = [row["at"] for row in rows if row["when"] == when]
        assert places == list(range(len(SLOWER.bins) + 1))


def test_a_value_lies_in_its_bin() -> None:
    """Each bin's own edge lies at its place; what is beyond all of them lies at the end."""
    for place, one in enumerate(SLOWER.bins):
        if one.low is not None:
            assert place_of(one.low, SLOWER) == pytest.approx(place, abs=1e-6)
    assert place_of(1e12, SLOWER) >= len(SLOWER.bins) - 0.5


def test_edges_are_named_in_the_metrics_own_numbers() -> None:
    """Some seven edges have names, and they grow."""
    named = [edge_name(at, SLOWER).replace(",", "") for at in ticks(len(SLOWER.bins))]
    numbers = [float(name) for name in named if name]
    assert 5 <= len(numbers) <= 9
    assert numbers == sorted(numbers)


def test_grades_and_labels_stand_alone() -> None:
    """A scale of five grades is five bars, as labels are; a latency is a scale."""
    assert [stands_alone(view) for view in (SLOWER, LABELS, SCORES)] == [False, True, True]
    assert [bin_name(one, "score") for one in SCORES.bins] == ["0", "0.25", "0.5", "0.75", "1"]


def test_hostile_labels_are_short_lines_that_stay_apart() -> None:
    """Whatever a label holds, its name beside the bar is one line, cut, and no other's."""
    long = [f"{'x' * 40}{i}" for i in range(3)]
    names = bar_names(distribution_of(moved("chat", "stop_reason", "with stop reason x"), [*HOSTILE[:9], *long]))
    assert len(set(names)) == len(names)
    assert all("\n" not in name and len(name) <= 30 for name in names)


def test_files_hold_no_formula() -> None:
    """A label that a spreadsheet would take for a formula is text in the file; shares are numbers."""
    rows = bin_rows(distribution_of(moved("chat", "model", "with model x"), HOSTILE))
    labels = [row["label"] for row in rows]
    assert not [label for label in labels if label.startswith(("=", "+", "-", "@"))]
    assert all(isinstance(row["share_now"], float) for row in rows)


def test_without_a_baseline_there_is_one_side() -> None:
    """Nothing is drawn for a time before that is not there, and the words say so."""
    view = distribution_of(unlearned("chat", "").model_copy(update={"metric": "latency_ms"}))
    assert {row["when"] for row in steps(view)} == {"now"}
    assert "There is no baseline yet" in key_words(view)


def test_a_quantile_tells_by_how_much_it_moved() -> None:
    """The median of the slower latency is about twice what it was: fourteen bins of 5 %."""
    median = next(one for one in SLOWER.quantiles if one.name == "p50")
    assert changed(median) == pytest.approx(100 * (1.05**14 - 1), abs=15)


def section(metric: str) -> None:
    """The section of a monitor's page that is about this metric."""
    from tests.fake_api import firing, moved
    from tests.fake_regression import distribution_of
    from ui.components.distribution import distribution
    from ui.components.regression_files import Files

    view = firing("chat", "tone") if metric == "pass_rate" else moved("chat", metric, "latency slower than 812 ms")
    distribution(distribution_of(view), Files(view, 60))


def test_a_pass_rate_has_no_distribution() -> None:
    """Pass or fail is all there is: nothing is drawn and nothing said, where a latency has its section."""
    shown = {}
    for metric in ("pass_rate", "latency_ms"):
        app = AppTest.from_function(section, args=(metric,), default_timeout=30).run()
        assert not app.exception
        shown[metric] = [one.value for one in app.subheader], len(app.get("vega_lite_chart")), len(app.caption) > 0
    assert shown == {"pass_rate": ([], 0, False), "latency_ms": (["Latency: how it is spread"], 1, True)}
