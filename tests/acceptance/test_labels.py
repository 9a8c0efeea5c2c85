"""People label over HTTP: blind until they have said it, nobody twice, some of it by two of them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from evaluator.api.auth import Role, new_key
from evaluator.intake.decode import Item
from evaluator.redact.redactor import Redactor
from evaluator.rubrics.labelled import Labelled, Reader
from evaluator.service import Service
from evaluator.settings import RedactionSettings, Settings
from judges import rubric
from judges.checks import MustMatchConfig
from tests.builders import NOON
from tests.conftest import Clock
from tests.in_process import client_of

pytestmark = pytest.mark.slow

JUDGE = "polite"
FEATURE = "support-chat"
Json = dict[str, Any]


@dataclass
class Desk:
    """A service whose judge passes what has "please" in it, and a client of it."""

    service: Service
    client: httpx2.AsyncClient
    clock: Clock

    async def send(self, *responses: str, first: int = 0, **fields: Any) -> None:
        """Keeps and judges these answers; the ids count from `first` on."""
        plain = {"request": "Where is it?", "feature": FEATURE, "timestamp": "2026-11-20T11:00:00Z", **fields}
        items = [Item(i, {"id": f"s{first + i}", "response": text, **plain}) for i, text in enumerate(responses)]
        await self.service.intake.accept(items)
        await self.service.pipeline.drain()

    async def ask(self, by: str, **params: str) -> Json:
        answer = await self.client.get(
            "/v1/labels/next", params={"by": by, "judge": JUDGE, "feature": FEATURE, **params}
        )
        assert answer.status_code == 200, answer.text
        told: Json = answer.json()
        return told

    async def say(self, by: str, sample_id: str, **word: Any) -> Json:
        answer = await self.client.post("/v1/labels", json={"by": by, "judge": JUDGE, "sample_id": sample_id, **word})
        assert answer.status_code == 201, answer.text
        told: Json = answer.json()
        return told

    async def work(self, by: str, truth: Callable[[str], bool], most: int = 1000) -> list[str]:
        """Labels what this person is asked about, as `truth` has it of the answer, until nothing is left."""
        done = []
        while len(done) < most and (sample := (await self.ask(by))["sample"]):
            await self.say(by, sample["sample_id"], passed=truth(sample["response"]["content"][0]["text"]))
            done.append(sample["sample_id"])
        return done

    async def stands(self) -> Json:
        (told,) = (await self.client.get("/v1/labels/agreement", params={"judge": JUDGE, "feature": FEATURE})).json()
        found: Json = told
        return found


Open = Callable[..., AbstractAsyncContextManager[Desk]]


@pytest.fixture
def desk(tmp_path: Path, clock: Clock) -> Open:
    """Opens a service on its own file without scheduler; keyword arguments are settings."""

    @asynccontextmanager
    async def open_(**settings: Any) -> AsyncIterator[Desk]:
        judges = (MustMatchConfig(kind="must_match", name=JUDGE, pattern="please"),)
        given = Settings(database=tmp_path / "a.duckdb", judges=judges, judge={"builtin": ()}, **settings)
        async with (
            Service(given, clock=clock, environ={}, scheduled=False) as service,
            client_of(service) as client,
        ):
            yield Desk(service, client, clock)

    return open_


def answers(passes: int, fails: int) -> list[str]:
    """So many that the judge passes and fails; every tenth pass is rude, every fifth fail is fine, for people."""
    return [
        *(f"please {'rude' if i % 10 == 0 else 'fine'} {i}" for i in range(passes)),
        *(f"{'fine' if i % 5 == 0 else 'rude'} {i}" for i in range(fails)),
    ]


def fine(text: str) -> bool:
    return "fine" in text


async def test_the_question_comes_without_an_answer(desk: Open) -> None:
    """What a person gets before they answer holds the judge's question and no word of its verdict, or of any other."""
    async with desk() as open_:
        await open_.send(*answers(3, 3))
        told = await open_.ask("Ana")
    assert told["criterion"]["question"] == "Does this hold? A pattern that must be found in the response text."
    assert told["criterion"]["details"] == {"pattern": "please"}
    assert told["sample"]["verdicts"] == []
    words = json.dumps({name: value for name, value in told.items() if name != "criterion"})
    assert not [word for word in ("passed", "PASS", "FAIL", "pattern", "place", "explanation") if word in words]


async def test_only_what_was_saved_shows_the_verdict(desk: Open) -> None:
    """The answer to a label has the judge's verdict with its explanation, and says whether they agree."""
    async with desk() as open_:
        await open_.send("rude")
        told = await open_.say("Ana", "s0", passed=False, note=" short ")
    assert (told["agrees"], told["label"]["passed"], told["label"]["note"]) == (True, False, "short")
    assert (told["verdict"]["passed"], told["verdict"]["explanation"]) == (
        False,
        "The pattern is not found in the response.",
    )


