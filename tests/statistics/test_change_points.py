"""Onset intervals against changes that people marked in real time series, where the model applies; elsewhere, why not.

Each value is one vote of a battery that watches both directions, looked at value by value until the first alarm, with a
threshold of one false alarm in 2880 values. The model wants independent values around one level, so a baseline that is
short, follows a trend or a day, or is correlated with itself is left out and named. There is no target. In nab people
marked anomalies, in two or four days per window, not levels: an alarm before the window is told as such, for a level
that wandered unmarked and a false alarm look alike there.
"""

from __future__ import annotations

import numpy as np
import pytest

from evaluator.drift.battery import evaluate_battery
from evaluator.drift.cuts import cuts
from evaluator.drift.decision import Decision
from evaluator.drift.ridit import Ridit, ridits
from tests.figures import Figures
from tests.statistics.change_points import DATA, Instance, nab, tcpd

ARL = 2880

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.exists(), reason="change_point (shared/data) is not on this machine"),
]


def first_alarm(one: Instance) -> tuple[int, Decision] | None:
    """After how many values the battery alarms, and what it says then."""
    levels, votes = np.unique(one.baseline, return_counts=True)
    chosen = cuts(levels, votes, "both")
    baseline = {"n": [len(one.baseline)], "x": [[cut.holds(one.baseline).sum()] for cut in chosen]}
    x = np.stack([cut.holds(one.values) for cut in chosen])[..., None]
    n = np.ones((len(one.values), 1))
    old, new = (ridits(values, levels, votes) for values in (one.baseline, one.values))
    sums = {"r": [old.sum()], "rr": [(old**2).sum()]}
    for end in range(1, len(n) + 1):
        ridit = Ridit(sums, {"r": new[:end, None]}, "both")
        table = {"n": n[:end], "x": x[:, :end]}
        decision = evaluate_battery(baseline, table, arl=ARL, bad=[cut.bad for cut in chosen], ridit=ridit)
        if decision.alarm:
            return end, decision
    return None


def told(one: Instance, found: tuple[int, Decision] | None) -> tuple[str, str]:
    """A word for the table, and the indices behind it, counted as in the data."""
    at = len(one.baseline) + one.begin
    marked = f"marked {at + one.change[0]}-{at + one.change[1]}" if one.change else "nothing marked"
    if found is None:
        return ("not found" if one.change else "silent"), marked
    end, decision = found
    assert decision.onset is not None
    lo, hi = decision.onset_lo or 0, decision.onset_hi or 0
    where = f"{marked}; onset {at + decision.onset}, 90 % in {at + lo}-{at + hi}, alarm after {at + end - 1}"
    if one.change is None:
        return "false alarm", where
    if hi < one.change[0]:
        return ("alarm before the mark" if end <= one.change[0] else "interval before the mark"), where
    return ("hit" if lo <= one.change[1] else "interval after the mark"), where


@pytest.mark.parametrize("source", [tcpd, nab], ids=["tcpd", "nab"])
def test_onsets_beside_what_people_marked(source: type, figures: Figures) -> None:
    """Where the model applies, the onset is printed beside the marks; nothing alarms where nothing was marked."""
    words, unfit = [], []
    for one in source():
        if reason := one.unfit():
            unfit.append(f"{one.name} ({reason})")
            continue
        word, where = told(one, first_alarm(one))
        words.append(word)
        figures.record("points", one.name, word, note=f"{where}; {len(one.baseline)} baseline values")
    marked = [word for word in words if word not in ("silent", "false alarm")]
    name = f"{source.__name__}, intervals that hold a marked change"
    figures.record("points", name, f"{words.count('hit')} of {len(marked)}")
    figures.record("points", f"{source.__name__}, left out", f"{len(unfit)}", note="; ".join(unfit))
    assert words.count("hit") >= 1
    assert "false alarm" not in words
