"""The Claude client: what it sends, when it tries again, and what it raises, against a server on loopback."""

from __future__ import annotations

import logging
import random
import time
import traceback

import pytest

from judges.answer import answer_of
from judges.breaker import BreakerSettings
from judges.client import ClaudeClient, ClientSettings, Request
from judges.errors import JudgeConfigError, Rejected, Stopped, Unavailable
from tests.fakes import (
    CUT,
    GARBLED,
    HANGS,
    NO_SUCH_MODEL,
    OVERLOADED,
    RATE_LIMITED,
    SERVER_ERROR,
    SPEND_LIMIT,
    UNAUTHORIZED,
    FakeClaude,
    Reply,
    decides,
    fails,
    says,
)
from tests.unit.judges.conftest import Naps

SECRET = "sk-ant-planted-0123456789"
PRIVATE = "planted sample text"
ASK = Request(
    model="claude-haiku-5-5", system="You judge.", user=f"Judge this: {PRIVATE}", answer=answer_of(("PASS", "FAIL"))
)


WAF = Reply(status=403, body="<html>blocked</html>")


async def outcome(client: ClaudeClient) -> str:
    """How one call ends, in a word."""
    try:
        await client.complete(ASK)
    except (Rejected, Stopped) as error:
        return error.reason
    return "ok"


async def test_the_request_is_what_the_api_expects(client: ClaudeClient, claude: FakeClaude) -> None:
    """Structured output, low effort, no thinking, a cache mark on the system part, the sample in the user's."""
    await client.complete(ASK)
    body = claude.asked[0].body
    assert body["system"][-1]["cache_control"] == {"type": "ephemeral", "ttl": "5m"}
    assert body["messages"] == [{"role": "user", "content": ASK.user}]
    assert (body["output_config"]["effort"], body["thinking"]) == ("low", {"type": "disabled"})
    schema = body["output_config"]["format"]["schema"]
    assert list(schema["properties"]) == ["explanation", "verdict"]
    assert not {"temperature", "top_p", "tools", "stream"} & body.keys()


async def test_no_trace_headers_leave(client: ClaudeClient, claude: FakeClaude) -> None:
    """The provider learns nothing of the user's own traces."""
    await client.complete(ASK)
    assert "traceparent" not in claude.asked[0].headers


async def test_its_answers_are_known_again(client: ClaudeClient) -> None:
    """A response that the client got is known by its id, so that telemetry of that call can be told from a user's."""
    await client.complete(ASK)
    assert client.answered("msg_fake")
    assert not client.answered("msg_other")
    assert not client.answered(None)


async def test_the_completion_has_text_model_and_usage(client: ClaudeClient, claude: FakeClaude) -> None:
    """Text blocks are joined; cache writes are split by their life."""
    claude.then(says("hello", input_tokens=7, output_tokens=2, cache_creation_input_tokens=0))
    found = await client.complete(ASK)
    assert (found.text, found.stop_reason, found.model) == ("hello", "end_turn", "claude-haiku-5-5")
    assert (found.usage.input_tokens, found.usage.output_tokens, found.usage.cache_write_tokens) == (7, 2, 0)


@pytest.mark.parametrize(
    "reply",
    [RATE_LIMITED, OVERLOADED, SERVER_ERROR, CUT, GARBLED, fails(408, "timeout_error"), fails(409, "conflict_error")],
    ids=lambda reply: f"{reply.status}-cut" if reply.cut else str(reply.status),
)
async def test_a_passing_failure_is_tried_again(
    client: ClaudeClient, claude: FakeClaude, naps: Naps, reply: Reply
) -> None:
    """One bad answer costs a short sleep and a second call, not the verdict."""
    claude.then(reply, decides("PASS"))
    assert '"PASS"' in (await client.complete(ASK)).text
    assert (len(claude.asked), len(naps)) == (2, 1)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [(RATE_LIMITED, "rate_limited"), (OVERLOADED, "overloaded"), (SERVER_ERROR, "overloaded"), (CUT, "connection")],
)
async def test_attempts_are_capped(client: ClaudeClient, claude: FakeClaude, reply: Reply, reason: str) -> None:
    """After four attempts the work waits instead, and says what was wrong."""
    claude.then(*[reply] * 9)
    with pytest.raises(Unavailable, match="4 attempts") as caught:
        await client.complete(ASK)
    assert (caught.value.reason, len(claude.asked)) == (reason, 4)


