"""Agreement of published judges with people: LLMBar, 236 pairs of answers, six judges, both orders of the answers.

The two orders of a pair are counted as two, as in the published figures; so the intervals here are a little too narrow.
"""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from evaluator.agreement import agreement
from tests.figures import Figures

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "judge_alignment"
Pairs = list[tuple[str, str]]

pytestmark = pytest.mark.skipif(not DATA.exists(), reason="judge_alignment (shared/data) is not on this machine")


def runs() -> dict[tuple[str, str], Pairs]:
    """What people and the judge preferred, by judge and strategy."""
    found: dict[tuple[str, str], Pairs] = defaultdict(list)
    for row in pq.read_table(DATA / "judge_runs.parquet").to_pylist():
        if row["source"] == "LLMBar":
            found[row["judge_model"], row["strategy"]].append((row["gold"], row["verdict"]))
    return found


def test_our_agreement_is_the_published_accuracy(figures: Figures) -> None:
    """For each of the judges and strategies our share of agreement is the accuracy in the data, to its four digits."""
    published = json.loads((DATA / "ground_truth.json").read_text())["judge_accuracy"]
    pairs, off = runs(), []
    for row in published:
        found = agreement(pairs[row["judge"], row["strategy"]], passing={"a"})
        assert found.agreed is not None
        assert found.kappa is not None
        print(
            f"{row['judge']:12} {row['strategy']:25} n={found.n} accuracy {found.agreed.rate:.4f} "
            f"(published {row['accuracy']:.4f})  kappa {found.kappa.value:+.2f} "
            f"[{found.kappa.lo:+.2f}, {found.kappa.hi:+.2f}]"
        )
        off.append(abs(round(found.agreed.rate, 4) - row["accuracy"]))
    name, note = "LLMBar, agreement with people: farthest from the published", f"{len(off)} judges and strategies"
    assert figures.at_most("judges", name, max(off), 0, form="{:.4f}", note=note)


def test_kappa_tells_a_judge_from_a_coin() -> None:
    """GPT-4's interval lies above .6 where chance is 0; that of ChatGPT-0301, right in half of the cases, holds 0."""
    strong, coin = (agreement(runs()[judge, "Vanilla"], passing={"a"}).kappa for judge in ("GPT-4", "ChatGPT-0301"))
    assert strong is not None
    assert coin is not None
    assert (strong.lo > 0.6, coin.lo < 0 < coin.hi) == (True, True)
