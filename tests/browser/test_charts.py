"""The charts' data and marks."""

from __future__ import annotations

import ast
from datetime import UTC, datetime, timedelta
from typing import Any

import altair as alt
import pytest

from tests import accounts, plans
from tests.browser.conftest import ROOT
from tests.fake_api import HOSTILE, NOW, bounded, firing, markers_of, monitor, moved, other_metrics, series_of
from tests.fake_regression import distribution_of
from tests.happened import causes_of
from ui.components import (
    cost_bars,
    day_bars,
    day_line,
    distribution_chart,
    evidence,
    feature_cards,
    happened,
    markers,
    metric_tables,
    monitor_table,
    plan_curve,
    series,
)
from ui.components.alarms import leads
from ui.components.axes import Spec, time_axis
from ui.components.chooser import fitting_step
from ui.components.cost_filters import Chosen
from ui.components.examples import shortened
from ui.components.span import days_ago
from ui.components.verdict import mix_shifted

pytestmark = pytest.mark.slow

X = time_axis(NOW - timedelta(days=7), NOW)


def test_missing_steps_part_the_line() -> None:
    """Six hours without votes are a row without a rate, not a straight line across."""
    rows = series.rows(series_of(firing("a", "b"), 180))
    assert [row["n"] for row in rows if row["rate"] is None] == [0]


def marks(view: Any) -> list[str]:
    layers = series.rate_chart(series_of(view, 180), [], X)["layer"]
    return [f"{layer['mark']['type']} {layer['mark'].get('color')}" for layer in layers]


def test_steps_with_unscored_samples_have_a_bar() -> None:
    """The bar reaches from the rate with all of them failed to that with all passed; other steps have none."""
    steps = series.rows(series_of(firing("a", "b"), 180))
    (bars,) = series.bounds_bars(steps, X, series.value_axis("rate"))
    told = bars.data.values
    assert 0 < len(told) < len(steps)
    assert all(step["worst"] < step["rate"] <= step["best"] for step in told if step["rate"])


def test_only_a_firing_monitor_shows_an_onset() -> None:
    """The onset band stands for an alarm; without one there is no band, whatever the look found."""
    quiet = firing("a", "b").model_copy(update={"state": "ok"})
    assert "rect #e69f00" in marks(firing("a", "b"))
    assert "rect #e69f00" not in marks(quiet)


def test_the_scale_leaves_room_below_the_lowest_interval() -> None:
    """Nothing of the ribbon or the baseline is cut off."""
    shown = series_of(firing("a", "b"), 180)
    lowest, highest = series.rate_scale(shown).to_dict()["domain"]
    assert lowest < min(point.lo for point in shown.points if point.lo is not None)
    assert highest == 1.0


def test_a_share_whose_rise_is_worse_is_shown_from_zero() -> None:
    """Nothing of the ribbon is cut off, and the scale does not reach to 100 %, where a rise could not be seen."""
    shown = series_of(moved("a", "latency_ms", "latency slower than 812 ms"), 180)
    lowest, highest = series.rate_scale(shown).to_dict()["domain"]
    assert lowest < 0.0 < max(point.hi for point in shown.points if point.hi is not None) <= highest < 0.7


def test_only_pass_rates_have_bars_for_the_unscored() -> None:
    """Of another share nobody knows what the unscored would have been."""
    bars = "rule #7f7f7f"
    rate, share = (marks(view) for view in (monitor("a", "b"), moved("a", "length", "answer length above 81")))
    assert (rate.count(bars), share.count(bars)) == (2, 1)


def test_other_metrics_of_a_feature_go_with_its_pass_rate() -> None:
    """One cause moves many metrics: each pass rate is a regression, the rest of the feature goes with the first."""
    views = [
        moved("a", "length", "answer length above 81"),
        firing("a", "x"),
        firing("a", "y"),
        moved("b", "errors", "error rate", drop=0.05),
        moved("b", "cost_usd", "cost above 1"),
        monitor("c", "x"),
    ]
    told = [[(one.feature, one.judge or one.metric) for one in group] for group in leads(views)]
    assert told == [[("b", "cost_usd"), ("b", "errors")], [("a", "x"), ("a", "length")], [("a", "y")]]


