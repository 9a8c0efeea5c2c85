"""A stand-in for the read API that answers from fixed shapes, with the real pages on the same port.

`python -m tests.fake_api PORT` serves it; POST /api/scenario/{name} changes what it answers. In `waiting` it says what
happened to a monitor only when the scenario changes.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, Response

from evaluator.api.alert_shapes import AlertView
from evaluator.api.baseline_shapes import Collecting, Predecessor
from evaluator.api.cause_shapes import CausesView
from evaluator.api.judge_shapes import CostRow, CoverageRow, CoverageView, JudgeCoverage, JudgeView, ProviderView
from evaluator.api.plan_shapes import CurveView, PlanView
from evaluator.api.rule_shapes import RuleView
from evaluator.api.shapes import (
    BatchView,
    Bounded,
    Detectable,
    EvidencePoint,
    IntakeView,
    Interval,
    MarkerFit,
    MarkerView,
    MonitorBrief,
    MonitorView,
    SampleView,
    SeriesPoint,
    SeriesView,
    SourceView,
    VerdictView,
)
from tests import (
    accounts,
    fake_alerts,
    fake_labels,
    fake_regression,
    fake_rubrics,
    fake_samples,
    fake_service,
    fake_usage,
    plans,
)
from tests.fake_alerts import Desk, desk_of
from tests.fake_labels import Shelf, shelf_of
from tests.happened import causes_of
from tests.incident_views import delivery
from tests.rule_views import hostile_rules, usual_rules

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ONSET = datetime(2026, 11, 17, 13, 15, tzinfo=UTC)
WEEK = timedelta(days=7)
CUT = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
QUIET = datetime(2026, 11, 15, 2, tzinfo=UTC), datetime(2026, 11, 15, 8, tzinfo=UTC)
KEY = "read-key-of-the-tests"
SCENARIOS = (
    "data", "healthy", "empty", "down", "unreachable", "locked", "huge", "hostile", "fresh", "metrics", "crowd",
    "rules", "storm", "reader", "states", "unheard", "waiting",
)  # fmt: skip


@dataclass
class World:
    """What the fake answers: everything follows from the scenario and a seed."""

    scenario: str = "data"
    rules: list[RuleView] = field(default_factory=list)
    judges: list[JudgeView] = field(default_factory=list)
    """Those of a service to which nothing came yet."""
    monitors: list[MonitorView] = field(default_factory=list)
    desk: Desk = field(default_factory=Desk)
    shelf: Shelf = field(default_factory=lambda: Shelf([]))

    def __post_init__(self) -> None:
        self.monitors = MONITORS[self.scenario]()
        self.rules = self.rules or RULES.get(self.scenario, list)()
        self.desk = desk_of(self.scenario, HOSTILE)
        self.shelf = shelf_of(self.scenario, HOSTILE)

    def find(self, monitor_id: str) -> MonitorView:
        for monitor in self.monitors:
            if monitor.monitor_id == monitor_id:
                return monitor
        raise HTTPException(404, "no such monitor")


def interval(passes: float, n: float) -> Interval:
    """Wilson's interval, written out here so that the fake needs nothing of the product but its shapes."""
    if not n:
        return Interval(n=0, rate=None, lo=None, hi=None)
    rate, z = passes / n, 1.96
    middle, spread = rate + z * z / (2 * n), z * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return Interval(n=n, rate=rate, lo=(middle - spread) / (1 + z * z / n), hi=(middle + spread) / (1 + z * z / n))


def bounded(passes: float, n: float, unscored: float = 0) -> Bounded:
    """A rate with what it would be had the unscored failed, or passed."""
    whole = n + unscored
    worst, best = (passes / whole, (passes + unscored) / whole) if whole else (None, None)
    return Bounded(**interval(passes, n).model_dump(), unscored=unscored, worst=worst, best=best)


