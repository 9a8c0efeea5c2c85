"""What features use, and all that the overview shows."""

from __future__ import annotations

from evaluator.api.overview_shapes import OverviewView
from evaluator.api.usage_shapes import UsageView
from ui.calls.transport import Transport


class Using(Transport):
    """Usage in the reader's days, and the overview, which has it too."""

    def usage(self, zone: str, days: int) -> UsageView:
        """What each feature used today, yesterday and a week ago, and on each of the last days."""
        return self._get("/v1/usage", UsageView, zone=zone, days=days)

    def overview(self, zone: str, days: int) -> OverviewView:
        """Monitors, rules, judges, channels, coverage and usage in one answer."""
        return self._get("/v1/overview", OverviewView, zone=zone, days=days)
