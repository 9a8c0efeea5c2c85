"""`leadline rubric`: writing, looking at, trying and pricing a rubric, run in this process against a Claude server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from evaluator.cli.app import leadline
from judges.rubric import Rubric, load, shipped_texts
from tests.acceptance.process import serve
from tests.builders import empty_database
from tests.fakes import MALFORMED, FakeClaude, marked


@pytest.fixture(autouse=True)
def claude(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeClaude]:
    """An empty directory, a key, and a server that answers with the label that a response is marked with."""
    monkeypatch.chdir(tmp_path)
    with FakeClaude(rule=marked) as server:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-test")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        yield server


def run(*arguments: str) -> Result:
    return CliRunner().invoke(leadline, ("rubric", *arguments), input="")


def refused(*arguments: str) -> str:
    """The one line that a command ends with, with exit code 2."""
    result = run(*arguments)
    assert (result.exit_code, result.stderr.count("Error: ")) == (2, 1)
    return result.stderr


def labelled(*labels: tuple[object, str], name: str = "labelled.jsonl") -> str:
    """A file of samples by (what a person says, what the judge will say)."""
    rows = [
        {"id": f"s{n}", "request": "Why?", "response": f"{n} [[is {judge}]]", "label": person}
        for n, (person, judge) in enumerate(labels)
    ]
    Path(name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return name


@pytest.mark.parametrize("options", [(), ("--scale",), *(("--from", name) for name in shipped_texts())])
def test_a_new_rubric_works_as_it_is(options: tuple[str, ...]) -> None:
    """It parses, has examples, and the commands it proposes take it."""
    made = run("new", "mine", *options)
    assert (made.exit_code, load(Path("mine.toml")).name) == (0, "mine")
    assert len(load(Path("mine.toml")).examples) >= 2
    assert run("show", "mine.toml").exit_code == 0


@pytest.mark.parametrize("option", [(), ("--scale",)])
def test_a_new_rubric_teaches_every_key(option: tuple[str, ...]) -> None:
    """Whatever a rubric can say stands in the file, if only in a comment."""
    run("new", "mine", *option)
    text = Path("mine.toml").read_text()
    other = {"labels", "passing"} if option else {"scale", "passes_from"}
    assert [key for key in Rubric.model_fields if key not in text and key not in other] == []


def test_what_to_write_into_the_configuration_can_be_copied() -> None:
    """The printed lines switch the rubric on."""
    said = run("new", "mine").stdout
    Path("leadline.toml").write_text(said[said.index("[[judges]]") :])
    rows = json.loads(run("show", "--json").stdout)
    assert {row["name"]: row["on"] for row in rows}["mine"] is True


def test_a_file_is_never_overwritten() -> None:
    """What somebody wrote stays."""
    Path("mine.toml").write_text("precious")
    assert "is there already" in refused("new", "mine")
    assert Path("mine.toml").read_text() == "precious"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("new", "../mine"), "cannot be a name"),
        (("new", "Mine"), "cannot be a name"),
        (("new", "mine", "--from", "tune"), "there is: answers_question"),
        (("new", "mine", "--from", "tone", "--scale"), "keeps the labels it has"),
        (("show", "tune"), "did you mean 'tone'"),
        (("show", "nowhere.toml"), "nowhere.toml cannot be read"),
        (("test", "tone", "nowhere.jsonl"), "nowhere.jsonl: cannot be read"),
        (("test", "tone", "empty.jsonl"), "no row can be used"),
        (("test", "tone", "empty.jsonl", "--model", "claude-haiku-4-5"), "no row can be used"),
        (("cost", "tone", "--exact", "--url", "http://127.0.0.1:1"), "not with --url"),
        (("cost", "tone", "--url", "http://127.0.0.1:1"), "no answer from"),
    ],
)
def test_what_an_operator_can_mend_is_one_line(arguments: tuple[str, ...], told: str) -> None:
    """Names, files and options that cannot be used end with a sentence and exit code 2."""
    Path("empty.jsonl").write_text("")
    assert told in refused(*arguments)


def test_show_lists_shipped_and_configured_rubrics() -> None:
    """With labels, rate, model, version, votes, escalation, and which are on."""
    run("new", "mine", "--scale")
    Path("mine.toml").write_text(
        "votes = 3\n" + Path("mine.toml").read_text().replace("# [esc", "[esc").replace("# mod", "mod", 2)
    )
    Path("leadline.toml").write_text('[[judges]]\nkind = "rubric"\nname = "mine"\nfile = "mine.toml"\nrate = 0.25\n')
    rows = {row["name"]: row for row in json.loads(run("show", "--json").stdout)}
    assert set(rows) == {*shipped_texts(), "mine"}
    assert (rows["smell_test"]["on"], rows["tone"]["on"]) == (True, False)
    mine = rows["mine"]
    assert (mine["labels"], mine["rate"], mine["votes"]) == (["1", "2", "3", "4"], 0.25, 3)
    assert mine["escalation"] == "claude-sonnet-5-5 when uncertain or split"
    assert "1 < 2 < 3 < 4" in run("show").stdout


def test_show_prints_what_the_judge_reads() -> None:
    """Its words, its version, and how its prefix stands to the provider's cache."""
    said = run("show", "faithfulness").stdout
    assert "materials to answer from" in said
    assert "claude-haiku-5-5 caches from 512 on" in said
    assert "The material is what the request gives to answer from" in said


