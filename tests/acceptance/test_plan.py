"""Plans, from intake over the judges to the API and the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from evaluator.cli.app import leadline
from evaluator.service import Service
from evaluator.settings import DriftSettings, JudgeSettings, SamplingSettings, Settings
from tests.acceptance.process import serve
from tests.builders import NOON, empty_database
from tests.conftest import Clock
from tests.fakes import FakeClaude
from tests.in_process import client_of

pytestmark = pytest.mark.slow

REFUSAL = "I'm sorry, but I can't help with that request."
LEARN_FAST = DriftSettings(baseline_votes=20, baseline_hours=0.25)
N, DAYS = 600, 3


@pytest.fixture
def claude() -> Iterator[FakeClaude]:
    """A Claude server in a thread of its own."""
    with FakeClaude() as running:
        yield running


def traffic(now: datetime, n: int = N, days: float = DAYS) -> list[dict[str, Any]]:
    """Exchanges of the last days, one in 25 a refusal."""
    return [
        {
            "id": f"s{i}",
            "timestamp": (now - timedelta(days=days) * (n - i) / n).isoformat(),
            "feature": "chat",
            "request": "Where is it?",
            "response": REFUSAL if i % 25 == 7 else f"Here: {i}.",
        }
        for i in range(n)
    ]


async def planned(
    tmp_path: Path, clock: Clock, claude: FakeClaude, query: str = "", **given: Any
) -> tuple[Any, dict[str, float]]:
    """What GET /v1/plan answers, and the mean cost of a verdict by judge; the traffic is judged before."""
    judge = JudgeSettings(builtin=("smell_test", "smell_heuristic"), llm_rate=0.25, max_attempts=1, repeat_rate=0.0)
    settings = Settings(database=tmp_path / "a.duckdb", **{"judge": judge, "drift": LEARN_FAST, **given})
    environ = {"ANTHROPIC_API_KEY": "sk-test", "ANTHROPIC_BASE_URL": claude.url}
    async with (
        Service(settings, clock=clock, environ=environ, scheduled=False) as service,
        client_of(service) as client,
    ):
        assert (await client.post("/v1/samples", json=traffic(clock.now))).status_code == 202
        await service.pipeline.drain()
        await service.monitors.check()
        answer = await client.get(f"/v1/plan{query}")
        costs = (await client.get("/v1/judges")).json()
    means = {judge["name"]: judge["work"]["usd_mean"] for judge in costs if judge["work"]}
    return answer.json(), means


async def test_a_judge_that_sees_a_part_is_told_the_rate_and_the_money(
    tmp_path: Path, clock: Clock, claude: FakeClaude
) -> None:
    """An LLM judge at a quarter: what it would see at a rate of 1 is what a check sees, at a verdict's price a vote."""
    views, means = await planned(tmp_path, clock, claude, "?drop=0.3&days=0.5")
    found = {view["judge"]: view for view in views}
    view, every = found["smell_test"], found["smell_heuristic"]
    assert view["votes_per_day_at_most"] == pytest.approx(every["votes_per_day"])
    assert view["share"] == pytest.approx(view["votes_per_day"] / every["votes_per_day"])
    assert view["rate_needed"] == pytest.approx(view["votes_per_day_needed"] / every["votes_per_day"])
    assert view["usd_per_vote"] == pytest.approx(means["smell_test"])
    assert view["usd_per_day"] == pytest.approx(view["votes_per_day"] * means["smell_test"])
    assert view["usd_per_day_needed"] == pytest.approx(view["votes_per_day_needed"] * means["smell_test"])


async def test_a_check_sees_all_and_costs_nothing(tmp_path: Path, clock: Clock, claude: FakeClaude) -> None:
    """A judge that looks at everything has a share of 1; too few votes are the traffic's fault, and cost 0."""
    views, _ = await planned(tmp_path, clock, claude, "?drop=0.08&days=0.25&judge=smell_heuristic")
    (view,) = views
    assert (view["share"], view["usd_per_day"], view["reason"]) == (1.0, 0.0, "traffic")
    assert "even judging everything" in view["advice"]


async def test_what_sampling_left_out_could_be_kept(tmp_path: Path, clock: Clock, claude: FakeClaude) -> None:
    """With sampling at a half, all that is kept is half of the traffic, and the advice says what keeping all gives."""
    half = SamplingSettings(rate=0.5)
    views, _ = await planned(tmp_path, clock, claude, "?drop=0.1&days=0.25&judge=smell_heuristic", sampling=half)
    (view,) = views
    assert (view["share"], view["reason"]) == (1.0, "traffic")
    everything = float(view["advice"].rpartition("gives ")[2].split()[0])
    assert view["votes_per_day"] / everything == pytest.approx(0.5, abs=0.06)