async def test_sleeps_grow_and_are_random(claude: FakeClaude, naps: Naps) -> None:
    """Exponential with full jitter: each sleep is anywhere below a ceiling that doubles up to its cap."""
    patient = BreakerSettings(min_calls=100)
    settings = ClientSettings(base_url=claude.url, max_attempts=8, timeout_seconds=600, breaker=patient)
    client = ClaudeClient(settings, rng=random.Random(1), clock=naps.clock, sleep=naps)
    claude.then(*[OVERLOADED] * 8)
    with pytest.raises(Unavailable):
        await client.complete(ASK)
    await client.close()
    ceilings = [0.5, 1, 2, 4, 8, 8, 8]
    assert all(0 <= nap <= ceiling for nap, ceiling in zip(naps, ceilings, strict=True))
    assert max(naps) > 2
    assert len(set(naps)) == 7


async def test_retry_after_is_honoured(client: ClaudeClient, claude: FakeClaude, naps: Naps) -> None:
    """The next attempt comes no sooner than the provider asked for."""
    claude.then(fails(429, "rate_limit_error", retry_after="3"))
    await client.complete(ASK)
    assert 3 <= naps[0] <= 3.5


@pytest.mark.parametrize(("asked_for", "waits"), [("86400", 3_600), ("40", 40)])
async def test_a_long_retry_after_parks_nobody(
    client: ClaudeClient, claude: FakeClaude, naps: Naps, asked_for: str, waits: float
) -> None:
    """When the wait exceeds the judgement's time, the work goes back at once with the wait, capped at an hour."""
    claude.then(fails(429, "rate_limit_error", retry_after=asked_for))
    with pytest.raises(Unavailable) as caught:
        await client.complete(ASK)
    assert (caught.value.retry_after_seconds, naps, len(claude.asked)) == (waits, [], 1)


@pytest.mark.parametrize("nonsense", ["soon", "-5", "nan", "inf", "Wed, 21 Oct 2026 07:28:00 GMT"])
async def test_a_retry_after_that_is_no_number_is_ignored(
    client: ClaudeClient, claude: FakeClaude, naps: Naps, nonsense: str
) -> None:
    """The usual backoff applies."""
    claude.then(fails(503, "api_error", retry_after=nonsense))
    await client.complete(ASK)
    assert 0 <= naps[0] <= 0.5


async def test_time_is_limited(claude: FakeClaude, client_with_little_time: ClaudeClient) -> None:
    """Attempts that hang are given up one by one, and all of them together within the limit."""
    claude.then(*[HANGS] * 9)
    begin = time.monotonic()
    with pytest.raises(Unavailable) as caught:
        await client_with_little_time.complete(ASK)
    assert caught.value.reason == "timeout"
    assert time.monotonic() - begin < 2
    assert len(claude.asked) >= 2


async def test_nobody_there_is_a_connection_failure(naps: Naps) -> None:
    """A refused connection is tried again and then waits."""
    client = ClaudeClient(ClientSettings(base_url="http://127.0.0.1:9"), rng=random.Random(1), sleep=naps)
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1 cannot be reached") as caught:
        await client.complete(ASK)
    await client.close()
    assert (caught.value.reason, len(naps)) == ("connection", 3)


