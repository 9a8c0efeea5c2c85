"""What the API tells of examples before and now: pairs that are as alike as can be but for the time."""

from __future__ import annotations

from datetime import datetime

from pydantic import BaseModel

from evaluator.api.cause_shapes import KeyView
from evaluator.api.shapes import SampleView


class ExampleView(BaseModel):
    """One sample; `value` or `label` is what the metric has of it: null for pass rates and judge errors."""

    sample: SampleView
    value: float | None
    label: str | None


class PairView(BaseModel):
    """A sample of the time before beside one of now, null where there is none (left); `alike` is what they share."""

    before: ExampleView | None
    now: ExampleView | None
    alike: list[KeyView]


class ExamplesView(BaseModel):
    """Samples of the baseline beside those since the onset (or of the last day), of the same slice of the traffic.

    `good_before` and `good_now` say which outcome a side shows: passed, or outside the share that got worse (`says`),
    or the opposite. The newest of now, each beside the one before that shares most metadata with it. Times are
    [start, end), null without a baseline. No pairs: the metric belongs to no single sample, or nothing fits.
    """

    monitor_id: str
    metric: str
    says: str
    bad: str
    slice: list[KeyView]
    good_before: bool
    good_now: bool
    before_start: datetime | None
    before_end: datetime | None
    now_start: datetime
    now_end: datetime
    pairs: list[PairView]
