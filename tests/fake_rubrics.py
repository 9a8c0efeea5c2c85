"""Judge versions and trials of rubrics that the stand-in for the API tells."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException

from evaluator.api.shapes import Interval, QuoteView, RubricCost, SampleView, SpanView
from evaluator.api.version_shapes import EstimateView, JudgeVersionsView, JudgeVersionView, TriedView, WatchedView
from tests.accounts import WORK

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
READER = "this needs a key with role admin (or admin); the one sent has read"
OLD = '''# Leadline's own words around it: template 8c3f0a11d2e4
name = "helpfulness"
model = "claude-haiku-4-5-20251001"
question = "How far does the response bring the user?"
instructions = """
Judge what the user can do after reading it.
Length and tone decide nothing."""
passes_from = "4"

[scale]
1 = "of no use, or misleading"
2 = "a small part of what was needed"
3 = "most of it, with a gap that the user has to fill"
4 = "all that was needed"
5 = "all, and the user need not ask again"
'''
NEW = OLD.replace("claude-haiku-4-5-20251001", "claude-haiku-5-5").replace(
    "Length and tone decide nothing.", "Length, tone and layout decide nothing.\nA refusal that is right is a 4."
)
GOOD = "The user can find the invoice with it."
CHECK = '{\n  "kind": "answer",\n  "pattern": "ORD-\\\\d{6}",\n  "semantics": 1\n}\n'


def version(name: str, days: tuple[float, float], **fields: Any) -> JudgeVersionView:
    """A version that judged from so many days ago to so many."""
    plain: dict[str, Any] = {
        "kind": "llm", "model": "claude-haiku-5-5", "present": False, "definition": OLD, "ok": 2140, "errors": 12,
        "skipped": 3, "passes": Interval(n=2140, rate=0.931, lo=0.919, hi=0.941), "cost_usd": 4.2,
        "work": WORK,
    }  # fmt: skip
    first, last = (NOW - timedelta(days=day) for day in days)
    told = {"judge_version": name, "first_seen_at": first, "first_at": first, "last_at": last}
    return JudgeVersionView(**plain | told | fields)


def versions_of(name: str, hostile: Sequence[str]) -> JudgeVersionsView:
    """A rubric with three versions, of the first of which no text was kept; a check with one; or hostile texts."""
    if hostile:
        text = "\n".join(hostile)
        told = [version(one, (9 - i, 8 - i), definition=f"{one}\n{text}", model=one) for i, one in enumerate(hostile)]
        watched = [WatchedView(monitor_id=one, feature=one, judge_version=hostile[0], state=one) for one in hostile]
        told[0] = told[0].model_copy(update={"present": True})
        return _view(name, told, watched, definition=text)
    if name in ("valid_json", "answer"):
        check = {"kind": "check", "model": None, "work": None, "cost_usd": None, "definition": CHECK, "present": True}
        return _view(name, [version("a1b2c3d4e5f6", (20, 0), **check)], [], kind="check", model=None, tryable=False)
    if name == "thumbs":
        said = {"kind": "feedback", "model": None, "work": None, "cost_usd": None, "definition": None}
        told = [version("feedback", (20, 0), **said)]
        return _view(name, told, [], kind="feedback", version=None, model=None, definition=None, tryable=False)
    told = [
        version("0f1e2d3c4b5a", (2, 0), definition=NEW, present=True),
        version("9f8e7d6c5b4a", (20, 2), model="claude-haiku-4-5-20251001"),
        version("1a2b3c4d5e6f", (80, 20), definition=None, first_seen_at=None),
    ]
    watched = [
        WatchedView(monitor_id=f"{feature}-{name}", feature=feature, judge_version="0f1e2d3c4b5a", state=state)
        for feature, state in (("search-summary", "ok"), ("support-chat", "firing"))
    ]
    return _view(name, told, watched)


def _view(name: str, told: list[JudgeVersionView], watched: list[WatchedView], **fields: Any) -> JudgeVersionsView:
    present = told[0]
    plain: dict[str, Any] = {
        "kind": present.kind, "version": present.judge_version, "model": present.model,
        "definition": present.definition, "tryable": True,
    }  # fmt: skip
    return JudgeVersionsView(**plain | fields, name=name, versions=told, monitors=watched)


def tried(sample_id: str, explanation: str) -> TriedView:
    """What the draft said: a fail, with the words that decide."""
    return TriedView(
        sample_id=sample_id, rubric="helpfulness", version="77aa88bb99cc", status="ok", passed=False, label="2",
        score=0.25, explanation=explanation, reason=None, model="claude-haiku-5-5", provider="anthropic", votes=None,
        disagreement=None, escalated=None, cut=None, input_tokens=412, output_tokens=71, cache_read_tokens=1180,
        cache_write_tokens=0, cost_usd=0.000089, duration_ms=1234.0,
    )  # fmt: skip


def price() -> RubricCost:
    """What a draft would cost with its own model and with a stronger one."""
    few = SpanView(low=0.1, likely=0.2, high=0.5)
    dear = SpanView(low=1.0, likely=2.4, high=6.0)
    return RubricCost(
        name="helpfulness", version="77aa88bb99cc", rates={"default": 0.05}, days=7, eligible=4200, prompts=200,
        judgements=SpanView(low=20, likely=30, high=44), prefix_tokens=few, sample_tokens=few, answer_tokens=few,
        votes=1, repeat_rate=0.02,
        quotes=[
            QuoteView(model="claude-haiku-5-5", live=few, batch=SpanView(low=0.05, likely=0.1, high=0.2), hit_rate=0.4),
            QuoteView(model="claude-opus-5-5", live=dear, batch=few, hit_rate=None),
        ],
        sources=["prompts: 200 stored samples, tokens estimated from characters"],
    )  # fmt: skip


def router(api: FastAPI, hostile: list[str]) -> APIRouter:
    """The endpoints. A draft that says `quest` is none, and one that says `overloaded` finds nobody."""
    routes = APIRouter(prefix="/v1")

    def texts() -> list[str]:
        return hostile if api.state.world.scenario == "hostile" else []

    def fine(body: dict[str, Any]) -> None:
        if "quest =" in body["toml"]:
            raise HTTPException(422, "Rubric in the request cannot be used: quest: not a known key.")

    @routes.get("/judges/{name:path}/versions")
    def versions(name: str) -> JudgeVersionsView:
        if api.state.world.scenario == "empty" or name == "nothing":
            raise HTTPException(404, "no such judge")
        return versions_of(name, texts())

    @routes.post("/rubrics/estimate")
    def estimate(body: dict[str, Any]) -> EstimateView:
        fine(body)
        if "needs =" in body["toml"]:
            skipped = "The request offers no tools and the response calls none."
            return EstimateView(model="claude-haiku-5-5", version="x", calls=0, usd=0.0, skipped=skipped)
        return EstimateView(model=(texts() or ["claude-haiku-5-5"])[0], version="x", calls=1, usd=0.00012, cut=340)

    @routes.post("/rubrics/try")
    def once(body: dict[str, Any]) -> TriedView:
        fine(body)
        if api.state.world.scenario == "reader":
            raise HTTPException(403, READER)
        if "overloaded" in body["toml"]:
            raise HTTPException(503, "api.anthropic.com answered 529 (overloaded_error) (4 attempts).")
        said = "\n".join(texts()) or 'It answers "im Konto", and not where the invoice of October lies.'
        return tried(body["sample_id"], said)

    @routes.post("/rubrics/cost")
    def cost(body: dict[str, Any]) -> RubricCost:
        fine(body)
        return price()

    return routes


def judged(sample: SampleView, hostile: Sequence[str]) -> SampleView:
    """The sample with a verdict of the rubric beside what it has; of hostile judges, each has its own."""
    names = hostile or ["helpfulness"]
    first, version = sample.verdicts[0], (hostile or ["0f1e2d3c4b5a"])[0]
    said = {"judge_version": version, "kind": "llm", "label": "4", "score": 0.75, "passed": True}
    told = [first.model_copy(update={**said, "judge": one, "explanation": "\n".join(hostile) or GOOD}) for one in names]
    return sample.model_copy(update={"verdicts": [first, *told]})
