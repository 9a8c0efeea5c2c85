"""Target 4 of the detector: the slice that fell comes first; and what comes first on real answers."""

from __future__ import annotations

import json
from collections import Counter
from itertools import combinations
from pathlib import Path
from time import perf_counter
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy.stats import beta

from evaluator.drift.cube import Cube, enumerate_slices
from evaluator.drift.mix import decompose
from evaluator.drift.slices import Keys, RankedSlice, rank
from tests.figures import Figures

VALUES = (2, 3, 4, 5, 6, 8)
SERIES = 600
DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
LEAST_SHARE = {1: 0.10, 2: 0.04}

pytestmark = pytest.mark.slow


def _planted(rng: np.random.Generator, order: int, drop: float, before: int) -> tuple[Cube, Keys]:
    """Six dimensions of 2-8 values with Dirichlet(5) shares; the pass rate is .9, give or take 3 points per value.

    Of 1000 votes since the change, those of one slice pass `drop` less often; the slice holds at least a tenth of the
    traffic, or a twenty-fifth when it fixes two keys.
    """
    shares = [rng.dirichlet(np.full(values, 5.0)) for values in VALUES]
    codes = [rng.choice(len(share), before + 1000, p=share) for share in shares]
    rate = 0.9 + sum(rng.uniform(-0.03, 0.03, len(share))[code] for share, code in zip(shares, codes, strict=True))
    current = np.arange(before + 1000) >= before
    slice_: dict[int, int] = {}
    while not slice_ or np.prod([shares[d][v] for d, v in slice_.items()]) < LEAST_SHARE[order]:
        chosen = sorted(rng.choice(len(VALUES), order, replace=False))
        slice_ = {int(d): int(rng.integers(VALUES[d])) for d in chosen}
    fell = np.all([codes[d] == v for d, v in slice_.items()], axis=0) & current
    y = (rng.random(before + 1000) < rate - drop * fell).astype(float)
    cube = enumerate_slices({f"key{d}": code for d, code in enumerate(codes)}, y, current)
    return cube, tuple((f"key{d}", str(v)) for d, v in slice_.items())


@pytest.mark.parametrize("before", [2000, 3000, 5000])
@pytest.mark.parametrize(
    ("order", "drop", "target"), [(1, 0.15, 0.85), (1, 0.30, 0.95), (2, 0.30, 0.75), (2, 0.60, 0.95)]
)
def test_the_slice_that_fell_comes_first(order: int, drop: float, target: float, before: int, figures: Figures) -> None:
    """With 1000 votes since the change, against a baseline of 3000; 2000 and 5000 are printed beside it.

    With 2000 a slice of two keys has some 80 votes of its own before the change: too few for -30 points.
    """
    rng = np.random.default_rng([20261129, order, round(100 * drop), before])
    series = SERIES if before == 3000 else SERIES // 3
    hits = 0
    for _ in range(series):
        cube, truth = _planted(rng, order, drop, before)
        first = rank(cube.slices, top=1)
        hits += bool(first) and first[0].keys == truth
    share, lower = hits / series, float(beta.ppf(0.05, hits, series - hits + 1))
    name = f"slices of {order} dimension(s), -{drop:.0%}, {before} baseline votes: top 1, lower 95 % bound"
    note = f"share {share:.3f} of {series}{'' if before == 3000 else '; beside the target, which is for 3000'}"
    holds = figures.at_least("4", name, lower, target, form="{:.3f}", note=note)
    assert before != 3000 or holds


def test_slices_are_counted_and_ranked_in_a_blink(figures: Figures) -> None:
    """20,000 votes by 8 dimensions of up to 29 values: about as fast as only counting the pairs in a plain loop."""
    rng = np.random.default_rng(20261129)
    dims = {
        f"key{values}": [f"v{v}" for v in rng.integers(0, values, 20_000)] for values in (3, 5, 7, 9, 13, 17, 21, 29)
    }
    y, current = (rng.random(20_000) < 0.9).astype(float), np.arange(20_000) >= 12_000
    ours, plain = [], []
    for _ in range(5):
        begin = perf_counter()
        cube = enumerate_slices(dims, y, current)
        rank(cube.slices)
        middle = perf_counter()
        tables = [Counter(zip(one, two, current.tolist(), strict=True)) for one, two in combinations(dims.values(), 2)]
        ours.append(1000 * (middle - begin))
        plain.append(1000 * (perf_counter() - middle))
    ratio = min(ours) / min(plain)
    note = f"{len(cube.slices)} slices; {ratio:.2f} of counting {len(tables)} pairs row by row"
    figures.at_most("4", "slices of 20,000 votes by 8 dimensions", min(ours), 200, form="{:.0f} ms", note=note)
    assert ratio <= 1.5


def _real(name: str, pair: str) -> Cube:
    path = DATA / "llm_drift" / f"{name}.parquet"
    query = (
        "SELECT slice, coalesce(correct, 0) AS y, phase = 'after' AS late FROM read_parquet($path) WHERE pair = $pair"
    )
    found = duckdb.execute(query, {"path": str(path), "pair": pair}).fetchnumpy()
    return enumerate_slices({"slice": found["slice"].tolist()}, found["y"], found["late"])


def _truth() -> dict[tuple[str, str, str], dict[str, Any]]:
    rates = json.loads((DATA / "llm_drift" / "ground_truth.json").read_text())["rates"]
    return {(r["task"], r["pair"], r["slice"]): r for r in rates if r["metric"] == "correct"}


