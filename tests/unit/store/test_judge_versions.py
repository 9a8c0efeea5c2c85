"""What judge versions were, and what they have done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from store import judge_versions
from store.judge_versions import JudgeVersion
from store.records import Status, Verdict
from store.store import Store
from tests.builders import NOON, make_verdict


def version(name: str = "v1", judge: str = "tone", **fields: Any) -> JudgeVersion:
    """A version of a judge without a model, first seen at noon."""
    plain: dict[str, Any] = {"kind": "check", "model": None, "definition": "{}", "first_seen_at": NOON}
    return JudgeVersion(**plain | fields, judge=judge, judge_version=name)


def test_a_version_is_written_down_once(store: Store) -> None:
    """Whoever has it later adds nothing, and changes nothing of what it was."""
    later = version(first_seen_at=NOON + timedelta(days=1), definition="other")
    for present in ([version()], [later, version("v2")], [later]):
        store.run(lambda c, present=present: judge_versions.remember(c, present)).result()
    with store.read() as c:
        assert judge_versions.find(c, "tone") == [version(), version("v2")]


def test_the_versions_of_another_judge_are_left_out(store: Store) -> None:
    """Each judge has its own; without a name all are told."""
    store.run(lambda c: judge_versions.remember(c, [version(), version(judge="x")])).result()
    with store.read() as c:
        assert [one.judge for one in judge_versions.find(c, "x")] == ["x"]
        assert len(judge_versions.find(c)) == 2


def work(store: Store, *given: Verdict) -> dict[str, judge_versions.Work]:
    """What the versions of `tone` did, given these verdicts."""
    store.append_verdicts(given).result()
    with store.read() as c:
        return {one.judge_version: one for one in judge_versions.work(c, "tone")}


def test_verdicts_are_counted_by_version(store: Store) -> None:
    """Ok, errors and skipped apart; passes are of those that passed or failed; times are of the first and the last."""
    later = NOON + timedelta(hours=1)
    found = work(
        store,
        make_verdict("a"),
        make_verdict("b", passed=False, judged_at=later),
        make_verdict("c", passed=None),
        make_verdict("d", passed=None, status=Status.SKIPPED),
        make_verdict("a", judge_version="v2"),
        make_verdict("a", judge="other"),
    )
    first = found["v1"]
    assert list(found) == ["v1", "v2"]
    assert (first.ok, first.errors, first.skipped, first.decided, first.passed) == (2, 1, 1, 2, 1)
    assert (first.first_at, first.last_at, first.figures) == (NOON, later, None)


def test_a_model_has_figures(store: Store) -> None:
    """Money, caches and noise are of the verdicts of a model; what was given again took no time."""
    asked = {"kind": "llm", "via": "call", "model": "m", "input_tokens": 60, "cache_read_tokens": 40}
    found = work(
        store,
        make_verdict("a", **asked, cost_usd=0.01, duration_ms=100.4, flipped=True),
        make_verdict("b", **asked, cost_usd=0.03, duration_ms=300, flipped=False),
        make_verdict("c", kind="llm", via="cache", cost_usd=0.0, duration_ms=1),
    )["v1"]
    figures = found.figures
    assert figures is not None
    assert (found.usd, found.model) == (pytest.approx(0.04), "m")
    assert (figures.n, figures.repeated, figures.flipped, figures.reused) == (3, 2, 1, 1)
    assert (figures.cache_read_tokens, figures.prompt_tokens) == (80, 200)
    assert (figures.ms_p50, figures.ms_p95) == (100, 300)


def test_an_unknown_price_makes_the_sum_unknown(store: Store) -> None:
    """Rather than too small."""
    asked = {"kind": "llm", "via": "call", "input_tokens": 60}
    assert work(store, make_verdict("a", **asked, cost_usd=0.01), make_verdict("b", **asked))["v1"].usd is None