def test_a_prefix_that_is_too_short_for_the_cache_is_told() -> None:
    """Haiku 4.5 caches no prefix of this length, so every call pays for all of it."""
    run("new", "mine")
    Path("mine.toml").write_text('model = "claude-haiku-4-5-20251001"\n' + Path("mine.toml").read_text())
    assert (
        "below the minimum of 4096 for claude-haiku-4-5-20251001: it is not cached." in run("show", "mine.toml").stdout
    )


def test_a_rubric_cannot_steer_a_terminal() -> None:
    """Control characters in a file, or in what a judge explains, are printed as question marks."""
    Path("evil.toml").write_text(
        'name = "evil"\nquestion = "Is it?\\u001b[2J"\n[labels]\nPASS = "\\u001b]0;x\\u0007"\nFAIL = "no"\n'
    )
    file = labelled((True, "FAIL"))
    Path(file).write_text(Path(file).read_text().replace('"s0"', '"s0"').replace("FAIL", "FAIL"))
    said = run("show", "evil.toml").output + run("show").output + run("test", "evil.toml", file).output
    assert "\x1b" not in said


def test_test_tells_agreement_with_intervals() -> None:
    """Kappa, true pass and true fail rate, the confusion, disagreements, and the cost."""
    file = labelled(*[("full", "full")] * 6, *[("none", "none")] * 8, ("none", "partial"), ("partial", "full"))
    result = run("test", "refusal", file)
    assert result.exit_code == 0
    lines = {line.split("  ")[0]: line for line in result.stdout.splitlines()}
    assert "16 compared" in result.stdout
    assert "87.5 % [64.0, 96.5]" in lines["agreement"]
    assert "88.9 % [56.5, 98.0]" in lines["true pass rate"]
    assert "100.0 % [64.6, 100.0]" in lines["true fail rate"]
    assert "2 disagreements:" in lines
    assert "  labelled.jsonl:15: people none, judge partial: The response is marked partial." in result.stdout
    assert "USD per 1,000 judgements" in result.stdout


def test_test_answers_in_json_and_writes_disagreements() -> None:
    """For programs; and a file to go through, a line of JSON for each."""
    file = labelled((True, "none"), (False, "none"), (False, "full"))
    found: dict[str, Any] = json.loads(run("test", "refusal", file, "--json", "--disagreements", "d.jsonl").stdout)
    (line,) = Path("d.jsonl").read_text().splitlines()
    assert (found["compared"], found["by"], found["tnr"]["rate"]) == (3, "pass or fail", 0.5)
    assert found["usd"] > 0
    assert json.loads(line) == found["disagreements"][0]
    assert (json.loads(line)["id"], json.loads(line)["person"], json.loads(line)["judge"]) == ("s1", False, "none")


def test_errors_of_the_judge_stand_apart(claude: FakeClaude) -> None:
    """They are in no rate, and named with their number."""
    claude.then(MALFORMED, MALFORMED)
    said = run("test", "refusal", labelled(*[("none", "none")] * 3), "--concurrency", "1").stdout
    assert "3 rows: 2 compared, 1 errors (malformed 1)" in said


def test_rows_without_a_usable_label_are_told_and_left_out() -> None:
    """The first few are said, all are counted."""
    result = run("test", "refusal", labelled(("none", "none"), *[("meh", "none")] * 9))
    assert result.exit_code == 0
    assert "10 rows: 1 compared, 9 rejected" in result.stdout
    assert result.stderr.count("rejected ") == 5
    assert "and 4 more" in result.stderr


