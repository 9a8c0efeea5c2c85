"""`leadline backtest` and `POST /v1/backtest`: alarms replayed beside those that were raised, and plain rules."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from evaluator.cli.app import leadline
from evaluator.service import Service
from evaluator.settings import Settings
from store.store import Store
from tests.builders import NOON
from tests.conftest import Clock
from tests.in_process import client_of
from tests.voting import FALL, PART, START, vote

DRIFT = "[drift]\nbaseline_votes = 200\nbaseline_hours = 6\n"
RULE = '[[rules]]\nname = "ten"\nkind = "drop"\npoints = 10\nwindow_votes = 40\nmin_n = 40\n'
SINCE = START.isoformat()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory with a history that falls after a day, a configuration, and another one that asks for more."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    with Store.open(tmp_path / "leadline.duckdb", clock=Clock()) as store:
        vote(store, FALL)
    (tmp_path / "leadline.toml").write_text("[judge]\nbuiltin = []\n" + DRIFT + RULE)
    (tmp_path / "other.toml").write_text(DRIFT + "min_drop = 0.5\n" + RULE.replace("10", "50"))
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(leadline, arguments)


def report(*arguments: str) -> dict[str, Any]:
    result = run("backtest", "--since", SINCE, *arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_it_raises_what_the_service_raised(folder: Path) -> None:
    """After a look, replayed and live alerts stand in the same rows, and are equal."""
    looked = run("check", "--now", NOON.isoformat())
    rows = report("--until", NOON.isoformat())["rows"]
    assert looked.exit_code == 1
    assert [(row["rule"], row["judge"]) for row in rows] == [("ten", "tone"), (None, "tone")]
    assert all(row["replayed"] == row["live"] for row in rows)


def test_what_a_new_rule_found_in_the_past_was_not_raised(folder: Path) -> None:
    """A rule that came after the fall and the recovery told nobody: what is replayed has nothing live beside it."""
    with Store.open(folder / "leadline.duckdb", clock=Clock()) as store:
        vote(store, [0.95] * 4, start=NOON, prefix="well")
    later = (NOON + 4 * PART).isoformat()
    run("check", "--now", later)
    (rule, *_) = report("--until", later)["rows"]
    assert (rule["rule"], rule["replayed"]["resolved_at"] is not None, rule["live"]) == ("ten", True, None)


def test_another_configuration_stands_beside_it(folder: Path) -> None:
    """A fall of 30 points is none to a configuration that asks for 50; what is configured counts all the same."""
    rows = report("--config", "other.toml")["rows"]
    assert [(bool(row["replayed"]), row["other"], row["live"]) for row in rows] == [(True, None, None)] * 2


def test_it_knows_no_more_than_was_known_then(folder: Path) -> None:
    """--until before the fall replays a quiet history; nothing is written into the file."""
    assert report("--until", (START + timedelta(hours=23)).isoformat())["rows"] == []
    assert json.loads(run("baseline", "list", "--json").stdout) == []


def test_the_table_has_a_line_for_each_alert(folder: Path) -> None:
    """And the rules with the false alarms that they cost."""
    text = run("backtest", "--since", SINCE, "--feature", "support-*").stdout
    assert "support-chat  ten (tone)" in text
    assert "pass rate down 10 points over the last 40 votes" in text
    assert "2 replayed, 0 live" in text


def test_features_that_are_not_asked_for_are_left_out(folder: Path) -> None:
    """They are replayed, because they share the budget, and not reported."""
    found = report("--feature", "other")
    assert (found["rows"], found["rules"]) == ([], [])


def test_check_shows_rules_and_fails_when_one_fires(folder: Path) -> None:
    """A firing rule is a reason to exit 1, and stands with its false alarms a month."""
    result = run("check", "--now", NOON.isoformat(), "--json")
    (rule,) = json.loads(result.stdout)["rules"]
    assert (result.exit_code, rule["state"], rule["name"]) == (1, "firing", "ten")
    assert rule["false_alarms_per_30_days"]["mean"] > 0
    assert "false alarms in 30 days" in run("check", "--now", NOON.isoformat()).stdout


def test_a_span_that_is_none_is_refused(folder: Path) -> None:
    """One sentence on stderr, and exit 2."""
    result = run("backtest", "--since", SINCE, "--until", SINCE)
    assert (result.exit_code, "must lie before --until" in result.stderr) == (2, True)


async def test_a_running_service_answers_the_same(folder: Path) -> None:
    """POST /v1/backtest replays inside the service, with another configuration as JSON."""
    settings = Settings.model_validate(
        {"database": folder / "leadline.duckdb", "drift": {"baseline_votes": 200, "baseline_hours": 6}}
    )
    body = {"since": SINCE, "until": NOON.isoformat(), "config": {"drift": {"min_drop": 0.5}}}
    async with (
        Service(settings, clock=Clock(), environ={}, scheduled=False) as service,
        client_of(service) as client,
    ):
        found = (await client.post("/v1/backtest", json=body)).json()
        wrong = await client.post("/v1/backtest", json=body | {"config": {"judges": []}})
        rules = (await client.get("/v1/rules")).json()
    assert [(bool(row["replayed"]), row["other"]) for row in found["rows"]] == [(True, None)]
    assert (wrong.status_code, "judges cannot be replayed" in wrong.json()["detail"]) == (422, True)
    assert rules == []