async def test_asking_again_changes_nothing(desk: Open) -> None:
    """Nobody looks for a sample they like: the same one is given until it is answered, to them and to nobody else."""
    async with desk() as open_:
        await open_.send(*answers(4, 4))
        first, again, other = [(await open_.ask(by))["sample"]["sample_id"] for by in ("Ana", "ana ", "Ben")]
        assert first == again != other
        await open_.send(*answers(4, 4), first=8)
        assert (await open_.ask("Ana"))["sample"]["sample_id"] == first


async def test_an_id_that_was_used_again_is_two_samples(desk: Open) -> None:
    """Who says which time they mean labels the sample of that time, beside its own verdict; without, the newest."""
    before = "2026-11-18T11:00:00+00:00"
    async with desk() as open_:
        await open_.send("rude", timestamp=before)
        await open_.send("please")
        for ts in (before, "2026-11-20T12:00:00+01:00"):
            told = await open_.say("Ana", "s0", ts=ts, passed=ts != before)
            assert told["agrees"], ts
        newest = await open_.say("Ben", "s0", passed=True)
        nowhere = {"by": "Ana", "judge": JUDGE, "sample_id": "s0", "ts": "2026-11-19T11:00:00Z", "passed": True}
        answer = await open_.client.post("/v1/labels", json=nowhere)
        assert (await open_.ask("Ana"))["sample"] is None
    assert newest["label"]["ts"] == "2026-11-20T11:00:00Z"
    assert (answer.status_code, "id and time" in answer.text) == (404, True)


async def test_what_somebody_holds_goes_back_after_a_while(desk: Open) -> None:
    """A sample that was handed out and not answered for 15 minutes is another's."""
    async with desk() as open_:
        await open_.send("rude")
        assert (await open_.ask("Ana"))["sample"]
        assert ((await open_.ask("Ben"))["sample"], (await open_.ask("Ben"))["elsewhere"]) == (None, 1)
        open_.clock.advance(minutes=16)
        assert (await open_.ask("Ben"))["sample"]["sample_id"] == "s0"


async def test_two_people_share_the_work_and_some_of_it_is_done_twice(desk: Open) -> None:
    """Nobody gets a sample twice; a fifth of one's samples go to the other, and what one could not say all does."""
    async with desk() as open_:
        await open_.send(*answers(70, 30))
        ana = await open_.work("Ana", fine)
        ben = await open_.work("Ben", fine)
        assert len(ana) == len(set(ana)) == 100
        assert 10 <= len(ben) == len(set(ben)) <= 30
        stands = await open_.stands()
        assert (stands["people"]["n"], stands["people"]["agreed"]["value"]) == (len(ben), 1)
        assert stands["labellers"] == {"Ana": 100, "Ben": len(ben)}


async def test_half_of_what_is_asked_are_fails(desk: Open) -> None:
    """With one fail in ten, half of the first samples are fails: the rarer verdict is known as well as the other."""
    async with desk() as open_:
        await open_.send(*answers(270, 30))
        await open_.work("Ana", fine, most=40)
        confusion = (await open_.stands())["confusion"]
    assert 12 <= confusion["fail_pass"] + confusion["fail_fail"] <= 28


async def test_the_corrected_rate_is_the_peoples(desk: Open) -> None:
    """A tenth of 90 passes is bad, a fifth of 10 fails good: people would pass 83 of 100, where the judge passes 90."""
    async with desk() as open_:
        await open_.send(*answers(90, 10))
        before = await open_.stands()
        assert (before["rate"], before["labelled"], before["judge_rate"]["rate"]) == (None, 0, 0.9)
        assert before["lacking"] == 100
        await open_.work("Ana", fine)
        stands = await open_.stands()
    assert stands["confusion"] == {"pass_pass": 81, "pass_fail": 9, "fail_pass": 2, "fail_fail": 8}
    assert stands["rate"]["value"] == pytest.approx(0.83)
    assert (stands["tpr"]["value"], stands["tnr"]["value"]) == pytest.approx((81 / 83, 8 / 17))
    assert stands["agreed"]["value"] == pytest.approx(0.89)
    assert stands["rate"]["lo"] < 0.83 < stands["rate"]["hi"]
    assert (stands["lacking"], stands["counted"]) == (0, 100)