def monitor(feature: str, judge: str, kind: str = "schema", /, **fields: Any) -> MonitorView:
    """A healthy monitor of 97 %; name what is different."""
    rng = random.Random(feature + judge)
    rates = [rng.gauss(0.97, 0.012) for _ in range(14)]
    known: dict[str, Any] = {
        "monitor_id": "-".join(f"{feature}-{judge}".split()),
        "feature": feature,
        "judge": judge,
        "judge_version": "a1b2c3d4e5f6",
        "kind": kind,
        "metric": "pass_rate",
        "says": "pass rate",
        "bad": "down",
        "min_drop": 0.02,
        "state": "ok",
        "reason": "",
        "checked_until": NOW,
        "baseline": bounded(971, 1000),
        "baseline_start": NOW - WEEK,
        "baseline_end": NOW - WEEK + timedelta(days=1),
        "baseline_origin": "first_window",
        "current": bounded(486, 501),
        "recent": [interval(min(rate, 1) * 70, 70) for rate in rates],
        "log_evidence": 1.2,
        "log_threshold": 10.4,
        "drop": 0.001,
        "drop_lo": -0.01,
        "drop_hi": 0.012,
        "onset": None,
        "onset_lo": None,
        "onset_hi": None,
        "detectable": [Detectable(days=1, drop=0.053), Detectable(days=3, drop=0.032), Detectable(days=7, drop=0.024)],
        "votes_per_day": 501.0,
        "reference_votes": 3200.0,
        "alert_id": None,
        "flags": [],
    }
    told = known | fields
    return MonitorView(recent_from=NOW.date() - timedelta(days=max(len(told["recent"]) - 1, 0)), **told)


def firing(feature: str, judge: str, kind: str = "schema", **fields: Any) -> MonitorView:
    """A monitor whose pass rate fell by nine points on Tuesday afternoon."""
    fell = [interval(r * 70, 70) for r in (0.971, 0.957, 0.986, 0.971, 0.957, 0.971, 0.971, 0.9, 0.886, 0.871, 0.886)]
    known: dict[str, Any] = {
        "state": "firing",
        "current": bounded(441, 501, 12),
        "recent": fell,
        "log_evidence": 23.9,
        "drop": 0.091,
        "drop_lo": 0.062,
        "drop_hi": 0.121,
        "onset": ONSET,
        "onset_lo": ONSET - timedelta(minutes=45),
        "onset_hi": ONSET + timedelta(minutes=45),
        "alert_id": f"alert-{feature}-{judge}",
        "marker": fit_of(feature),
    }
    return monitor(feature, judge, kind, **known | fields)


def markers_of(feature: str) -> list[MarkerView]:
    """A week of markers, newest first: those of all features, and of this one; hostile names where it has one."""
    told = [
        (-130, "deploy", "2026.11.1", None, "api", "weekly"),
        (-74.2, "prompt_version", "p7", feature, "seen", ""),
        (-71, "release", "2026.11.3", feature, "command", "new greeting"),
        (-70.5, "deploy", "hotfix of the hotfix of the greeting", None, "api", ""),
        (-8, "model", "claude-sonnet-5-5-20261101", feature, "seen", ""),
    ]
    if feature in HOSTILE:
        told += [(-60 + 5 * i, "other", text, feature, "api", text) for i, text in enumerate(HOSTILE)]
    return [
        MarkerView(
            marker_id=f"{hours}",
            ts=NOW + timedelta(hours=hours),
            created_at=NOW + timedelta(hours=hours),
            kind=kind,
            name=name,
            feature=whose,
            origin=origin,
            note=note,
        )
        for hours, kind, name, whose, origin, note in sorted(told, key=lambda one: -one[0])
    ]


def fit_of(feature: str) -> MarkerFit:
    """The release that went out just before the onset; of a hostile feature, its own name as a marker."""
    name = feature if feature in HOSTILE else "2026.11.3"
    timing = "15 minutes before the likeliest onset, inside its 90 % interval"
    words = f"release {name} went out {timing}"
    at = ONSET - timedelta(minutes=15)
    return MarkerFit(
        kind="release",
        name=name,
        feature=feature,
        origin="command",
        ts=at,
        fit="inside",
        timing=timing,
        in_words=words,
    )