async def test_a_question_without_sense_is_refused(tmp_path: Path, clock: Clock, claude: FakeClaude) -> None:
    """A drop is a rate between 0 and 1."""
    answer, _ = await planned(tmp_path, clock, claude, "?drop=5")
    assert "less than 1" in answer["detail"][0]["msg"]


async def test_one_monitor_has_a_curve(tmp_path: Path, clock: Clock, claude: FakeClaude) -> None:
    """The curve ends with all that could be judged; an unknown monitor is none."""
    (view,), _ = await planned(tmp_path, clock, claude, "?judge=smell_heuristic")
    async with (
        Service(Settings(database=tmp_path / "a.duckdb"), clock=clock, scheduled=False, environ={}) as service,
        client_of(service) as client,
    ):
        curve = (await client.get(f"/v1/plan/{view['monitor_id']}?days=7")).json()
        unknown = await client.get("/v1/plan/nothing")
    assert curve["plan"]["monitor_id"] == view["monitor_id"]
    assert curve["points"][-1]["votes_per_day"] == pytest.approx(view["votes_per_day_at_most"])
    drops = [point["drop"] for point in curve["points"] if point["drop"] is not None]
    assert drops[-1] < drops[0] / 2
    assert unknown.status_code == 404
    assert "GET /v1/plan lists them" in unknown.json()["detail"]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(leadline, [str(one) for one in arguments])


@pytest.fixture
def scored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> datetime:
    """A directory with a database of three days that ended at the time given back."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    Path("leadline.toml").write_text("[drift]\nbaseline_votes = 200\n")
    Path("a.jsonl").write_text("".join(json.dumps(item) + "\n" for item in traffic(NOON)))
    assert run("score", "a.jsonl").exit_code == 0
    assert run("check").exit_code in (0, 1)
    return NOON


def test_the_command_prints_a_table_and_what_to_do(scored: datetime) -> None:
    """Each monitor has a row, and a sentence says what is in the way."""
    result = run("plan", "--drop", "10", "--days", "2", "--now", scored.isoformat())
    assert result.exit_code == 0, result.output
    assert "chat     smell_heuristic" in result.stdout
    assert "would notice a drop of 10 points within 2 days" in result.stdout
    assert "chat / smell_heuristic: " in result.stdout


def test_a_history_needs_its_own_time(scored: datetime) -> None:
    """Long after the last vote nothing is planned, and the command says how to plan as of then."""
    result = run("plan", "--now", (scored + timedelta(days=30)).isoformat())
    assert "no votes in the last 7 days" in result.stdout
    assert "--now" in result.stdout


def test_json_is_nothing_but_json_and_a_service_tells_the_same(scored: datetime) -> None:
    """With --json stdout is one document; with --url it comes from the running service."""
    asked = ("plan", "--json", "--judge", "smell_heuristic", "--now", scored.isoformat())
    here = json.loads(run(*asked).stdout)
    serving = serve(Path("leadline.duckdb"), environ={"LEADLINE_DRIFT__BASELINE_VOTES": "200"})
    try:
        there = json.loads(run("--url", serving.url, *asked).stdout)
    finally:
        serving.interrupt(20)
    assert [view["judge"] for view in here] == ["smell_heuristic"]
    assert there == here


def test_nothing_to_plan_for_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty store has no monitors, and the command says how they come about."""
    monkeypatch.chdir(tmp_path)
    empty_database(Path("leadline.duckdb"))
    result = run("plan")
    assert result.exit_code == 0
    assert "monitors appear with the first verdicts" in result.stdout


def test_a_filter_that_matches_nothing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was asked for is said again, and a metric that there is not is refused with those there are."""
    monkeypatch.chdir(tmp_path)
    empty_database(Path("leadline.duckdb"))
    assert (
        "No monitor to plan for with --feature nosuch --metric score"
        in run("plan", "--feature", "nosuch", "--metric", "score").stdout
    )
    unknown = run("plan", "--metric", "nope")
    assert (unknown.exit_code, "There is no metric 'nope'; there are: pass_rate" in unknown.stderr) == (2, True)


@pytest.mark.parametrize("arguments", [("--drop", "0"), ("--drop", "100"), ("--days", "0")])
def test_an_option_without_sense_is_refused(arguments: tuple[str, ...]) -> None:
    """A drop is more than 0 and less than 100 points, in some days."""
    assert run("plan", *arguments).exit_code == 2
