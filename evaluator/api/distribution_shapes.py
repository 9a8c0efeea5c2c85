"""What the API tells of a metric's distribution before and now. Shares in [0, 1], intervals 95 %, no data is null."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel


class WindowView(BaseModel):
    """One of the two windows, [start, end), and its votes."""

    start: datetime
    end: datetime
    n: float


class PieceView(BaseModel):
    """The votes of one bin in one window, and their share of the window's; null without any."""

    votes: float
    share: float | None
    lo: float | None
    hi: float | None


class BinView(BaseModel):
    """One bin of numbers, [low, high) (null: without an end), one value (low = high), or one label.

    `label` is null for numbers. `pooled` is how many rare labels were taken together in it, 0 for a label by itself.
    """

    label: str | None
    low: float | None
    high: float | None
    pooled: int
    before: PieceView
    now: PieceView


class QuantileView(BaseModel):
    """A quantile (p50, p90, ...) or the mean before and now. `beyond`: the share of the votes now above `before`."""

    name: str
    before: float | None
    before_lo: float | None
    before_hi: float | None
    now: float | None
    now_lo: float | None
    now_hi: float | None
    beyond: PieceView | None


class EdgeView(BaseModel):
    """Where the share begins that the monitor speaks of: values from `value` on, or below it, are in it."""

    value: float
    direction: Literal["up", "down"]


class DistributionView(BaseModel):
    """One monitor's votes by value or label: in its baseline, and since the onset or in the last day.

    `metric` is what is shown: of a pass rate the judge's scores or labels, where it gives any. `kind`: number (bins
    that grow by a factor), score (values from 0 to 1), category (labels), none (the metric has no distribution; then
    there are no bins). `says` and `edge` are the share that the monitor speaks of, null where it has none of this
    metric. `before` is null without a baseline. `labels`: the labels that this share counts; with `others`, all but
    these.
    """

    monitor_id: str
    feature: str
    judge: str
    metric: str
    unit: str
    whole: bool
    kind: Literal["number", "score", "category", "none"]
    before: WindowView | None
    now: WindowView
    bins: list[BinView]
    quantiles: list[QuantileView]
    says: str | None
    edge: EdgeView | None
    labels: list[str]
    others: bool