UNKNOWN = Bounded(n=120, rate=None, lo=None, hi=None, unscored=0, worst=None, best=None)
"""Votes of which no share is watched yet."""
SHARES = {
    "errors": "error rate",
    "latency_ms": "latency slower than the baseline's p90 (812 ms)",
    "input_tokens": "input tokens above the baseline's p90 (1,240 tokens)",
    "output_tokens": "output tokens above the baseline's p90 (316 tokens)",
    "cost_usd": "cost above the baseline's p90 (0.0042 USD)",
    "length": "answer length above the baseline's p90 (1,310 characters)",
    "stop_reason": "with stop reason end_turn",
    "model": "with model claude-sonnet-5-5",
}
OF_JUDGES = {
    "score": "score of 3 or lower",
    "judge_errors": "judge error rate",
    "unscored": "unscored rate",
}


def other_metrics(feature: str, judge: str = "helpfulness") -> list[MonitorView]:
    """A dozen healthy monitors of one feature beside its pass rates; its traffic has no baseline yet."""
    share: dict[str, Any] = {"baseline": bounded(100, 1000), "current": bounded(49, 501), "bad": "up", "drop": -0.002}
    share["recent"] = [interval(rate, 70) for rate in (7, 6, 8, 7, 7, 5, 9, 7, 6, 8, 7, 7, 6, 7)]
    own = [
        monitor(feature, "", "traffic", metric=metric, says=says, monitor_id=f"{feature}-{metric}", **share)
        for metric, says in SHARES.items()
    ]
    of_judge = [
        monitor(feature, judge, metric=metric, says=says, monitor_id=f"{feature}-{judge}-{metric}", **share)
        for metric, says in OF_JUDGES.items()
    ]
    told: dict[str, Any] = {"metric": "volume", "says": "traffic", "bad": "up", "monitor_id": f"{feature}-volume"}
    told |= {"current": UNKNOWN, "recent": [UNKNOWN, UNKNOWN]}
    return [*of_judge, *own, unlearned(feature, "").model_copy(update=told)]


def moved(feature: str, metric: str, says: str, **fields: Any) -> MonitorView:
    """A metric of the feature alone whose bad share doubled on Tuesday afternoon."""
    known: dict[str, Any] = {
        "metric": metric,
        "says": says,
        "bad": "up",
        "monitor_id": f"{feature}-{metric}",
        "alert_id": f"alert-{feature}-{metric}",
        "baseline": bounded(101, 1000),
        "current": bounded(112, 501),
        "drop": 0.122,
        "drop_lo": 0.083,
        "drop_hi": 0.164,
        "recent": [interval(n, 70) for n in (7, 6, 8, 7, 7, 7, 8, 14, 16, 15, 16)],
    }
    return firing(feature, "", "traffic", **known | fields)


def usual() -> list[MonitorView]:
    others = [one for one in other_metrics("support-chat") if one.metric not in ("length", "output_tokens")]
    return [
        firing("support-chat", "valid_json", incident_id="inc_1", severity="critical"),
        firing("support-chat", "smell_heuristic", "heuristic"),
        monitor("support-chat", "not_truncated", "check"),
        monitor("search-summary", "answer", "check", flags=["minor_shift"]),
        monitor("search-summary", "helpfulness", "llm", votes_per_day=26.0, reference_votes=1150.0),
        monitor("tax-desk", "answer", "check", votes_per_day=12.0, reference_votes=510.0, detectable=[]),
        monitor("search-summary", "smell_heuristic", "heuristic"),
        unlearned("invoice-extract", "valid_json"),
        monitor(
            "legacy-bot", "not_truncated", "check", state="no_data", current=bounded(0, 0), recent=[], votes_per_day=0.0
        ),
        moved("support-chat", "length", "answer length below the baseline's p10 (81 characters)"),
        moved("support-chat", "output_tokens", "output tokens below the baseline's p10 (27.6)", drop=0.119),
        *others,
        *other_metrics("search-summary"),
    ]


def without_judges() -> list[MonitorView]:
    """Metrics of features alone: a slower model, a label that became rare, nothing judged at all."""
    rarer = {"bad": "down", "baseline": bounded(955, 1000), "current": bounded(421, 501)}
    return [
        moved("support-chat", "latency_ms", SHARES["latency_ms"]),
        moved("search-summary", "stop_reason", "with stop reason end_turn", **rarer),
        moved("search-summary", "errors", "error rate", drop=0.05, drop_lo=0.03, drop_hi=0.07),
        *other_metrics("invoice-extract"),
    ]


