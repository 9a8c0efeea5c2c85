"""Judging a sample again over HTTP: what stands stays, what is owed is made up for, nothing counts twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from evaluator.api.auth import Role, new_key
from evaluator.service import Service
from evaluator.settings import Settings
from judges.rubric import RubricConfig
from store import judging, rates, usage, verdict_hours
from store.samples import EARLIEST
from tests.builders import make_sample, make_verdict
from tests.conftest import Clock
from tests.fakes import MARKER, UNAUTHORIZED, FakeClaude, decides
from tests.in_process import client_of

ADMIN, ADMIN_ENTRY = new_key(Role.ADMIN)
READER, READER_ENTRY = new_key(Role.READ)
RUBRIC = """
name = "smell_test"
question = "Is it?"
conversation = true
votes = 3
[labels]
PASS = "yes"
FAIL = "no"
"""
TEXT = {"id": "a", "feature": "f", "timestamp": "2026-11-20T11:00:00Z", "request": "why?", "response": "because"}


@pytest.fixture
def claude() -> Iterator[FakeClaude]:
    with FakeClaude() as served:
        yield served


class Desk:
    """A service with an LLM judge that draws every sample (or none), and a client with an admin key."""

    def __init__(self, service: Service, client: httpx2.AsyncClient) -> None:
        self.service = service
        self.client = client

    async def again(self, judge: str | None = "smell_test", sample_id: str = "a", key: str = ADMIN) -> httpx2.Response:
        body = {"by": "Ana", "judge": judge}
        headers = {"authorization": f"Bearer {key}"}
        return await self.client.post(f"/v1/samples/{sample_id}/judge", json=body, headers=headers)

    async def told(self, judge: str | None = "smell_test") -> dict[str, Any]:
        (one,) = (await self.again(judge)).json()
        return dict(one)

    async def verdict(self, judge: str = "smell_test") -> dict[str, Any]:
        sample = (await self.client.get("/v1/samples/a")).json()
        (one,) = [one for one in sample["verdicts"] if one["judge"] == judge]
        return dict(one)


@pytest.fixture
async def desk(tmp_path: Path, clock: Clock, claude: FakeClaude, request: pytest.FixtureRequest) -> AsyncIterator[Desk]:
    """As Desk says; the parameter is the LLM judge's rate."""
    judge = {
        "llm_rate": getattr(request, "param", 1.0),
        "base_url": claude.url,
        "builtin": ["smell_test", "not_truncated"],
    }
    settings = Settings(database=tmp_path / "a.duckdb", judge=judge, keys=[ADMIN_ENTRY, READER_ENTRY])
    async with AsyncExitStack() as stack:
        environ = {"ANTHROPIC_API_KEY": "k"}
        service = await stack.enter_async_context(Service(settings, clock=clock, environ=environ, scheduled=False))
        headers = {"authorization": f"Bearer {ADMIN}"}
        client = client_of(service, headers=headers)
        yield Desk(service, await stack.enter_async_context(client))


async def stored(desk: Desk, **fields: Any) -> None:
    """Sent, and judged by all who want it."""
    answer = await desk.client.post("/v1/samples", json=[{**TEXT, **fields}])
    assert answer.json()["accepted"] == 1, answer.text
    await desk.service.pipeline.drain()


async def test_a_verdict_that_stands_stays(desk: Desk, claude: FakeClaude) -> None:
    """The model is asked anew, and its answer stands beside the verdict, of which nothing else changes."""
    await stored(desk)
    before = await desk.verdict()
    told = await desk.told()
    after = await desk.verdict()
    assert (told["outcome"], told["flipped"], len(claude.asked)) == ("beside", False, 2)
    assert {name for name in after if after[name] != before[name]} == {"opinions"}
    assert [(one["role"], one["passed"]) for one in after["opinions"]] == [("repeat", True)]


async def test_one_that_decides_otherwise_is_told_and_counts_nowhere(desk: Desk) -> None:
    """Flipped is said to who asked; the verdict, and its own `flipped`, are what they were."""
    lane = next(one for one in desk.service.pipeline.lanes if one.judge.name == "smell_test")
    failing = make_verdict("b", judge="smell_test", judge_version=lane.judge.version, passed=False, kind="llm")
    desk.service.store.append_samples([make_sample("b")]).result()
    desk.service.store.append_verdicts([failing]).result()
    (told,) = (await desk.again(sample_id="b")).json()
    sample = (await desk.client.get("/v1/samples/b")).json()
    (verdict,) = sample["verdicts"]
    assert (told["outcome"], told["passed"], told["flipped"]) == ("beside", True, True)
    assert (verdict["passed"], verdict["flipped"], verdict["opinions"][0]["passed"]) == (False, None, True)


