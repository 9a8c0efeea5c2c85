"""What a scrape of /metrics takes, and setting the gauges of monitors and alerts before it."""

from __future__ import annotations

import pytest

from evaluator.alerts.gauges import alerted, owed
from evaluator.api.shapes import MonitorView
from evaluator.monitors.gauges import watched
from evaluator.readings import Reading
from evaluator.settings import Settings
from evaluator.telemetry import Metrics
from store import alerts
from store.database import Connection
from store.records import Alert
from store.store import Store
from tests.benchmarks.pace import holds, least_cpu
from tests.builders import NOON
from tests.fake_api import firing
from tests.figures import Figures

pytestmark = pytest.mark.slow

FEATURES, JUDGES = 28, 20
"""560 monitors."""
TEXT = "x" * 300


def crowd() -> list[MonitorView]:
    """Monitors that all fire: none has more to tell."""
    return [firing(f"feature-{n}", f"judge-{m}") for n in range(FEATURES) for m in range(JUDGES)]


def raised(c: Connection, monitors: list[MonitorView]) -> None:
    """An alert of each of them, with the texts that one carries."""
    for n, one in enumerate(monitors):
        about = {"feature": one.feature, "judge": one.judge, "metric": one.metric}
        told = {"monitor": about, "examples": [{"request": TEXT, "response": TEXT}] * 3}
        fields = {"state": "firing", "fired_at": NOON, "resolved_at": None, "evidence": told}
        alerts.save(c, Alert(alert_id=f"a{n}", monitor_id=f"m{n}", **fields))  # type: ignore[arg-type]


def test_a_scrape_of_560_monitors_is_cheap(store: Store, figures: Figures) -> None:
    """With 560 monitors that all fire, a scrape and setting its gauges take less than 0.1 s of CPU each."""
    metrics, monitors = Metrics(), crowd()
    store.run(lambda c: raised(c, monitors)).result()

    def told() -> list[Reading]:
        with store.read() as c:
            return [*alerted(c, Settings(), NOON), *owed(c, ["oncall"], NOON)]

    looked = 1e3 * least_cpu(lambda: metrics.watching.show(watched(monitors)), 5)
    minute = 1e3 * least_cpu(lambda: metrics.serving.show(told()), 5)
    scrape, text = 1e3 * least_cpu(metrics.render, 5), metrics.render()
    note = f"{len(text.splitlines()):,} lines, {len(text) / 1000:.0f} kB"
    for what, taken, more in (
        ("gauges of 560 firing monitors, at a look", looked, ""),
        ("gauges of 560 alerts, each minute", minute, ""),
        ("a scrape of them", scrape, note),
    ):
        figures.at_most("scale", f"{what}: ms of CPU", taken, 100, form="{:.0f}", note=more)
    assert holds(max(looked, minute, scrape), 100)