def states() -> list[MonitorView]:
    """A regression that somebody sees to, one that is near its threshold, and one whose judge fails."""
    seen = {"state": "acknowledged", "incident_id": "inc_1", "severity": "critical", "acknowledged_by": "Ana"}
    return [
        firing("support-chat", "valid_json", **seen),
        monitor("search-summary", "answer", "check", state="pending", log_evidence=8.9, current=bounded(472, 501)),
        monitor("search-summary", "helpfulness", "llm", state="judge_broken", current=bounded(0, 0, 40)),
        monitor("tax-desk", "answer", "check"),
        monitor("tax-desk", "", "traffic", metric="latency_ms", says=SHARES["latency_ms"], bad="up", state="pending"),
    ]


def crowd() -> list[MonitorView]:
    """Thirty features with 13 monitors each; in each tenth something moved."""
    names = [f"feature-number-{i:02d}-with-a-rather-long-name" for i in range(30)]
    found = [one for name in names for one in (monitor(name, "valid_json"), *other_metrics(name))]
    return [moved(name, "cost_usd", SHARES["cost_usd"], monitor_id=f"{name}-fired") for name in names[::10]] + found


def unlearned(feature: str, judge: str) -> MonitorView:
    nothing: dict[str, Any] = dict.fromkeys(("baseline", "baseline_start", "baseline_end", "baseline_origin"))
    nothing |= dict.fromkeys(("log_evidence", "log_threshold", "drop", "drop_lo", "drop_hi", "checked_until"))
    return monitor(
        feature,
        judge,
        state="insufficient",
        reason="collecting",
        current=bounded(118, 120),
        recent=[interval(59, 60), interval(59, 60)],
        predecessor=predecessor("9f8e7d6c5b4a" if feature not in HOSTILE else feature),
        collecting=Collecting(
            since=CUT,
            votes=120,
            votes_needed=500,
            hours=24,
            hours_needed=24,
            in_words="collects its baseline: 120 of 500 votes, 24 of 24 hours",
        ),
        detectable=[Detectable(days=days, drop=None) for days in (1, 3, 7)],
        **nothing,
    )


def predecessor(version: str) -> Predecessor:
    """The judge version that was replaced two days ago; its name is told as it is."""
    why = f"its model changed from {version if version in HOSTILE else 'claude-haiku-4-5'} to claude-sonnet-5-5"
    words = f"judge version a1b2c3d4e5f6 replaced {version} on 18 Nov 12:00 UTC ({why})"
    return Predecessor(
        judge_version=version,
        last_at=CUT - timedelta(minutes=15),
        cut_at=CUT,
        why=why,
        in_words=f"{words}: verdicts of two versions are never mixed",
    )


def huge() -> list[MonitorView]:
    return [
        (firing if i % 20 == 0 else monitor)(f"feature-number-{i:03d}-with-a-rather-long-name", f"judge_{i % 4}")
        for i in range(200)
    ]


HOSTILE = [
    "<script>window.__ran=1</script>",
    "<img src=https://evil.test/a.png onerror=window.__ran=1>",
    "![x](https://evil.test/b.png)",
    "[click](https://evil.test/c) https://evil.test/d www.evil.test me@evil.test",
    "$\\href{https://evil.test/e}{x}$ $$\\frac12$$",
    ":material/home: :smile: :red[red] :red-badge[b] :streamlit: ->",
    "`<b>` ``two`` ```three",
    "# heading\n- list\n| a | b |\n|---|---|\n| 1 | 2 |",
    "\\`x` <https://evil.test/f> &lt;b&gt; &#60;img src=x&#62;",
    '=HYPERLINK("https://evil.test/g")',
    "\u202eevil\u202c \x1b[31m \x00 ]( ) } ] *a* _b_ ~~c~~",
    "<svg/onload=fetch('https://evil.test/h')>",
    "javascript:window.__ran=1",
    '<iframe src="https://evil.test/i"></iframe><object data="https://evil.test/j"></object>',
    "<style>*{background:url(https://evil.test/k)}</style><link rel=stylesheet href=//evil.test/l>",
    "![x](data:image/svg+xml;base64,PHN2Zy8+) [y](data:text/html,<script>window.__ran=1</script>)",
    "[z](javascript:window.__ran=1) [w][1] &#106;avascript:window.__ran=1\n\n[1]: https://evil.test/m",
    "\u2066isolated\u2069 zero\u200bwidth\u200d \ufeff\u061c live\u202dback",
    "W" * 400,
    "+cmd|' /C calc'!A1",
    "<details open ontoggle=window.__ran=1><math><mtext><style><img src onerror=window.__ran=1></style>",
    "$$\\url{https://evil.test/n} \\includegraphics{https://evil.test/o}$$ :blue-background[b] :tada: :small[s]",
    "{{constructor.constructor('window.__ran=1')()}} ${7*7} {% raw %} %s %(x)s {0}",
]