@pytest.mark.parametrize(
    ("reply", "reason", "said"),
    [
        (UNAUTHORIZED, "unauthorized", "ANTHROPIC_API_KEY"),
        (fails(402, "billing_error"), "payment_required", "billing"),
        (fails(400, "billing_error"), "payment_required", "billing"),
        (fails(403, "permission_error"), "forbidden", "access"),
        (NO_SUCH_MODEL, "model_not_found", "claude-haiku-5-5"),
        (SPEND_LIMIT, "spend_limit", "spend limit"),
        (fails(402, "billing_error", code="linked_organization_spend_limit_reached"), "spend_limit", "spend limit"),
        (Reply(status=405, body="<html>"), "unexpected_answer", "judge.base_url"),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Reply) else None,
)
async def test_what_only_a_person_can_mend_stops_at_once(
    client: ClaudeClient, claude: FakeClaude, reply: Reply, reason: str, said: str
) -> None:
    """Key, money, access and model: one call, no retry, and a sentence that says what to set."""
    claude.then(reply)
    with pytest.raises(Stopped, match=said) as caught:
        await client.complete(ASK)
    assert (caught.value.reason, len(claude.asked)) == (reason, 1)


@pytest.mark.parametrize("status", [403, 404, 406])
async def test_a_firewall_blocks_one_sample(client: ClaudeClient, claude: FakeClaude, status: int) -> None:
    """Once the model has answered, a page in place of an API error is that sample's; the others go on."""
    claude.then(says("hi"), *[Reply(status=status, body="<html>blocked</html>")] * 9, says("hi"))
    await client.complete(ASK)
    for _ in range(9):
        with pytest.raises(Rejected, match="firewall") as caught:
            await client.complete(ASK)
        assert caught.value.reason == "blocked"
    assert (await client.complete(ASK)).text


async def test_a_firewall_that_blocks_everything_stops(client: ClaudeClient, claude: FakeClaude) -> None:
    """Ten in a row without an answer are no matter of the samples."""
    claude.then(says("hi"), *[WAF] * 5, says("hi"), *[WAF] * 10)
    found = [await outcome(client) for _ in range(17)]
    assert found == ["ok", *["blocked"] * 5, "ok", *["blocked"] * 9, "forbidden"]


@pytest.mark.parametrize(
    ("reply", "reason"), [(fails(403, "permission_error"), "forbidden"), (NO_SUCH_MODEL, "model_not_found")]
)
async def test_the_apis_own_refusal_stops_at_any_time(
    client: ClaudeClient, claude: FakeClaude, reply: Reply, reason: str
) -> None:
    """A key that lost its access, a model that was retired: answers before do not matter."""
    claude.then(says("hi"), reply)
    assert [await outcome(client), await outcome(client)] == ["ok", reason]


async def test_a_page_at_first_contact_stops(client: ClaudeClient, claude: FakeClaude) -> None:
    """Without an answer so far the address or the access is wrong."""
    claude.then(WAF)
    assert await outcome(client) == "forbidden"


async def test_a_growth_limit_is_no_spend_limit(client: ClaudeClient, claude: FakeClaude) -> None:
    """The other 429 codes pass by themselves."""
    claude.then(fails(429, "rate_limit_error", code="ramp_limit_exceeded", retry_after="1"))
    assert (await client.complete(ASK)).text


async def test_a_request_that_is_too_large_is_rejected(client: ClaudeClient, claude: FakeClaude) -> None:
    """Only this request is given up."""
    claude.then(fails(413, "request_too_large"))
    with pytest.raises(Rejected) as caught:
        await client.complete(ASK)
    assert caught.value.reason == "too_large"


@pytest.mark.parametrize(
    "body",
    ["<html>", "[]", "{}", "null", "\udcff", "[" * 100_000, '{"type": "message", "content": null}', "9" * 5_000],
    ids=["html", "list", "nothing", "null", "no utf-8", "deep", "no content", "huge number"],
)
async def test_what_is_no_message_is_tried_again_later(client: ClaudeClient, claude: FakeClaude, body: str) -> None:
    """A 200 from something that is not the Messages API gives no verdict on any sample."""
    claude.then(*[Reply(body=body)] * 4)
    with pytest.raises(Unavailable, match="no Messages API answer"):
        await client.complete(ASK)


