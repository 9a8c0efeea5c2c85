"""Why there are no verdicts: each cause alone gives its own sentence, and of several the first one counts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from evaluator.api.judge_shapes import BudgetView, JudgeView
from evaluator.causes import judges, traffic
from evaluator.causes.samples import Work
from evaluator.causes.traffic import Traffic

FLOWING = Traffic(features=("chat",), kept=100, judges=1, looked_at=("chat",))
JUDGE = JudgeView(
    name="tone", version="v1", kind="llm", features=["*"], rate=0.5, state="ready", detail="", ok=9, errors=0,
    skipped=0, pending=0, cost_usd=1.0,
)  # fmt: skip
WORKING = Work(
    judge=JUDGE, arriving=("chat",), features=("chat",), kept=100, applies=100, chosen=50, expected=50.0, ok=50
)
HOUR = 3600.0


def judge(**fields: Any) -> JudgeView:
    return JUDGE.model_copy(update=fields)


def spent(day: float | None, week: float | None) -> BudgetView:
    """A budget with limits of 1 a day and 5 a week; None: no limit."""
    return BudgetView(
        usd_per_day=None if day is None else 1.0,
        spent_today=day or 0.0,
        usd_per_week=None if week is None else 5.0,
        spent_week=week or 0.0,
    )


@pytest.mark.parametrize(
    ("wrong", "what", "fix"),
    [
        ({"kept": 0}, "no sample in the last 24 hours", "docs/clients.md says how to point what you run at Leadline"),
        (
            {"kept": 0, "not_kept": Counter(rate=7, duplicate=2)},
            "none of 9 items of the last 24 hours was kept, most often: rate",
            "raise sampling.rate, or the rate of the rule in sampling.rules that matches them",
        ),
        (
            {"without_text": 100, "text_hint": "set OTEL_LOG_USER_PROMPTS=1"},
            "none of 100 samples of the last 24 hours has text",
            "set OTEL_LOG_USER_PROMPTS=1",
        ),
        ({"judges": 0}, "there is no judge", "name one in judge.builtin, or add [[judges]]"),
        (
            {"looked_at": ()},
            "no judge looks at a feature that sends samples (chat)",
            "name these in `features` of a judge",
        ),
    ],
)
def test_what_keeps_all_judges_from_judging(wrong: dict[str, Any], what: str, fix: str) -> None:
    """Before any judge is asked: arrival, keeping, text, and whether anybody looks."""
    found = traffic.first(replace(FLOWING, **wrong))
    assert found is not None
    assert (found.level, found.what, found.fix) == ("problem", what, fix)


def test_traffic_that_flows_has_no_cause() -> None:
    """Samples with text that a judge looks at are nothing to mend, some without text included."""
    assert traffic.first(replace(FLOWING, without_text=99, not_kept=Counter(rate=900))) is None


CASES: list[tuple[dict[str, Any], str, str, str]] = [
    (
        {"features": (), "judge": judge(features=["search"])},
        "problem",
        "its features (search) are not among those that send samples (chat)",
        "mend `features` of the judge",
    ),
    (
        {"kept": 0, "applies": 0, "not_kept": Counter(rate=3)},
        "problem",
        "none of 3 items of the last 24 hours was kept, most often: rate",
        "raise sampling.rate, or the rate of the rule in sampling.rules that matches them",
    ),
    (
        {"applies": 0, "no_text": Counter(missing=60, incomplete=40)},
        "problem",
        "none of 100 samples has text that it can judge, most often: missing",
        "switch the text on at the client: docs/clients.md",
    ),
    (
        {"applies": 0, "no_text": Counter(withheld=100)},
        "problem",
        "none of 100 samples has text that it can judge, most often: withheld",
        'text.keep = "none" keeps text in memory only: what cannot be judged at once has none any more',
    ),
    (
        {"applies": 0},
        "problem",
        "none of 100 samples of the last 24 hours is one that it applies to",
        "mend `applies_to` of its rubric",
    ),
    ({"judge": judge(state="not_configured", detail="set KEY")}, "hint", "not configured", "set KEY"),
    ({"judge": judge(state="stopped", detail="the key is refused")}, "problem", "stopped", "the key is refused"),
    (
        {"judge": judge(state="unavailable", detail="api.example answered 529")},
        "problem",
        "unavailable; it goes on by itself",
        "api.example answered 529",
    ),
    (
        {"judge": judge(budget=spent(1.02, None))},
        "problem",
        "its budget of 1.00 USD per day is spent (1.02)",
        "it resumes at midnight UTC, or raise usd_per_day or usd_per_week of tone",
    ),
    (
        {"judge": judge(state="unavailable", reason="budget", detail="0.02 USD are spent, until tomorrow")},
        "problem",
        "its budget does not hold another call",
        "0.02 USD are spent, until tomorrow",
    ),
    (
        {"judge": judge(budget=spent(0.2, 1.0), total_budget=spent(0.2, 5.0))},
        "problem",
        "the budget of all judges of 5.00 USD per week is spent (5.00)",
        "it resumes on Monday (UTC), or raise judge.usd_per_day or judge.usd_per_week",
    ),
    (
        {"judge": judge(factor=0.0, budget=spent(0.9, None))},
        "problem",
        "what is left of its budget is needed for samples that wait already: no new one is chosen",
        "raise the budget, or lower the judge's rate",
    ),
    (
        {"judge": judge(rate=0.001), "chosen": 0, "ok": 0, "expected": 0.1},
        "hint",
        "it judges 0.1 % of all sessions: 0.1 verdicts a day are expected",
        "set `rate` of the judge or judge.llm_rate to 0.5: about 50 a day",
    ),
    (
        {"judge": judge(rate=0.01, factor=0.5), "chosen": 0, "ok": 0, "expected": 0.2},
        "hint",
        "it judges 1 % of all sessions and a budget leaves 50 % of that: 0.1 verdicts a day are expected",
        "raise `rate` of the judge or judge.llm_rate; even a rate of 1 gives only about 20 a day",
    ),
    (
        {"judge": judge(rate=0.0), "chosen": 0, "ok": 0, "expected": 0.0},
        "hint",
        "it judges 0 % of all sessions: 0 verdicts a day are expected",
        "raise `rate` of the judge or judge.llm_rate; a rate of 1 gives up to 100 a day",
    ),
    (
        {"judge": judge(batch=True, pending=40, oldest_waiting_seconds=20 * HOUR), "ok": 0},
        "ok",
        "40 samples wait for the next nightly batch",
        "",
    ),
    (
        {"judge": judge(pending=4000, oldest_waiting_seconds=2.5 * HOUR)},
        "problem",
        "4,000 samples wait for their verdict, the oldest for 2.5 hours",
        "raise judge.concurrency, or lower the judge's rate",
    ),
    (
        {"judge": judge(batch=True, pending=40, oldest_waiting_seconds=26 * HOUR)},
        "problem",
        "40 samples wait for their verdict, the oldest for 26.0 hours",
        "raise judge.concurrency, or lower the judge's rate",
    ),
    (
        {"ok": 0, "errors": Counter(malformed=30, timeout=20)},
        "problem",
        "all 50 judgements of the last 24 hours failed, most often: malformed (30)",
        "take another model, or a provider that holds answers to a schema",
    ),
    (
        {"ok": 0, "errors": Counter(crashed=1)},
        "problem",
        "all 1 judgements of the last 24 hours failed, most often: crashed (1)",
        "GET /v1/verdicts?judge=tone has each one's explanation",
    ),
    (
        {"ok": 0, "skipped": Counter(no_context=50)},
        "hint",
        "all 50 samples of the last 24 hours were skipped, most often: no context (50)",
        "send what the judge needs (docs/samples.md), or let it judge other features",
    ),
    ({}, "ok", "ready; 50 verdicts in the last 24 hours, 0 waiting", ""),
    (
        {"ok": 0, "judge": judge(pending=12)},
        "hint",
        "12 samples wait, and none of the last 24 hours is judged",
        "start the service, or run `leadline score` again: what keeps it from judging is said there",
    ),
    (
        {"ok": 0, "applies": 0, "judge": judge(state="not_configured", detail="set ANTHROPIC_API_KEY")},
        "hint",
        "not configured",
        "set ANTHROPIC_API_KEY",
    ),
    (
        {"kept": 0, "applies": 0, "chosen": 0, "expected": 0.0, "ok": 0, "of_earlier": 200},
        "ok",
        "ready; 200 of earlier days arrived, and count on those, 0 waiting",
        "",
    ),
    (
        {"judge": judge(factor=0.25, pending=3), "errors": Counter(timeout=9)},
        "ok",
        "ready; 50 verdicts in the last 24 hours, 3 waiting; a budget leaves 25 % of its rate",
        "",
    ),
]


@pytest.mark.parametrize(("wrong", "level", "what", "fix"), CASES)
def test_each_cause_alone_says_its_sentence(wrong: dict[str, Any], level: str, what: str, fix: str) -> None:
    """A judge that works, with one thing wrong: that thing is told, and what mends it."""
    found = judges.first(replace(WORKING, **wrong))
    assert (found.area, found.level, found.what, found.fix) == ("judge tone", level, what, fix)


def test_the_first_cause_counts() -> None:
    """A stopped judge without money whose samples have no text: without text the rest does not matter."""
    broken = judge(state="stopped", detail="the key is refused", budget=spent(2.0, None))
    lacking = replace(WORKING, judge=broken, applies=0, chosen=0, ok=0, no_text=Counter(missing=100))
    told = [judges.first(one).what for one in (lacking, replace(lacking, no_text=Counter(), applies=100))]
    assert told == ["none of 100 samples has text that it can judge, most often: missing", "stopped"]


def test_what_all_lack_is_not_said_again_of_each() -> None:
    """With a cause that all share, a judge only tells what is its own."""
    lacking = replace(WORKING, applies=0, chosen=0, ok=0, no_text=Counter(missing=100))
    assert judges.first(lacking, own_only=True).what == "ready; 0 verdicts in the last 24 hours, 0 waiting"
