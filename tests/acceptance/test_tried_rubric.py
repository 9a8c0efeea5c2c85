"""A rubric tried on one stored sample over HTTP, and what is kept of judge versions."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from evaluator.api.auth import Role, new_key
from evaluator.service import Service
from evaluator.settings import JudgeSettings, Settings, TextSettings
from judges.rubric import RubricConfig
from store import audit, verdicts
from store.verdicts import VerdictFilter
from tests.conftest import Clock
from tests.fakes import NO_SUCH_MODEL, OVERLOADED, REFUSES, UNAUTHORIZED, FakeClaude, decides, fails, marked
from tests.in_process import client_of

pytestmark = pytest.mark.slow

TEXT = 'name = "mine"\nquestion = "Is it?"\n[labels]\nPASS = "yes"\nFAIL = "no"\n'
DRAFT = TEXT.replace("Is it?", "Is it really?")
ADMIN, READ = new_key(Role.ADMIN), new_key(Role.READ)


@dataclass
class Running:
    """A service over HTTP, asked with a key."""

    service: Service
    client: httpx2.AsyncClient

    async def post(self, path: str, *, key: str = ADMIN[0], **body: Any) -> httpx2.Response:
        return await self.client.post(f"/v1/rubrics/{path}", json=body, headers={"x-api-key": key})

    async def tried(self, sample_id: str = "s1", **body: Any) -> httpx2.Response:
        return await self.post("try", **{"by": "Ana", "sample_id": sample_id, **body})

    async def versions(self, name: str = "mine") -> httpx2.Response:
        return await self.client.get(f"/v1/judges/{name}/versions", headers={"x-api-key": READ[0]})

    async def take(self, **sample: Any) -> None:
        """A sample that is stored and judged."""
        item = {"id": "s1", "request": "Where is it?", "timestamp": "2026-11-20T11:00:00Z", **sample}
        await self.client.post("/v1/samples", json={"response": "Here.", **item}, headers={"x-api-key": ADMIN[0]})
        await self.service.pipeline.drain()

    def log(self) -> list[audit.Entry]:
        with self.service.store.read() as c:
            return audit.find(c, "rubric")

    def verdicts(self) -> int:
        with self.service.store.read() as c:
            return len(verdicts.find(c, VerdictFilter()))


Open = Callable[..., AbstractAsyncContextManager[Running]]


@pytest.fixture
def claude() -> Iterator[FakeClaude]:
    """A Claude server that answers with the label that the response is marked with."""
    with FakeClaude(rule=marked) as running:
        yield running


@pytest.fixture
def opened(tmp_path: Path, clock: Clock, claude: FakeClaude) -> Open:
    """A service whose judge is the rubric `mine`."""
    file = tmp_path / "mine.toml"
    file.write_text(TEXT)

    @asynccontextmanager
    async def open_(
        environ: dict[str, str] | None = None, *, text: str = TEXT, keep: str = "all", **judge: Any
    ) -> AsyncIterator[Running]:
        file.write_text(text)
        settings = Settings(
            database=tmp_path / "a.duckdb",
            judge=JudgeSettings(**{"builtin": (), "llm_rate": 1.0, "repeat_rate": 0.0, "max_attempts": 1, **judge}),
            judges=(RubricConfig(kind="rubric", name="mine", file=file),),
            text=TextSettings(keep=keep),
            keys=(ADMIN[1], READ[1]),
        )
        given = {"ANTHROPIC_API_KEY": "sk-secret", "ANTHROPIC_BASE_URL": claude.url} if environ is None else environ
        async with (
            Service(settings, clock=clock, environ=given, scheduled=False) as service,
            client_of(service) as client,
        ):
            yield Running(service, client)

    return open_


async def test_a_draft_judges_a_stored_sample(opened: Open, claude: FakeClaude) -> None:
    """The answer is the judgement with what it cost; the draft's question was asked, and no verdict was stored."""
    async with opened() as running:
        await running.take()
        before = running.verdicts()
        claude.then(decides("FAIL", "It is not."))
        answer = await running.tried(toml=DRAFT)
        assert running.verdicts() == before
    told = answer.json()
    assert (answer.status_code, told["status"], told["passed"], told["label"]) == (200, "ok", False, "FAIL")
    assert (told["explanation"], told["model"], told["score"]) == ("It is not.", "claude-haiku-5-5", 0.0)
    assert told["cost_usd"] > 0
    assert told["input_tokens"] > 0
    assert "Is it really?" in str(claude.asked[-1].body)


