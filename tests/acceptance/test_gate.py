"""`leadline gate` as CI runs it: processes on real answers, exit codes, JUnit and Markdown; and over a service."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from click.testing import CliRunner, Result

from tests.acceptance.process import serve
from tests.fakes import FakeClaude
from ui.cli import leadline

STREAMS = Path(__file__).resolve().parents[3] / "shared" / "data" / "streams"
ENVIRON = {name: value for name, value in os.environ.items() if not name.startswith(("ANTHROPIC_", "LEADLINE_"))}
EXPECTED = {
    "leetcode_easy__gpt-3-5-turbo": {"fail"},
    "leetcode_easy__gpt-4": {"fail"},
    "opinionqa__gpt-4": {"fail"},
    "prime_full__gpt-4": {"fail"},
    "prime_full__gpt-3-5-turbo": {"pass"},
    "mmlu_pro__llama-8b-base": {"pass"},
    "mmlu_pro__mistral-7b-instruct": {"pass"},
    "opinionqa__gpt-3-5-turbo": {"pass", "undecided"},
    "mmlu_pro__mistral-7b-base": {"pass", "undecided"},
}
"""True regressions fail, improvements pass, and where nothing changed nothing fails."""
REFUSAL = "I'm sorry, but I can't help with that request."

pytestmark = pytest.mark.slow
needs_streams = pytest.mark.skipif(not STREAMS.exists(), reason="the real data in ../shared/data/streams is not here")


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ui.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=ENVIRON, check=False)


def split(folder: Path, feature: str) -> tuple[str, ...]:
    """The stream as a file before and one after its change, ids without the model, and a judge that knows the truth."""
    truth = json.loads((STREAMS / "truth.json").read_text())[feature]
    check = truth["check"]
    fields = {"name": "truth", "kind": check["kind"]}
    if check["kind"] == "answer":
        fields |= {"extract": check["extract"], "compare": "casefold"}
    else:
        fields |= {"pattern": check["pattern"]}
    told = "\n".join(f"{key} = {json.dumps(value)}" for key, value in fields.items())
    (folder / "leadline.toml").write_text(f"[judge]\nbuiltin = []\n[[judges]]\n{told}\n")
    rows: dict[str, list[str]] = {"before": [], "after": []}
    with gzip.open(STREAMS / f"{feature}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            item = json.loads(line)
            item["id"] = item["id"].split("/", 1)[1]
            rows["after" if item["timestamp"] >= truth["change_at"] else "before"].append(json.dumps(item))
    for name, some in rows.items():
        (folder / f"{name}.jsonl").write_text("\n".join(some))
    files = ("--baseline", str(folder / "before.jsonl"), "--candidate", str(folder / "after.jsonl"))
    return ("--config", str(folder / "leadline.toml"), "gate", *files)


@needs_streams
@pytest.mark.parametrize("feature", sorted(EXPECTED))
def test_real_version_changes_get_the_verdict_they_deserve(tmp_path: Path, feature: str) -> None:
    """Nine changes of real models, judged by the truth: what fell fails, what rose passes, nothing else fails."""
    command = split(tmp_path, feature)
    result = CliRunner().invoke(leadline, [*command, "--json"], env={"ANTHROPIC_API_KEY": None})
    report = json.loads(result.stdout)
    one = report["results"][0]
    how = f"{one['n_baseline']:.0f} vs {one['n_candidate']:.0f} votes, matched by {one['matched_by']}"
    interval = f"{100 * one['difference']:+.1f} [{100 * one['lo']:+.1f}, {100 * one['hi']:+.1f}] points"
    print(f"\n{feature}: {report['outcome']} (right: {' or '.join(sorted(EXPECTED[feature]))}), {interval}, {how}")
    assert report["outcome"] in EXPECTED[feature]
    assert result.exit_code == {"pass": 0, "fail": 1, "undecided": 3}[report["outcome"]]


@needs_streams
def test_a_process_on_real_files_fails_with_reports_that_others_can_read(tmp_path: Path) -> None:
    """GPT-4's primes of March and June: exit 1, pairs by item, the slice that fell, JUnit and Markdown beside it."""
    command = split(tmp_path, "prime_full__gpt-4")
    xml, text = tmp_path / "gate.xml", tmp_path / "gate.md"
    result = run(*command, "--slice", "subject", "--junit", xml, "--markdown", text)
    cases = {case.get("name"): [child.tag for child in case] for case in Xml.parse(xml).iter("testcase")}
    assert result.returncode == 1, result.stderr
    assert "1,000 pairs by id" in result.stdout
    assert "\x1b" not in result.stdout
    assert cases == {"truth": ["failure", "system-out"], "truth [subject=ref_yes]": ["failure", "system-out"]}
    assert " / truth | 84.1 % | 51.1 % | −33.0 [−37.4, −28.5] | 1,000 pairs by id |" in text.read_text()


