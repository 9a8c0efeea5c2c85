"""Facts of reports for tests: an ordinary week, one with hostile names, one of many features, and nothing at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from evaluator.api.shapes import Detectable, Interval
from evaluator.report.shapes import (
    AlertFact,
    Began,
    Change,
    CostFact,
    CostList,
    Counts,
    CoverageFact,
    DayCost,
    DeadFact,
    FeatureFact,
    IncidentFact,
    JudgeFact,
    MarkerFact,
    MovedFact,
    Point,
    RateFact,
    ReportFacts,
    ShiftFact,
    ShiftList,
)
from tests.builders import NOON

START = NOON - timedelta(days=7)
SLOWER = "latency slower than the baseline's p90 (812 ms)"
NOTHING = Counts(**dict.fromkeys(Counts.model_fields, 0))
HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>'",
    "{{ 7 * 7 }}{% for x in y %}",
    "\u202eevil\u2066\u200b\x00 name",
    "مرحبا بالعالم",
    "]]></style><style>*{display:none}</style><!--",
    "javascript:alert(1)",
    "x" * 5000,
    "a very long name " * 300,
    "$\\frac{1}{0}$ & &lt;b&gt;",
)


def interval(rate: float, n: float = 1000.0) -> Interval:
    return Interval(n=n, rate=rate, lo=max(rate - 0.02, 0.0), hi=min(rate + 0.02, 1.0))


def began(at: datetime = NOON - timedelta(days=2)) -> Began:
    return Began(likely=at, lo=at - timedelta(hours=3), hi=at + timedelta(hours=1))


def alert_fact(name: str = "support-chat", judge: str = "tone", **fields: Any) -> AlertFact:
    plain: dict[str, Any] = {
        "alert_id": "alert_1",
        "feature": name,
        "judge": judge,
        "metric": "pass_rate",
        "says": "pass rate",
        "bad": "down",
        "before": 0.95,
        "now": 0.82,
        "drop": Change(size=0.13, lo=0.098, hi=0.162),
        "is_at_alarm": False,
        "began": began(),
        "fired_at": NOON - timedelta(days=1),
        "resolved_at": None,
        "rule": "",
        "marker": f"release {name} went out 12 minutes before the likeliest onset",
        "why": "Same requests, same mix: the answers got worse.",
        "where": "language=de",
        "explained": False,
        "link": "http://127.0.0.1:8321/regression?monitor=m1",
    }
    return AlertFact(**{**plain, **fields})


def incident_fact(*alerts: AlertFact, **fields: Any) -> IncidentFact:
    plain: dict[str, Any] = {
        "incident_id": "inc_1",
        "is_open": True,
        "severity": "critical",
        "opened_at": NOON - timedelta(days=1),
        "resolved_at": None,
        "who": "",
        "acknowledged": False,
        "alerts": alerts or (alert_fact(),),
        "more": 0,
    }
    return IncidentFact(**{**plain, **fields})


def rate_fact(judge: str = "tone", **fields: Any) -> RateFact:
    points = [interval(0.95 if hour < 120 else 0.82, 30) for hour in range(0, 168, 6)]
    plain: dict[str, Any] = {
        "judge": judge,
        "judge_version": "v1",
        "kind": "llm",
        "state": "ok",
        "now": interval(0.951),
        "since": None,
        "unscored": 12.0,
        "baseline": interval(0.95),
        "baseline_start": START - timedelta(days=7),
        "baseline_end": START - timedelta(days=1),
        "change": Change(size=-0.001, lo=-0.02, hi=0.018),
        "min_drop": 0.02,
        "points": tuple(
            Point(start=START + timedelta(hours=6 * place), **one.model_dump()) for place, one in enumerate(points)
        ),
        "step_hours": 6,
        "votes_per_day": 143.0,
        "detectable": tuple(Detectable(days=days, drop=drop) for days, drop in ((1, 0.06), (3, 0.03), (7, None))),
        "collecting": "",
        "flags": (),
    }
    return RateFact(**{**plain, **fields})


def feature_fact(name: str = "support-chat", *rates: RateFact, **fields: Any) -> FeatureFact:
    plain: dict[str, Any] = {
        "feature": name,
        "rates": rates or (rate_fact(),),
        "moved": (),
        "steady": 8,
        "unknown": 1,
        "metrics": ("latency", "cost"),
    }
    return FeatureFact(**{**plain, **fields})


def shift_fact(name: str = "support-chat", judge: str = "tone", **fields: Any) -> ShiftFact:
    plain: dict[str, Any] = {
        "feature": name,
        "judge": judge,
        "metric": "pass_rate",
        "says": "pass rate",
        "bad": "down",
        "before": 0.95,
        "now": 0.935,
        "change": Change(size=0.015, lo=0.009, hi=0.021),
        "began": began(),
        "e_value": 5200.0,
        "evidence": 1.2e6,
        "threshold": 25_920.0,
        "small": True,
        "min_drop": 0.02,
    }
    return ShiftFact(**{**plain, **fields})


def coverage_fact(name: str = "support-chat", judge: str = "tone") -> CoverageFact:
    return CoverageFact(
        feature=name,
        judge=judge,
        arrived=12_000,
        not_kept={"rate": 2000},
        kept=10_000,
        no_text={"missing": 120},
        not_applicable=300,
        not_chosen={"rate": 8000},
        chosen=1580,
        judged=1500,
        errors={"timeout": 40},
        skipped={},
        waiting=40,
        overdue=0,
    )


def judge_fact(name: str = "tone", **fields: Any) -> JudgeFact:
    plain: dict[str, Any] = {
        "judge": name,
        "kind": "llm",
        "state": "ready",
        "detail": "",
        "judged": 1500,
        "errors": {"timeout": 40},
        "pending": 40,
        "oldest_waiting_seconds": 7200.0,
        "factor": 0.5,
        "flips": interval(0.03, 150),
        "disagreement": 0.02,
        "batches": 3,
        "batches_open": 1,
        "batches_failed": 1,
    }
    return JudgeFact(**{**plain, **fields})


def report_facts(**fields: Any) -> ReportFacts:
    """An empty report of a week; name what is in it."""
    plain: dict[str, Any] = {
        "start": START,
        "end": NOON,
        "made_at": NOON,
        "time_zone": "Europe/Berlin",
        "feature": "*",
        "link": "http://127.0.0.1:8321",
        "counts": NOTHING,
        "incidents": (),
        "features": (),
        "shifts": ShiftList(fdr=0.1, monitors=0, found=()),
        "coverage": (),
        "without_judge": {},
        "costs": CostList(judges=(), days=(), usd_per_day_limit=None, usd_per_week_limit=None),
        "judges": (),
        "markers": (),
        "markers_more": 0,
        "dead": (),
    }
    return ReportFacts(**{**plain, **fields})


def named(names: tuple[str, ...] = ("support-chat", "search", "summaries")) -> ReportFacts:
    """A week in which everything there is happened; every name of it is one of these."""
    fallen = rate_fact(names[0], state="firing", now=interval(0.82), since=began().likely)
    learning = rate_fact(names[0], state="insufficient", baseline=None, change=None, collecting=names[-1])
    slower = MovedFact(
        judge="", metric="label", says=f"with label {names[-1]}", bad="up", now=interval(0.24), baseline=interval(0.1),
        change=Change(size=0.14, lo=0.1, hi=0.18),
    )  # fmt: skip
    days = tuple(DayCost(day=(START + timedelta(days=day)).date(), usd=0.5 + day) for day in range(7))
    cost = {"verdicts": 1500, "usd": 4.2, "usd_per_day_limit": 1.0, "dearest_day": days[-1].day, "dearest_usd": 1.5}
    return report_facts(
        feature=names[0],
        counts=Counts(
            open=1, resolved=1, watched=40, firing=2, steady=30, minor=1, no_baseline=6, no_votes=0, judge_broken=1
        ),
        incidents=(
            *(incident_fact(alert_fact(one, one, why=one, where=one, rule=one, link=one), who=one) for one in names),
            incident_fact(alert_fact(names[0]), is_open=False, resolved_at=NOON),
        ),
        features=tuple(feature_fact(one, rate_fact(one), fallen, learning, moved=(slower,)) for one in names),
        shifts=ShiftList(fdr=0.1, monitors=40, found=tuple(shift_fact(one, one) for one in names)),
        coverage=tuple(coverage_fact(one, one).model_copy(update={"errors": {one: 3}}) for one in names),
        without_judge=dict.fromkeys(names, 12),
        costs=CostList(
            judges=tuple(CostFact(judge=one, **cost) for one in names),
            days=days,
            usd_per_day_limit=3.0,
            usd_per_week_limit=20.0,
        ),
        judges=tuple(judge_fact(one, state="stopped", detail=one, errors={one: 3}) for one in names),
        markers=tuple(MarkerFact(ts=NOON, kind="release", name=one, feature=one) for one in names),
        markers_more=3,
        dead=tuple(DeadFact(channel=one, event="firing", created_at=NOON, attempts=10, error=one) for one in names),
    )


def many(features: int) -> ReportFacts:
    """A week of so many features with two judges each."""
    names = [f"feature-{number:03}" for number in range(features)]
    rates = (rate_fact("tone"), rate_fact("no_leaks"))
    counts = NOTHING.model_copy(update={"watched": 11 * features, "steady": 11 * features})
    return report_facts(
        counts=counts,
        features=tuple(feature_fact(name, *rates) for name in names),
        coverage=tuple(coverage_fact(name, judge) for name in names for judge in ("tone", "no_leaks")),
        judges=(judge_fact("tone"), judge_fact("no_leaks")),
    )