async def test_a_trial_is_one_line_of_the_log(opened: Open) -> None:
    """Who tried what on which sample, and what it cost: no text of rubric, sample or judgement."""
    async with opened() as running:
        await running.take(response="A private word.")
        cost = (await running.tried(toml=DRAFT)).json()["cost_usd"]
        (line,) = running.log()
    assert (line.actor, line.action, line.subject_id) == ("Ana", "tried", "mine")
    assert line.detail["cost_usd"] == cost
    assert (line.detail["sample_id"], line.detail["outcome"]) == ("s1", "ok")
    assert not {"private", "really", "marked"} & set(str(line.detail).replace(".", " ").split())


async def test_the_present_rubric_is_asked_anew(opened: Open, claude: FakeClaude) -> None:
    """What is known of the same text by the same version is not given again: a trial shows what the judge says now."""
    async with opened() as running:
        await running.take()
        asked = len(claude.asked)
        told = (await running.tried(name="mine")).json()
        present = (await running.versions()).json()["version"]
    assert (len(claude.asked) - asked, told["version"]) == (1, present)


async def test_a_slow_file_keeps_nobody_waiting(opened: Open, tmp_path: Path) -> None:
    """While the file of a rubric is read, others are answered."""
    file, loop, served = tmp_path / "mine.toml", asyncio.get_running_loop(), threading.Event()
    reading = asyncio.Event()

    def write() -> bool:
        with file.open("w") as pipe:  # opens when it is read
            loop.call_soon_threadsafe(reading.set)
            in_time = served.wait(20)
            pipe.write(TEXT)
        return in_time

    async with opened() as running:
        await running.take()
        file.unlink()
        os.mkfifo(file)
        writing = asyncio.create_task(asyncio.to_thread(write))
        trying = asyncio.create_task(running.tried(name="mine"))
        await reading.wait()
        await running.versions()
        served.set()
        assert await writing
        assert (await trying).status_code == 200


@pytest.mark.parametrize(
    ("given", "model"),
    [
        ({"name": "mine"}, "claude-haiku-5-5"),
        ({"toml": 'model = "claude-sonnet-5-5"\n' + TEXT}, "claude-sonnet-5-5"),
        ({"toml": TEXT, "model": "claude-opus-5-5"}, "claude-opus-5-5"),
    ],
)
async def test_the_model_that_is_named_is_asked(opened: Open, claude: FakeClaude, given: Any, model: str) -> None:
    """The request's, then the draft's own, then the configured one."""
    async with opened() as running:
        await running.take()
        await running.tried(**given)
    assert claude.asked[-1].body["model"] == model


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"toml": "x ="}, "is not TOML"),
        ({"toml": TEXT.replace("question", "quest")}, "quest: not a known key"),
        ({"toml": TEXT, "model": "claude-haiku-4-5"}, "Use claude-haiku-4-5-20251001"),
        ({"name": "nothing"}, "no rubric is called"),
        ({}, "give either name or toml"),
        ({"toml": TEXT, "by": ""}, "at least 1 character"),
    ],
)
async def test_a_bad_draft_says_what_is_wrong(opened: Open, claude: FakeClaude, body: Any, says: str) -> None:
    """422 in words that can be acted on, and nobody is asked."""
    async with opened() as running:
        await running.take()
        asked = len(claude.asked)
        answer = await running.tried(**body)
    assert (answer.status_code, len(claude.asked)) == (422, asked)
    assert says in str(answer.json()["detail"])


async def test_only_an_admin_spends_money(opened: Open, claude: FakeClaude) -> None:
    """A key that reads is refused; the estimate, which costs nothing, it gets."""
    async with opened() as running:
        await running.take()
        asked = len(claude.asked)
        refused = await running.tried(toml=DRAFT, key=READ[0])
        estimate = await running.post("estimate", key=READ[0], sample_id="s1", toml=DRAFT)
    assert (refused.status_code, estimate.status_code, len(claude.asked)) == (403, 200, asked)


async def test_the_estimate_is_near_the_cost(opened: Open) -> None:
    """It is of the right size, and three votes cost three times as much."""
    async with opened() as running:
        await running.take()
        once = (await running.post("estimate", sample_id="s1", toml=DRAFT)).json()
        thrice = (await running.post("estimate", sample_id="s1", toml="votes = 3\n" + DRAFT)).json()
        cost = (await running.tried(toml=DRAFT)).json()["cost_usd"]
    assert 0.3 * cost < once["usd"] < 5 * cost
    assert (once["calls"], thrice["calls"]) == (1, 3)
    assert thrice["usd"] == pytest.approx(3 * once["usd"])