async def test_one_that_failed_is_made_up_for(desk: Desk) -> None:
    """In place of an error there is a verdict then, which counts as any other: once."""
    lane = next(one for one in desk.service.pipeline.lanes if one.judge.name == "smell_test")
    broken = make_verdict("b", judge="smell_test", judge_version=lane.judge.version, passed=None, kind="llm")
    desk.service.store.append_samples([make_sample("b")]).result()
    desk.service.store.append_verdicts([broken]).result()
    (told,) = (await desk.again(sample_id="b")).json()
    (verdict,) = (await desk.client.get("/v1/samples/b")).json()["verdicts"]
    assert (told["outcome"], verdict["status"], verdict["passed"]) == ("verdict", "ok", True)
    rows = (await desk.client.get("/v1/summary")).json()
    assert [(row["n"], row["errors"]) for row in rows if row["judge"] == "smell_test"] == [(1, 0)]


@pytest.mark.parametrize("desk", [0.0], indirect=True)
async def test_one_that_was_not_drawn_has_no_vote(desk: Desk) -> None:
    """The judgement is shown and paid for; what people choose to judge does not move a rate, however often they do."""
    await stored(desk)
    assert (await desk.told())["outcome"] == "aside"
    assert (await desk.told())["outcome"] == "beside"
    verdict = await desk.verdict()
    assert (verdict["status"], verdict["reason"], verdict["passed"]) == ("skipped", "by_hand", None)
    assert [one["passed"] for one in verdict["opinions"]] == [True, True]
    rows = (await desk.client.get("/v1/summary")).json()
    assert [row["n"] for row in rows if row["judge"] == "smell_test"] == [0]
    assert verdict["cost_usd"] > 0


async def told_of_money(desk: Desk) -> list[dict[str, Any]]:
    """By day: what judges spent as /v1/costs says, as budgets load it, and in all time."""
    costs = (await desk.client.get("/v1/costs?start=2026-11-01T00:00:00Z&end=2026-12-01T00:00:00Z&paid=true")).json()
    with desk.service.store.read() as c:
        loaded = rates.spent(c, EARLIEST)
        total = judging.spending(c, [EARLIEST])["smell_test", EARLIEST]
    budgets: dict[str, float] = defaultdict(float)
    for day, _, usd in loaded:
        budgets[day.isoformat()] += usd
    by_day = {row["day"]: row["usd"] for row in costs if row["judge"] == "smell_test"}
    return [by_day, budgets, {"all": total}]


async def test_what_a_judgement_cost_that_broke_off_is_told(talk: Desk, clock: Clock, claude: FakeClaude) -> None:
    """Of three votes one came: the verdict stays, and beside it stands what was paid, by reason."""
    await stored(talk, session_id="s")
    clock.advance(hours=2)
    await talk.service.pipeline.recover()
    before = await talk.verdict()
    claude.rule = lambda asked: decides("PASS") if len(claude.asked) % 3 == 1 else UNAUTHORIZED
    told = await talk.told()
    after = await talk.verdict()
    assert (told["outcome"], told["status"], told["reason"]) == ("beside", "error", "unauthorized")
    assert {name for name in after if after[name] != before[name]} == {"opinions"}
    assert told["cost_usd"] > 0
    (line,) = (await talk.client.get("/v1/audit?subject=sample")).json()
    assert line["detail"]["apart"]["usd"] == told["cost_usd"]


@pytest.mark.parametrize("failed", [False, True])
async def test_money_stays_on_the_day_it_was_spent(desk: Desk, clock: Clock, failed: bool) -> None:
    """What the first verdict cost is of its day, what judging again costs of today, and everybody counts the same."""
    lane = next(one for one in desk.service.pipeline.lanes if one.judge.name == "smell_test")
    desk.service.store.append_samples([make_sample("b")]).result()
    version = {"judge": "smell_test", "judge_version": lane.judge.version, "kind": "llm"}
    first = make_verdict("b", passed=None if failed else True, cost_usd=0.25, input_tokens=9, **version)
    desk.service.store.append_verdicts([first]).result()
    for count in (usage.refresh, verdict_hours.refresh):
        desk.service.store.run(count).result()
    clock.advance(days=1)
    (told,) = (await desk.again(sample_id="b")).json()
    by_day, budgets, total = await told_of_money(desk)
    again = told["cost_usd"]
    assert again > 0
    assert by_day == pytest.approx({"2026-11-20": 0.25, clock().date().isoformat(): again})
    assert budgets == pytest.approx(by_day)
    assert total == pytest.approx({"all": 0.25 + again})


