"""The part of the fake API that is about samples: a small corpus, searched, told as conversations, judged again."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request, Response

from evaluator.api.sample_shapes import AgainView, FacetsView, FoundView, MarkView, SearchView, SessionView, TurnView
from evaluator.api.shapes import OpinionView, SampleView, VerdictView
from evaluator.samples.said import excerpt, said
from tests.fake_alerts import READER

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
QUIET = ("empty",)
CALL = {"type": "tool_use", "id": "t1", "name": "find_invoice", "input": {"customer": "<EMAIL_1>", "month": "2026-10"}}
RESULT = {"type": "tool_result", "tool_use_id": "t1", "content": '{"invoice": "R-1042", "total": 89.9}'}
LONG = "Ihre Rechnung liegt im Konto unter Belege. " * 50_000
"""Two megabytes."""


def verdict(sample_id: str, ts: datetime, judge: str, passed: bool | None, **fields: Any) -> VerdictView:
    """A verdict of 0.3 ms at no cost; name what is different."""
    known: dict[str, Any] = {
        "sample_id": sample_id, "ts": ts, "judged_at": ts + timedelta(seconds=3), "feature": "support-chat",
        "judge": judge, "judge_version": "a1b2c3d4e5f6", "kind": "check", "status": "ok", "passed": passed,
        "score": None if passed is None else float(passed), "label": {True: "PASS", False: "FAIL", None: None}[passed],
        "explanation": None, "reason": None, "model": None, "cost_usd": None, "duration_ms": 0.3,
    }  # fmt: skip
    return VerdictView(**known | fields)


def opinion(role: str, passed: bool, explanation: str) -> OpinionView:
    return OpinionView(
        role=role, via="call", provider="anthropic", model="claude-haiku-5-5", status="ok", passed=passed,
        score=float(passed), label="PASS" if passed else "FAIL", explanation=explanation, reason=None, cost_usd=0.0004,
    )  # fmt: skip


def sample(sample_id: str, minutes: int, ask: Any, answer: Any, **fields: Any) -> SampleView:
    """A sample of the support chat that happened so many minutes before noon."""
    at = NOW - timedelta(minutes=minutes)
    messages = ask if isinstance(ask, list) else [{"role": "user", "content": ask}]
    content = answer if isinstance(answer, list) else [{"type": "text", "text": answer}]
    known: dict[str, Any] = {
        "sample_id": sample_id, "ts": at, "received_at": at, "feature": "support-chat", "environment": "production",
        "session_id": None, "user_id": "u_0f1e2d3c4b5a69788796a5b4", "model": "claude-sonnet-5-5",
        "prompt_version": "v8", "release": "2026.11.2", "stop_reason": "end_turn", "error": None, "input_tokens": 210,
        "output_tokens": 64, "cache_read_tokens": 2048, "latency_ms": 812.0,
        "metadata": {"plan": "pro", "language": "de"}, "sampling_class": "default", "sampling_probability": 0.25,
        "request": {"system": "Answer as JSON with the keys answer and topic.", "messages": messages},
        "response": {"content": content, "stop_reason": "end_turn"}, "reference": None, "verdicts": [],
    }  # fmt: skip
    return SampleView(**known | fields)


def talk() -> list[SampleView]:
    """A conversation: a question, a tool that is called, its result with the answer, and a complaint."""
    ask = {"role": "user", "content": "Wo ist meine Rechnung von Oktober?"}
    used = [ask, {"role": "assistant", "content": [{"type": "text", "text": "Einen Moment."}, CALL]}]
    told = [*used, {"role": "user", "content": [RESULT]}]
    last = [*told, {"role": "assistant", "content": "Es ist R-1042."}, {"role": "user", "content": "Und als PDF?"}]
    found = [
        sample("talk_1", 40, [ask], [{"type": "text", "text": "Einen Moment."}, CALL], session_id="s1"),
        sample("talk_2", 39, told, "Es ist R-1042 über 89,90 €.", session_id="s1"),
        sample("talk_3", 37, last, "Dabei kann ich leider nicht helfen.", session_id="s1"),
    ]
    marked = [[True, True], [True, True], [False, True]]
    return [one.model_copy(update={"verdicts": judged(one, *marks)}) for one, marks in zip(found, marked, strict=True)]


def long_talk() -> list[SampleView]:
    """A conversation of 15 samples, each with all that was said before."""
    found, messages = [], list[dict[str, Any]]()
    for i in range(15):
        messages = [*messages, {"role": "user", "content": f"Frage {i}"}]
        found.append(sample(f"long_{i}", 1500 - i, messages, f"Antwort {i}", session_id="s2"))
        messages = [*messages, {"role": "assistant", "content": f"Antwort {i}"}]
    return found


def judged(one: SampleView, tone: bool, valid: bool) -> list[VerdictView]:
    """A rubric's verdict with its cost and a second opinion, and a check's."""
    why = "It answers." if tone else "It refuses although the invoice was just found: the PDF is a click away."
    rubric: dict[str, Any] = {
        "kind": "llm", "explanation": why, "model": "claude-haiku-5-5", "provider": "anthropic", "cost_usd": 0.0012,
        "duration_ms": 1830.0, "via": "call", "votes": 3, "disagreement": 1 / 3, "judge_probability": 0.25,
        "opinions": [opinion("vote", tone, why), opinion("vote", tone, why), opinion("repeat", not tone, "Polite.")],
    }  # fmt: skip
    return [
        verdict(one.sample_id, one.ts, "helpfulness", tone, **rubric),
        verdict(one.sample_id, one.ts, "valid_json", valid, explanation="The response is JSON that matches."),
        verdict(one.sample_id, one.ts, "cites_source", None, status="error", reason="timeout"),
    ]


def usual() -> list[SampleView]:
    gone: dict[str, Any] = {"request": {}, "response": {}, "session_id": None}
    found = [
        *talk(),
        *long_talk(),
        sample("gone", 90, "", "", **gone | {"text": "expired"}),
        sample("withheld", 95, "", "", **gone | {"text": "withheld"}),
        sample("failed", 120, "Storno bitte", [], error="overloaded_error: try again", response={}),
        sample("huge", 130, "Alles bitte", LONG),
    ]
    return found + [sample(f"plain_{i}", 200 + 30 * i, f"Frage {i}", f"Antwort {i}") for i in range(40)]


def hostile(texts: list[str]) -> list[SampleView]:
    """Every hostile text in every field that is foreign."""
    found = []
    for i, text in enumerate(texts):
        fields: dict[str, Any] = dict.fromkeys(
            ("feature", "environment", "session_id", "user_id", "model", "prompt_version", "release", "stop_reason",
             "stop_reason_raw", "error", "provider", "trace_id", "sampling_class", "source", "reference", "incomplete"),
            text,
        )  # fmt: skip
        tools = [{"type": "tool_use", "id": text, "name": text, "input": {text: text}}, {"type": text, text: text}]
        messages = [{"role": text, "content": [{"type": "tool_result", "tool_use_id": text, "content": text}, *tools]}]
        one = sample(
            f"hostile_{i}", i, messages, [{"type": "text", "text": text}, *tools], metadata={text: text}, **fields
        )
        told: dict[str, Any] = dict.fromkeys(("label", "explanation", "reason", "model", "provider"), text)
        answer = opinion("repeat", True, text).model_copy(update={"label": text, "model": text, "role": text})
        given = verdict(one.sample_id, one.ts, text, False, judge_version=text, opinions=[answer], **told)
        request = {"system": text, "messages": messages}
        found.append(one.model_copy(update={"verdicts": [given], "request": request}))
    return found


def corpus(scenario: str, texts: list[str]) -> list[SampleView]:
    """The samples of a scenario, newest first."""
    if scenario in QUIET:
        return []
    found = hostile(texts) if scenario == "hostile" else usual()
    return sorted(found, key=lambda one: one.ts, reverse=True)


def found_of(one: SampleView) -> FoundView:
    told = one.model_dump()
    kept = {name: told[name] for name in FoundView.model_fields if name in told and name != "verdicts"}
    asked, answered = map(excerpt, said(one.request, one.response))
    marks = [MarkView(**{name: getattr(v, name) for name in MarkView.model_fields}) for v in one.verdicts]
    return FoundView(**kept, size=400, asked=asked, answered=answered, verdicts=marks)


def router(api: FastAPI, texts: list[str]) -> APIRouter:
    """The endpoints, over the scenario that the fake shows; `texts` are hostile."""
    routes = APIRouter(prefix="/v1")

    def here() -> list[SampleView]:
        return corpus(api.state.world.scenario, texts)

    _add_search(routes, here)
    _add_single(routes, here, api, texts)
    return routes


def _add_search(routes: APIRouter, here: Callable[[], list[SampleView]]) -> None:
    @routes.get("/search")
    def search(request: Request, limit: int, after: str | None = None) -> SearchView:
        asked = request.query_params
        if "=" not in asked.get("meta", "="):
            raise HTTPException(422, "meta: write KEY=VALUE")
        matching = [one for one in here() if _matches(one, asked)]
        if asked.get("text") == "deep":
            step = int(after or 0) + 1
            until = NOW - timedelta(days=step)
            return SearchView(samples=[], next=str(step), searched_until=until, whole=False)
        start = int(after or 0)
        page, more = matching[start : start + limit], len(matching) > start + limit
        until = page[-1].ts if page else None
        return SearchView(
            samples=[found_of(one) for one in page],
            next=str(start + limit) if more else None,
            searched_until=until if here() else None,
            whole=not more,
        )

    @routes.get("/search/facets")
    def facets() -> FacetsView:
        def of(name: str) -> list[str]:
            return list(dict.fromkeys(value for one in here() if (value := getattr(one, name))))

        given = [one for sample in here() for one in sample.verdicts]
        return FacetsView(
            since=NOW - timedelta(days=1),
            features=of("feature"), environments=of("environment"), models=of("model"),
            providers=of("provider"),
            prompt_versions=of("prompt_version"), releases=of("release"), stop_reasons=of("stop_reason"),
            sources=of("source"), sampling_classes=of("sampling_class"),
            metadata={key: [value] for one in here() for key, value in one.metadata.items()},
            judges=list(dict.fromkeys(one.judge for one in given)),
            judge_versions={one.judge: [one.judge_version] for one in given},
            labels={one.judge: [one.label] for one in given if one.label},
        )  # fmt: skip

    @routes.get("/search/export")
    def export(request: Request) -> Response:
        return Response(f"id,format\n1,{request.query_params['format']}\n")

    @routes.get("/sessions/{session_id:path}")
    def session(session_id: str) -> SessionView:
        turns = [one for one in reversed(here()) if one.session_id == session_id]
        if not turns:
            raise HTTPException(404, "no such session")
        told = [_turn(one, turns[i - 1] if i else None) for i, one in enumerate(turns)]
        return SessionView(session_id=session_id, turns=told, earlier=0, later=0)


def _add_single(routes: APIRouter, here: Callable[[], list[SampleView]], api: FastAPI, texts: list[str]) -> None:
    def get(sample_id: str) -> Callable[[], SampleView]:
        def one() -> SampleView:
            for found in here():
                if found.sample_id == sample_id:
                    return found
            raise HTTPException(404, "no such sample")

        return one

    # Each by a path of its own: other ids belong to the examples of the fake's monitors.
    for known in [*usual(), *hostile(texts)]:
        routes.add_api_route(f"/samples/{known.sample_id}", get(known.sample_id), response_model=SampleView)

    @routes.post("/samples/{sample_id}/judge")
    def again(sample_id: str, body: dict[str, Any]) -> list[AgainView]:
        if api.state.world.desk.readonly:
            raise HTTPException(403, READER)
        text = texts[0] if api.state.world.scenario == "hostile" else "It is polite."
        detail = "The verdict stays as it was and counts once; this judgement stands beside it."
        told = AgainView(
            judge=body["judge"] or "helpfulness", judge_version="a1b2c3d4e5f6", outcome="beside", detail=detail,
            status="ok", passed=True, score=1.0, label="PASS", explanation=text, cost_usd=0.0012, flipped=True,
        )  # fmt: skip
        away = AgainView(
            judge="cites_source", judge_version="a1b2c3d4e5f6", outcome="unavailable",
            detail="The judge cannot judge now. The budget of the day is spent.",
        )  # fmt: skip
        return [told] if body["judge"] else [told, away]


def _matches(one: SampleView, asked: Any) -> bool:
    names = {"feature": one.feature, "model": one.model, "session": one.session_id, "user": one.user_id}
    plain = all(asked.get(name) in (None, value) for name, value in names.items())
    words = json.dumps([one.request, one.response], ensure_ascii=False).lower()
    passed = asked.get("passed")
    by_verdict = passed is None or any(v.passed is (passed == "true") for v in one.verdicts)
    slow_enough = (one.latency_ms or 0) >= float(asked.get("min_latency_ms", 0))
    return plain and by_verdict and slow_enough and all(word.lower() in words for word in asked.get("text", "").split())


def _turn(one: SampleView, before: SampleView | None) -> TurnView:
    told = one.model_dump()
    messages = (one.request or {}).get("messages", [])
    known = len((before.request or {}).get("messages", [])) + 1 if before else 0
    kept = {name: told[name] for name in TurnView.model_fields if name in told}
    return TurnView(**kept, system=None if before else (one.request or {}).get("system"), said=messages[known:])