@needs_streams
def test_a_slice_that_fell_is_seen_behind_a_better_whole(tmp_path: Path) -> None:
    """GPT-3.5 got primes right 25 points more often, and non-primes 29 points less: by slice, that fails."""
    command = split(tmp_path, "prime_full__gpt-3-5-turbo")
    report = json.loads(run(*command, "--slice", "subject", "--json").stdout)
    assert (report["outcome"], report["results"][0]["outcome"]) == ("fail", "pass")
    assert [(one["value"], one["outcome"]) for one in report["slices"]] == [("ref_no", "fail")]


def items(fails: int, n: int = 400, **fields: Any) -> str:
    """Samples of which the first so many are refusals."""
    numbers = ", ".join(str(7 * k) for k in range(30))
    answers = [REFUSAL if k < fails else f"Order {k} left house {numbers}" for k in range(n)]
    rows = [{"id": f"case-{k}", "request": f"Where is order {k}?", "response": one} for k, one in enumerate(answers)]
    return "".join(json.dumps({"feature": "chat", **row, **fields}) + "\n" for row in rows)


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a good, an equal, a bad and a small file."""
    for name, text in {"good": items(20), "same": items(20), "bad": items(100), "small": items(2, 40)}.items():
        (tmp_path / f"{name}.jsonl").write_text(text)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("candidate", "options", "code", "said"),
    [
        ("same", (), 0, "PASS"),
        ("bad", (), 1, "FAIL"),
        ("bad", ("--margin", "0.4"), 0, "PASS"),
        ("small", (), 3, "UNDECIDED"),
        ("small", ("--undecided", "pass"), 0, "UNDECIDED"),
        ("small", ("--undecided", "fail"), 1, "UNDECIDED"),
    ],
)
def test_the_exit_code_is_the_verdict(
    files: Path, candidate: str, options: tuple[str, ...], code: int, said: str
) -> None:
    """0 passes, 1 fails, 3 is undecided unless it is mapped; the last line says it in words."""
    command = ["gate", "--baseline", "good.jsonl", "--candidate", f"{candidate}.jsonl", *options]
    result = quiet(*command)
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (code, said), result.output


def quiet(*command: str) -> Result:
    return CliRunner().invoke(leadline, command, env={"ANTHROPIC_API_KEY": None})


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--candidate", "nowhere.jsonl"), "cannot be read"),
        (("--candidate", "good.jsonl"), "are the same"),
        (("--candidate", "release:1"), "--feature is needed"),
        (("--candidate", "bad.jsonl", "--judge", "nobody"), "no judge is called nobody"),
        (("--candidate", "bad.jsonl", "--judge", "smell_test"), "ANTHROPIC_API_KEY"),
        (
            ("--candidate", "bad.jsonl", "--margin", "2"),
            "It is a share: 0.02 is 2 points",
        ),
        (("--candidate", "bad.jsonl", "--junit", "no/where.xml"), "no directory"),
        (("--candidate", "bad.jsonl", "--url", "http://127.0.0.1:9"), "--url compares what the service has stored"),
        (("--candidate", "bad.jsonl", "--url", "http://127.0.0.1:9"), "stop the service and leave --url out"),
        (("--candidate", "empty.jsonl"), "no row could be used"),
        (("--candidate", "broken.jsonl"), "rejected broken.jsonl:1: "),
        (("--candidate", "broken.jsonl"), "no row could be used (12 rows rejected)"),
        (("--candidate", "plain.jsonl"), "good.jsonl has chat; plain.jsonl has default"),
        (("--candidate", "plain.jsonl"), "--set feature=chat"),
        (("--candidate", "plain.jsonl", "--feature", "chat"), "plain.jsonl has default. To give"),
    ],
)
def test_a_mistake_in_the_call_is_2_and_says_what_to_do(files: Path, options: tuple[str, ...], why: str) -> None:
    """A misspelt name must not look like a verdict."""
    (files / "empty.jsonl").write_text("")
    (files / "broken.jsonl").write_text("{broken\n" * 12)
    (files / "plain.jsonl").write_text(items(2, 40).replace('"feature": "chat", ', ""))
    result = quiet("gate", "--baseline", "good.jsonl", *options)
    assert (result.exit_code, why in result.stderr) == (2, True), result.output


def test_nothing_is_left_behind(files: Path) -> None:
    """Comparing files makes no database where it runs, and keeps none elsewhere."""
    before = sorted(path.name for path in files.iterdir())
    result = run("gate", "--baseline", "good.jsonl", "--candidate", "bad.jsonl")
    assert result.returncode == 1, result.stderr
    assert sorted(path.name for path in files.iterdir()) == before


def test_rows_that_were_cut_off_do_not_pass_unseen(files: Path) -> None:
    """A candidate of which a tenth is not there is undecided, whatever the rest looks like."""
    (files / "cut.jsonl").write_text("".join(items(20).splitlines(keepends=True)[:360]) + "{broken\n")
    result = quiet("gate", "--baseline", "good.jsonl", "--candidate", "cut.jsonl")
    assert result.exit_code == 3
    assert "40 votes of the candidate are missing" in result.stdout
    assert "1 rows rejected" in result.stderr


def test_every_row_is_judged_whatever_the_rates_are(files: Path) -> None:
    """Sampling is for live traffic: a test set is judged whole."""
    (files / "leadline.toml").write_text("[sampling]\nrate = 0.1\n")
    report = json.loads(quiet("gate", "--baseline", "good.jsonl", "--candidate", "same.jsonl", "--json").stdout)
    assert report["results"][0]["n_candidate"] == 400


def test_names_from_files_cannot_steer_the_terminal(files: Path) -> None:
    """A slice's value with escape sequences, and a feature with markup, are shown as text."""
    for name, fails in (("evil0", 20), ("evil1", 100)):
        evil = items(fails, 200, metadata={"key": "\x1b]0;title\x07</td>"}, feature="<b>|x")
        lines = [*evil.splitlines(), *items(0, 400, feature="<b>|x").splitlines()]
        (files / f"{name}.jsonl").write_text(
            "\n".join(json.dumps({**json.loads(line), "id": str(n)}) for n, line in enumerate(lines))
        )
    command = ("gate", "--baseline", "evil0.jsonl", "--candidate", "evil1.jsonl", "--slice", "key")
    result = quiet(*command, "--markdown", "gate.md", "--junit", "gate.xml")
    written = (files / "gate.md").read_text() + (files / "gate.xml").read_text()
    assert result.exit_code == 1, result.output
    assert "key = ?]0;title?</td>" in result.stdout
    assert "\x1b" not in result.output + written
    assert "<b>" not in written


