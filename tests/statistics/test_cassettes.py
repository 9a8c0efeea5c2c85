"""Recorded Claude exchanges through our client: everything the real API has answered is understood."""

from __future__ import annotations

import json
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from judges.answer import answer_of
from judges.client import ClaudeClient, ClientSettings, Completion, Request
from judges.cost import PRICES, cost_usd
from judges.errors import Rejected, Stopped
from judges.llm import LlmJudge
from judges.rubric import shipped
from store.records import Status
from tests.builders import make_sample
from tests.fakes import FakeClaude, Reply
from tests.judging import resources

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data" / "anthropic_cassettes" / "interactions.parquet"
Json = dict[str, Any]

pytestmark = pytest.mark.slow


def recorded(status: int) -> list[tuple[str, str]]:
    """(model asked, body answered) of each recorded call of the Messages API that was not streamed."""
    if not RECORDED.exists():
        pytest.skip("the recorded exchanges (shared/data/anthropic_cassettes) are not on this machine")
    import pyarrow.parquet as pq

    columns = ["url", "model", "status", "streaming", "response_body"]
    rows = pq.read_table(RECORDED, columns=columns).to_pylist()
    calls = [row for row in rows if row["status"] == status and not row["streaming"]]
    return [(row["model"], row["response_body"]) for row in calls if row["url"].split("?")[0].endswith("/v1/messages")]


@pytest.fixture
async def claude() -> AsyncIterator[FakeClaude]:
    """A server that plays recorded bodies."""
    async with FakeClaude() as server:
        yield server


@pytest.fixture
async def client(claude: FakeClaude) -> AsyncIterator[ClaudeClient]:
    """A client of that server."""
    opened = ClaudeClient(ClientSettings(base_url=claude.url, max_attempts=1), rng=random.Random(1))
    yield opened
    await opened.close()


def ask(model: str) -> Request:
    return Request(model=model, system="You judge.", user="Judge this.", answer=answer_of(("PASS", "FAIL")))


def as_counted(body: Json) -> tuple[int, ...]:
    """The token counts of a recorded body."""
    names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    return tuple(body["usage"].get(name) or 0 for name in names)


def as_read(found: Completion) -> tuple[int, ...]:
    usage = found.usage
    return (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)


async def test_every_recorded_message_is_understood(claude: FakeClaude, client: ClaudeClient) -> None:
    """Text, stop reason, model and tokens of each 200 are the recorded ones; the cost is positive or unknown."""
    calls = recorded(200)
    priced = 0
    for _, text in calls:
        body = json.loads(text)
        claude.then(Reply(body=text))
        found = await client.complete(ask("claude-haiku-5-5"))
        shown = [block["text"] for block in body["content"] if block["type"] == "text"]
        assert (found.text, found.stop_reason, found.model) == ("\n".join(shown), body["stop_reason"], body["model"])
        assert as_read(found) == as_counted(body)
        usd = cost_usd(found.model, found.usage)
        assert (usd is not None and usd > 0) == (found.model in PRICES)
        priced += usd is not None
    print(f"recorded messages understood: {len(calls)} of {len(calls)}, {priced} with a known price")
    assert len(calls) >= 180


async def test_no_recorded_message_becomes_a_verdict(claude: FakeClaude, client: ClaudeClient) -> None:
    """Answers to other questions are errors named malformed, with their tokens kept: never a pass or a fail."""
    judge = LlmJudge(shipped("smell_test"), resources(client), rate=1.0, model="claude-haiku-5-5")
    for _, text in recorded(200):
        claude.then(Reply(body=text))
        found = await judge.judge(make_sample())
        assert (found.status, found.reason, found.passed) == (Status.ERROR, "malformed", None)
        assert found.output_tokens is not None


async def test_recorded_refusals_of_a_request_are_told_apart(claude: FakeClaude, client: ClaudeClient) -> None:
    """A recorded 404 stops the judge and names the model we asked for; a recorded 400 rejects the one request."""
    for model, text in recorded(404):
        claude.then(Reply(status=404, body=text))
        with pytest.raises(Stopped, match=model):
            await client.complete(ask(model))
    for _, text in recorded(400):
        claude.then(Reply(status=400, body=text))
        with pytest.raises(Rejected):
            await client.complete(ask("claude-haiku-5-5"))
    assert len(claude.asked) == 2