def hostile() -> list[MonitorView]:
    """Every hostile text as a feature or judge of a firing card, and as a label; the last one is left to the table."""
    cards = [firing(HOSTILE[i], HOSTILE[i + 6]) for i in range(6)]
    labels = [
        moved(HOSTILE[i % 6], "stop_reason", f"with stop reason {text}", monitor_id=f"label-{i}")
        for i, text in enumerate(HOSTILE)
    ]
    last = monitor(HOSTILE[12], HOSTILE[12], predecessor=predecessor(HOSTILE[2]))
    return [*cards, *labels, last]


MONITORS: dict[str, Callable[[], list[MonitorView]]] = {
    "data": usual,
    "healthy": lambda: [monitor("support-chat", "valid_json"), monitor("support-chat", "not_truncated", "check")],
    "fresh": list,
    "empty": list,
    "down": list,
    "unreachable": list,
    "locked": usual,
    "huge": huge,
    "hostile": hostile,
    "metrics": without_judges,
    "crowd": crowd,
    "rules": usual,
    "storm": usual,
    "reader": usual,
    "states": states,
    "unheard": usual,
    "waiting": usual,
}
RULES: dict[str, Callable[[], list[RuleView]]] = {"rules": usual_rules, "hostile": lambda: hostile_rules(HOSTILE)}


