"""False alarms and delays of the detector, of Evidently's and river's defaults and of plain rules, side by side.

How each was used is in contestants.py (Evidently, river) and streams.py (ours, plain rules). Alarms less than a day
after another one belong to it. Evidently, ADWIN, KSWIN and PageHinkley also speak of improvements. After a drop the
first alarm counts. Alarms before it are held against ours only: a series that had alarmed before is not found.
Only `make bench` runs this: it makes the environment of Evidently and river (1 GB).
"""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.benchmarks.peers.streams import (
    BEFORE,
    CHANGE,
    DAY,
    SERIES,
    Alarms,
    Votes,
    drop_rule,
    ours,
    streams,
    three_sigma,
)
from tests.figures import Figures
from tests.statistics.simulation import upper_bound

ROOT = Path(__file__).resolve().parents[3]
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
MORE, SETS = 1000, 3

pytestmark = [pytest.mark.slow, pytest.mark.long]


@dataclass(frozen=True)
class Contestant:
    """Who, how it was used, and its alarms per stream and series, by the votes that had come."""

    name: str
    use: str
    alarms: dict[str, Alarms]

    def false_alarms(self) -> float:
        """In 30 days over 100 series."""
        watched = self.alarms["nothing"]
        return sum(episodes(row) for row in watched) * SERIES / len(watched)

    def found(self, stream: str) -> tuple[float, float | None]:
        """The share of series whose drop is found in 20 days, and their mean delay in hours."""
        first = [next((at for at in row if at > BEFORE + CHANGE), None) for row in self.alarms[stream]]
        delays = [(at - BEFORE - CHANGE) / DAY * 24 for at in first if at is not None]
        return len(delays) / len(first), float(np.mean(delays)) if delays else None

    def words(self) -> str:
        parts = []
        for stream, drop in (("drop_5", 5), ("drop_10", 10)):
            share, hours = self.found(stream)
            delay = f" after {hours:.1f} h" if hours is not None else ""
            parts.append(f"{drop} points: {share:.0%} found{delay}")
        return "; ".join(parts)


def episodes(alarms: list[int]) -> int:
    """Alarms, those within a day of another one counted with it."""
    return sum(after - before > DAY for before, after in zip([-DAY - 1, *alarms], alarms, strict=False))


def by_peers(made: dict[str, Votes], more: Votes, folder: Path) -> dict[str, Any]:
    """What Evidently and river say in their own environment."""
    np.savez(folder / "streams.npz", before=BEFORE, change=BEFORE + CHANGE, more=more, **made)
    command = [str(PYTHON), str(Path(__file__).parent / "contestants.py"), str(folder / "streams.npz")]
    quiet = {**os.environ, "DO_NOT_TRACK": "1", "PYTHONWARNINGS": "ignore"}
    told = subprocess.run(command, cwd=folder, env=quiet, stdout=subprocess.PIPE, check=True, timeout=1800).stdout
    answer: dict[str, Any] = json.loads(told)
    return answer


def here(made: dict[str, Votes]) -> list[Contestant]:
    """Ours and the plain rules."""
    alarms = {name: ours(votes, first=name != "nothing") for name, votes in made.items()}
    rules = {"drop of 5 points over the last 100 votes": drop_rule, "day below mean - 3 sd of the week": three_sigma}
    plain = [Contestant(name, "a plain rule", {key: rule(made[key]) for key in made}) for name, rule in rules.items()]
    return [Contestant("Leadline", "every 15 minutes, budget 1 in 30 days over 100 series", alarms), *plain]


def test_beside_evidently_river_and_plain_rules(tmp_path: Path, figures: Figures) -> None:
    """Ours keeps its budget of one false alarm over all series and finds the drops of 5 and of 10 points."""
    made = streams(np.random.default_rng(20261120))
    mine, *plain = here(made)
    answer = by_peers(made, quiet(0), tmp_path)
    others, versions = [Contestant(**one) for one in answer["contestants"]], answer["versions"]
    for one in [mine, *plain, *others]:
        name = " ".join([one.name, versions.get(one.name.split()[0].lower(), "")]).strip()
        figures.record("peers", name, f"{one.false_alarms():.0f} false alarms; {one.words()}", note=one.use)
    figures.record("peers", f"river ADWIN: of {MORE} quiet series alarm in 30 days", f"{answer['quiet']}")
    shares = [mine.found(stream)[0] for stream in ("drop_5", "drop_10")]
    assert figures.at_least("peers", "Leadline: share of drops found", min(shares), 0.95, form="{:.2f}")
    assert figures.at_most("peers", "Leadline: false alarms", mine.false_alarms(), 1, form="{:.0f}")


def quiet(number: int) -> Votes:
    """One of several sets of series with nothing wrong."""
    return streams(np.random.default_rng([20261121, number]), MORE)["nothing"]


def test_the_budget_holds_on_many_more_series(figures: Figures) -> None:
    """Looked at every two hours, at most 1 % of series alarm in 30 days, the budget of one in 100: an upper bound."""
    count = sum(sum(map(bool, ours(quiet(number), first=True, every=8))) for number in range(SETS))
    series = SETS * MORE
    name = "Leadline: series with a false alarm in 30 days, upper 95 % bound"
    bound = upper_bound(count, series)
    assert figures.at_most("peers", name, bound, 1 / SERIES, form="{:.2%}", note=f"{count} of {series}")