def test_features_and_their_metrics_come_troubled_first() -> None:
    """What fires stands at the top, in its feature and among the features."""
    tables = metric_tables.by_feature([*other_metrics("a"), *other_metrics("b"), moved("b", "length", "long")])
    assert list(tables) == ["b", "a"]
    assert tables["b"][0].state == "firing"


def test_a_card_draws_the_judge_that_fell_most() -> None:
    """A state that is worse goes first; without any judge it is the first metric."""
    well, fell = monitor("a", "b"), monitor("a", "c", drop=0.04)
    latency = moved("a", "latency_ms", "latency slower than 812 ms")
    assert feature_cards.drawn_of([latency, well, fell]) is fell
    assert feature_cards.drawn_of([fell, firing("a", "d")]).judge == "d"
    assert feature_cards.drawn_of([latency, monitor("a", "", metric="errors")]) is latency


def test_days_have_one_kind_of_name() -> None:
    """Weekdays within a fortnight, dates beyond: Vega by itself names Sundays by their month."""
    told = [time_axis(NOW - timedelta(days=days), NOW)("at").to_dict()["axis"]["labelExpr"] for days in (7, 13, 14, 90)]
    assert [one.endswith("'%a %-d')") for one in told] == [True, True, False, False]


def test_small_changes_are_distances_from_the_baseline() -> None:
    """Shares of different levels fit one scale; where no share is known there is no change."""
    told = monitor("a", "", metric="errors", baseline=bounded(10, 100), recent=[bounded(15, 100), bounded(0, 0)])
    assert metric_tables.changes(told) == [pytest.approx(5.0), None]


@pytest.mark.parametrize(("per_day", "step"), [(50_000, 60), (500, 180), (5, 1440), (0, 1440)])
def test_steps_hold_enough_votes_and_the_chart_stays_light(per_day: float, step: int) -> None:
    """Busy features get short steps, quiet ones long ones, and a week is never thousands of points."""
    assert fitting_step(monitor("a", "b", votes_per_day=per_day)) == step


def test_a_long_text_says_how_much_is_missing() -> None:
    """A text is cut where a page would become too heavy, and says so."""
    assert shortened("x" * 9000).endswith("… and 1,000 more characters")


def test_a_mix_shift_is_told_from_a_fall() -> None:
    """A plain rate that fell while the adjusted one did not is called a shift of the mix; a true fall is not."""
    shifted = monitor("a", "b", current=bounded(380, 427), drop=-0.005)
    assert [mix_shifted(view) for view in (shifted, monitor("a", "b"), firing("a", "b"))] == [True, False, False]


def test_a_mix_shift_of_a_share_is_a_rise() -> None:
    """Of a share whose rise is worse, it is the plain rate that rose; one that fell is better, and none."""
    higher = monitor("a", "", metric="errors", bad="up", baseline=bounded(10, 100), current=bounded(16, 100), drop=0.0)
    lower = higher.model_copy(update={"current": bounded(4, 100)})
    assert [mix_shifted(view) for view in (higher, lower)] == [True, False]


def test_a_chart_of_whole_days_shows_only_what_occurs() -> None:
    """The legend has no part that is not there."""
    whole = [day for day in accounts.days(NOW.date(), []) if day.judge == "answer"]
    parts = {piece["what"] for day in whole for piece in day_bars.pieces(day)}
    assert parts == {"judged", "not kept"}


def test_pages_look_back_over_whole_days() -> None:
    """Seven days are today and the six days before it, from midnight on."""
    start = days_ago(7)
    assert (start.hour, start.minute, start.utcoffset()) == (0, 0, timedelta(0))
    assert (datetime.now(UTC) - start).days == 6


WEEK = NOW - timedelta(days=7), NOW


def test_markers_of_the_shown_time_are_lines() -> None:
    """Those before the first point and after the last one are left out."""
    rows = markers.marker_rows(markers_of("a"), NOW - timedelta(days=4), NOW - timedelta(days=1))
    assert [row["what"] for row in rows] == [
        "prompt version p7",
        "release 2026.11.3",
        "deploy hotfix of the hotfix of the greeting",
    ]


def test_names_of_neighbours_stand_on_different_lines() -> None:
    """Three markers within four hours do not write over each other; the one at the end writes to the left."""
    rows = markers.marker_rows(markers_of("a"), *WEEK)
    near = [row["row"] for row in rows[1:4]]
    assert len(set(near)) == 3
    assert [row["left"] for row in rows] == [False, False, False, False, True]


