"""Target 6 of the detector: milliseconds per look, and the same bytes in a fresh process.

Figures are the best of several runs, in turn with scipy's betaln over 10,000 numbers: a slow machine slows both; what
is asserted is their ratio.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import thread_time
from typing import Any

import numpy as np
import pytest
from scipy.special import betaln

from evaluator.drift.battery import evaluate_battery
from evaluator.drift.detector import evaluate
from evaluator.drift.ridit import Ridit
from tests.figures import Figures

ARL = 2880.0 * 9
REFERENCE_MS = 0.16
"""Of betaln of 10,000 numbers, where the targets were set."""
A, B = np.linspace(1.0, 5000.0, 10_000), np.linspace(1.0, 300.0, 10_000)
ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


def _table(buckets: int, strata: int, seed: int = 7, fallen: bool = False) -> tuple[dict[str, Any], dict[str, Any]]:
    rng = np.random.default_rng(seed)
    n = rng.poisson(5.0, (buckets, strata))
    rates = np.where(np.arange(buckets) < buckets * 0.9, 0.95, 0.80 if fallen else 0.95)
    x = rng.binomial(n, rates[:, None])
    return {"n": np.full(strata, 1000.0), "x": np.full(strata, 950.0)}, {"n": n.astype(float), "x": x.astype(float)}


def beside(action: Callable[[], object], reference: Callable[[], object], runs: int) -> tuple[float, float]:
    """Seconds of CPU of the fastest of so many runs of each, in turn."""
    took: tuple[list[float], list[float]] = [], []
    for _ in range(runs):
        for work, seconds in zip((action, reference), took, strict=True):
            started = thread_time()
            work()
            seconds.append(thread_time() - started)
    return min(took[0]), min(took[1])


def held(figures: Figures, name: str, look: Callable[[], object], runs: int, target_ms: float) -> bool:
    """Tells how long it took, in milliseconds; whether that, or its ratio to the reference, is within the target."""
    took, reference = beside(look, lambda: betaln(A, B), runs)
    ratio, most = took / reference, target_ms / REFERENCE_MS
    note = f"asserted: {ratio:,.2f} x betaln of 10,000 numbers, at most {most:,.2f} x"
    figures.at_most("6", name, took * 1e3, target_ms, form="{:.2f} ms", note=note)
    return took * 1e3 <= target_ms or ratio <= most


@pytest.mark.parametrize(
    ("buckets", "strata", "fallen", "target_ms"),
    [(1000, 1, False, 1.0), (1000, 1, True, 1.0), (2880, 40, False, 5.0), (2880, 40, True, 5.0)],
)
def test_a_look_is_fast(buckets: int, strata: int, fallen: bool, target_ms: float, figures: Figures) -> None:
    """One look stays within its milliseconds where they were set, an alarming one too, which dates the onset on top."""
    baseline, table = _table(buckets, strata, fallen=fallen)
    decision = evaluate(baseline, table, arl=ARL)
    assert decision.alarm == fallen
    name = f"a look, {buckets} buckets x {strata} strata{', alarming' if fallen else ''}"
    assert held(figures, name, lambda: evaluate(baseline, table, arl=ARL), 30, target_ms)


def _battery(buckets: int, strata: int, fallen: bool) -> dict[str, Any]:
    """Five cuts of uniform values and their ridits; a tenth of the buckets may be worse."""
    rng = np.random.default_rng(7)
    n, beyond = rng.poisson(5.0, (buckets, strata)), np.array([0.5, 0.25, 0.1, 0.05, 0.01])
    worse = np.where(np.arange(buckets) < buckets * 0.9, 0.0, 0.1 if fallen else 0.0)[:, None]
    x = rng.binomial(n, beyond[:, None, None] + worse).astype(float)
    x0, r = np.outer(beyond, np.full(strata, 1000.0)), rng.normal(n * (0.5 + worse / 2), np.sqrt(n / 12)).clip(0.0, n)
    return {
        "baseline": {"n": np.full(strata, 1000.0), "x": x0},
        "buckets": {"n": n.astype(float), "x": x},
        "bad": ("up",) * 5,
        "ridit": Ridit({"r": np.full(strata, 500.0), "rr": np.full(strata, 333.0)}, {"r": r}),
    }


@pytest.mark.parametrize(
    ("buckets", "strata", "fallen", "target_ms"),
    [(1000, 1, False, 1.0), (1000, 1, True, 1.0), (2880, 4, False, 5.0), (2880, 4, True, 5.0)],
)
def test_a_look_at_a_battery_is_fast(
    buckets: int, strata: int, fallen: bool, target_ms: float, figures: Figures
) -> None:
    """Five cuts and a ridit term cost less than a look at each of the six on its own."""
    table = _battery(buckets, strata, fallen)
    one = {name: {"n": table[name]["n"], "x": table[name]["x"][2]} for name in ("baseline", "buckets")}
    decision = evaluate_battery(**table, arl=ARL)
    assert decision.alarm == evaluate(**one, arl=ARL, bad="up").alarm == fallen
    name = f"a look at a battery, {buckets} buckets x {strata} strata{', alarming' if fallen else ''}"
    whole = partial(evaluate_battery, **table, arl=ARL)
    assert held(figures, name, whole, 30, target_ms)
    took, binary = beside(whole, lambda: evaluate(**one, arl=ARL, bad="up"), 30)
    note = "asserted: no more than six indicators one by one"
    figures.at_most("6", f"{name}, beside one of its indicators", took / binary, 3, form="{:.1f} x", note=note)
    assert took <= 6 * binary


def test_five_hundred_series_are_looked_at_in_seconds(figures: Figures) -> None:
    """500 monitors of four strata and 30 days are looked at within 2.5 s where they were set."""
    tables = [_table(2880, 4, seed) for seed in range(10)]
    what = "500 series, 2880 buckets x 4 strata"
    assert held(figures, what, lambda: [evaluate(*tables[i % 10], arl=ARL) for i in range(500)], 3, 2500)


def test_decisions_are_the_same_bytes_in_a_fresh_process(figures: Figures) -> None:
    """A new interpreter repeats each decision to the last bit, alarming or not."""
    script = (
        "import tests.benchmarks.test_drift as t\n"
        "for s in (1, 4, 40):\n"
        "    for fallen in (False, True):\n"
        "        print(repr(t.evaluate(*t._table(2880, s, fallen=fallen), arl=t.ARL, markers=(2592,))))\n"
    )
    outputs = [
        subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, check=True, timeout=60).stdout
        for _ in range(2)
    ]
    here = "".join(
        f"{evaluate(*_table(2880, strata, fallen=fallen), arl=ARL, markers=(2592,))!r}\n"
        for strata in (1, 4, 40)
        for fallen in (False, True)
    )
    same = outputs[0] == outputs[1] == here.encode()
    words = "identical" if same else "they differ"
    assert figures.record("6", "decisions in two fresh processes", words, target="identical", ok=same)
