"""The part of the fake API that is about labels: it remembers what was said until the scenario changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException

from evaluator.api.label_shapes import (
    AgreementView,
    ChoiceView,
    ConfusionView,
    CriterionView,
    Estimate,
    LabelView,
    PeopleView,
    SavedView,
    TaskView,
)
from evaluator.api.shapes import Interval, SampleView, VerdictView

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
READER = "this needs a key with role admin (or admin); the one sent has read"
WORDS = {
    "PASS": "The response can be used as it is.",
    "FAIL": "Something is wrong with it that the user would notice at once.",
}
TONES = {
    "friendly": "warm and respectful; it takes the user and their trouble seriously",
    "neutral": "matter of fact and respectful, neither warm nor cold",
    "cold": "dismissive or curt where the user needed more",
    "hostile": "rude, mocking, accusing or threatening",
}
ANSWERS = [
    ("Wo ist meine Rechnung von Oktober?", "Sie finden die Rechnung im Konto unter Belege."),
    ("Kann ich kündigen?", "Das können Sie selbst nachlesen."),
    ("Was kostet der große Tarif?", "Der große Tarif kostet 20 Euro im Monat; im ersten Jahr sind es 15. " * 30),
    ("Danke!", "Gern."),
]
SECRET = "What the judge thought of it"


@dataclass
class Shelf:
    """What there is to label in a scenario, and what was said."""

    texts: list[tuple[str, str]]
    said: list[LabelView] = field(default_factory=list)
    readonly: bool = False
    hostile: list[str] = field(default_factory=list)

    def of(self, by: str) -> list[LabelView]:
        last = {one.sample_id: one for one in self.said if one.by.casefold() == by.casefold()}
        return list(last.values())


def shelf_of(scenario: str, hostile: list[str]) -> Shelf:
    """Four samples, hostile ones, or none."""
    if scenario == "hostile":
        return Shelf([(text, text) for text in hostile], hostile=hostile)
    return Shelf([] if scenario in ("healthy", "states") else ANSWERS, readonly=scenario == "reader")


def criterion_of(judge: str, hostile: list[str]) -> CriterionView:
    """A judge called tone or helpfulness has a scale, answer is a check, all others pass or fail by a rubric."""
    if hostile:
        choices = [ChoiceView(label=text[:40], meaning=text, passes=i < 3) for i, text in enumerate(hostile)]
        return CriterionView(question=hostile[2], instructions="\n".join(hostile), choices=choices)
    if judge == "answer":
        return CriterionView(question="Does this hold? A pattern that must be found.", details={"pattern": "^\\d+$"})
    words = TONES if judge == "helpfulness" else WORDS
    passing = ("friendly", "neutral", "PASS")
    return CriterionView(
        question="Does the response look right to a careful reader?",
        instructions="Look only at the response.\nIts length does not matter.",
        choices=[ChoiceView(label=name, meaning=told, passes=name in passing) for name, told in words.items()],
    )


def sample_of(index: int, feature: str, texts: tuple[str, str]) -> SampleView:
    """A sample without a word of any judge."""
    at = NOW - timedelta(minutes=17 * index)
    return SampleView(
        sample_id=f"lab_{index}", ts=at, received_at=at, feature=feature, environment="production", session_id=None,
        model="claude-sonnet-5-5", prompt_version="v8", release="2026.11.2", stop_reason="end_turn", error=None,
        input_tokens=210, output_tokens=64, latency_ms=812.0, metadata={}, sampling_class="default",
        sampling_probability=1.0, request={"messages": [{"role": "user", "content": texts[0]}]},
        response={"content": [{"type": "text", "text": texts[1]}]}, reference=None, verdicts=[],
    )  # fmt: skip


def verdict_of(label: LabelView, index: int, hostile: list[str]) -> VerdictView:
    """The judge passes the even ones."""
    passed, why = index % 2 == 0, hostile[index % len(hostile)] if hostile else SECRET
    return VerdictView(
        sample_id=label.sample_id, ts=label.ts, judged_at=label.ts, feature=label.feature, judge=label.judge,
        judge_version=label.judge_version, kind="llm", status="ok", passed=passed, score=float(passed),
        label="PASS" if passed else "FAIL", explanation=why, reason=None, model=None, cost_usd=None, duration_ms=1.0,
    )  # fmt: skip


def agreement_of(feature: str, judge: str, **fields: Any) -> AgreementView:
    """250 labels that tell enough; name what is different."""
    known: dict[str, Any] = {
        "feature": feature,
        "judge": judge,
        "judge_version": "a1b2c3d4e5f6",
        "start": NOW - timedelta(days=30),
        "end": NOW,
        "judge_rate": Interval(n=3507, rate=0.971, lo=0.965, hi=0.976),
        "labelled": 262,
        "counted": 250,
        "skipped": 4,
        "corrected": 2,
        "labellers": {"Ana": 201, "Ben": 101},
        "confusion": ConfusionView(pass_pass=118, pass_fail=8, fail_pass=31, fail_fail=93),
        "rate": Estimate(value=0.917, lo=0.866, hi=0.957),
        "worst": 0.902,
        "best": 0.919,
        "agreed": Estimate(value=0.931, lo=0.882, hi=0.968),
        "kappa": Estimate(value=0.362, lo=0.231, hi=0.602),
        "tpr": Estimate(value=0.992, lo=0.989, hi=0.995),
        "tnr": Estimate(value=0.261, lo=0.153, hi=0.498),
        "people": PeopleView(
            n=48, agreed=Estimate(value=0.94, lo=0.83, hi=0.98), kappa=Estimate(value=0.71, lo=0.4, hi=0.9)
        ),
        "lacking": 0,
    }
    return AgreementView(**known | fields)


def unlabelled(feature: str, judge: str, said: int = 0) -> AgreementView:
    """So few labels that they tell nothing."""
    nothing = dict.fromkeys(("rate", "worst", "best", "agreed", "kappa", "tpr", "tnr"))
    return agreement_of(
        feature, judge, labelled=said, counted=said, skipped=0, corrected=0, lacking=190 - said,
        labellers={"Ana": said} if said else {}, people=PeopleView(n=0, agreed=None, kappa=None),
        confusion=ConfusionView(pass_pass=said, pass_fail=0, fail_pass=0, fail_fail=0), **nothing,
    )  # fmt: skip


def router(api: FastAPI) -> APIRouter:
    """The endpoints, over the shelf of the world that the fake shows."""
    routes = APIRouter(prefix="/v1/labels")

    def shelf() -> Shelf:
        found: Shelf = api.state.world.shelf
        return found

    _add_asking(routes, shelf)
    _add_saying(routes, shelf)
    return routes


def _add_asking(routes: APIRouter, shelf: Any) -> None:
    @routes.get("/next")
    def upcoming(by: str, judge: str, feature: str) -> TaskView:
        found: Shelf = shelf()
        done = {one.sample_id for one in found.of(by)}
        left = [i for i in range(len(found.texts)) if f"lab_{i}" not in done]
        return TaskView(
            feature=feature,
            judge=judge,
            judge_version="a1b2c3d4e5f6",
            criterion=criterion_of(judge, found.hostile),
            sample=sample_of(left[0], feature, found.texts[left[0]]) if left else None,
            mine=len(done),
            judged=len(found.texts),
            days=30,
            elsewhere=0,
        )

    @routes.get("/agreement")
    def agreement(judge: str | None = None, feature: str | None = None) -> list[AgreementView]:
        found: Shelf = shelf()
        if judge and feature:
            if judge == "helpfulness":
                return [agreement_of(feature, judge)]
            return [unlabelled(feature, judge, len(found.said))]
        who = found.hostile[0] if found.hostile else "support-chat"
        told = [agreement_of(who, "helpfulness"), unlabelled(who, "smell_heuristic", 3)] if found.texts else []
        return [one for one in told if judge in (None, one.judge)]


def _add_saying(routes: APIRouter, shelf: Any) -> None:
    @routes.post("", status_code=201)
    def label(body: dict[str, Any]) -> SavedView:
        found: Shelf = shelf()
        if found.readonly:
            raise HTTPException(403, READER)
        index = int(body["sample_id"].removeprefix("lab_"))
        before = [one for one in found.said if one.sample_id == body["sample_id"] and one.by == body["by"]]
        word = body.get("label")
        passed = word in ("PASS", "friendly", "neutral") if word else body.get("passed")
        made = LabelView(
            label_id=f"lbl_{len(found.said)}",
            sample_id=body["sample_id"],
            ts=NOW,
            feature="support-chat",
            judge=body["judge"],
            judge_version=body["judge_version"],
            by=body["by"],
            labelled_at=NOW,
            revision=len(before) + 1,
            passed=None if body.get("skip") else passed,
            label=word,
            skipped=bool(body.get("skip")),
            note=body.get("note") or None,
        )
        found.said.append(made)
        verdict = verdict_of(made, index, found.hostile)
        return SavedView(label=made, verdict=verdict, agrees=None if made.skipped else made.passed == verdict.passed)