def test_too_many_markers_are_the_newest_ones() -> None:
    """A chart holds twelve lines, and says how many there are."""
    many = [one for one in markers_of(HOSTILE[0]) if one.ts <= NOW]
    assert len(markers.marker_rows(many, *WEEK)) == markers.MOST < len(many)
    assert markers.hidden_words(many, *WEEK) == f" Dotted lines: markers, the newest 12 of {len(many)}."
    assert markers.hidden_words([], *WEEK) == ""


def test_a_chart_without_markers_has_no_line() -> None:
    """Nothing happened, nothing is drawn."""
    assert markers.marker_rules([], X, WEEK) == []


def test_a_phone_shows_state_feature_and_pass_rate() -> None:
    """They are the first columns of the table, as a narrow screen has room for no more."""
    titles = [one.title for one in monitor_table.columns([monitor("a", "b")], [])]
    assert titles[:4] == ["State", "Feature", "Pass rate", "Judge"]


def every_chart() -> dict[str, Spec]:
    """The charts of all pages, by where they are made."""
    view = firing("a", "b", "llm")
    shown, causes, today = series_of(view, 180), causes_of(view, NOW), NOW.date()
    costs, all_of_them = accounts.costs(today, []), Chosen(7, None, None, "Judge")
    spread = distribution_of(moved("a", "latency_ms", "latency slower than 812 ms"))
    labels = distribution_of(moved("a", "stop_reason", "with stop reason end_turn"))
    return {
        "cost_bars.bars_chart": cost_bars.bars_chart(costs, all_of_them, today, 0.5),
        "day_bars.bars_chart": day_bars.bars_chart(accounts.days(today, []), today),
        "day_line.drawn": day_line.drawn(view, day_line.points(view), markers_of("a"), NOW),
        "distribution_chart.bars": distribution_chart.bars(labels),
        "distribution_chart.outlines": distribution_chart.outlines(spread),
        "evidence.lines": evidence.lines(shown.evidence, markers_of("a")),
        "happened.mix_chart": happened.mix_chart(causes.mixes[0]),
        "plan_curve.curve_chart": plan_curve.curve_chart(plans.curve_of(view, 0.05, 1)),
        "series.rate_chart": series.rate_chart(shown, markers.marker_rules(markers_of("a"), X, WEEK), X),
        "series.votes_chart": series.votes_chart(shown, X),
    }


def makes_a_chart(part: ast.AST) -> bool:
    """Whether this is a function that puts layers together."""
    return isinstance(part, ast.FunctionDef) and any(
        isinstance(one, ast.Call) and ast.unparse(one.func).endswith("layered") for one in ast.walk(part)
    )


def test_no_chart_is_left_out_here() -> None:
    """A chart that is added to a page is added above, too, so that what holds for charts is held against it."""
    made = {
        f"{file.stem}.{getattr(part, 'name', '')}"
        for file in (ROOT / "ui").rglob("*.py")
        for part in ast.walk(ast.parse(file.read_text("utf-8")))
        if makes_a_chart(part)
    }
    assert made == every_chart().keys()


def test_every_mark_has_a_colour() -> None:
    """One without would be black, and unseen on a dark page; what only feels the pointer is not seen at all."""
    layers = [layer for chart in every_chart().values() for layer in chart["layer"]]
    seen = [layer for layer in layers if layer["mark"].get("opacity", 1.0) > 0.01]
    assert [one["mark"] for one in seen if not {"color", "fill"} & (one["mark"].keys() | one["encoding"].keys())] == []


def test_every_chart_is_one_of_vega_lite() -> None:
    """Held against its schema here, for that is left out where charts are made and shown."""
    for name, one in every_chart().items():
        assert len(alt.LayerChart.from_dict(one, validate=True).layer) == len(one["layer"]) > 0, name


def test_markers_tell_utc_beside_the_readers_time() -> None:
    """In the large chart and in the small one."""
    view = firing("a", "b")
    small = day_line.drawn(view, day_line.points(view), markers_of("a"), NOW)["layer"][-1]
    for rule in (small, markers.marker_rules(markers_of("a"), X, WEEK)[0].to_dict()):
        assert "UTC" in [one["title"] for one in rule["encoding"]["tooltip"]]
    assert markers.marker_rows(markers_of("a"), *WEEK)[-1]["utc"] == "Fri 20 Nov 04:00"
