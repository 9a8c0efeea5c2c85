"""Annotated time series, cut into instances: a stable stretch, then perhaps a change; and why many do not qualify.

tcpd: five people marked changes; a change is what at least three of them marked within five points. Each stretch
between two such changes is the baseline (its first 60 %) and the clean history of the next one. nab: windows around
anomalies; the first 15 % of a series are its baseline (that benchmark's own rule), and a window counts where the values
from its middle on are another distribution for a while, by the test of Kolmogorov and Smirnov: a spike is no change.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from scipy.stats import ks_2samp, rankdata

from tests.statistics.simulation import Array

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "change_point"
ANNOTATORS, APART = 3, 5
TCPD_BASELINE, NAB_BASELINE = 0.6, 0.15
FEWEST = 30
MOST_CORRELATION, MOST_TREND = 0.2, 0.3
SURE, LASTING, TAIL = 1e-4, 200, 100


@dataclass(frozen=True)
class Instance:
    """A series from index `begin` on: its baseline, the values after it, and where in these people see a change.

    `change` is the first and the last place, or None; `per_day` values make a day; `spikes` windows hold no change.
    """

    name: str
    baseline: Array
    values: Array
    change: tuple[int, int] | None
    per_day: int = 0
    spikes: int = 0
    begin: int = 0

    def unfit(self) -> str | None:
        """Why the model (independent points around one level) does not hold on the baseline; None where it does."""
        if self.spikes:
            return f"{self.spikes} marked window(s), none begins a shift of {LASTING} points"
        if len(self.baseline) < FEWEST:
            return f"too short: {len(self.baseline)} baseline points"
        if np.ptp(self.baseline) == 0:
            return "constant"
        near, day, trend = (
            correlation(self.baseline, 1),
            correlation(self.baseline, self.per_day),
            drifting(self.baseline),
        )
        if abs(trend) > MOST_TREND:
            return f"trend: rank correlation with time {trend:+.2f}"
        if day > MOST_CORRELATION:
            return f"season: correlation with the day before {day:+.2f}"
        return f"autocorrelation {near:+.2f}" if near > MOST_CORRELATION else None


def correlation(values: Array, lag: int) -> float:
    """The rank correlation of values so far apart; 0 where it is not to be had."""
    ranks = rankdata(values)
    if lag == 0 or len(values) < lag + FEWEST or np.ptp(ranks[lag:]) == 0 or np.ptp(ranks[:-lag]) == 0:
        return 0.0
    return float(np.corrcoef(ranks[:-lag], ranks[lag:])[0, 1])


def drifting(values: Array) -> float:
    """The rank correlation with time."""
    return float(np.corrcoef(np.arange(len(values)), rankdata(values))[0, 1])


def agreed(annotations: dict[str, list[int]]) -> list[tuple[int, int]]:
    """The first and the last mark of each change that enough people see."""
    marks = sorted((mark, who) for who, marks in annotations.items() for mark in marks)
    groups: list[list[tuple[int, str]]] = []
    for mark in marks:
        if groups and mark[0] - groups[-1][-1][0] <= APART:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return [(group[0][0], group[-1][0]) for group in groups if len({who for _, who in group}) >= ANNOTATORS]


def _rows(name: str, *keys: str) -> dict[tuple[str, ...], list[dict[str, Any]]]:
    found: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in pq.read_table(DATA / name).to_pylist():
        found.setdefault(tuple(row[key] for key in keys), []).append(row)
    return found


def tcpd() -> Iterator[Instance]:
    """Every stretch between two agreed changes, up to the next one; a series without any is one stretch."""
    annotations = json.loads((DATA / "tcpd_annotations.json").read_text())
    for (dataset, dimension), rows in _rows("tcpd.parquet", "dataset", "dimension").items():
        values = np.array([row["value"] for row in sorted(rows, key=lambda row: row["idx"])], dtype=float)
        name = dataset if dataset != "run_log" else f"{dataset} {dimension}"
        changes = agreed(annotations[dataset])
        begins, ends = [0, *(last for _, last in changes)], [*(first for first, _ in changes[1:]), len(values)]
        for (first, last), begin, end in zip(changes, begins, ends, strict=False):
            split = begin + round(TCPD_BASELINE * (first - begin))
            yield Instance(
                f"{name} at {first}", values[begin:split], values[split:end], (first - split, last - split), begin=begin
            )
        if not changes:
            split = round(TCPD_BASELINE * len(values))
            yield Instance(name, values[:split], values[split:], None)


def nab() -> Iterator[Instance]:
    """Every series up to some points after the first window that a lasting shift follows."""
    windows = json.loads((DATA / "nab_windows.json").read_text())
    for (name,), rows in sorted(_rows("nab.parquet", "series").items()):
        rows = sorted(rows, key=lambda row: str(row["ts"]))
        at = [str(row["ts"])[:19] for row in rows]
        values = np.array([row["value"] for row in rows], dtype=float)
        split = round(NAB_BASELINE * len(values))
        spans = [tuple(bisect_left(at, moment[:19]) for moment in window) for window in windows[name]]
        lasting = [span for span in spans if span[0] > split and _lasts(values[:split], values[sum(span) // 2 :])]
        first, last = lasting[0] if lasting else (0, 0)
        change = (first - split, last - split) if lasting else None
        end = last + TAIL if lasting else len(values)
        per_day = Counter(moment[:10] for moment in at).most_common(1)[0][1]
        spikes = len(spans) - len(lasting) if not lasting else 0
        yield Instance(
            name.split("/")[1].removesuffix(".csv"), values[:split], values[split:end], change, per_day, spikes
        )


def _lasts(baseline: Array, values: Array) -> bool:
    """Whether the next values are distributed otherwise."""
    return bool(ks_2samp(baseline, values[:LASTING]).pvalue < SURE)
