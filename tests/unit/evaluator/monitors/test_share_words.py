"""How the shares that watch a metric are called, and which way each is worse."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from evaluator.monitors.indicators import indicators
from evaluator.monitors.metrics import METRICS, worse
from store.cells import Levels
from store.records import DriftCheck


def says(metric: str, values: list[float], votes: list[float] | None = None) -> tuple[str, ...]:
    told, none = np.array(votes or [1.0] * len(values)), [""] * len(values)
    found = indicators(METRICS[metric], Levels(np.array(values), np.array(none), told, np.ones(len(values))))
    assert found is not None
    return found.says


def test_the_page_of_metrics_tells_each_as_it_is() -> None:
    """docs/monitors.md lists every metric in order, with its direction, smallest change, share and step of looks."""
    page = (Path(__file__).resolve().parents[4] / "docs" / "monitors.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| `")]
    told = [
        (name.strip("`"), of, way, least.split(", ")[-1], part, step) for name, of, _, way, least, part, step in rows
    ]
    assert told == [
        (
            one.name,
            "judge" if one.is_of_judge else "feature",
            one.direction,
            f"{100 * one.min_drop:g} points",
            f"{one.weight:g}",
            "15 min" if one.step == 1 else "hour",
        )
        for one in METRICS.values()
    ]


def test_a_score_is_told_by_its_last_bad_value() -> None:
    """Scores are what a judge gave: three or lower."""
    assert says("score", [1, 2, 3, 4, 5], [1, 2, 7, 30, 60])[1] == "score of 3 or lower"


@pytest.mark.parametrize(
    ("metric", "bins", "told"),
    [
        ("length", [70.0, 80.2, 167.6], ("above 80", "above 167", "below 168", "below 81")),
        ("latency_ms", [70.0, 80.2, 167.6], ("slower than 80.2", "slower than 168")),
        ("length", [512.1], ("above 537", "below 513")),
    ],
)
def test_numbers_in_few_bins_are_told_by_the_edge_between_them(
    metric: str, bins: list[float], told: tuple[str, ...]
) -> None:
    """A bin holds more than its low edge: a share is named by where it begins or ends, in characters that are whole."""
    known = METRICS[metric]
    assert says(metric, bins, [5.0, 90.0, 5.0][: len(bins)]) == tuple(f"{known.noun} {w} {known.unit}" for w in told)


def test_numbers_are_told_by_the_percentile_of_the_baseline() -> None:
    """The share names the percentile and its value."""
    assert says("latency_ms", [float(n) for n in range(100, 200)])[0] == (
        "latency slower than the baseline's p90 (190 ms)"
    )


@pytest.mark.parametrize(
    ("metric", "now", "drop", "bad"),
    [
        ("pass_rate", 0.8, 0.1, "down"),
        ("judge_errors", 0.2, 0.1, "up"),
        ("latency_ms", 0.2, 0.1, "up"),
        ("stop_reason", 0.8, 0.1, "down"),
        ("stop_reason", 1.0, 0.1, "up"),
        ("stop_reason", 0.8, -0.1, "up"),
    ],
)
def test_which_way_is_worse(metric: str, now: float, drop: float, bad: str) -> None:
    """A label may be worse either way: a drop is positive when things got worse."""
    unknown: dict[str, Any] = dict.fromkeys(
        ("log_evidence", "drop_lo", "drop_hi", "onset_at", "onset_lo_at", "onset_hi_at")
    )
    check = DriftCheck(
        monitor_id="m", looked_at=datetime(2026, 11, 20, tzinfo=UTC), state="ok", reason="", votes=1.0,
        log_threshold=1.0, p_ref=0.9, p_now=now, drop=drop, **unknown,
    )  # fmt: skip
    assert worse(METRICS[metric], check) == bad
