"""The batch client: what it sends, what it makes of results, and what it raises, against a server on loopback."""

from __future__ import annotations

import json
import traceback
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from judges.answer import answer_of
from judges.batch import BatchClient, Ending, Unsure
from judges.errors import Rejected, Stopped, Unavailable
from judges.exchange import Completion, Request
from judges.failures import Transient
from judges.providers import ClientSettings
from tests.builders import NOON
from tests.fake_batches import CANCELED, EXPIRED, errored
from tests.fakes import FakeClaude, fails

if TYPE_CHECKING:
    from tests.fake_batches import Json

PRIVATE = "planted sample text"
ASK = Request(
    model="claude-haiku-5-5", system="You judge.", user=f"Judge this: {PRIVATE}", answer=answer_of(("PASS", "FAIL"))
)


@pytest.fixture
async def batches(claude: FakeClaude) -> AsyncIterator[BatchClient]:
    """A client of the server's batches."""
    opened = BatchClient(ClientSettings(api_key="sk-test", base_url=claude.url))
    yield opened
    await opened.close()


async def ended(batches: BatchClient, *asked: str) -> dict[str, Ending]:
    """The endings of a batch of these custom ids."""
    made = await batches.submit([(custom_id, ASK) for custom_id in asked])
    status = await batches.status(made)
    assert status
    assert status.ended
    return {custom_id: ending async for custom_id, ending in batches.results(made, ASK.model)}


async def test_a_request_is_what_a_call_would_send(batches: BatchClient, claude: FakeClaude) -> None:
    """Structured output, no thinking, a cache mark: the parameters of a call, under our custom id."""
    await batches.submit([("k-0", ASK)])
    (params,) = claude.batches.made[0].requests.values()
    assert params == batches.sent("k-0", ASK)["params"]
    assert params["messages"] == [{"role": "user", "content": ASK.user}]


async def test_the_size_of_a_batch_is_known_before(batches: BatchClient, claude: FakeClaude) -> None:
    """Bytes are counted as they are sent, letters of other scripts included."""
    asked = [(f"k-{n}", Request(model=ASK.model, system="ß", user="世界 " * n, answer=ASK.answer)) for n in range(5)]
    await batches.submit(asked)
    assert sum(batches.size(*one) for one in asked) - claude.batches.sizes[0] in range(-20, 20)


async def test_results_come_in_any_order(batches: BatchClient) -> None:
    """Each is told by its custom id."""
    found = await ended(batches, "k-0", "k-1", "k-2")
    assert list(found) == ["k-2", "k-1", "k-0"]
    assert all(isinstance(ending, Completion) and ending.usage.output_tokens for ending in found.values())


async def test_who_answered_is_told_as_for_a_call(claude: FakeClaude) -> None:
    """A server of one's own serves another model in place of ours, and the verdict says so."""
    batches = BatchClient(ClientSettings(kind="custom", base_url=claude.url, models={ASK.model: "qwen3:8b"}))
    (ending,) = (await ended(batches, "k-0")).values()
    await batches.close()
    assert isinstance(ending, Completion)
    assert ending.model == "qwen3:8b"


@pytest.mark.parametrize(
    ("result", "kind", "reason"),
    [
        (EXPIRED, Transient, "expired"),
        (CANCELED, Transient, "canceled"),
        (errored("api_error"), Transient, "overloaded"),
        (errored("overloaded_error"), Transient, "overloaded"),
        (errored("timeout_error"), Transient, "timeout"),
        (errored("something_new"), Transient, "overloaded"),
        (errored("invalid_request_error"), Rejected, "bad_request"),
        (errored("billing_error"), Stopped, "payment_required"),
        (errored("not_found_error"), Stopped, "no_batches"),
        ({"type": "succeeded", "message": None}, Transient, "connection"),
        ({"type": "unheard_of"}, Transient, "overloaded"),
    ],
)
async def test_every_ending_has_a_meaning(
    batches: BatchClient, claude: FakeClaude, result: Json, kind: type, reason: str
) -> None:
    """What may end otherwise next time, what never will, and what stops the judge."""
    claude.batches.script.append(result)
    (ending,) = (await ended(batches, "k-0")).values()
    assert isinstance(ending, kind)
    assert not isinstance(ending, Completion)
    assert ending.reason == reason