async def test_all_judges_that_apply_are_asked_without_a_name(desk: Desk) -> None:
    """Checks judge again too, at no cost; each says what came of it."""
    await stored(desk, response=f"no {MARKER}")
    told = {one["judge"]: one for one in (await desk.again(None)).json()}
    assert {name: one["outcome"] for name, one in told.items()} == {"smell_test": "beside", "not_truncated": "beside"}
    assert (told["smell_test"]["passed"], told["not_truncated"]["cost_usd"]) == (False, None)


async def test_it_stands_in_the_audit_log(desk: Desk) -> None:
    """Who had what judged, and what came of it, by name."""
    await stored(desk)
    await desk.again()
    (line,) = (await desk.client.get("/v1/audit?subject=sample")).json()
    assert (line["actor"], line["action"], line["subject_id"]) == ("Ana", "judged again", "a")
    assert (line["detail"]["judge"], line["detail"]["outcome"]) == ("smell_test", "beside")


async def test_a_provider_that_is_away_changes_nothing(desk: Desk, claude: FakeClaude) -> None:
    """What stands stays, nothing is written, and the answer says what is the matter."""
    await stored(desk)
    before = await desk.verdict()
    claude.then(UNAUTHORIZED)
    told = await desk.told()
    assert (told["outcome"], told["passed"], "key" in told["detail"]) == ("unavailable", None, True)
    assert before == await desk.verdict()
    assert (await desk.client.get("/v1/audit?subject=sample")).json() == []


@pytest.mark.parametrize(
    ("sample_id", "judge", "status", "says"),
    [
        ("none", None, 404, "never sent"),
        ("a", "nobody", 422, "GET /v1/judges"),
        ("gone", None, 422, "is not there"),
    ],
)
async def test_what_cannot_be_judged_says_why(desk: Desk, sample_id: str, judge: str, status: int, says: str) -> None:
    """No such sample, no such judge, or no text: each by name."""
    await stored(desk)
    await desk.client.post("/v1/samples", json=[{"id": "gone", "feature": "f", "incomplete": "lost"}])
    answer = await desk.again(judge, sample_id)
    assert (answer.status_code, says in answer.json()["detail"]) == (status, True)


async def test_a_reader_may_not(desk: Desk) -> None:
    """It costs money, so it takes an admin key."""
    await stored(desk)
    assert (await desk.again(key=READER)).status_code == 403


@pytest.fixture
async def talk(tmp_path: Path, clock: Clock, claude: FakeClaude) -> AsyncIterator[Desk]:
    """As Desk says, with a judge that takes every conversation once it is quiet for half an hour."""
    file = tmp_path / "whole.toml"
    file.write_text(RUBRIC)
    settings = Settings(
        database=tmp_path / "a.duckdb",
        judge={"llm_rate": 1.0, "base_url": claude.url, "builtin": []},
        judges=(RubricConfig(kind="rubric", name="smell_test", file=file),),
    )
    async with AsyncExitStack() as stack:
        environ = {"ANTHROPIC_API_KEY": "k"}
        service = await stack.enter_async_context(Service(settings, clock=clock, environ=environ, scheduled=False))
        client = client_of(service)
        yield Desk(service, await stack.enter_async_context(client))


async def test_a_conversation_that_goes_on_is_left_alone(talk: Desk, claude: FakeClaude) -> None:
    """Nothing is asked and nothing stands in the way of the verdict that is to come."""
    await stored(talk, session_id="s")
    told = await talk.told()
    sample = (await talk.client.get("/v1/samples/a")).json()
    assert (told["outcome"], "goes on" in told["detail"]) == ("under_way", True)
    assert (sample["verdicts"], claude.asked) == ([], [])


async def test_a_conversation_that_is_owed_a_verdict_gets_it(talk: Desk, clock: Clock) -> None:
    """Quiet and drawn, and not judged yet: this is the verdict, and it counts."""
    await stored(talk, session_id="s")
    clock.advance(hours=2)
    assert (await talk.told())["outcome"] == "verdict"
    assert (await talk.verdict())["status"] == "ok"
    assert await talk.service.pipeline.recover() == 0