@pytest.mark.parametrize(
    ("name", "task", "pair", "expected"),
    [
        ("llmdrift_prime_full", "prime_full", "gpt-4:mar23->jun23", "ref_yes"),
        ("llmdrift_prime_full", "prime_full", "gpt-3.5-turbo:mar23->jun23", "ref_no"),
        ("llmdrift_opinionqa", "opinionqa", "gpt-4:mar23->jun23", "*"),
        ("llmdrift_opinionqa", "opinionqa", "gpt-3.5-turbo:mar23->jun23", None),
        ("mmlu_pro_mistral-7b-instruct", "mmlu_pro", "Mistral-7B-Instruct-v0.1->Mistral-7B-Instruct-v0.2", None),
        ("mmlu_pro_mistral-7b-base", "mmlu_pro", "Mistral-7B-v0.1->Mistral-7B-v0.2-hf", None),
        ("mmlu_pro_llama-8b-base", "mmlu_pro", "Meta-Llama-3-8B->Meta-Llama-3_1-8B", None),
    ],
)
def test_what_comes_first_on_real_version_changes(
    name: str, task: str, pair: str, expected: str | None, figures: Figures
) -> None:
    """One answer type fell: it comes first; all fell: the whole traffic does; none did: no score is above zero."""
    if not DATA.exists():
        pytest.skip("the real answers (shared/data) are not on this machine")
    ranked = rank(_real(name, pair).slices, top=3)
    truth = _truth()
    for one in ranked:
        true = truth[task, pair, one.keys[0][1] if one.keys else "*"]
        print(f"\n{pair}, {task}: {_told(one)}, truth {true['verdict']}", end="")
    first = ranked[0] if ranked and ranked[0].score >= 0 else None
    measured = (first.keys[0][1] if first.keys else "*") if first else None
    words = {None: "none above zero", "*": "whole traffic"}
    assert figures.record(
        "4",
        f"slices, {task}, {pair}: first",
        words.get(measured, str(measured)),
        target=words.get(expected, str(expected)),
        ok=measured == expected,
        note=_told(ranked[0]) if ranked else "",
    )
    assert expected is None or truth[task, pair, expected]["verdict"] == "must_flag"


def _told(one: RankedSlice) -> str:
    return f"{one.name}: score {one.score:.1f}, {one.rate_before:.3f} -> {one.rate_now:.3f}"


def _needle() -> dict[str, Any]:
    path = DATA / "slice_regression/needle_claude21.parquet"
    query = """
        SELECT context_length AS length, judge_score >= 7 AS y,
               CASE WHEN depth_percent < 5 THEN 'first 5 %' WHEN depth_percent < 50 THEN 'front half'
                    WHEN depth_percent < 95 THEN 'back half' ELSE 'last 5 %' END AS depth
        FROM read_parquet($path) WHERE version = 1 ORDER BY context_length, depth_percent
    """
    return dict(duckdb.execute(query, {"path": str(path)}).fetchnumpy())


def test_longer_contexts_hurt_everywhere_but_at_the_end(figures: Figures) -> None:
    """Needle tests up to 60,000 tokens against longer ones: everything fell, least what stands at the very end."""
    if not DATA.exists():
        pytest.skip("the real answers (shared/data) are not on this machine")
    needle = _needle()
    late = needle["length"] >= 60_000
    ranked = rank(enumerate_slices({"depth": needle["depth"].tolist()}, needle["y"], late).slices)
    for one in ranked:
        print(f"\nneedle, contexts of 60,000 tokens and more against shorter ones: {_told(one)}", end="")
    places, wanted = [ranked[i].name for i in (0, 1, -1)], ["whole traffic", "depth=front half", "depth=last 5 %"]
    what = "slices, needle, long contexts against short ones: first, second, last"
    assert figures.record("4", what, ", ".join(places), target=", ".join(wanted), ok=places == wanted)


def test_traffic_that_gets_longer_is_a_mix_shift(figures: Figures) -> None:
    """Two random halves of the needle tests, the second with long contexts three times as often: mix, not within."""
    if not DATA.exists():
        pytest.skip("the real answers (shared/data) are not on this machine")
    needle, rng = _needle(), np.random.default_rng(20261129)
    segment = np.searchsorted([30_000, 90_000, 150_000], needle["length"], side="right")
    half = rng.random(len(segment)) < 0.5
    kept = half | (rng.random(len(segment)) < np.array([0.3, 0.3, 0.9, 0.9])[segment])
    both = [kept & half & ((segment < 2) | (rng.random(len(segment)) < 0.3)), kept & ~half]
    tables = [
        {"n": np.bincount(segment[part], minlength=4), "x": np.bincount(segment[part], needle["y"][part], 4)}
        for part in both
    ]
    found = decompose(["<30k", "<90k", "<150k", "longer"], *tables)
    assert found is not None
    said = ", ".join(
        f"{name} {change.size:+.3f} [{change.lo:+.3f}, {change.hi:+.3f}]"
        for name, change in (("within", found.within), ("mix", found.mix))
    )
    ok = found.mix.hi < 0.0 and found.within.lo < 0.0 < found.within.hi
    assert figures.record(
        "happened", "split, needle, longer traffic", said, target="mix below 0, within around 0", ok=ok
    )
