"""Having the provider count tokens: a number, or one sentence why there is none."""

from __future__ import annotations

import random

import pytest

from judges.client import ClaudeClient, ClientSettings
from judges.errors import Rejected
from judges.routes import Routes
from tests.fakes import FakeClaude, Reply


async def test_the_provider_counts_what_it_would_read(client: ClaudeClient, claude: FakeClaude) -> None:
    """Nothing is generated, and the whole prompt counts."""
    short = await Routes([client]).count_tokens("claude-haiku-5-5", "", "x" * 400)
    whole = await Routes([client]).count_tokens("claude-haiku-5-5", "y" * 4_000, "x" * 400)
    assert whole - short == pytest.approx(1_000, rel=0.05)
    assert {asked.path for asked in claude.asked} == {"/v1/messages/count_tokens"}


async def test_a_provider_that_does_not_count_is_told_so(rng: random.Random) -> None:
    """Local servers often lack it: one sentence, and what to do instead."""
    absent = ClaudeClient(ClientSettings(api_key="k", base_url="http://127.0.0.1:1"), rng=rng)
    with pytest.raises(
        Rejected, match=r"127\.0\.0\.1 does not count tokens \(APIConnectionError\); go by the estimate"
    ):
        await absent.count_tokens("claude-haiku-5-5", "", "x")
    await absent.close()


@pytest.mark.parametrize("body", ["<html>", "[" * 100_000, "9" * 5_000], ids=["html", "deep", "huge number"])
async def test_what_is_no_count_is_told_so(client: ClaudeClient, claude: FakeClaude, body: str) -> None:
    """Whatever a server sends in its place."""
    claude.then(Reply(body=body))
    with pytest.raises(Rejected, match="does not count tokens"):
        await client.count_tokens("claude-haiku-5-5", "", "x")