def test_money_is_asked_for(claude: FakeClaude) -> None:
    """What may cost more than half a dollar needs somebody's word, and a limit holds."""
    file = labelled(*[("none", "none")] * 80)
    assert "--yes or --max-usd" in refused("test", "refusal", file, "--model", "claude-opus-5-5")
    assert claude.asked == []
    limited = run("test", "refusal", file, "--model", "claude-opus-5-5", "--max-usd", "0.05", "--json")
    found = json.loads(limited.stdout)
    assert (limited.exit_code, found["usd"] <= 0.05, found["stopped"]) == (1, True, "the money for this trial is spent")
    assert run("test", "refusal", file, "--model", "claude-opus-5-5", "--yes").exit_code == 0


def test_the_configured_budget_holds_for_a_trial() -> None:
    """judge.usd_per_day is the most that one trial spends, too."""
    Path("leadline.toml").write_text("[judge]\nusd_per_day = 0.001\n")
    assert run("test", "refusal", labelled(*[("none", "none")] * 30), "--yes").exit_code == 1


def test_without_a_key_nobody_can_be_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says what to set."""
    monkeypatch.delenv("ANTHROPIC_API_KEY")
    monkeypatch.delenv("ANTHROPIC_BASE_URL")
    assert "set ANTHROPIC_API_KEY" in refused("test", "refusal", labelled(("none", "none")))


def test_a_trial_stores_nothing() -> None:
    """No database is made, so it can run beside a service."""
    run("test", "refusal", labelled(("none", "none")))
    assert [path.name for path in Path().iterdir()] == ["labelled.jsonl"]


@pytest.fixture
def traffic() -> str:
    """A file of four days of traffic, a sample every ten minutes."""
    start = datetime(2026, 11, 1, tzinfo=UTC)
    rows = [
        {
            "id": f"s{n}",
            "timestamp": (start + timedelta(minutes=10 * n)).isoformat(),
            "feature": "chat",
            "response": f"a{n}",
        }
        for n in range(4 * 144)
    ]
    Path("traffic.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    Path("leadline.toml").write_text("[judge]\nbuiltin = []\n")
    CliRunner().invoke(leadline, ("score", "traffic.jsonl"))
    return "traffic.jsonl"


def test_cost_prices_what_is_stored(traffic: str) -> None:
    """144 samples a day at a rate of a half, live and in batches, for every model we know."""
    found: dict[str, Any] = json.loads(run("cost", "tone", "--rate", "0.5", "--json").stdout)
    assert (found["eligible"], found["judgements"]["likely"]) == (576, pytest.approx(72, rel=0.02))
    haiku = found["quotes"][0]
    assert haiku["live"]["low"] < haiku["live"]["likely"] < haiku["live"]["high"]
    assert [quote["model"] for quote in found["quotes"]][1:] == [
        "claude-haiku-4-5-20251001",
        "claude-sonnet-5-5",
        "claude-opus-5-5",
    ]
    said = run("cost", "tone", "--rate", "0.5").stdout
    assert "about 72 judgements per day" in said
    assert "answers: assumed" in said


def test_cost_can_be_counted_by_the_provider(traffic: str, claude: FakeClaude) -> None:
    """--exact asks for the tokens of the prefix and of some prompts, and judges nothing."""
    found = json.loads(run("cost", "tone", "--rate", "0.5", "--exact", "--json").stdout)
    assert found["prefix_tokens"]["low"] == found["prefix_tokens"]["high"]
    assert {asked.path for asked in claude.asked} == {"/v1/messages/count_tokens"}
    assert len(claude.asked) == 21


def test_cost_without_traffic_says_so() -> None:
    """Nothing is invented."""
    empty_database(Path("leadline.duckdb"))
    result = run("cost", "tone")
    assert (result.exit_code, "There is no cost to tell" in result.stdout) == (0, True)


@pytest.mark.slow
def test_cost_of_a_running_service(traffic: str, tmp_path: Path) -> None:
    """By --url, for a shipped rubric by its name and for a draft by its text, as on the file."""
    run("new", "mine")
    here = [json.loads(run("cost", name, "--json").stdout)["quotes"] for name in ("tone", "mine.toml")]
    serving = serve(tmp_path / "leadline.duckdb")
    try:
        there = [
            json.loads(run("cost", name, "--json", "--url", serving.url).stdout)["quotes"]
            for name in ("tone", "mine.toml")
        ]
    finally:
        serving.interrupt(20)
    assert there == here