def series_of(view: MonitorView, step_minutes: int) -> SeriesView:
    """A week in steps, with the fall of a firing monitor, a gap without data, and its evidence look by look."""
    rng = random.Random(view.monitor_id)
    before, now = (0.101, 0.223) if view.bad == "up" else (0.971, 0.88)
    step, points = timedelta(minutes=step_minutes), []
    steps = [NOW - WEEK + i * step for i in range(7 * 1440 // step_minutes)] if view.state != "no_data" else []
    steps = [at for at in steps if view.predecessor is None or at >= CUT]
    for at in (at for at in steps if not QUIET[0] <= at < QUIET[1]):
        rate = now if view.state == "firing" and at >= ONSET else before
        n = max(1, round(501 * step_minutes / 1440))
        passes = sum(rng.random() < rate for _ in range(n))
        lost = float(n > 60) + 6 * (at.hour < 3)
        told = bounded(passes, n, lost) if view.current.rate is not None else UNKNOWN
        points.append(SeriesPoint(**told.model_dump(), start=at, errors=float(n > 60)))
    told_too = {"evidence": evidence_of(view), "before": before_of(view, step_minutes)}
    return SeriesView(monitor=view, step_minutes=step_minutes, points=points, **told_too)


def before_of(view: MonitorView, step_minutes: int) -> list[SeriesPoint]:
    """Five days of the judge version before."""
    if view.predecessor is None:
        return []
    rng, step = random.Random(view.monitor_id + "before"), timedelta(minutes=step_minutes)
    n = max(1, round(501 * step_minutes / 1440))
    starts = [CUT - i * step for i in range(5 * 1440 // step_minutes, 0, -1)]
    passed = [sum(rng.random() < 0.93 for _ in range(n)) for _ in starts]
    return [
        SeriesPoint(start=at, errors=0, **bounded(passes, n).model_dump())
        for at, passes in zip(starts, passed, strict=True)
    ]


def evidence_of(view: MonitorView) -> list[EvidencePoint]:
    if view.log_threshold is None:
        return []
    rng = random.Random(view.monitor_id)
    looks = [NOW - WEEK + timedelta(hours=24 + i) for i in range(144)]
    grown = [max(0.0, (at - ONSET) / timedelta(hours=3)) if view.state == "firing" else 0.0 for at in looks]
    return [
        EvidencePoint(looked_at=at, log_evidence=2 + rng.gauss(0, 0.8) + up, log_threshold=view.log_threshold)
        for at, up in zip(looks, grown, strict=True)
    ]


def alerts_of(world: World) -> list[AlertView]:
    return [
        AlertView(
            alert_id=view.alert_id,
            monitor_id=view.monitor_id,
            feature=view.feature,
            judge=view.judge,
            metric=view.metric,
            state="firing",
            fired_at=ONSET + timedelta(hours=25, minutes=45),
            resolved_at=None,
            evidence=fake_regression.alarm_of(view, HOSTILE if world.scenario == "hostile" else []),
            deliveries=[delivery("oncall", "delivered")],
        )
        for view in world.monitors
        if view.alert_id
    ]


JUDGES = [
    ("valid_json", "schema", "ready", "", 3507, 0),
    ("not_truncated", "check", "ready", "", 7020, 0),
    ("smell_heuristic", "heuristic", "ready", "", 7020, 12),
    ("answer", "check", "ready", "", 3500, 0),
    (
        "smell_test",
        "llm",
        "not_configured",
        "set ANTHROPIC_API_KEY, or judge.base_url to a server that speaks the Messages API",
        0,
        0,
    ),
]


def judges_of(world: World) -> list[JudgeView]:
    plain = [
        JudgeView(
            name=name,
            version="a1b2c3d4e5f6" if state == "ready" else None,
            kind=kind,
            features=["*"],
            rate=1.0,
            state=state,
            detail=detail,
            ok=ok,
            errors=errors,
            skipped=0,
            pending=7 if state == "ready" else 0,
            oldest_waiting_seconds=3.4 if state == "ready" else None,
            cost_usd=None,
        )
        for name, kind, state, detail, ok, errors in JUDGES
    ]
    if world.scenario == "empty":
        return world.judges
    return [*plain, *accounts.llm_judges(HOSTILE if world.scenario == "hostile" else [])]


def intake_of(world: World) -> IntakeView:
    """A client without text and one whose text is cut, in the states that have data; hostile names where asked for."""
    feature = HOSTILE[0] if world.scenario == "hostile" else "support-chat"
    lacking = {
        "claude-code": ["120 of 120 came without text: set OTEL_LOG_USER_PROMPTS=1"],
        "openinference": ["9 of 90 came incomplete (cut_json): raise OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT"],
    }
    shown = lacking if world.scenario in ("data", "hostile", "fresh") else {"webhook": []}
    views = [
        SourceView(
            feature=feature,
            source=source,
            samples=120,
            without_text=120 * (source == "claude-code"),
            incomplete={},
            last_at=NOW,
            hints=hints,
        )
        for source, hints in shown.items()
    ]
    return IntakeView(hours=24, sources=views, parts_waiting=0, oldest_part_seconds=None)


def coverage_of(world: World) -> CoverageView:
    if world.scenario == "empty":
        return CoverageView(traffic=[], judges=[], oldest_pending_seconds=None)
    traffic = [("support-chat", "accepted", 3507), ("support-chat", "rate", 812), ("search-summary", "accepted", 3501)]
    traffic += [("support-chat", "duplicate", 3), ("invoice-extract", "accepted", 120), ("(unknown)", "rejected", 2)]
    judged: list[tuple[str, str, str, str | None, int]] = [
        ("support-chat", "valid_json", "ok", None, 3507),
        ("search-summary", "answer", "ok", None, 3501),
        ("search-summary", "helpfulness", "ok", None, 77),
    ]
    judged += [
        ("support-chat", "smell_heuristic", "ok", None, 3495),
        ("support-chat", "smell_heuristic", "error", "no_text", 12),
    ]
    return CoverageView(
        traffic=[CoverageRow(feature=f, outcome=o, n=n) for f, o, n in traffic],
        judges=[
            JudgeCoverage(
                feature=f,
                judge=j,
                judge_version="0f1e2d3c4b5a" if j == "helpfulness" else "a1b2c3d4e5f6",
                status=s,
                reason=r,
                n=n,
            )
            for f, j, s, r, n in judged
        ],
        oldest_pending_seconds=3.4,
        days=accounts.days(NOW.date(), HOSTILE if world.scenario == "hostile" else []),
    )


def sample_of(view: MonitorView, index: int, passed: bool, text: str) -> SampleView:
    at = NOW - timedelta(minutes=17 * index)
    why = "The response is JSON that matches the schema." if passed else f"Not JSON: {text[:80]}"
    ask = f"Wo ist meine Rechnung? {text}" if text in HOSTILE else "Wo ist meine Rechnung von Oktober?"
    verdict = VerdictView(
        sample_id=f"req_{index}", ts=at, judged_at=at, feature=view.feature, judge=view.judge,
        judge_version=view.judge_version, kind=view.kind, status="ok", passed=passed, score=float(passed),
        label="PASS" if passed else "FAIL", explanation=why, reason=None, model=None, cost_usd=None, duration_ms=0.3,
    )  # fmt: skip
    return SampleView(
        sample_id=f"req_{index}", ts=at, received_at=at, feature=view.feature, environment="production",
        session_id=f"s{index}", model="claude-sonnet-5-5", prompt_version="v8", release="2026.11.2",
        stop_reason="end_turn", error=None, input_tokens=210, output_tokens=64, latency_ms=812.0,
        metadata={"plan": "pro", "language": "de"}, sampling_class="default", sampling_probability=1.0,
        request={"system": "Answer as JSON with the keys answer and topic.",
                 "messages": [{"role": "user", "content": ask}]},
        response={"content": [{"type": "text", "text": text}], "stop_reason": "end_turn"},
        reference=None, verdicts=[verdict],
    )  # fmt: skip


def samples_of(world: World, view: MonitorView, passed: bool, limit: int) -> list[SampleView]:
    if passed:
        texts = ['{"answer": "Sie finden die Rechnung im Konto unter Belege.", "topic": "billing"}'] * limit
    elif world.scenario == "hostile":
        texts, limit = HOSTILE, len(HOSTILE)
    else:
        texts = [
            'Gerne! Hier ist die Antwort:\n\n{"answer": "Sie finden die Rechnung im Konto.", "topic": "billing"',
            "Es tut mir leid, dabei kann ich nicht helfen.",
            '{"answer": "' + "Ihre Rechnung liegt im Konto unter Belege. " * 60,
        ]
    return [sample_of(view, i, passed, text) for i, text in enumerate(texts[:limit])]


def create_api() -> FastAPI:
    """The read API of the UI over a world that `POST /api/scenario/{name}` replaces."""
    api = FastAPI(redirect_slashes=False)
    api.state.world, api.state.changed = World(), asyncio.Event()
    here = os.environ.get("LEADLINE_UI_API", "")

    @api.middleware("http")
    async def trouble(request: Request, call_next: Any) -> Response:
        scenario = api.state.world.scenario
        if scenario == "down" and request.url.path.startswith("/v1"):
            return JSONResponse({"detail": "store unavailable"}, 503, {"Retry-After": "5"})
        known = request.headers.get("authorization") == f"Bearer {KEY}"
        if scenario == "locked" and not known and request.url.path.startswith("/v1"):
            return JSONResponse({"detail": "key needed"}, 401)
        if scenario == "waiting" and request.url.path.endswith("/causes"):
            await api.state.changed.wait()
        answer: Response = await call_next(request)
        return answer

    @api.post("/api/scenario/{name}")
    async def change(name: str) -> dict[str, str]:
        nonlocal here
        api.state.changed.set()
        api.state.changed = asyncio.Event()
        here = here or os.environ.get("LEADLINE_UI_API", "")
        api.state.world = World(name)
        os.environ["LEADLINE_UI_API"] = "http://127.0.0.1:9" if name == "unreachable" else here
        return {"scenario": name}

    @api.get("/v1/monitors")
    def monitors() -> list[MonitorView]:
        return list(api.state.world.monitors)

    @api.get("/v1/monitors/brief")
    def briefs() -> list[MonitorBrief]:
        return list(api.state.world.monitors)

    api.include_router(fake_regression.router(api, HOSTILE, samples_of))

    @api.get("/v1/monitors/{monitor_id:path}/causes")
    def causes(monitor_id: str) -> CausesView:
        world: World = api.state.world
        return causes_of(world.find(monitor_id), NOW, HOSTILE if world.scenario == "hostile" else [])

    @api.get("/v1/monitors/{monitor_id:path}")
    def series(monitor_id: str, step_minutes: int = 60) -> SeriesView:
        return series_of(api.state.world.find(monitor_id), step_minutes)

    @api.get("/v1/plan")
    def plan(drop: float, days: float, metric: str) -> list[PlanView]:
        wanted = [one for one in api.state.world.monitors if one.metric == metric]
        return plans.plans_of(wanted, drop, days)

    @api.get("/v1/plan/{monitor_id:path}")
    def curve(monitor_id: str, drop: float, days: float) -> CurveView:
        return plans.curve_of(api.state.world.find(monitor_id), drop, days)

    @api.get("/v1/alerts")
    def alerts(monitor_id: str | None = None) -> list[AlertView]:
        return [alert for alert in alerts_of(api.state.world) if monitor_id in (None, alert.monitor_id)]

    api.include_router(fake_alerts.router(api))
    api.include_router(fake_usage.router(api))
    api.include_router(fake_rubrics.router(api, HOSTILE))
    api.include_router(fake_samples.router(api, HOSTILE))
    api.include_router(fake_labels.router(api))
    api.include_router(fake_service.router(api, HOSTILE))

    @api.get("/v1/markers")
    def markers(feature: str) -> list[MarkerView]:
        return markers_of(feature)

    @api.get("/v1/judges")
    def judges() -> list[JudgeView]:
        return judges_of(api.state.world)

    @api.get("/v1/coverage")
    def coverage() -> CoverageView:
        return coverage_of(api.state.world)

    @api.get("/v1/providers")
    def providers() -> list[ProviderView]:
        world: World = api.state.world
        return accounts.providers(HOSTILE if world.scenario == "hostile" else [])

    @api.get("/v1/batches")
    def batches() -> list[BatchView]:
        world = api.state.world
        return accounts.batches(NOW, HOSTILE if world.scenario == "hostile" else [])

    @api.get("/v1/costs")
    def costs() -> list[CostRow]:
        world: World = api.state.world
        if world.scenario in ("empty", "fresh"):
            return []
        return accounts.costs(NOW.date(), HOSTILE if world.scenario == "hostile" else [])

    @api.get("/v1/samples/{sample_id}")
    def one_sample(sample_id: str) -> SampleView:
        if sample_id != "req_asked":
            raise HTTPException(404, "no such sample")
        asked = sample_of(usual()[0], 300, False, "Das ist kein JSON.").model_copy(update={"sample_id": sample_id})
        return fake_rubrics.judged(asked, HOSTILE if api.state.world.scenario == "hostile" else [])

    @api.get("/v1/samples")
    def samples(passed: bool) -> list[SampleView]:
        return [one_sample("req_asked")] if passed else []

    return api


@contextmanager
def serving(api: FastAPI) -> Iterator[str]:
    """Serves an app from a thread of this process; gives its address."""
    listener = listening(0)
    server = uvicorn.Server(uvicorn.Config(api, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        yield address(listener)
    finally:
        server.should_exit = True
        thread.join()


def listening(port: int) -> socket.socket:
    """A socket that takes connections from now on, answered once a server runs; port 0 takes a free one."""
    listener = socket.create_server(("127.0.0.1", port))
    listener.listen(64)
    return listener


def address(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


def main(port: int) -> None:
    """Serve the fake and the pages until a signal comes; the address is the first line printed."""
    from ui.server import create_app

    listener = listening(port)
    app = create_app(create_api(), api_url=address(listener))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3))
    print(address(listener), flush=True)
    server.run([listener])


if __name__ == "__main__":
    main(int(sys.argv[1]))
