"""The files of the charts of one monitor's page: named after it, with its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evaluator.api.shapes import MonitorView
from evaluator.monitors.words import of_view
from ui.components.chart_files import chart_files
from ui.sign_in import reach_later


@dataclass(frozen=True, slots=True)
class Files:
    """Offers the files of this monitor's charts; `step` is the length of the steps in minutes."""

    monitor: MonitorView
    step: int

    def offer(self, what: str, rows: Sequence[Mapping[str, Any]], anchor: str) -> None:
        """CSV, PNG and link of one chart: series, evidence, mix or distribution."""
        later, monitor_id = reach_later(), self.monitor.monitor_id
        address = {"monitor": self.monitor.monitor_id, "step": str(self.step)}
        chart_files(
            of_view(self.monitor),
            what,
            rows,
            picture=lambda: later().picture(monitor_id, what, self.step),
            anchor=anchor,
            **address,
        )