async def test_a_batch_under_way_has_no_counts(batches: BatchClient, claude: FakeClaude) -> None:
    """All of its requests are processing, so it has a total and nothing else."""
    claude.batches.polls = None
    status = await batches.status(await batches.submit([("k-0", ASK), ("k-1", ASK)]))
    assert status
    assert (status.ended, status.total, status.succeeded) == (False, 2, 0)


async def test_a_batch_that_is_unknown_is_none(batches: BatchClient) -> None:
    """It was deleted, or belongs to another workspace."""
    assert await batches.status("msgbatch_none") is None


async def test_recent_batches_are_listed_page_by_page(batches: BatchClient, claude: FakeClaude) -> None:
    """Newest first, and none that was made before."""
    claude.batches.clock = lambda: NOON + timedelta(minutes=len(claude.batches.made))
    for _ in range(150):
        await batches.submit([("k-0", ASK)])
    found = await batches.recent(NOON + timedelta(minutes=20))
    assert [status.id for status in found] == [f"msgbatch_{n:04}" for n in range(150, 20, -1)]


async def test_a_lost_answer_is_unsure(batches: BatchClient, claude: FakeClaude) -> None:
    """The batch was made, and nobody told us."""
    claude.batches.lost = 1
    with pytest.raises(Unsure):
        await batches.submit([("k-0", ASK)])
    assert len(claude.batches.made) == 1


@pytest.mark.parametrize(
    ("status", "error", "kind"),
    [
        (429, "rate_limit_error", Unavailable),
        (529, "overloaded_error", Unavailable),
        (500, "api_error", Unsure),
        (504, "timeout_error", Unsure),
        (400, "invalid_request_error", Rejected),
        (413, "request_too_large", Rejected),
        (401, "authentication_error", Stopped),
        (404, "not_found_error", Stopped),
    ],
)
async def test_a_refused_batch_says_why(
    batches: BatchClient, claude: FakeClaude, status: int, error: str, kind: type[Exception]
) -> None:
    """Only where the server itself broke the batch may exist all the same."""
    body = fails(status, error).body
    assert isinstance(body, dict)
    claude.batches.refusals.append((status, body))
    with pytest.raises(kind) as raised:
        await batches.submit([("k-0", ASK)])
    assert type(raised.value) is kind


async def test_a_server_that_is_away_has_made_nothing() -> None:
    """Without a connection there can be no batch."""
    client = BatchClient(ClientSettings(base_url="http://127.0.0.1:9"))
    with pytest.raises(Unavailable) as raised:
        await client.submit([("k-0", ASK)])
    await client.close()
    assert type(raised.value) is Unavailable


async def test_a_page_that_is_no_batch_is_unsure(batches: BatchClient, claude: FakeClaude) -> None:
    """A proxy that answers with something of its own may have passed the batch on."""
    claude.batches.refusals.append((200, {"hello": "there"}))
    with pytest.raises(Unsure):
        await batches.submit([("k-0", ASK)])


async def test_results_that_are_cut_are_no_results(batches: BatchClient, claude: FakeClaude) -> None:
    """A connection that breaks in the middle is told, so that all is read again."""
    claude.batches.cut_results = 1
    with pytest.raises(Unavailable):
        await ended(batches, *(f"k-{n}" for n in range(20)))


async def test_the_limits_of_the_api_are_kept_by_the_fake(batches: BatchClient, claude: FakeClaude) -> None:
    """Too many requests, a custom id twice or with other characters: 400, and too many bytes: 413."""
    claude.batches.max_requests, claude.batches.max_bytes = 2, 3_000
    too_long = Request(model=ASK.model, system="x", user="y" * 3_000, answer=ASK.answer)
    for asked in ([("a", ASK), ("b", ASK), ("c", ASK)], [("a", ASK)] * 2, [("ä", ASK)], [("a" * 65, ASK)]):
        with pytest.raises(Rejected, match="400"):
            await batches.submit(asked)
    with pytest.raises(Rejected, match="413"):
        await batches.submit([("a", too_long)])
    assert claude.batches.made == []


async def test_errors_hold_no_text_of_samples(batches: BatchClient, claude: FakeClaude) -> None:
    """Neither in words nor in what a traceback shows."""
    claude.batches.refusals.append((400, json.loads(json.dumps(fails(400, "invalid_request_error", PRIVATE).body))))
    with pytest.raises(Rejected) as raised:
        await batches.submit([("k-0", ASK)])
    error = raised.value
    assert PRIVATE not in "".join(traceback.format_exception(error))
    assert (error.__context__, error.__cause__) == (None, None)
