"""How the judges' work is told: noise, caches, reasons and money."""

from __future__ import annotations

from datetime import timedelta

import pytest

from store import judging
from store.judging import Figures
from store.records import Status
from store.store import Store
from tests.builders import NOON, make_verdict

HOUR = timedelta(hours=1)
ASKED = {"kind": "llm", "via": "call", "input_tokens": 100, "cache_read_tokens": 700, "cache_write_tokens": 200}


def test_figures_are_of_each_version(store: Store) -> None:
    """Noise, reuse, escalation, disagreement, cache, cost and time, for every version that asked a model."""
    free = {"via": "cache", "input_tokens": None, "cache_read_tokens": None, "cache_write_tokens": None}
    store.append_verdicts(
        [
            make_verdict("a", **ASKED, flipped=True, cost_usd=0.3, disagreement=0.5, duration_ms=900),
            make_verdict("b", **ASKED, flipped=False, cost_usd=0.1, escalated=True, duration_ms=300.2),
            make_verdict("c", **{**ASKED, **free}, cost_usd=0.0, duration_ms=1),
            make_verdict("d", **ASKED, judge_version="v2"),
            make_verdict("e", judge="check"),
            make_verdict("old", **ASKED, judged_at=NOON - 2 * HOUR),
        ]
    ).result()
    with store.read() as c:
        found = judging.figures(c, NOON - HOUR)
    assert found["tone", "v1"] == Figures(
        judge="tone",
        judge_version="v1",
        n=3,
        repeated=2,
        flipped=1,
        reused=1,
        escalated=1,
        disagreement=0.5,
        cache_read_tokens=1400,
        prompt_tokens=2000,
        usd_mean=pytest.approx(0.4 / 3),
        usd_p95=pytest.approx(0.28),
        ms_p50=300,
        ms_p95=900,
    )
    assert (set(found), found["tone", "v2"].usd_mean) == ({("tone", "v1"), ("tone", "v2")}, None)


def test_the_unscored_are_counted_by_reason(store: Store) -> None:
    """Errors and skipped verdicts by version and reason, the most frequent first."""
    errors = [make_verdict(f"e{n}", passed=None, reason="timeout") for n in range(2)]
    skipped = make_verdict("s", status=Status.SKIPPED, reason="no_context")
    store.append_verdicts([make_verdict("ok"), skipped, *errors]).result()
    with store.read() as c:
        found = judging.unscored(c, NOON - HOUR)
    assert found == [("tone", "v1", Status.ERROR, "timeout", 2), ("tone", "v1", Status.SKIPPED, "no_context", 1)]


def test_spending_is_told_from_each_moment(store: Store) -> None:
    """The sums reach back to each moment over all versions; an unknown price makes them unknown."""
    store.append_verdicts(
        [
            make_verdict("a", **ASKED, cost_usd=0.25),
            make_verdict("b", **ASKED, cost_usd=0.5, judge_version="v0", judged_at=NOON - 2 * HOUR),
            make_verdict("c", **ASKED, judge="unpriced"),
            make_verdict("d", judge="check"),
        ]
    ).result()
    with store.read() as c:
        found = judging.spending(c, [NOON - HOUR, NOON - 3 * HOUR])
    assert found == {
        ("tone", NOON - HOUR): 0.25,
        ("tone", NOON - 3 * HOUR): 0.75,
        ("unpriced", NOON - HOUR): None,
        ("unpriced", NOON - 3 * HOUR): None,
    }


def test_a_moment_that_is_asked_for_twice_counts_once(store: Store) -> None:
    """On a Monday the day and the week begin together: nothing is doubled."""
    store.append_verdicts([make_verdict("a", **ASKED, cost_usd=0.25)]).result()
    with store.read() as c:
        found = judging.spending(c, [NOON - HOUR, NOON - HOUR])
    assert found == {("tone", NOON - HOUR): 0.25}
