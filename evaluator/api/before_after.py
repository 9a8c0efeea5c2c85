"""Before and after over HTTP: how a metric's votes are spread, and samples side by side."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated
from urllib.parse import unquote

from fastapi import APIRouter, HTTPException, Query

from evaluator.api import present
from evaluator.api.distribution_shapes import DistributionView
from evaluator.api.example_shapes import ExamplesView, ExampleView, PairView
from evaluator.api.long_answers import written
from evaluator.api.shapes import SampleView
from evaluator.distribution import view as distributions
from evaluator.errors import InputError
from evaluator.explanation import examples
from evaluator.explanation.examples import Asked, Pair
from evaluator.monitors import spans, views
from evaluator.monitors.metrics import metric_of, worse
from evaluator.monitors.views import Watched
from evaluator.service import Service
from store import samples
from store.database import Connection
from store.examples import Found

SLICE = "Only samples with this value: KEY=VALUE, several must all hold. A `=` or `%` in the key is percent-encoded."
Slice = Annotated[list[str], Query(description=SLICE, max_length=8)]
Few = Annotated[int, Query(ge=1, le=20)]
GOOD = "Whether the samples of this side are good ones (passed, or outside the share that got worse) or bad ones."


def router(service: Service) -> APIRouter:
    """The routes of what is compared beside rates."""
    api = APIRouter(prefix="/v1", tags=["read"])

    @api.get("/monitors/{monitor_id}/distribution")
    @written
    def distribution(monitor_id: str) -> DistributionView:
        """The votes by value or label: in the baseline, and since the onset (or in the last day)."""
        with service.store.read() as c:
            return distributions.view(c, _watched(c, monitor_id), service.clock())

    @api.get("/monitors/{monitor_id}/examples")
    @written
    def side_by_side(
        monitor_id: str,
        slice: Slice = [],  # noqa: A002, B006
        good_before: Annotated[bool, Query(description=GOOD)] = True,
        good_now: Annotated[bool, Query(description=GOOD)] = False,
        limit: Few = 5,
    ) -> ExamplesView:
        """Samples of the baseline beside those since the onset (or of the last day), alike but for the time."""
        asked = Asked([_key(one) for one in slice], good_before, good_now, limit)
        with service.store.read() as c:
            watched = _watched(c, monitor_id)
            found = examples.pairs(c, watched, asked, service.settings, service.clock())
            return _examples(watched, asked, service, _told(c, found))

    return api


def _watched(c: Connection, monitor_id: str) -> Watched:
    found = views.find(c, monitor_id)
    if found is None:
        raise HTTPException(404, f"There is no monitor {monitor_id!r}; GET /v1/monitors lists them.")
    return found


def _key(part: str) -> tuple[str, str]:
    key, sign, value = part.partition("=")
    if not sign or not key:
        raise InputError(f"slice takes KEY=VALUE, not {part[:100]!r}: for example slice=language=de.")
    return unquote(key), value


def _told(c: Connection, found: Sequence[Pair]) -> list[PairView]:
    """The pairs with the texts of their samples; what is gone meanwhile is left out."""
    loaded: dict[tuple[str, datetime], SampleView] = {}
    # One side at a time: their times lie apart, and nothing between them is read.
    for side in ([pair.before for pair in found], [pair.now for pair in found]):
        held = samples.load(c, [(one.sample_id, one.ts) for one in side if one])
        loaded |= {(one.sample_id, one.ts): one for one in present.samples(c, held)}

    def example(one: Found | None) -> ExampleView | None:
        sample = loaded.get((one.sample_id, one.ts)) if one else None
        return None if one is None or sample is None else ExampleView(sample=sample, value=one.value, label=one.label)

    told = [(example(pair.before), example(pair.now), pair.alike) for pair in found]
    return [
        PairView(before=before, now=now, alike=examples.keys(alike)) for before, now, alike in told if before or now
    ]


def _examples(watched: Watched, asked: Asked, service: Service, pairs: list[PairView]) -> ExamplesView:
    metric, baseline = metric_of(service.settings, watched.monitor.series), watched.baseline
    current = spans.current(watched, service.clock())
    return ExamplesView(
        monitor_id=watched.monitor.monitor_id,
        metric=metric.name,
        says=(watched.check and watched.check.says) or metric.noun,
        bad=worse(metric, watched.check),
        slice=examples.keys(asked.slice),
        good_before=asked.good_before,
        good_now=asked.good_now,
        before_start=baseline and baseline.start_at,
        before_end=baseline and baseline.end_at,
        now_start=current.start_at,
        now_end=current.end_at,
        pairs=pairs,
    )
