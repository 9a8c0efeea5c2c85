"""The fake Claude server itself: what it answers to the real SDK beyond what the judges ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.fakes import LIMITS, MARKER, FakeClaude, fails

HI: Any = [{"role": "user", "content": "Hello there, what is the weather like?"}]


@pytest.fixture
async def sdk(claude: FakeClaude) -> AsyncIterator[Any]:
    """The real SDK, pointed at the server."""
    import anthropic

    async with anthropic.AsyncAnthropic(api_key="k", base_url=claude.url, max_retries=0) as opened:
        yield opened


async def test_it_counts_tokens(sdk: Any) -> None:
    """count_tokens answers with a number that grows with the text."""
    short = await sdk.messages.count_tokens(model="claude-haiku-5-5", messages=HI)
    longer = await sdk.messages.count_tokens(model="claude-haiku-5-5", messages=HI, system="Be kind. " * 50)
    assert 0 < short.input_tokens < longer.input_tokens


async def test_it_calls_a_tool_when_one_is_forced(sdk: Any) -> None:
    """A forced tool gives a tool_use block with the verdict as its input."""
    tool: Any = {"name": "verdict", "input_schema": {"type": "object"}}
    choice: Any = {"type": "tool", "name": "verdict"}
    thinking: Any = {"type": "disabled"}
    asked = {"model": "claude-haiku-5-5", "max_tokens": 99, "messages": HI, "tools": [tool], "thinking": thinking}
    message = await sdk.messages.create(**asked, tool_choice=choice)
    assert (message.stop_reason, message.content[0].name) == ("tool_use", "verdict")
    assert message.content[0].input["verdict"] == "FAIL"


async def test_it_thinks_unless_told_otherwise(sdk: Any) -> None:
    """Haiku 5.5 puts a thinking block first by default, as the real one does."""
    message = await sdk.messages.create(model="claude-haiku-5-5", max_tokens=99, messages=HI)
    assert [block.type for block in message.content] == ["thinking", "text"]


async def test_it_sends_the_limits(sdk: Any) -> None:
    """Every answer carries the rate-limit headers and a request id."""
    raw = await sdk.messages.with_raw_response.create(model="claude-haiku-5-5", max_tokens=99, messages=HI)
    assert raw.headers["anthropic-ratelimit-requests-limit"] == str(LIMITS["requests"])
    assert raw.headers["request-id"] == "req_fake"


@pytest.mark.parametrize(
    "wrong",
    [
        {"extra_body": {"temperature": 0}},
        {"model": "claude-haiku-4-5-20251001", "output_config": {"effort": "low"}},
        {"model": "claude-opus-5-5", "thinking": {"type": "disabled"}},
    ],
    ids=["sampling", "effort", "thinking"],
)
async def test_it_refuses_what_the_real_api_refuses(sdk: Any, wrong: dict[str, Any]) -> None:
    """A parameter that a model does not take is a 400, so that a judge that sends it is found out."""
    import anthropic

    with pytest.raises(anthropic.BadRequestError):
        await sdk.messages.create(**{"model": "claude-haiku-5-5", "max_tokens": 99, "messages": HI, **wrong})


def test_it_runs_in_a_thread_too() -> None:
    """Tests without a loop of their own use the same server, and its script."""
    import anthropic

    with FakeClaude() as server, anthropic.Anthropic(api_key="k", base_url=server.url, max_retries=0) as sdk:
        server.then(fails(529, "overloaded_error"))
        with pytest.raises(anthropic.APIStatusError, match="overloaded"):
            sdk.messages.create(model="claude-haiku-5-5", max_tokens=99, messages=HI)
        sdk.messages.create(model="claude-haiku-5-5", max_tokens=99, messages=[{"role": "user", "content": MARKER}])
    assert [asked.user for asked in server.asked] == [HI[0]["content"], MARKER]
