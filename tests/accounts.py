"""Coverage, judges and costs that the stand-in for the read API tells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from evaluator.api.judge_shapes import BudgetView, CostRow, CoverageDay, JudgeView, ProviderView, SpendView, WorkView
from evaluator.api.shapes import BatchView, Interval

FLIPS = Interval(n=118, rate=5 / 118, lo=0.0182, hi=0.0953)
BUDGET = BudgetView(usd_per_day=1.0, spent_today=0.42, usd_per_week=None, spent_week=1.9)
TOTAL = BudgetView(usd_per_day=2.0, spent_today=2.02, usd_per_week=10.0, spent_week=6.31)
WORK = WorkView(
    verdicts=5912, flips=FLIPS, disagreement=0.031, cache_hit_rate=0.713, reused=0.084, escalated=0.021,
    usd_mean=0.000123, usd_p95=0.00031, ms_p50=940.0, ms_p95=3120.0,
)  # fmt: skip


def llm_judges(names: Sequence[str]) -> list[JudgeView]:
    """One that works under a budget that bites, one that is stopped, one that has not judged yet; or hostile names."""
    busy = JudgeView(
        name="helpfulness", version="0f1e2d3c4b5a", kind="llm", features=["support-*"], rate=0.05, state="ready",
        detail="", ok=5912, errors=31, skipped=4, pending=212, oldest_waiting_seconds=5400, factor=0.37, batch=True,
        cost_usd=11.2,
        spend=SpendView(last_24_hours=0.71, last_7_days=4.12, last_30_days=11.2), budget=BUDGET, total_budget=TOTAL,
        work=WORK, error_reasons={"malformed": 21, "timeout": 10}, skip_reasons={"no_context": 4},
        hint="The prefix is about 410 tokens, below the minimum of 512 for claude-haiku-5-5: it is not cached.",
    )  # fmt: skip
    nothing: dict[str, Any] = {
        "ok": 0,
        "errors": 0,
        "skipped": 0,
        "pending": 0,
        "oldest_waiting_seconds": None,
        "factor": 1.0,
    }
    nothing |= {"work": None, "error_reasons": {}, "skip_reasons": {}, "hint": "", "cost_usd": None, "spend": None}
    nothing |= {"budget": BUDGET.model_copy(update={"spent_today": 0.0, "spent_week": 0.0})}
    stopped = {"state": "stopped", "detail": "api.anthropic.com answered 401: it refuses the API key."}
    free = busy.model_copy(update=nothing | {"name": "safety", "rate": 0.01})
    given = [busy, busy.model_copy(update=nothing | stopped | {"name": "tone"}), free]
    evil = [busy.model_copy(update={"name": n, "features": [n], "hint": n, "error_reasons": {n: 3}}) for n in names]
    return evil or given


def batches(now: datetime, names: Sequence[str]) -> list[BatchView]:
    """One under way, one that ended with some left over, one that failed; or hostile names."""
    ended = BatchView(
        id="b1", provider_id="msgbatch_1", judge="helpfulness", judge_version="0f1e2d3c4b5a", state="ended",
        requests=1900, succeeded=1880, errored=12, expired=8, canceled=0, estimate_usd=0.21, spent_usd=0.19,
        submitted_at=now - timedelta(hours=30), ended_at=now - timedelta(hours=29), age_seconds=3600, detail="",
    )  # fmt: skip
    nothing = dict.fromkeys(("succeeded", "errored", "expired", "canceled", "spent_usd", "ended_at"))
    open_ = nothing | {"id": "b2", "state": "in_progress", "requests": 212, "estimate_usd": 0.02, "age_seconds": 5400}
    failed = nothing | {"id": "b3", "state": "failed", "judge": "tone", "detail": "api.anthropic.com answered 413."}
    given = [ended, ended.model_copy(update=open_), ended.model_copy(update=failed)]
    return [one.model_copy(update={"judge": n, "detail": n}) for n in names for one in given] or given


def providers(names: Sequence[str]) -> list[ProviderView]:
    """One that answers, one that is left alone, one that refuses us; or hostile names."""
    fine = ProviderView(
        name="anthropic", circuit="closed", circuit_for_seconds=86_400, error_rate=0.01, next_probe_in_seconds=None,
        why="", stopped=[], waiting=3,
    )  # fmt: skip
    away = {"name": "bedrock", "circuit": "open", "circuit_for_seconds": 130.0, "next_probe_in_seconds": 45.0}
    away |= {"error_rate": 0.9, "why": "bedrock answered 529 (overloaded_error)"}
    refusing = {"name": "custom", "stopped": ["127.0.0.1 answered 404: it does not know the model claude-haiku-5-5."]}
    evil = [fine.model_copy(update=away | {"name": name, "why": name}) for name in names]
    return evil or [fine, fine.model_copy(update=away), fine.model_copy(update=refusing)]


def days(today: date, names: Sequence[str]) -> list[CoverageDay]:
    """A week of a check that judges all and of a judge that loses samples at every step; or hostile names."""
    week = [today - timedelta(days=n) for n in range(6, -1, -1)]
    whole = CoverageDay(
        day=today, feature="search-summary", judge="answer", judge_version="a1b2c3d4e5f6", kind="check", arrived=501,
        not_kept={"duplicate": 1}, kept=500, no_text={}, with_text=500, applies=500, not_chosen={}, chosen=500, ok=500,
        errors={}, skipped={}, waiting=0, overdue=0, expected=500.0,
    )  # fmt: skip
    lossy = whole.model_copy(
        update={
            "feature": "support-chat", "judge": "helpfulness", "kind": "llm", "arrived": 620,
            "not_kept": {"rate": 116, "duplicate": 4}, "no_text": {"missing": 40, "incomplete": 12}, "with_text": 448,
            "applies": 430, "not_chosen": {"rate": 180, "budget": 60}, "chosen": 190, "ok": 150,
            "errors": {"malformed": 9, "timeout": 5}, "skipped": {"no_context": 6}, "waiting": 18, "overdue": 2,
        }
    )  # fmt: skip
    evil = [
        lossy.model_copy(update={"feature": n, "judge": n, "errors": {n: 3}, "not_kept": {n: 9}, "day": week[0]})
        for n in names
    ]
    return evil or [row.model_copy(update={"day": day}) for row in (whole, lossy) for day in week]


def costs(today: date, names: Sequence[str]) -> list[CostRow]:
    """What a judge cost on two features, day by day, and one of an unknown price; or hostile names."""
    told = [
        CostRow(
            day=(today - timedelta(days=n)).isoformat(), feature=feature, judge="helpfulness", verdicts=190 + n,
            usd=0.02 * (n + 1), known_usd=0.02 * (n + 1), usd_per_verdict=0.02 * (n + 1) / (190 + n),
        )
        for n in range(10)
        for feature in ("support-chat", "search-summary")
    ]  # fmt: skip
    none = {"usd": None, "usd_per_verdict": None, "known_usd": 0.0}
    unknown = told[0].model_copy(update={"judge": "tone", "unpriced": 190, **none})
    free = told[0].model_copy(update={"judge": "valid_json", **none})
    return [told[0].model_copy(update={"feature": n, "judge": n}) for n in names] or [*told, unknown, free]
