"""The commands, run in this process: what they print, and with which code they end."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from evaluator.cli.app import leadline
from tests.builders import empty_database

START = datetime(2026, 11, 1, tzinfo=UTC)
REFUSAL = "I'm sorry, but I can't help with that request."


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty directory and no key: nothing of this machine leaks in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)


def run(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(leadline, arguments, input=stdin)


def write(path: Path, answers: list[str]) -> str:
    lines = [
        {
            "id": f"s{n}",
            "timestamp": (START + timedelta(minutes=5 * n)).isoformat(),
            "feature": "chat",
            "response": text,
        }
        for n, text in enumerate(answers)
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return str(path)


def test_help_names_every_command() -> None:
    """`leadline --help` lists what there is."""
    names = run("--help").stdout
    assert all(name in names for name in ("serve", "score", "check", "judges", "baseline", "key", "config", "version"))


def test_score_prints_n_rate_and_interval(tmp_path: Path) -> None:
    """The summary has a line per feature and judge."""
    result = run("score", write(tmp_path / "a.jsonl", ["On its way."] * 9 + [REFUSAL]))
    assert result.exit_code == 0
    assert "10 rows: 10 accepted" in result.stdout
    assert "chat     smell_heuristic  10  90.0 % [59.6, 98.2]" in result.stdout


def test_score_json_is_nothing_but_json(tmp_path: Path) -> None:
    """With --json, stdout is one document, rejected rows included."""
    path = Path(write(tmp_path / "a.jsonl", ["On its way."]))
    path.write_text(path.read_text() + "{broken\n")
    report = json.loads(run("score", str(path), "--json").stdout)
    assert report["rows"] == {"read": 2, "accepted": 1, "rejected": 1}
    rates = {row["judge"]: (row["n"], row["rate"], row["skipped"]) for row in report["summary"]}
    assert rates == {"smell_heuristic": (1.0, 1.0, 0), "not_truncated": (0.0, None, 1)}
    assert report["rejects"][0]["where"] == f"{path}:2"


def test_score_reads_standard_input() -> None:
    """`-` scores what comes through a pipe."""
    result = run("score", "-", "--set", "feature=chat", stdin=b'{"response": "On its way."}\n')
    assert "1 rows: 1 accepted" in result.stdout


def test_rejected_rows_are_listed_briefly_and_written_whole(tmp_path: Path) -> None:
    """Ten rejected rows are shown, the number of the others said, and --rejects has all of them."""
    path = tmp_path / "a.jsonl"
    path.write_text('{"response": "On its way."}\n' + "{broken\n" * 30)
    result = run("score", str(path), "--rejects", str(tmp_path / "bad.jsonl"))
    assert result.stderr.count("rejected ") == 10
    assert "and 20 more" in result.stderr
    assert len((tmp_path / "bad.jsonl").read_text().splitlines()) == 30


def test_a_file_of_which_nothing_can_be_used_fails(tmp_path: Path) -> None:
    """Rows, but none of them a sample: exit 1."""
    (tmp_path / "a.jsonl").write_text("{broken\n")
    assert run("score", str(tmp_path / "a.jsonl")).exit_code == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("score", "nowhere.jsonl"), "nowhere.jsonl: cannot be read"),
        (("score", "-", "--map", "resposne=a"), "did you mean 'response'"),
        (("score", "-", "--timezone", "Mars"), "--timezone Mars: unknown"),
        (("check", "--now", "2026-11-20T12:00:00"), "has no time zone"),
        (("check", "--now", "noon"), "not a time"),
        (("--config", "nowhere.toml", "config"), "nowhere.toml: cannot be read"),
        (("--database", "foreign", "check"), "foreign"),
        (("--url", "http://127.0.0.1:1", "check"), "no answer from http://127.0.0.1:1"),
        (("serve", "--host", "0.0.0.0"), "reachable from other machines"),
        (("check",), "There is no database file leadline.duckdb. Name another with --database, or a running service"),
        (("report",), "There is no database file"),
        (("alert", "list"), "There is no database file"),
        (("--url", "127.0.0.1:8321", "check"), "--url 127.0.0.1:8321 is no URL: write http:// in front"),
    ],
)
def test_what_an_operator_can_mend_is_one_line_and_exit_2(
    tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    """Bad options, files and configurations end with one sentence on stderr and no traceback."""
    (tmp_path / "foreign").write_text("no database" * 1000)
    result = run(*arguments, stdin=b"")
    assert result.exit_code == 2
    assert result.stderr.startswith("Error: ")
    assert told in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_typo_in_the_configuration_names_the_known_name(tmp_path: Path) -> None:
    """leadline.toml in the current directory is read, and a wrong name in it is met with the right one."""
    (tmp_path / "leadline.toml").write_text("[drift]\nevery_minuts = 5\n")
    result = run("config")
    assert (result.exit_code, "did you mean 'every_minutes'" in result.stderr) == (2, True)


def test_check_without_data_says_how_to_begin() -> None:
    """Nothing to look at is no failure."""
    empty_database(Path("leadline.duckdb"))
    assert "There is no monitor" in run("baseline", "set", "a", "b", "--end", "2026-11-20T00:00:00Z").stderr
    result = run("check")
    assert (result.exit_code, "No monitor in leadline.duckdb yet" in result.stdout) == (0, True)


@pytest.fixture
def regressed(tmp_path: Path) -> str:
    """A file of 400 good answers, one every five minutes, and then 100 of which half are refusals; a small baseline."""
    (tmp_path / "leadline.toml").write_text("[drift]\nbaseline_votes = 200\n")
    return write(tmp_path / "a.jsonl", ["On its way."] * 400 + ["On its way.", REFUSAL] * 50)


def test_check_exits_1_when_something_fires(regressed: str) -> None:
    """A regression in the history is found, with its onset, and the exit code says so."""
    run("score", regressed)
    result = run("check", "--json")
    monitors = [view for view in json.loads(result.stdout)["monitors"] if view["state"] == "firing"]
    (firing,) = [view for view in monitors if view["metric"] == "pass_rate"]
    assert result.exit_code == 1
    assert (firing["feature"], firing["judge"]) == ("chat", "smell_heuristic")
    assert abs(datetime.fromisoformat(firing["onset"]) - (START + timedelta(minutes=2000))) < timedelta(hours=2)


def test_check_as_of_a_time_sees_only_what_came_before(regressed: str) -> None:
    """--now looks from the past: before the change nothing fires, after it something does."""
    run("score", regressed)
    before = run("check", "--now", (START + timedelta(minutes=1990)).isoformat())
    after = run("check", "--now", (START + timedelta(minutes=2480)).isoformat())
    assert (before.exit_code, after.exit_code) == (0, 1)
    assert "chat     smell_heuristic  firing" in after.stdout
    assert "chat / smell_heuristic: pass rate fell by " in after.stdout


def test_check_names_the_nearest_marker(regressed: str) -> None:
    """A deploy that was marked when the answers changed stands under the firing line, with how well it fits."""
    run("score", regressed)
    marked = run("mark", "2026.11.3", "--ts", (START + timedelta(minutes=1995)).isoformat())
    result = run("check")
    assert (marked.exit_code, result.exit_code) == (0, 1)
    assert "    nearest marker: deploy 2026.11.3 went out " in result.stdout


def test_a_baseline_can_be_given(regressed: str) -> None:
    """The given window replaces the first one and is listed with its origin."""
    run("score", regressed)
    run("check")
    window = ("--start", START.isoformat(), "--end", (START + timedelta(minutes=300)).isoformat())
    assert "version 2" in run("baseline", "set", "chat", "smell_heuristic", *window).stdout
    listed = json.loads(run("baseline", "list", "--json").stdout)
    given = next(row for row in listed if row["judge"] == "smell_heuristic")
    assert (given["baseline_origin"], given["baseline"]["n"]) == ("command", 60.0)


def test_a_baseline_since_a_marker_is_kept_with_its_reason(regressed: str) -> None:
    """The answer says what the window holds; the history has all three, the one in use first."""
    run("score", regressed)
    run("check")
    run("mark", "v7", "--ts", (START + timedelta(minutes=600)).isoformat())
    end, of = (START + timedelta(minutes=1200)).isoformat(), ("chat", "smell_heuristic")
    made = run("baseline", "set", *of, "--since-marker", "v7", "--end", end, "--why", "after v7")
    back = run("baseline", "reset", *of)
    assert "The window holds 120 votes. No votes came of late: " in made.stdout
    assert (made.exit_code, back.exit_code) == (0, 0)
    told = json.loads(run("baseline", "list", "--all", "--json").stdout)
    kept = [(one["version"], one["origin"], one["note"]) for one in told if one["judge"] == "smell_heuristic"]
    assert kept == [(3, "first_window", ""), (2, "marker", "since deploy v7: after v7"), (1, "first_window", "")]
    assert "since deploy v7: after v7" in run("baseline", "list", "--all").stdout


def test_check_says_how_far_a_baseline_is(tmp_path: Path) -> None:
    """A monitor that cannot compare yet says what it waits for."""
    run("score", write(tmp_path / "a.jsonl", ["On its way."] * 60))
    told = run("check").stdout
    assert "  chat / smell_heuristic: collects its baseline: 60 of 500 votes, " in told


def test_judges_without_a_key_are_listed_as_not_configured() -> None:
    """The LLM judge says what to set; judges that need no key are ready."""
    judges = {judge["name"]: judge for judge in json.loads(run("judges", "--json").stdout)}
    assert {name: judge["state"] for name, judge in judges.items()} == {
        "smell_heuristic": "ready",
        "not_truncated": "ready",
        "smell_test": "not_configured",
    }
    assert "ANTHROPIC_API_KEY" in judges["smell_test"]["detail"]


def test_a_new_key_fits_its_hash_line() -> None:
    """The service's line is the role and the SHA-256 of the key that was shown."""
    made: dict[str, Any] = json.loads(run("key", "new", "read", "--json").stdout)
    assert made["hash_line"] == f"read:{hashlib.sha256(made['key'].encode()).hexdigest()}"


def test_config_hides_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings in effect are printed, keys and secrets are not."""
    monkeypatch.setenv("LEADLINE_KEYS", '["admin:0123abc"]')
    monkeypatch.setenv("LEADLINE_WEBHOOK_SECRET", "whsec_hidden")
    printed = run("config").stdout + run("config", "--json").stdout
    assert "server.port = 8321" in printed
    assert "0123abc" not in printed
    assert "whsec_hidden" not in printed


def test_names_from_samples_cannot_steer_a_terminal(tmp_path: Path) -> None:
    """A file name or a feature with escape sequences is printed with them made harmless."""
    path = tmp_path / "a\x1b[2J.jsonl"
    path.write_text("{broken\n")
    result = run("score", str(path))
    assert "\x1b" not in result.stdout + result.stderr