async def test_what_the_rubric_needs_may_lack(opened: Open, claude: FakeClaude) -> None:
    """A sample without what the rubric needs is skipped, as it would be live: nobody is asked, it costs nothing."""
    async with opened() as running:
        await running.take()
        asked = len(claude.asked)
        needy = 'needs = ["tools"]\n' + TEXT
        told = (await running.tried(toml=needy)).json()
        estimate = (await running.post("estimate", sample_id="s1", toml=needy)).json()
    assert (told["status"], told["reason"], told["cost_usd"]) == ("skipped", "no_tools", None)
    assert (estimate["usd"], estimate["calls"], len(claude.asked)) == (0, 0, asked)
    assert "offers no tools" in estimate["skipped"]


async def test_a_judge_that_refuses_is_an_error_with_its_cost(opened: Open, claude: FakeClaude) -> None:
    """What was paid for is told, whatever came of it."""
    async with opened() as running:
        await running.take()
        claude.then(REFUSES)
        told = (await running.tried(toml=DRAFT)).json()
    assert (told["status"], told["reason"]) == ("error", "refusal")
    assert told["cost_usd"] > 0


async def test_without_a_key_it_is_told_what_to_set(opened: Open) -> None:
    """Nobody can be asked: 409 by name, with the variable to set."""
    async with opened({}) as running:
        await running.take()
        answer = await running.tried(toml=DRAFT)
    assert (answer.status_code, answer.json()["reason"]) == (409, "not_configured")
    assert "ANTHROPIC_API_KEY" in answer.json()["detail"]


async def test_an_unknown_sample_is_not_found(opened: Open) -> None:
    """404 by name."""
    async with opened() as running:
        answer = await running.tried("nothing", toml=DRAFT)
    assert (answer.status_code, answer.json()["reason"]) == (404, "no_sample")


async def test_a_sample_without_text_cannot_be_judged(opened: Open) -> None:
    """409 by name, with why the text is not there."""
    async with opened(keep="none") as running:
        await running.take()
        answer = await running.tried(toml=DRAFT)
    assert (answer.status_code, answer.json()["reason"]) == (409, "no_text")
    assert "text.keep" in answer.json()["detail"]


async def test_a_spent_budget_stops_a_trial(opened: Open, claude: FakeClaude) -> None:
    """The limit of all judges together holds for trials, too: 503 by name, with when it is renewed."""
    async with opened(usd_per_day=1e-7, llm_rate=0.0) as running:
        await running.take()
        answer = await running.tried(toml=DRAFT)
    assert (answer.status_code, answer.json()["reason"], claude.asked) == (503, "budget", [])
    assert int(answer.headers["retry-after"]) > 3_600


async def test_a_trial_counts_against_the_budget_of_all(opened: Open) -> None:
    """What it cost is gone for the judges of the service, also after a restart."""
    async with opened(usd_per_day=1.0, llm_rate=0.0) as running:
        await running.take()
        cost = (await running.tried(toml=DRAFT)).json()["cost_usd"]
        assert running.service.resources is not None
        (left,) = running.service.resources.budgets.left("mine")
        assert left.usd == pytest.approx(1.0 - cost)
    async with opened(usd_per_day=1.0, llm_rate=0.0) as running:
        assert running.service.resources is not None
        (left,) = running.service.resources.budgets.left("mine")
        assert left.usd == pytest.approx(1.0 - cost)
        (shown,) = (await running.client.get("/v1/judges", headers={"x-api-key": READ[0]})).json()
        assert (shown["total_budget"]["spent_today"], shown["budget"]["spent_today"]) == (pytest.approx(cost), 0)


async def test_a_provider_that_is_down_is_told(opened: Open, claude: FakeClaude) -> None:
    """503 by name, in words that do not promise what only holds for pending samples; the log has a line."""
    async with opened() as running:
        await running.take()
        claude.then(OVERLOADED)
        answer = await running.tried(toml=DRAFT)
        (line,) = running.log()
    assert (answer.status_code, answer.json()["reason"], line.detail["outcome"]) == (503, "overloaded", "overloaded")
    assert "pending" not in answer.json()["detail"]