async def test_labels_out_of_order_do_not_count_yet(desk: Open) -> None:
    """Who picks what they label changes nothing: it counts when everything before it in the order is labelled."""
    async with desk() as open_:
        await open_.send(*answers(40, 10))
        due = (await open_.ask("Ana"))["sample"]["sample_id"]
        picked = [f"s{i}" for i in range(50) if f"s{i}" != due][:12]
        for sample_id in picked:
            await open_.say("Ana", sample_id, passed=True)
        before = await open_.stands()
        assert (before["labelled"], before["counted"] < 12) == (12, True)
        await open_.work("Ana", fine)
        assert (await open_.stands())["counted"] == 50


async def test_cannot_say_is_kept_as_such(desk: Open) -> None:
    """It is no label of either kind, is asked of a second person, and widens what the rate could be."""
    async with desk() as open_:
        await open_.send(*answers(20, 20))
        skipped = (await open_.ask("Ana"))["sample"]["sample_id"]
        told = await open_.say("Ana", skipped, skip=True)
        assert (told["agrees"], told["label"]["skipped"], told["label"]["passed"]) == (None, True, None)
        assert (await open_.ask("Ana"))["sample"]["sample_id"] != skipped
        assert (await open_.ask("Ben"))["sample"]["sample_id"] == skipped
        await open_.work("Ana", fine)
        stands = await open_.stands()
        assert (stands["skipped"], stands["counted"]) == (1, 39)
        assert stands["worst"] < stands["best"]
        await open_.say("Ben", skipped, passed=True)
        assert (await open_.stands())["skipped"] == 0


async def test_the_last_word_counts_and_the_first_is_kept(desk: Open) -> None:
    """A correction is another revision and a line of the audit log; the same again is neither."""
    async with desk() as open_:
        await open_.send("rude")
        for passed in (True, False, False):
            await open_.say("Ana", "s0", passed=passed)
        (last,) = (await open_.client.get("/v1/labels")).json()
        history = (await open_.client.get("/v1/labels?history=true")).json()
        audit = (await open_.client.get("/v1/audit?subject=label")).json()
        assert (await open_.stands())["corrected"] == 1
    assert (last["passed"], last["revision"], [one["passed"] for one in history]) == (False, 2, [False, True])
    assert [(one["actor"], one["action"], one["detail"]["from"], one["detail"]["to"]) for one in audit] == [
        ("Ana", "label corrected", "pass", "fail")
    ]


async def test_labels_outlive_a_restart(desk: Open) -> None:
    """The order goes on where it was."""
    async with desk() as open_:
        await open_.send(*answers(10, 10))
        done = await open_.work("Ana", fine, most=5)
        due = (await open_.ask("Ana"))["sample"]["sample_id"]
        before = (await open_.client.get("/v1/labels")).json()
    async with desk() as open_:
        assert (await open_.client.get("/v1/labels")).json() == before
        rest = await open_.work("Ana", fine)
    assert {one["sample_id"] for one in before} == set(done)
    assert (len(done), rest[0], sorted([*done, *rest])) == (5, due, sorted(f"s{i}" for i in range(20)))


async def test_what_came_since_is_labelled_first_and_costs_no_label(desk: Open) -> None:
    """New traffic before the labelled ones in the order: the labels go on telling of the time before it."""
    async with desk() as open_:
        await open_.send(*answers(40, 40))
        await open_.work("Ana", fine, most=30)
        before = await open_.stands()
        open_.clock.advance(hours=1)
        await open_.send(*answers(40, 40), first=80, timestamp="2026-11-20T12:30:00Z")
        since = await open_.stands()
        told = ("labelled", "counted", "judge_rate", "rate", "agreed")
        assert [since[name] for name in told] == [before[name] for name in told]
        assert since["judge_rate"]["n"] == 80
        asked = await open_.work("Ana", fine, most=40)
        assert int(asked[0][1:]) >= 80
        assert (await open_.stands())["judge_rate"]["n"] == 160


async def test_exported_labels_are_what_rubric_test_reads(desk: Open, tmp_path: Path) -> None:
    """Each line is a whole sample with its label; who could not say, and personal data, are not in it."""
    async with desk() as open_:
        await open_.send("please fine", "rude", "rude too", session_id="s", metadata={"plan": "pro"}, user_id="u1")
        for sample_id, word in (("s0", {"passed": True}), ("s1", {"passed": False}), ("s2", {"skip": True})):
            await open_.say("Ana", sample_id, **word)
        answer = await open_.client.get("/v1/labels?judge=polite&format=jsonl")
    assert answer.headers["content-type"] == "application/x-ndjson"
    path = tmp_path / "labelled.jsonl"
    path.write_text(answer.text, encoding="utf-8")
    rows = list(
        Reader(rubric.shipped("helpfulness"), Redactor.build(RedactionSettings(), b"k" * 32), NOON).rows(str(path))
    )
    assert all(isinstance(row, Labelled) for row in rows)
    assert [(row.sample.sample_id, row.label) for row in rows if isinstance(row, Labelled)] == [
        ("s0", True),
        ("s1", False),
    ]
    assert "user_id" not in answer.text