async def test_missing_usage_counts_nothing(client: ClaudeClient, claude: FakeClaude) -> None:
    """Local servers may leave usage out."""
    claude.then(Reply(body='{"type": "message", "content": [{"type": "text", "text": "hi"}], "model": "m"}'))
    found = await client.complete(ASK)
    assert (found.text, found.usage.prompt_tokens, found.usage.output_tokens) == ("hi", 0, 0)


@pytest.mark.parametrize(
    "reply",
    [
        fails(400, f"bad {SECRET}", f"{SECRET} {PRIVATE}", code=PRIVATE),
        fails(401, "authentication_error", f"{SECRET} {PRIVATE}"),
        fails(404, "not_found_error", PRIVATE),
        fails(529, PRIVATE, SECRET),
        Reply(body=f"{PRIVATE} {SECRET}"),
        CUT,
    ],
    ids=["400", "401", "404", "529", "garbled", "cut"],
)
async def test_no_secret_and_no_sample_is_told(
    claude: FakeClaude, naps: Naps, reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither the key nor the sample nor the server's words appear in errors, tracebacks or logs, even at DEBUG."""
    caplog.set_level(logging.DEBUG)
    address = claude.url.replace("http://", f"http://user:{SECRET}@")
    client = ClaudeClient(ClientSettings(api_key=SECRET, base_url=address), rng=random.Random(1), sleep=naps)
    claude.then(*[reply] * 4)
    with pytest.raises((Rejected, Stopped, Unavailable)) as caught:
        await client.complete(ASK)
    await client.close()
    told = "".join(traceback.format_exception(caught.value)) + caplog.text + repr(ClientSettings(api_key=SECRET))
    assert SECRET not in told
    assert PRIVATE not in told


async def test_a_server_of_ones_own_needs_no_key(claude: FakeClaude, naps: Naps) -> None:
    """An address alone is enough; the header then carries a placeholder word."""
    client = ClaudeClient(ClientSettings(base_url=claude.url), rng=random.Random(1), sleep=naps)
    await client.complete(ASK)
    await client.close()
    assert claude.asked[0].headers["authorization"] == "Bearer not-needed"


def test_neither_key_nor_address_is_a_mistake() -> None:
    """The SDK is never left to look for credentials by itself."""
    with pytest.raises(JudgeConfigError, match="ANTHROPIC_API_KEY"):
        ClaudeClient(ClientSettings(), rng=random.Random(1))


async def test_the_environment_is_not_read_behind_the_settings(
    claude: FakeClaude, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Key and address come from the settings, whatever the SDK would find elsewhere."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "from-environment")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "from-environment")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    client = ClaudeClient(ClientSettings(api_key="mine", base_url=claude.url), rng=random.Random(1), sleep=naps)
    await client.complete(ASK)
    await client.close()
    assert claude.asked[0].headers["authorization"] == "Bearer mine"


@pytest.mark.parametrize("address", ["localhost:8000", "ftp://host", "http://", "http://[", "nonsense"])
def test_an_address_must_be_one(address: str) -> None:
    """A base_url without http:// is found at start, not as an outage later."""
    with pytest.raises(JudgeConfigError, match=r"judge\.base_url"):
        ClaudeClient(ClientSettings(base_url=address), rng=random.Random(1))


@pytest.mark.parametrize("key", ["sk-ant-…", "sk ant\nx", "ключ"])
def test_a_key_that_cannot_be_one_is_refused(key: str) -> None:
    """A key that was pasted wrongly is found at start, and is not repeated in the message."""
    with pytest.raises(JudgeConfigError, match="ANTHROPIC_API_KEY") as caught:
        ClaudeClient(ClientSettings(api_key=key), rng=random.Random(1))
    assert key not in str(caught.value)


async def test_blanks_around_the_key_do_not_matter(claude: FakeClaude) -> None:
    """A trailing newline from a secrets file is not part of the key."""
    client = ClaudeClient(ClientSettings(api_key=" mine\n", base_url=claude.url), rng=random.Random(1))
    await client.complete(ASK)
    await client.close()
    assert claude.asked[0].headers["authorization"] == "Bearer mine"