async def test_nobody_knows_what_a_late_answer_cost(opened: Open, claude: FakeClaude) -> None:
    """Who did not answer in time may have done the work: the cost of trials is unknown then, not nothing."""
    async with opened(llm_rate=0.0) as running:
        await running.take()
        claude.then(fails(408, "timeout_error"))
        answer = await running.tried(toml=DRAFT)
        day = {"start": "2026-11-20T00:00:00Z", "end": "2026-11-21T00:00:00Z"}
        costs = await running.client.get("/v1/costs", params=day, headers={"x-api-key": READ[0]})
    assert (answer.status_code, answer.json()["reason"]) == (503, "timeout")
    assert [(row["judge"], row["usd"]) for row in costs.json()] == [("(trials)", None)]


@pytest.mark.parametrize(("reply", "reason"), [(NO_SUCH_MODEL, "model_not_found"), (UNAUTHORIZED, "unauthorized")])
async def test_a_refused_trial_stops_no_judge(opened: Open, claude: FakeClaude, reply: Any, reason: str) -> None:
    """A model that is unknown or a key that is refused is told; the judges of the service are asked as before."""
    async with opened() as running:
        await running.take()
        claude.then(reply)
        answer = await running.tried(toml=DRAFT, model="claude-haiku-9-9")
        await running.take(id="s2", response="There.")
        assert running.verdicts() == 2
    assert (answer.status_code, answer.json()["reason"]) == (409, reason)
    assert "sk-secret" not in answer.text


async def test_a_conversation_is_tried_whole(opened: Open, claude: FakeClaude) -> None:
    """A rubric of conversations is asked about all turns up to the sample."""
    async with opened() as running:
        await running.take(session_id="c", request="The first question?", timestamp="2026-11-20T10:00:00Z")
        await running.take(session_id="c", id="s2", request="The second question?")
        await running.tried("s2", toml="conversation = true\n" + TEXT)
    assert "The first question?" in claude.asked[-1].sample


async def test_every_version_keeps_its_text(opened: Open) -> None:
    """After an edit the old version has its text and its verdicts, the new one is the present one."""
    async with opened() as running:
        await running.take()
    async with opened(text=DRAFT) as running:
        await running.take(id="s2", response="Not [[is FAIL]].")
        told = (await running.versions()).json()
    new, old = told["versions"]
    assert (told["version"], new["present"], old["present"]) == (new["judge_version"], True, False)
    assert 'question = "Is it?"' in old["definition"]
    assert 'question = "Is it really?"' in new["definition"]
    assert told["definition"] == new["definition"]
    assert (old["ok"], old["passes"]["rate"], old["passes"]["n"]) == (1, 1.0, 1)
    # The new one judges what lies in its window too.
    assert (new["ok"], new["passes"]["rate"]) == (2, 0.5)
    assert (new["work"]["verdicts"], new["work"]["ms_p50"] > 0, new["cost_usd"] > 0) == (2, True, True)
    assert "sk-secret" not in str(told)


async def test_a_judge_without_a_key_still_shows_its_text(opened: Open) -> None:
    """Nothing is written down for it, as it gives no verdicts."""
    async with opened({}) as running:
        told = (await running.versions()).json()
    assert (told["version"], told["versions"]) == (None, [])
    assert 'question = "Is it?"' in told["definition"]


async def test_verdicts_from_before_have_no_text(opened: Open) -> None:
    """A version that no service wrote down is told with its verdicts, and without a definition."""
    async with opened() as running:
        await running.take()
        await asyncio.wrap_future(running.service.store.run(lambda c: c.execute("DELETE FROM judge_version") and None))
        (told,) = (await running.versions()).json()["versions"]
    assert (told["definition"], told["first_seen_at"], told["ok"]) == (None, None, 1)


async def test_an_unknown_judge_is_not_found(opened: Open) -> None:
    """Neither configured nor with verdicts."""
    async with opened() as running:
        answer = await running.versions("nothing")
    assert answer.status_code == 404


async def test_what_people_say_is_a_judge_with_a_version(opened: Open) -> None:
    """Feedback has no definition, and cannot be tried."""
    async with opened() as running:
        await running.take()
        body = {"sample_id": "s1", "name": "thumbs", "value": True}
        given = await running.client.post("/v1/feedback", json=body, headers={"x-api-key": ADMIN[0]})
        assert given.status_code == 202
        await running.service.feedbacks.attach()
        told = (await running.versions("thumbs")).json()
    assert (told["kind"], told["tryable"], told["definition"], len(told["versions"])) == ("feedback", False, None, 1)