@pytest.mark.parametrize("asked", ["", "&feature=support-chat", "&judge=polite&history=true"])
async def test_a_sample_has_one_label_in_a_file(desk: Open, asked: str) -> None:
    """Labels by several judges' criteria, or what people said before, make no file: what to name is told."""
    async with desk() as open_:
        answer = await open_.client.get(f"/v1/labels?format=jsonl{asked}")
    assert (answer.status_code, "name the `judge`" in answer.text) == (422, True)


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"sample_id": "nowhere", "passed": True}, 404, "There is no sample with this id"),
        ({"sample_id": "s0"}, 422, "say one of these: passed"),
        ({"sample_id": "s0", "passed": True, "skip": True}, 422, "say one of these: passed"),
        ({"sample_id": "s0", "passed": True, "judge": "nobody"}, 422, "has decided nothing on this sample"),
        ({"sample_id": "s0", "label": "great"}, 422, "is no label of this judge's rubric"),
        ({"sample_id": "s0", "passed": True, "by": "  "}, 422, "write the name"),
        ({"sample_id": "s0", "passed": True, "colour": "red"}, 422, "Extra inputs"),
    ],
)
async def test_a_label_that_cannot_be_kept_says_why(desk: Open, body: Json, status: int, says: str) -> None:
    """Nothing is kept, and the answer says what to do."""
    async with desk() as open_:
        await open_.send("rude")
        answer = await open_.client.post("/v1/labels", json={"by": "Ana", "judge": JUDGE, **body})
        assert (answer.status_code, says in answer.text) == (status, True), answer.text
        assert (await open_.client.get("/v1/labels")).json() == []


@pytest.mark.parametrize(
    ("judge", "feature", "says"),
    [("nobody", FEATURE, "There is no judge 'nobody'. There is polite"), (JUDGE, "elsewhere", None)],
)
async def test_asking_for_what_is_not_there(desk: Open, judge: str, feature: str, says: str | None) -> None:
    """An unknown judge is named with those that are known; a feature without verdicts has nothing to label."""
    async with desk() as open_:
        await open_.send("rude")
        answer = await open_.client.get("/v1/labels/next", params={"by": "Ana", "judge": judge, "feature": feature})
    if says:
        assert (answer.status_code, says in answer.text) == (404, True)
    else:
        assert (answer.json()["sample"], answer.json()["judged"]) == (None, 0)


async def test_a_text_that_is_gone_cannot_be_labelled(desk: Open) -> None:
    """After text.days nobody is asked about it any more; what was said stays, and what was noted goes with the text."""
    async with desk(text={"days": 1}) as open_:
        await open_.send("rude", "please")
        await open_.say("Ana", "s0", passed=False, note="it says: rude")
        open_.clock.advance(days=2)
        await open_.service.retention.sweep()
        answer = await open_.client.post(
            "/v1/labels", json={"by": "Ana", "judge": JUDGE, "sample_id": "s1", "passed": True}
        )
        assert (answer.status_code, "text of this sample is gone" in answer.text) == (422, True)
        assert (await open_.ask("Ben"))["sample"] is None
        (kept,) = (await open_.client.get("/v1/labels")).json()
        assert (kept["passed"], kept["note"]) == (False, None)
        assert (await open_.client.get("/v1/labels?judge=polite&format=jsonl")).text == ""


async def test_reading_is_not_labelling(desk: Open) -> None:
    """A read key gets labels and agreement, and neither holds a sample nor labels; an ingest key gets nothing."""
    reader, admin, ingest = (new_key(role) for role in (Role.READ, Role.ADMIN, Role.INGEST))
    async with desk(keys=(reader[1], admin[1], ingest[1])) as open_:
        await open_.send("rude")
        body = {"by": "Ana", "judge": JUDGE, "sample_id": "s0", "passed": True}
        paths = [f"/v1/labels/next?by=Ana&judge={JUDGE}&feature={FEATURE}", "/v1/labels", "/v1/labels/agreement"]

        async def status(method: str, path: str, key: str, **content: Any) -> int:
            answer = await open_.client.request(method, path, headers={"x-api-key": key}, **content)
            return answer.status_code

        assert [await status("GET", path, reader[0]) for path in paths] == [403, 200, 200]
        assert [await status("GET", path, ingest[0]) for path in paths] == [403, 403, 403]
        assert await status("GET", paths[0], admin[0]) == 200
        assert [await status("POST", "/v1/labels", key, json=body) for key in (reader[0], admin[0])] == [403, 201]