def test_a_model_judges_every_row_and_what_it_cost_is_told(files: Path) -> None:
    """LLM judges see all rows of both files, whatever their rate is; --judge leaves the others out."""
    with FakeClaude() as claude:
        environ = {"ANTHROPIC_API_KEY": "sk-test", "ANTHROPIC_BASE_URL": claude.url}
        command = ("gate", "--baseline", "small.jsonl", "--candidate", "other.jsonl", "--judge", "smell_test", "--json")
        (files / "other.jsonl").write_text(items(3, 40))
        result = CliRunner().invoke(leadline, command, env=environ)
        asked = len(claude.asked)
    report = json.loads(result.stdout)
    assert [(one["judge"], one["n_candidate"]) for one in report["results"]] == [("smell_test", 40)]
    assert asked == 80
    assert sum("judging it cost" in note for note in report["notes"]) == 2


@pytest.fixture
def stored(files: Path) -> tuple[str, ...]:
    """A database with two releases, the second worse, a day apart."""
    for name, fails, day in (("1.0", 20, "03"), ("2.0", 100, "04")):
        text = items(
            fails, release=name, prompt_version=f"p{name}", model=f"m{name}", timestamp=f"2026-11-{day}T12:00:00Z"
        )
        (files / f"{name}.jsonl").write_text(text)
    assert quiet("--database", "a.duckdb", "score", "1.0.jsonl", "2.0.jsonl").exit_code == 0
    return ("--database", "a.duckdb")


@pytest.mark.parametrize(
    ("baseline", "candidate"),
    [
        ("release:1.0", "release:2.0"),
        ("prompt_version:p1.0", "prompt_version:p2.0"),
        ("model:m1.0", "model:m2.0"),
        ("2026-11-03..2026-11-04", "2026-11-04T00:00:00Z.."),
        ("..2026-11-04", "bad.jsonl"),
    ],
)
def test_what_is_stored_is_compared_without_judging(stored: tuple[str, ...], baseline: str, candidate: str) -> None:
    """Releases, prompt versions, models and times, or one of them with a file; the ids match, so they are pairs."""
    command = ("gate", "--feature", "chat", "--baseline", baseline, "--candidate", candidate, "--json")
    result = quiet(*stored, *command)
    one = json.loads(result.stdout)["results"][0]
    assert (result.exit_code, one["matched_by"], one["fell"], one["rose"]) == (1, "id", 80, 0)


def test_a_service_answers_as_the_file_does(stored: tuple[str, ...]) -> None:
    """POST /v1/gate and --url give the report of the same database; a file's name is none of its business."""
    command = ("gate", "--feature", "chat", "--baseline", "release:1.0", "--candidate", "release:2.0", "--json")
    here = quiet(*stored, *command)
    service = serve(Path("a.duckdb"), environ={"ANTHROPIC_API_KEY": ""})
    try:
        there = run("--url", service.url, *command)
        unknown = run("--url", service.url, *command[:-2], "release:9")
        mixed = run(*stored, "gate", "--feature", "chat", "--baseline", "release:1.0", "--candidate", "bad.jsonl")
    finally:
        service.interrupt(seconds=10)
    assert (there.returncode, json.loads(there.stdout)) == (1, json.loads(here.stdout))
    assert (unknown.returncode, "no verdict on release:9" in unknown.stderr) == (2, True)
    assert (mixed.returncode, "But --url judges no files" in mixed.stderr) == (2, True), mixed.stderr
