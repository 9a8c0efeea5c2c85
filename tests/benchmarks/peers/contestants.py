"""Evidently and river on the streams of a file, each as its documentation says, all with default parameters.

Runs in an environment of its own (`make .venv-peers/made`): python contestants.py streams.npz > alarms.json

The file holds `before` (votes until the watch begins), `change` (votes until the drop begins) and the streams
`nothing`, `drop_5`, `drop_10` of votes, 1 for a pass, of shape (series, votes), and `more` series like `nothing`. The
answer says per contestant how it was used, and per stream and series after which votes it alarmed; after a drop the
first alarm ends the series.

river: every vote is one `update`, from the first vote of the week before the watch on, so that it can learn. What is
made for errors of a classifier (DDM, EDDM, HDDMA) gets 1 for a fail. They start anew by themselves after an alarm.
KSWIN takes a quarter of a millisecond per vote: it watches one of the series only, and the answer says so. HDDMW and
FHDDM are left out: with their defaults they find fewer than one drop of 10 points in four.

Evidently: a report a day, the last day's 480 votes as current data, a categorical column per series. The reference is
the last 1000 votes before the watch, for which Evidently chooses the z-test by itself, or the week of 3360 votes, for
which it chooses the Jensen-Shannon distance; PSI is asked for by name. A report takes 15 ms per column, most of
it for the page, so one day of a few series goes through Report and DataDriftPreset; its scores are those of the test
function that Evidently has chosen (the program ends when they are not), which is then called for all series and days.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from copy import deepcopy
from importlib.metadata import version
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.legacy.calculations.stattests import get_stattest
from evidently.legacy.core import ColumnType
from evidently.presets import DataDriftPreset
from river import drift

DAY = 480
SMALL_REFERENCE = 1000
SHOWN_SERIES = 5
FEW_SERIES = 1
KSWIN_MEMORY = 200  # it keeps 100 votes, so it needs not see more of those before the watch
DROPS = ("drop_5", "drop_10")

PASSES: dict[str, Callable[[], Any]] = {"ADWIN": drift.ADWIN, "PageHinkley": drift.PageHinkley}
FAILS: dict[str, Callable[[], Any]] = {
    "DDM": drift.binary.DDM,
    "EDDM": drift.binary.EDDM,
    "HDDMA": drift.binary.HDDMA,
}
EVIDENTLY = (("z-test", SMALL_REFERENCE, None), ("Jensen-Shannon", None, None), ("PSI", SMALL_REFERENCE, "psi"))
Votes = np.ndarray[Any, np.dtype[np.uint8]]


def watched(make: Callable[[], Any], rows: dict[str, list[int]], before: int, change: int) -> dict[str, list[int]]:
    """After which votes of the watch a river detector alarms, per stream; they are the same up to the change."""
    detector, early = make(), []
    for at, vote in enumerate(rows["nothing"][:change], 1):
        detector.update(vote)
        if detector.drift_detected and at > before:
            early.append(at)
    late = {stream: followed(deepcopy(detector), row, change) for stream, row in rows.items()}
    return {"nothing": early + list(late["nothing"])} | {name: list(islice(late[name], 1)) for name in DROPS}


def followed(detector: Any, row: list[int], since: int) -> Iterator[int]:
    """After which votes the detector alarms from there on."""
    for at, vote in enumerate(row[since:], since + 1):
        detector.update(vote)
        if detector.drift_detected:
            yield at


def by_river(streams: dict[str, Votes], before: int, change: int) -> Iterator[dict[str, Any]]:
    """The answers of river's detectors."""
    for name, make in {**PASSES, **FAILS, "KSWIN": lambda: drift.KSWIN(seed=1)}.items():
        tables = {stream: 1 - table if name in FAILS else table for stream, table in streams.items()}
        few, since = (FEW_SERIES, before - KSWIN_MEMORY) if name == "KSWIN" else (len(streams["nothing"]), 0)
        found = []
        for i in range(few):
            rows = {stream: table[i, since:].tolist() for stream, table in tables.items()}
            alarms = watched(make, rows, before - since, change - since)
            found.append({stream: [at + since for at in row] for stream, row in alarms.items()})
        use = f"every vote of {few} series only" if few < len(streams["nothing"]) else "every vote"
        yield {"name": f"river {name}", "use": use, "alarms": {key: [one[key] for one in found] for key in streams}}


def by_evidently(streams: dict[str, Votes], before: int, change: int) -> Iterator[dict[str, Any]]:
    """The answers of Evidently's tests."""
    for name, size, method in EVIDENTLY:
        use = f"a report a day on {size or before} reference votes{', by name' if method else ', its own choice'}"
        reference = streams["nothing"][:, before - (size or before) : before]
        chosen = as_chosen(reference[0], streams["nothing"][0, before : before + DAY], method)
        compare_with_report(reference, streams["nothing"][:, before : before + DAY], chosen, method)
        alarms = {
            stream: [
                daily(chosen, pd.Series(old), votes, before, None if stream == "nothing" else change)
                for old, votes in zip(reference, table, strict=True)
            ]
            for stream, table in streams.items()
        }
        yield {"name": f"Evidently {name}", "use": f"{use}, {chosen.display_name}", "alarms": alarms}


def as_chosen(reference: Votes, current: Votes, method: str | None) -> Any:
    """The test that Evidently takes for such a column."""
    return get_stattest(pd.Series(reference), pd.Series(current), ColumnType.Categorical, method)


def daily(test: Any, reference: pd.Series, votes: Votes, before: int, until_found: int | None) -> list[int]:
    """After which days the test calls the column drifted; only those after vote `until_found`, and only the first."""
    alarms = []
    for end in range((until_found or before) + DAY, len(votes) + 1, DAY):
        if test(reference, pd.Series(votes[end - DAY : end]), ColumnType.Categorical, None).drifted:
            alarms.append(end)
            if until_found is not None:
                break
    return alarms


def compare_with_report(reference: Votes, current: Votes, chosen: Any, method: str | None) -> None:
    """SystemExit unless a real report of the first day has the scores of the chosen test."""
    names = [f"series {number}" for number in range(SHOWN_SERIES)]
    columns = DataDefinition(categorical_columns=names)
    tables = [pd.DataFrame(table[:SHOWN_SERIES].T, columns=names) for table in (current, reference)]
    report = Report([DataDriftPreset(cat_method=method)])
    shown = report.run(*(Dataset.from_pandas(table, columns) for table in tables)).dict()["metrics"]
    told = [float(metric["value"]) for metric in shown if metric["metric_name"].startswith("ValueDrift")]
    tested = [
        float(chosen(tables[1][name], tables[0][name], ColumnType.Categorical, None).drift_score) for name in names
    ]
    if not np.allclose(told, tested, rtol=0, atol=1e-12):
        sys.exit(f"Evidently's report says {told}, the test that it should have chosen {tested}.")


def quiet(streams: Votes, before: int) -> int:
    """In how many of more series with nothing wrong ADWIN alarms, the one of river's that is both quick and quiet."""
    return sum(any(at > before for at in followed(drift.ADWIN(), row, 0)) for row in streams.tolist())


def main(path: str) -> None:
    """Prints the answers as JSON."""
    with np.load(path) as file:
        before, change = int(file["before"]), int(file["change"])
        streams = {name: file[name] for name in ("nothing", *DROPS)}
        more = file["more"]
    answers = [*by_evidently(streams, before, change), *by_river(streams, before, change)]
    versions = {name: version(name) for name in ("evidently", "river")}
    json.dump({"versions": versions, "contestants": answers, "quiet": quiet(more, before)}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
