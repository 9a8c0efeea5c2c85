"""Real model answers before and after a version change: scored, looked at day by day, alarms where they belong."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from evaluator.backtest.schedule import Grid
from ui.cli import leadline

STREAMS = Path(__file__).resolve().parents[3] / "shared" / "data" / "streams"
MUST_ALARM = {
    "opinionqa__gpt-4",
    "prime_full__gpt-4",
    "leetcode_easy__gpt-3-5-turbo",
    "leetcode_easy__gpt-4",
}
DAYS = 18
DAY_MINUTES = 1440

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not STREAMS.exists(), reason="the real data in ../shared/data/streams is not here"),
]


@dataclass
class Replay:
    """The whole replay: the score summary per feature, and per day the report of `leadline check`."""

    truth: dict[str, Any]
    scored: dict[str, Any]
    reports: list[tuple[datetime, dict[str, Any]]]
    backtest: dict[str, Any]

    def fired(self, feature: str) -> list[datetime]:
        """The days whose look fired an alert on the feature's pass rate; another model may well answer longer."""
        return [
            now
            for now, report in self.reports
            for alert in report["firing"]
            if (alert["feature"], alert["metric"]) == (feature, "pass_rate") and alert["alert_id"] in report["fired"]
        ]

    def monitor(self, feature: str) -> dict[str, Any]:
        """The monitor of the feature's pass rate after the last day."""
        found = (one for one in self.reports[-1][1]["monitors"] if one["metric"] == "pass_rate")
        return next(one for one in found if one["feature"] == feature)


def judge_toml(feature: str, check: dict[str, Any]) -> str:
    """The truth's check as a judge of leadline.toml."""
    fields = {"kind": check["kind"], "features": [feature]}
    if check["kind"] == "answer":
        # The streams' README: answers are compared case-insensitively, whatever `compare` says.
        fields |= {"extract": check["extract"], "compare": "casefold"}
    else:
        fields |= {"pattern": check["pattern"]}
    fields["name"] = f"check-{feature}".replace("_", "-")[:60]
    return "[[judges]]\n" + "\n".join(f"{key} = {json.dumps(value)}" for key, value in fields.items())


def configuration(truth: dict[str, Any]) -> str:
    judges = [judge_toml(feature, one["check"]) for feature, one in truth.items()]
    baselines = [f'[features."{feature}".baseline]\nend = {one["baseline_end"]}' for feature, one in truth.items()]
    return "\n".join(["[judge]\nbuiltin = []", *judges, *baselines])


def run(folder: Path, *arguments: str) -> Result:
    options = ["--config", str(folder / "leadline.toml"), "--database", str(folder / "streams.duckdb")]
    return CliRunner().invoke(leadline, [*options, *arguments])


@pytest.fixture(scope="module")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Replay:
    """Every stream scored once, then one look per simulated day."""
    folder = tmp_path_factory.mktemp("streams")
    truth = json.loads((STREAMS / "truth.json").read_text())
    (folder / "leadline.toml").write_text(configuration(truth))
    began = datetime.now(UTC)
    scored = run(folder, "score", "--json", *(str(STREAMS / f"{feature}.jsonl.gz") for feature in truth))
    assert scored.exit_code == 0, scored.output
    every = minutes_without_look(began, datetime.now(UTC))
    (folder / "leadline.toml").write_text(f"{configuration(truth)}\n[drift]\nevery_minutes = {every}\n")
    start = datetime.fromisoformat("2026-10-02T00:00:00+00:00")
    reports = list(looks(folder, start))
    backtest = run(folder, "backtest", "--since", start.isoformat(), "--json")
    assert backtest.exit_code == 0, backtest.output
    return Replay(truth, json.loads(scored.stdout), reports, json.loads(backtest.stdout))


def minutes_without_look(start: datetime, end: datetime) -> int:
    """So many minutes from look to look that no scheduler would have looked while the streams were scored.

    The back-test would look then, too, at the half that had come; `leadline check` sees all of them.
    """
    grids = ((minutes, Grid.of(minutes)) for minutes in range(15, DAY_MINUTES))
    return next(minutes for minutes, grid in grids if grid.at_or_before(end) <= start)


def looks(folder: Path, start: datetime) -> Iterator[tuple[datetime, dict[str, Any]]]:
    for day in range(DAYS):
        now = start + timedelta(days=day)
        result = run(folder, "check", "--json", "--now", now.isoformat())
        report = json.loads(result.stdout)
        assert result.exit_code == (1 if report["firing"] else 0)
        yield now, report


def test_alarms_come_after_the_change_and_nowhere_else(replay: Replay) -> None:
    """Every true regression fires after its change, no other pass rate does; the onset stands beside the truth."""
    problems, misses = [], 0
    for feature, truth in sorted(replay.truth.items()):
        fired, change = replay.fired(feature), datetime.fromisoformat(truth["change_at"])
        expected = feature in MUST_ALARM
        if expected:
            lo, hi = (datetime.fromisoformat(replay.monitor(feature)[name]) for name in ("onset_lo", "onset_hi"))
            misses += not lo <= change <= hi
            print(f"{feature}: fired {fired[:1]}, onset [{lo:%d %H:%M}, {hi:%d %H:%M}], true change {change:%d %H:%M}")
        else:
            print(f"{feature}: fired {fired} (must not)")
        if bool(fired) != expected or any(day < change for day in fired):
            problems.append(feature)
    print(f"onset intervals that miss the true change: {misses} of {len(MUST_ALARM)} (target ≤ 1)")
    assert not problems
    assert misses <= 1


def test_the_back_test_raises_what_the_looks_raised(replay: Replay) -> None:
    """Every alarm of the looks day by day is replayed with the same times, onset and drop, and there is no other."""
    rows = replay.backtest["rows"]
    for row in rows:
        replayed, raised = row["replayed"] or {}, row["live"] or {}
        print(f"{row['feature']}: replayed {replayed.get('fired_at')}, raised {raised.get('fired_at')}")
    same = sum(row["replayed"] == row["live"] for row in rows)
    print(f"{same} of {len(rows)} alarms of the back-test equal those of the looks (target: all)")
    assert rows
    assert same == len(rows)


def test_pass_rates_equal_the_truth(replay: Replay) -> None:
    """Over the whole stream the pass rate is the one of truth.json, to the fourth decimal."""
    rows = {row["feature"]: row for row in replay.scored["summary"]}
    wrong = []
    for feature, truth in replay.truth.items():
        subjects = truth["by_subject"].values()
        parts = [subject[when] for subject in subjects for when in ("before", "after")]
        n = sum(count for count, _ in parts)
        before, after = truth["n_baseline"] + truth["n_before"], truth["n_after"]
        expected = (before * truth["pass_rate_before"] + after * truth["pass_rate_after"]) / (before + after)
        found = rows[feature]["passed"] / rows[feature]["n"]
        print(f"{feature}: {found:.4f} (truth {expected:.4f}, n {rows[feature]['n']} of {n})")
        if rows[feature]["n"] != n or abs(found - expected) > 0.0001:
            wrong.append(feature)
    assert not wrong
