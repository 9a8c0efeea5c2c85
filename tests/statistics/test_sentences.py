"""How often the sentence of what happened is right, over simulated and real votes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from evaluator.explanation import changes, sentence
from evaluator.explanation.sentence import Told
from evaluator.explanation.table import Table
from store.votes import Key, Voted
from tests.figures import Figures
from tests.statistics.simulation import upper_bound

NEEDLE = Path(__file__).resolve().parents[3] / "shared/data/slice_regression/needle_claude21.parquet"
SERIES = 300
BEFORE, NOW = 2000, 400
EASY, HARD = 0.97, 0.75

pytestmark = pytest.mark.slow


def table(y: Any, is_current: Any, values: dict[str, Any]) -> Table:
    """Votes with metadata, as they come from the store."""
    nothing = np.full(len(y), "", dtype=object)
    text = dict.fromkeys(("model", "prompt_version", "release"), nothing)
    columns = {key: np.asarray(column, dtype=object) for key, column in values.items()}
    keys = [Key(key, len(y), len(set(column.tolist()))) for key, column in columns.items()]
    total = (int((~is_current).sum()), int(is_current.sum()))
    return Table(Voted(is_current, y, nothing, nothing, nothing, text, columns, keys, total), columns, text, {})


def said(votes: Table) -> str:
    """The first words: mix moved, both, same mix, or no clear change."""
    total = changes.total(votes)
    assert total is not None
    mix = next((one for one in changes.mixes(votes, ()) if one.is_of_requests), None)
    words = sentence.sentence(Told("the answers got worse", "down", False, total, mix, None))
    if words.startswith("The mix moved ("):
        return "both"
    return next(kind for kind in ("The mix moved", "Same mix", "No clear change") if words.startswith(kind))


def simulated(rng: np.random.Generator, hard: float, fall: float) -> Table:
    """400 votes now with this share of hard requests and this fall of all; 20 % were hard before. Three keys more."""
    is_current = np.arange(BEFORE + NOW) >= BEFORE
    is_hard = rng.random(BEFORE + NOW) < np.where(is_current, hard, 0.2)
    rate = np.where(is_hard, HARD, EASY) - np.where(is_current, fall, 0.0)
    y = (rng.random(BEFORE + NOW) < rate).astype(float)
    values = {"kind": np.where(is_hard, "hard", "easy")}
    values |= {f"key{i}": rng.integers(0, 3 + i, BEFORE + NOW).astype(str) for i in range(3)}
    return table(y, is_current, values)


@pytest.mark.parametrize(
    ("what", "hard", "fall", "right"),
    [
        ("nothing", 0.2, 0.0, ("No clear change",)),
        ("the answers fell by 10 points", 0.2, 0.1, ("Same mix",)),
        ("hard requests from 20 to 60 %", 0.6, 0.0, ("The mix moved",)),
        ("both", 0.6, 0.1, ("both",)),
    ],
)
def test_the_sentence_is_right(what: str, hard: float, fall: float, right: tuple[str, ...], figures: Figures) -> None:
    """2000 votes before and 400 since, four metadata keys: what happened is what is said, in nine of ten cases."""
    rng = np.random.default_rng([20261129, round(100 * hard), round(100 * fall)])
    found = Counter(said(simulated(rng, hard, fall)) for _ in range(SERIES))
    correct = sum(found[kind] for kind in right)
    wrong = upper_bound(SERIES - correct, SERIES)
    spoken = ", ".join(f"{words} {times}" for words, times in found.most_common())
    note = f"of {SERIES}: {spoken}; wrong at most {wrong:.3f}"
    assert figures.at_least("happened", f"sentence, {what}: right", correct / SERIES, 0.9, form="{:.3f}", note=note)


def test_longer_contexts_of_real_answers_read_as_mix(figures: Figures) -> None:
    """Two random halves of the needle tests, the second with long contexts three times as often."""
    if not NEEDLE.exists():
        pytest.skip("the real answers (shared/data) are not on this machine")
    query = (
        "SELECT context_length AS length, judge_score >= 7 AS y FROM read_parquet($path) WHERE version = 1 ORDER BY ALL"
    )
    needle, rng = duckdb.execute(query, {"path": str(NEEDLE)}).fetchnumpy(), np.random.default_rng(20261129)
    segment = np.searchsorted([30_000, 90_000, 150_000], needle["length"], side="right")
    half = rng.random(len(segment)) < 0.5
    rare = rng.random(len(segment)) < 0.3
    kept = np.where(half, (segment < 2) | rare, (segment >= 2) | rare)
    names = np.array(["under 30k", "under 90k", "under 150k", "longer"], dtype=object)
    votes = table(needle["y"][kept].astype(float), ~half[kept], {"context": names[segment[kept]]})
    words, target = said(votes), "The mix moved"
    assert figures.record("happened", "sentence, needle, longer traffic", words, target=target, ok=words == target)
