"""What the sampler keeps: whole sessions, nested by rate, the same everywhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import chdtrc

from evaluator.sampler import decide, judge_rate, position
from evaluator.settings import SamplingRule, SamplingSettings
from tests.builders import make_sample

ROOT = Path(__file__).parents[3]
names = st.text(min_size=1, max_size=40)
rates = st.floats(0, 1)


def settings(*rules: SamplingRule, rate: float = 1.0) -> SamplingSettings:
    return SamplingSettings(rate=rate, rules=rules)


@pytest.mark.parametrize(
    ("session", "expected"),
    [
        ("s1", 0.5376171977566001),
        ("support-42", 0.62102872611134),
        ("Zürich", 0.4392734157513367),
        ("", 0.8931675160897388),
    ],
)
def test_positions_never_change(session: str, expected: float) -> None:
    """A session's position is a fixed number: a new version that moved it would change who is sampled."""
    assert position(session, "any") == expected


def test_another_process_agrees() -> None:
    """A process with another hash seed finds the same position."""
    code = "from evaluator.sampler import position; print(repr(position('s1', 'x')))"
    environment = {"PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT)}
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert float(run.stdout) == position("s1", "x")


@given(names, st.lists(names, min_size=2, max_size=5))
def test_a_session_shares_one_fate(session: str, sample_ids: list[str]) -> None:
    """All samples of a session are kept, or none is."""
    rate = settings(rate=0.5)
    fates = {decide(rate, make_sample(sample_id, session_id=session)).kept for sample_id in sample_ids}
    assert len(fates) == 1


@given(names, rates, rates)
def test_a_lower_rate_keeps_a_subset(session: str, one: float, other: float) -> None:
    """What a lower rate keeps, a higher rate keeps too."""
    low, high = sorted((one, other))
    sample = make_sample(session_id=session)
    assert not decide(settings(rate=low), sample).kept or decide(settings(rate=high), sample).kept


@given(names)
def test_rate_one_keeps_all_and_rate_zero_none(session: str) -> None:
    """Positions lie in [0, 1), so that a rate of 1 keeps everything and 0 nothing."""
    sample = make_sample(session_id=session)
    assert decide(settings(rate=1.0), sample).kept
    assert not decide(settings(rate=0.0), sample).kept


@pytest.mark.parametrize("pattern", ["session-{}", "{:08x}", "user@{}.example", "{}"])
def test_positions_are_uniform(pattern: str) -> None:
    """Similar ids spread evenly over [0, 1): a chi-squared test over 50 bins of 20,000 ids finds nothing."""
    counts = [0] * 50
    for number in range(20_000):
        counts[int(position(pattern.format(number), "x") * 50)] += 1
    chi_squared = sum((count - 400) ** 2 / 400 for count in counts)
    assert chdtrc(49, chi_squared) > 0.001


def test_without_a_session_the_sample_is_drawn_alone() -> None:
    """A sample without a session has the position of its own id."""
    assert position(None, "a") == position("a", "b") != position(None, "b")


def test_the_first_matching_rule_names_class_and_rate() -> None:
    """Of two rules that match, the first gives the sampling class and the probability."""
    first = SamplingRule(name="errors", when={"error": "*"}, rate=1.0)
    second = SamplingRule(name="chat", when={"feature": "support-*"}, rate=0.25)
    draw = decide(settings(first, second, rate=0.1), make_sample(error="overloaded_error"))
    assert (draw.sampling_class, draw.probability, draw.kept) == ("errors", 1.0, True)


@pytest.mark.parametrize(
    ("when", "matches"),
    [
        ({"feature": "support-*"}, True),
        ({"feature": "Support-*"}, False),
        ({"metadata.plan": "pro", "model": "claude-*"}, True),
        ({"metadata.plan": "pro", "model": "gpt-*"}, False),
        ({"metadata.team": "*"}, False),
        ({"error": "*"}, False),
        ({"error": ""}, True),
        ({}, True),
    ],
)
def test_a_rule_matches_by_globs_on_every_field(when: dict[str, str], matches: bool) -> None:
    """All globs must match; a field that is absent matches only the empty glob."""
    rule = SamplingRule(name="special", when=when, rate=0.5)
    draw = decide(settings(rule), make_sample(metadata={"plan": "pro"}, user_id="u1"))
    assert (draw.sampling_class == "special") is matches


def test_a_rule_may_give_a_judge_its_own_rate() -> None:
    """A class's own rate for a judge wins; other judges and other classes have the default."""
    tree = settings(SamplingRule(name="errors", rate=1.0, judges={"smell_test": 0.5}))
    asked = [("errors", "smell_test"), ("errors", "tone"), ("default", "smell_test")]
    assert [judge_rate(tree, *key, 0.01) for key in asked] == [0.5, 0.01, 0.01]
