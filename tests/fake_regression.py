"""The part of the fake API that compares before and now: distributions, examples side by side, pictures."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response

from evaluator.api.cause_shapes import KeyView
from evaluator.api.distribution_shapes import DistributionView
from evaluator.api.example_shapes import ExamplesView, ExampleView, PairView
from evaluator.api.shapes import MonitorView, SampleView
from evaluator.distribution import bins
from evaluator.distribution.bins import RATIO
from evaluator.distribution.view import piece, quantiles_of
from evaluator.monitors.metrics import METRICS, Kind
from store.levels import Level

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001"
    "a5f645400000000049454e44ae426082"
)
"""A picture of one pixel."""
LABELS = {
    "stop_reason": ("end_turn", "max_tokens", "refusal", "pause_turn"),
    "model": ("claude-sonnet-5-5", "claude-haiku-4-5-20251001-with-a-rather-long-name"),
    "label": ("PASS", "FAIL"),
}


def distribution_of(view: MonitorView, hostile: Sequence[str] = ()) -> DistributionView:
    """A thousand votes before, half of them since: slower, or with other labels, where the monitor fires."""
    metric = METRICS[view.metric]
    levels = [] if metric.kind in (Kind.RATE, Kind.FLAG) else _levels(view, hostile)
    kind = _kind(view) if levels else "none"
    before, now = (sum(getattr(one, side) for one in levels) for side in ("before", "now"))
    made = {"category": bins.of_labels, "score": bins.of_scores}.get(
        kind, lambda told: bins.of_numbers(told, whole=metric.whole)
    )(levels)
    edge = {"value": RATIO**137, "direction": "up"} if kind == "number" and view.baseline else None
    return DistributionView.model_validate(
        {
            "monitor_id": view.monitor_id,
            "feature": view.feature,
            "judge": view.judge,
            "metric": view.metric,
            "unit": metric.unit,
            "whole": metric.whole,
            "kind": kind,
            "before": view.baseline and {"start": view.baseline_start, "end": view.baseline_end, "n": before},
            "now": {"start": view.onset or "2026-11-19T12:00:00Z", "end": "2026-11-20T12:00:00Z", "n": now},
            "bins": [
                {
                    "label": one.label,
                    "low": one.low,
                    "high": one.high,
                    "pooled": one.pooled,
                    "before": piece(one.before, before),
                    "now": piece(one.now, now),
                }
                for one in made
            ],
            "quantiles": quantiles_of(kind, levels, metric.direction),
            "says": view.says,
            "edge": edge,
            "labels": [],
            "others": False,
        }
    )


def _kind(view: MonitorView) -> str:
    if METRICS[view.metric].kind is Kind.CATEGORY:
        return "category"
    return "score" if view.metric == "score" else "number"


def _levels(view: MonitorView, hostile: Sequence[str]) -> list[Level]:
    rng, known = random.Random(view.monitor_id), view.baseline is not None
    kind, shift = _kind(view), 14 if view.fires else 0
    if kind == "category":
        names = list(hostile) or list(LABELS[view.metric])
        weights = [955, *(30 // (i + 1) for i in range(len(names) - 1))]
        now = [w * (0.85 if i == 0 and view.fires else 3.0 if view.fires else 1.0) for i, w in enumerate(weights)]
        return [Level(None, n, b * known, round(w / 2)) for n, b, w in zip(names, weights, now, strict=True)]
    if kind == "score":
        return [
            Level(i / 4, None, n * known, m)
            for i, (n, m) in enumerate(((9, 40), (21, 60), (70, 90), (300, 160), (600, 150)))
        ]
    counted: dict[int, list[float]] = {}
    for side, n in enumerate((1000 * known, 501)):
        for _ in range(n):
            place = round(rng.gauss(131 + shift * side, 11)) if rng.random() < 0.97 else round(rng.gauss(165, 9))
            counted.setdefault(place, [0.0, 0.0])[side] += 1
    return [Level(RATIO**place, None, *votes) for place, votes in sorted(counted.items())]


def examples_of(
    view: MonitorView, good: Sequence[SampleView], bad: Sequence[SampleView], asked: dict[str, Any]
) -> ExamplesView:
    """Pairs of passing and failing samples; the slice `language=fr` has none."""
    keys = [KeyView(key=key, value=value) for key, _, value in (one.partition("=") for one in asked["slice"])]
    none = any((one.key, one.value) == ("language", "fr") for one in keys)
    sides = [list(good if asked[side] else bad) for side in ("good_before", "good_now")]
    is_label = METRICS[view.metric].kind is Kind.CATEGORY
    value = None if view.judge or is_label else 5321.0
    label = "max_tokens" if is_label else None
    pairs = []
    for old, new in zip(*sides, strict=False):
        before = old.model_copy(update={"sample_id": f"old_{old.sample_id}", "ts": old.ts - timedelta(days=6)})
        alike = [KeyView(key=key, value=told) for key, told in new.metadata.items()]
        pairs.append(
            PairView(
                before=view.baseline and ExampleView(sample=before, value=value and 812.0, label=label and "end_turn"),
                now=ExampleView(sample=new, value=value, label=label),
                alike=alike,
            )
        )
    return ExamplesView(
        monitor_id=view.monitor_id,
        metric=view.metric,
        says=view.says,
        bad=view.bad,
        slice=keys,
        good_before=asked["good_before"],
        good_now=asked["good_now"],
        before_start=view.baseline_start,
        before_end=view.baseline_end,
        now_start=view.onset or datetime.fromisoformat("2026-11-19T12:00:00Z"),
        now_end=datetime.fromisoformat("2026-11-20T12:00:00Z"),
        pairs=[] if none or view.state == "no_data" or view.metric == "volume" else pairs[: asked["limit"]],
    )


def alarm_of(view: MonitorView, hostile: Sequence[str] = ()) -> dict[str, Any]:
    """What the alert of a firing monitor knew."""
    names = list(hostile) or ["language=de"]
    return {
        "monitor": {name: getattr(view, name) for name in ("monitor_id", "feature", "judge", "metric")},
        "bad": view.bad,
        "evidence": {
            "in_words": "evidence 31,000:1 against ‘nothing changed’, threshold 25,920",
            "false_alarms_per_30_days": 1.0,
        },
        "why": " ".join(hostile) or "Same requests, same mix: the answers got worse.",
        "where": [{"name": names[0], "score": 38.0, "rate_before": 0.968, "rate_now": 0.61, "n_now": 134}],
    }


def router(api: FastAPI, hostile: Sequence[str], samples_of: Any) -> APIRouter:
    """The endpoints; `samples_of` makes the samples of a monitor that passed or failed."""
    routes = APIRouter(prefix="/v1/monitors")

    def texts() -> Sequence[str]:
        return hostile if api.state.world.scenario == "hostile" else []

    @routes.get("/{monitor_id:path}/distribution")
    def distribution(monitor_id: str) -> DistributionView:
        return distribution_of(api.state.world.find(monitor_id), texts())

    @routes.get("/{monitor_id:path}/chart.png")
    def chart(monitor_id: str, chart: str, step_minutes: int) -> Response:
        api.state.world.find(monitor_id)
        return Response(PNG, media_type="image/png")

    @routes.get("/{monitor_id:path}/examples")
    def examples(request: Request, monitor_id: str, good_before: bool, good_now: bool, limit: int) -> ExamplesView:
        world = api.state.world
        view, limit = world.find(monitor_id), len(texts()) or limit
        found = [samples_of(world, view, passed, limit) for passed in (True, False)]
        told = request.query_params.getlist("slice")
        asked = {"slice": told, "good_before": good_before, "good_now": good_now, "limit": limit}
        return examples_of(view, found[0], found[1], asked)

    return routes
