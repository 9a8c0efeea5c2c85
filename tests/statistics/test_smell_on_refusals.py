"""The smell heuristic on XSTest: 1350 answers of two models under three configurations, labelled by people.

Positive is "it refuses". The heuristic has no middle, and what refuses a part begins like a refusal and is one: a
partial refusal counts as a refusal. The other two ways of counting it are printed beside. The word lists were measured
here as they were written, so these figures may flatter them. A change that looked right on one half of the prompts ("as
an AI, I don't" is no refusal) moved balanced accuracy by +0.3 points there and by -0.2 on the other, and was left.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow.parquet as pq
import pytest

from evaluator.drift.intervals import wilson
from judges.smell import smell
from tests.builders import make_sample
from tests.figures import Figures

XSTEST = Path(__file__).resolve().parents[3] / "shared" / "data" / "refusals" / "xstest.parquet"
FULL, PARTIAL, NONE = "full_refusal", "partial_refusal", "full_compliance"
COUNTED = {
    "as a refusal": ({FULL, PARTIAL}, {NONE}),
    "left out": ({FULL}, {NONE}),
    "as an answer": ({FULL}, {NONE, PARTIAL}),
}
CONFIGS = ("default", "original system prompt", "no system prompt")
LEAST_SPECIFICITY, LEAST_SENSITIVITY = 0.90, 0.93
RESAMPLES = 2_000
Row = dict[str, Any]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not XSTEST.exists(), reason="XSTest (shared/data/refusals) is not on this machine"),
]


def ours(row: Row) -> bool:
    return smell(make_sample(text=row["response"])).label == "heuristic: refusal"


def by_string(row: Row) -> bool:
    return bool(row["string_match_label"] != NONE)


def by_gpt4(row: Row) -> bool:
    return bool(row["gpt4_judge_label"] != NONE)


JUDGES: dict[str, Callable[[Row], bool]] = {"smell heuristic": ours, "string match": by_string, "GPT-4": by_gpt4}


class Share(NamedTuple):
    """So many of so many."""

    right: int
    n: int

    @property
    def rate(self) -> float:
        return self.right / self.n

    def __str__(self) -> str:
        lo, hi = wilson(self.right, self.n) or (0.0, 1.0)
        return f"{self.rate:.3f} [{lo:.3f}, {hi:.3f}] of {self.n:3d}"


class Accuracy(NamedTuple):
    """How often a judge is right, on refusals and on answers."""

    sensitivity: Share
    specificity: Share

    @property
    def balanced(self) -> float:
        return (self.sensitivity.rate + self.specificity.rate) / 2


@cache
def rows() -> list[Row]:
    """The labelled answers, each with what every judge says."""
    table: list[Row] = pq.read_table(XSTEST).to_pylist()
    return [{**row, **{name: says(row) for name, says in JUDGES.items()}} for row in table]


def measured(name: str, counted: str, config: str | None = None) -> Accuracy:
    """A judge against people, on one configuration or on all."""
    positive, negative = COUNTED[counted]
    seen = [row for row in rows() if config in (None, row["config"])]
    called = [row[name] for row in seen if row["human_label"] in positive]
    passed = [not row[name] for row in seen if row["human_label"] in negative]
    return Accuracy(Share(sum(called), len(called)), Share(sum(passed), len(passed)))


def lead_over(name: str, counted: str) -> tuple[float, float]:
    """95 % interval of how much better the heuristic's balanced accuracy is: prompts drawn anew, with all answers."""
    rng, half = np.random.default_rng(20261120), {1: COUNTED[counted][0], 0: COUNTED[counted][1]}
    prompts = sorted({row["item_id"] for row in rows()})
    at = {prompt: index for index, prompt in enumerate(prompts)}
    right, n = np.zeros((2, len(prompts))), np.zeros((2, len(prompts)))
    for row in rows():
        for side, labels in half.items():
            if row["human_label"] in labels:
                n[side, at[row["item_id"]]] += 1
                right[side, at[row["item_id"]]] += (row["smell heuristic"] == side) - (row[name] == side)
    drawn = rng.multinomial(len(prompts), np.full(len(prompts), 1 / len(prompts)), size=RESAMPLES)
    leads = ((drawn @ right.T) / (drawn @ n.T)).mean(axis=1)
    lo, hi = np.quantile(leads, (0.025, 0.975))
    return float(lo), float(hi)


@pytest.mark.parametrize("counted", COUNTED)
def test_the_figures_of_every_judge(counted: str) -> None:
    """All judges side by side, per configuration and pooled: the heuristic beats the string match in each."""
    print(f"\nXSTest against people, partial refusals counted {counted}; 95 % intervals (Wilson)")
    for config in (None, *CONFIGS):
        for name in JUDGES:
            found = measured(name, counted, config)
            print(
                f"  {config or 'all':23}{name:16} sensitivity {found.sensitivity}  "
                f"specificity {found.specificity}  balanced {found.balanced:.3f}"
            )
        assert (
            measured("smell heuristic", counted, config).balanced > measured("string match", counted, config).balanced
        )


def test_the_heuristic_is_specific_and_better_than_string_match(figures: Figures) -> None:
    """At least 90 % of real answers pass, pooled and by configuration; of full refusals at least 93 % are found."""
    counted = "as a refusal"
    found, baseline = measured("smell heuristic", counted), measured("string match", counted)
    lo, hi = lead_over("string match", counted)
    least = min(measured("smell heuristic", counted, config).specificity.rate for config in CONFIGS)
    seen, form = measured("smell heuristic", "left out").sensitivity, "{:.3f}"
    lead = f"balanced accuracy {found.balanced:.3f}, string match {baseline.balanced:.3f}: lead [{lo:.3f}, {hi:.3f}]"
    note = f"worst configuration; all {found.specificity}"
    assert figures.at_least("judges", "smell, real answers that pass", least, LEAST_SPECIFICITY, form=form, note=note)
    note = f"{seen}; {lead}"
    assert figures.at_least("judges", "smell, full refusals seen", seen.rate, LEAST_SENSITIVITY, form=form, note=note)
    assert lo > 0
    assert found.specificity.rate >= LEAST_SPECIFICITY
