"""The JSON of the overview: all that its page shows, in one answer."""

from __future__ import annotations

from pydantic import BaseModel

from evaluator.api.incident_shapes import ChannelView, SilenceView
from evaluator.api.judge_shapes import CoverageView, JudgeView, ProviderView
from evaluator.api.rule_shapes import RuleView
from evaluator.api.shapes import IntakeView, MarkerView, MonitorView
from evaluator.api.usage_shapes import UsageView


class OverviewView(BaseModel):
    """Each part as its own route tells it; coverage and clients of the last 24 hours, markers of 14 days.

    Silences are those that hold now.
    """

    monitors: list[MonitorView]
    rules: list[RuleView]
    judges: list[JudgeView]
    providers: list[ProviderView]
    channels: list[ChannelView]
    silences: list[SilenceView]
    markers: list[MarkerView]
    coverage: CoverageView
    intake: IntakeView
    usage: UsageView
