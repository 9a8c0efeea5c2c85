"""Did the requests change? The false answers, the power, and real requests."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest

from evaluator.drift.input_drift import InputDrift, Requests, compare
from evaluator.drift.text_shift import told_apart
from tests.figures import Figures
from tests.statistics.simulation import upper_bound

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
STREAMS = sorted((DATA / "streams").glob("*.jsonl.gz"))
WORDS = np.array([f"w{i:03d}{chr(97 + i % 26)}{i * 7919 % 1000}" for i in range(400)])
COMMON = 1.0 / np.arange(1, 401)
SAME, CHANGED = "the requests look the same", "the requests changed (input_tokens)"

pytestmark = pytest.mark.slow


def _requests(
    rng: np.random.Generator, n: int, *, other: float = 0.0, english: float = 0.8, longer: float = 0.0
) -> Requests:
    """Texts of 5-29 words with Zipf's frequencies, a share `other` of them drawn from other words."""
    share = (1 - other) * COMMON + other * np.roll(COMMON, 50)
    words = WORDS[rng.choice(400, 30 * n, p=share / share.sum())].reshape(n, 30)
    lines = [" ".join(row[:size]) for row, size in zip(words, rng.integers(5, 30, n), strict=True)]
    language = rng.choice(["en", "de", "fr"], n, p=[english, 0.95 - english, 0.05])
    numbers = {"input_tokens": rng.lognormal(5.0 + longer, 1.0, n).round()}
    return Requests(lines, numbers, {"language": language.tolist(), "plan": rng.choice(["a", "b"], n).tolist()})


def test_unchanged_requests_seldom_read_as_changed(figures: Figures) -> None:
    """With five features asked of 400 and 200 requests, at most 5 % are called changed: Holm holds."""
    rng, series = np.random.default_rng(20261129), 800
    found = [compare(_requests(rng, 400), _requests(rng, 200)) for _ in range(series)]
    significant = sum(any(feature.p <= 0.05 for feature in one.features) for one in found)
    changed = sum(bool(one.changed) for one in found)
    name, share = "unchanged requests: any adjusted p <= .05", significant / series
    bound = upper_bound(significant, series)
    note = f"{significant}/{series}, upper bound {bound:.3f}; called changed {changed}; asserted within three errors"
    figures.at_most("happened", name, share, 0.05, form="{:.3f}", note=note)
    assert significant / series <= 0.05 + 3 * (0.05 * 0.95 / series) ** 0.5


@pytest.mark.parametrize(
    ("name", "shift", "least"),
    [
        ("text", {"other": 0.2}, 0.95),
        ("language", {"english": 0.6}, 0.95),
        ("input_tokens", {"longer": 0.5}, 0.95),
        ("text", {"other": 0.1}, 0.5),
    ],
)
def test_a_changed_feature_is_named(name: str, shift: dict[str, float], least: float, figures: Figures) -> None:
    """400 requests before, 200 since: the feature that changed is named, the others hardly ever."""
    rng, series = np.random.default_rng([20261129, len(name)]), 150
    found = [compare(_requests(rng, 400), _requests(rng, 200, **shift)) for _ in range(series)]
    named = np.mean([any(f.name == name and f.changed for f in one.features) for one in found])
    wrongly = np.mean([any(f.name != name and f.changed for f in one.features) for one in found])
    note = f"another named {wrongly:.2f}"
    assert figures.at_least("happened", f"requests, {name} shifted {shift}: named", named, least, note=note)
    assert wrongly <= 0.1


def _stream(path: Path) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    change = json.loads((DATA / "streams/truth.json").read_text())[path.name.removesuffix(".jsonl.gz")]["change_at"]
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row for row in rows if row["timestamp"] < change], [row for row in rows if row["timestamp"] >= change]


def _asked(rows: list[dict[str, Any]]) -> Requests:
    subject = [row["metadata"].get("subject") for row in rows]
    return Requests([row["request"] for row in rows], categories={"subject": subject})


@pytest.mark.parametrize("path", STREAMS, ids=lambda path: path.name.removesuffix(".jsonl.gz"))
def test_the_same_prompts_to_the_next_version_look_the_same(path: Path, figures: Figures) -> None:
    """Real streams in which the model changed and the prompts did not: the requests are not blamed."""
    found = compare(*map(_asked, _stream(path)))
    what = f"requests, {path.name.removesuffix('.jsonl.gz')}, same prompts"
    assert figures.record("happened", what, found.verdict, target=SAME, ok=found.verdict == SAME, note=_effects(found))


def _effects(found: InputDrift) -> str:
    return ", ".join(f"{one.name} {one.effect:.3f} (p {one.p:.1e})" for one in found.features)


@pytest.mark.parametrize("path", [p for p in STREAMS if "mmlu" in p.name], ids=lambda path: path.name[:-9])
def test_other_questions_are_told_apart_by_their_text(path: Path, figures: Figures) -> None:
    """Half of the questions become law: the text test alone says so, with 300 requests on each side."""
    rng = np.random.default_rng(20261129)
    rows, late = _stream(path)
    law = [row["request"] for row in late if row["metadata"]["subject"] == "law"]
    before, now = np.split(rng.permutation(len(rows))[:450], [300])
    found = told_apart([rows[i]["request"] for i in before], [*(rows[i]["request"] for i in now), *law[:150]])
    assert found is not None
    what, note = f"requests, {path.name.removesuffix('.jsonl.gz')}, half law: AUC", f"p {found.p:.1e}"
    assert figures.at_least("happened", what, found.effect, 0.6, form="{:.2f}", note=note)
    assert found.p <= 0.01


def test_real_token_counts(figures: Figures) -> None:
    """An hour of a production service: its halves look the same, and 500 requests 1.3 times longer are seen."""
    if not DATA.exists():
        pytest.skip("the real answers (shared/data) are not on this machine")
    query = "SELECT context_tokens AS i, generated_tokens AS o FROM read_parquet($path) ORDER BY ts"
    path = str(DATA / "llm_traffic/azure_llm_2023_conv.parquet")
    table = duckdb.execute(query, {"path": path}).fetchnumpy()
    size, rng = len(table["i"]), np.random.default_rng(20261129)
    order, shuffled = np.arange(size), rng.permutation(size)

    def part(rows: Any, factor: float = 1.0) -> Requests:
        return Requests(numbers={"input_tokens": factor * table["i"][rows], "output_tokens": table["o"][rows]})

    cases = {
        "random halves": (part(shuffled[: size // 2]), part(shuffled[size // 2 :]), SAME),
        "first and second half hour": (part(order[: size // 2]), part(order[size // 2 :]), SAME),
        "500, 1.3 times longer": (part(shuffled[:500]), part(shuffled[500:1000], 1.3), CHANGED),
    }
    held = []
    for name, (before, now, target) in cases.items():
        found = compare(before, now)
        ok, note = found.verdict == target, _effects(found)
        what = f"requests, tokens of a real hour, {name}"
        held.append(figures.record("happened", what, found.verdict, target=target, ok=ok, note=note))
    assert all(held)
