"""Recorded Claude exchanges through our client: everything the real API has answered is understood."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, create_model

from judges.answer import Answer, answer_of, read
from judges.client import ClaudeClient, ClientSettings, Completion, Request
from judges.cost import cost_usd, prices_of
from judges.errors import JudgeError, Rejected, Stopped, Unavailable
from judges.llm import LlmJudge
from judges.rubric import shipped
from store.records import Status
from tests.builders import make_sample
from tests.fakes import FakeClaude, Reply
from tests.figures import Figures
from tests.judging import resources
from tests.statistics.cassettes import MESSAGES, Exchange, Kind, exchanges, messages

Json = dict[str, Any]

pytestmark = pytest.mark.slow

UNDERSTOOD = {
    Kind("anthropic", MESSAGES, False, 200): ("message, end_turn", "message, tool_use"),
    Kind("bedrock", MESSAGES, False, 200): ("message, end_turn",),
    Kind("anthropic", MESSAGES, False, 400): ("rejected, bad_request",),
    Kind("anthropic", MESSAGES, False, 404): ("stopped, model_not_found",),
    Kind("anthropic", "count-tokens", False, 404): ("stopped, model_not_found",),
    Kind("bedrock", "converse", False, 400): ("rejected, bad_request",),
    Kind("bedrock", "count-tokens", False, 400): ("rejected, bad_request",),
}
"""What each kind is to a judge. All others are no answers of the Messages API: "unavailable", and never a verdict."""
NO_ANSWER = ("unavailable, connection",)


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


def ask(model: str, answer: type[BaseModel] | None = None) -> Request:
    return Request(model=model, system="You judge.", user="Judge this.", answer=answer or answer_of(("PASS", "FAIL")))


def played(exchange: Exchange) -> Reply:
    """What the server sends again."""
    return Reply(status=exchange.kind.status, body=exchange.body, headers={"Content-Type": exchange.content_type})


def as_counted(body: Json) -> tuple[int, ...]:
    """The token counts of a recorded body."""
    names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    return tuple(body["usage"].get(name) or 0 for name in names)


def as_read(found: Completion) -> tuple[int, ...]:
    usage = found.usage
    return (usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens)


async def understood(client: ClaudeClient) -> str:
    """What the client makes of the next answer."""
    try:
        found = await client.complete(ask("claude-haiku-5-5"))
    except (Rejected, Stopped, Unavailable) as error:
        return f"{type(error).__name__.lower()}, {error.reason}"
    return f"message, {found.stop_reason}"


async def test_every_recorded_exchange_is_understood(
    claude: FakeClaude, client: ClaudeClient, figures: Figures
) -> None:
    """All 273, of whatever interface, are a message or an error of ours, as their kind says; nothing else is raised."""
    found: Counter[tuple[Kind, str]] = Counter()
    for exchange in exchanges():
        claude.then(played(exchange))
        found[exchange.kind, await understood(client)] += 1
    print("\nprovider  interface         streamed status  n    understood as")
    for (kind, outcome), n in sorted(found.items(), key=str):
        print(f"{kind}   {n:4d}   {outcome}{'' if kind.called else ' (judges do not call it)'}")
    away = sum(n for (kind, _), n in found.items() if not kind.called)
    wrong = [(kind, outcome) for kind, outcome in found if outcome not in UNDERSTOOD.get(kind, NO_ANSWER)]
    right, note = found.total() if not wrong else 0, f"{away} of them come from interfaces judges do not call"
    assert figures.at_least("judges", "recorded Claude exchanges understood", right, 273, form="{:.0f}", note=note)
    assert wrong == []


async def test_every_recorded_message_is_read_whole(claude: FakeClaude, client: ClaudeClient) -> None:
    """Text, stop reason, model and tokens of each 200 are the recorded ones; the cost is positive or unknown."""
    priced = 0
    for exchange in messages():
        body = exchange.json
        claude.then(played(exchange))
        found = await client.complete(ask("claude-haiku-5-5"))
        shown = [block["text"] for block in body["content"] if block["type"] == "text"]
        assert (found.text, found.stop_reason, found.model) == ("\n".join(shown), body["stop_reason"], body["model"])
        assert as_read(found) == as_counted(body)
        usd = cost_usd(found.model, found.usage)
        assert (usd is not None and usd > 0) == bool(prices_of(found.model))
        priced += usd is not None
    print(f"recorded messages read: {len(messages())}, {priced} with a known price")
    assert len(messages()) >= 190


async def test_no_recorded_message_becomes_a_verdict(claude: FakeClaude, client: ClaudeClient) -> None:
    """Answers to other questions are errors named malformed, also when the server is asked to repair them and does not.

    Both calls are paid for: the tokens are the sum.
    """
    judge = LlmJudge(shipped("smell_test"), resources(client), rate=1.0, model="claude-haiku-5-5")
    for exchange in messages():
        claude.then(played(exchange), played(exchange))
        found = await judge.judge(make_sample())
        assert (found.status, found.reason, found.passed) == (Status.ERROR, "malformed", None)
        assert found.output_tokens == 2 * exchange.json["usage"]["output_tokens"]
    assert len(claude.asked) == 2 * len(messages())


@pytest.mark.parametrize(("stop_reason", "reason"), [("refusal", "refusal"), ("max_tokens", "truncated")])
async def test_a_refused_or_truncated_message_is_named_so(
    claude: FakeClaude, client: ClaudeClient, stop_reason: str, reason: str
) -> None:
    """No recording ends so; each recorded message that is made to is an error with its own reason, and is paid for."""
    stopped = [exchange.json["stop_reason"] for exchange in messages()]
    print(f"\nrecorded messages that end with {stop_reason}: {stopped.count(stop_reason)} of {len(stopped)}")
    judge = LlmJudge(shipped("smell_test"), resources(client), rate=1.0, model="claude-haiku-5-5")
    for exchange in messages():
        claude.then(Reply(body=json.dumps({**exchange.json, "stop_reason": stop_reason})))
        found = await judge.judge(make_sample())
        assert (found.status, found.reason, found.passed) == (Status.ERROR, reason, None)
        assert found.output_tokens is not None


async def test_recorded_errors_say_what_to_mend(claude: FakeClaude, client: ClaudeClient) -> None:
    """A recorded 404 names the model that was asked for, and no error repeats what the server said."""
    for exchange in [e for e in exchanges() if e.kind.status != 200]:
        claude.then(played(exchange))
        with pytest.raises(JudgeError) as raised:
            await client.complete(ask(exchange.model))
        assert (exchange.model in str(raised.value)) == (exchange.kind.status == 404)
        said = exchange.json.get("error", exchange.json)["message"]
        assert said not in str(raised.value)


READ_AS = {("city", "country", "population"): ("city", "country"), ("joke", "rating"): ("joke", "rating")}
"""Of the recorded objects with these keys, which value stands for the explanation, and which for the label."""


def structured() -> list[tuple[Exchange, Json]]:
    """The recorded messages whose text is one JSON object, as a schema made the model say it."""
    found = [(exchange, _object(exchange)) for exchange in messages()]
    return [(exchange, one) for exchange, one in found if one is not None]


def _object(exchange: Exchange) -> Json | None:
    texts = [block["text"] for block in exchange.json["content"] if block["type"] == "text"]
    try:
        found = json.loads("\n".join(texts))
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def shape_of(explanation: str, verdict: str, labels: tuple[object, ...]) -> type[Answer]:
    """A verdict's shape under the names of a recorded object: one value explains, another is the label."""
    fields: dict[str, Any] = {
        "explanation": (str, Field(alias=explanation)),
        "verdict": (Literal[labels], Field(alias=verdict)),
    }
    return create_model("Recorded", __base__=Answer, **fields)


async def test_recorded_structured_answers_are_read_as_verdicts(claude: FakeClaude, client: ClaudeClient) -> None:
    """What a schema made a model say is read by a fitting shape; a label that the shape does not have is no verdict."""
    fitting = [(exchange, found) for exchange, found in structured() if tuple(found) in READ_AS]
    for exchange, found in fitting:
        explanation, verdict = READ_AS[tuple(found)]
        shape = shape_of(explanation, verdict, (found[verdict], "another"))
        claude.then(played(exchange))
        answered = await client.complete(ask("claude-haiku-5-5", shape))
        assert read(answered.text, shape) == {"explanation": found[explanation], "verdict": found[verdict]}
        assert read(answered.text, shape_of(explanation, verdict, ("another",))) is None
    print(
        f"\nrecorded JSON answers: {len(structured())}; {len(fitting)} have a kind of label, and are read as verdicts"
    )
    assert len(fitting) == 5
