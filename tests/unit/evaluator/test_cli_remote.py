"""Talking to a running service: busy, refusing, absent, slow; and rows sent to it in bodies of bounded size."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from evaluator.cli.remote import BODY_BYTES, Remote, RemoteTarget
from evaluator.errors import LeadlineError

Handler = Callable[[httpx2.Request], httpx2.Response]


class Talk:
    """A service made of one handler; it keeps the requests, and the naps between them."""

    def __init__(self, handler: Handler) -> None:
        self.requests: list[httpx2.Request] = []
        self.naps: list[float] = []
        self._handler = handler
        transport = httpx2.MockTransport(self._answer)
        self.remote = Remote(httpx2.AsyncClient(transport=transport, base_url="http://service"), sleep=self._nap)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return self._handler(request)

    async def _nap(self, seconds: float) -> None:
        self.naps.append(seconds)


def in_turn(*answers: httpx2.Response) -> Handler:
    waiting = list(answers)
    return lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


def accepting(request: httpx2.Request) -> httpx2.Response:
    items = [
        {"index": i, "id": item["id"], "outcome": "accepted"} for i, item in enumerate(json.loads(request.content))
    ]
    return httpx2.Response(
        202, json={"accepted": len(items), "duplicate": 0, "not_kept": 0, "rejected": 0, "items": items}
    )


async def test_a_busy_service_is_asked_again_when_it_says() -> None:
    """503 with Retry-After waits that long and tries the same again."""
    busy = httpx2.Response(503, headers={"Retry-After": "2"}, json={"error": "disk full"})
    talk = Talk(in_turn(busy, busy, httpx2.Response(200, json=[1])))
    assert await talk.remote.post("/v1/samples", [{}]) == [1]
    assert talk.naps == [2.0, 2.0]
    assert len({request.content for request in talk.requests}) == 1


async def test_a_service_that_stays_busy_ends_with_its_reason() -> None:
    """After enough attempts the error says why, and that a rerun goes on."""
    talk = Talk(in_turn(httpx2.Response(503, json={"error": "disk full"})))
    with pytest.raises(LeadlineError, match=r"disk full.*run the same command again"):
        await talk.remote.post("/v1/samples", [{}])


async def test_a_refused_key_says_where_to_give_one() -> None:
    """401 names LEADLINE_KEY."""
    talk = Talk(in_turn(httpx2.Response(401, json={"detail": "no key"})))
    with pytest.raises(LeadlineError, match=r"no key.*LEADLINE_KEY"):
        await talk.remote.get("/v1/monitors")


async def test_an_unexpected_answer_is_shown_with_its_place() -> None:
    """Any other refusal shows the address, the status and what was said."""
    talk = Talk(in_turn(httpx2.Response(404, json={"detail": "no such thing"})))
    with pytest.raises(LeadlineError, match=r"http://service/v1/x answered 404: no such thing"):
        await talk.remote.get("/v1/x")


async def test_large_chunks_travel_in_several_bodies() -> None:
    """No body is beyond the limit, every row arrives once, and results keep the rows' positions."""
    talk = Talk(accepting)
    items = [{"id": str(n), "response": "x" * (BODY_BYTES // 5)} for n in range(12)]
    report = await RemoteTarget(talk.remote).send(items)
    assert [result.index for result in report.items] == list(range(12))
    assert [result.id for result in report.items] == [item["id"] for item in items]
    assert max(len(request.content) for request in talk.requests) < BODY_BYTES * 1.01


def judges(pending: int, state: str = "ready", *, done: int = 0) -> httpx2.Response:
    judge = {"name": "tone", "state": state, "pending": pending, "ok": done, "errors": 0, "skipped": 0}
    return httpx2.Response(200, json=[judge])


async def test_finish_waits_until_nothing_is_pending() -> None:
    """The service is asked until its judges are done."""
    talk = Talk(in_turn(judges(5), judges(2, done=3), judges(0, done=5)))
    assert await RemoteTarget(talk.remote).finish() is None
    assert len(talk.requests) == 3


async def test_finish_asks_once_a_second() -> None:
    """The service has better things to do than to count what is pending."""
    talk = Talk(in_turn(judges(2), judges(1, done=1), judges(0, done=2)))
    await RemoteTarget(talk.remote).finish()
    assert talk.naps == [1.0, 1.0]


async def test_finish_ends_on_a_service_that_is_never_idle() -> None:
    """Live traffic keeps something pending: it is done when as much was judged as was pending at first."""
    live = (judges(4 + polls % 3, done=2 * polls) for polls in range(1000))
    talk = Talk(lambda _: next(live))
    left = await RemoteTarget(talk.remote).finish()
    assert len(talk.requests) == 3
    assert left is not None
    assert "other traffic goes on: tone (ready, 6 pending)" in left


async def test_finish_does_not_wait_for_a_stopped_judge() -> None:
    """A judge that somebody has to mend first is named at once."""
    talk = Talk(in_turn(judges(7, "stopped")))
    left = await RemoteTarget(talk.remote).finish()
    assert (talk.naps, "tone (stopped, 7 pending)" in (left or "")) == ([], True)


async def test_finish_gives_up_on_a_judge_that_does_not_move() -> None:
    """A judge that is unavailable is not waited for without end; the message names it."""
    talk = Talk(in_turn(judges(7, "unavailable")))
    left = await RemoteTarget(talk.remote, patience_seconds=3).finish()
    assert left is not None
    assert "tone (unavailable, 7 pending)" in left


async def test_the_summary_is_of_the_features_sent() -> None:
    """Other features of the service are left out."""
    row: dict[str, Any] = {
        "judge": "tone",
        "judge_version": "v",
        "kind": "check",
        "n": 2,
        "rate": 0.5,
        "lo": 0.1,
        "hi": 0.9,
        "unscored": 0,
        "worst": 0.5,
        "best": 0.5,
    }
    rows = [row | {"feature": name, "passed": 1, "errors": 0, "skipped": 0} for name in ("chat", "mail")]
    talk = Talk(in_turn(httpx2.Response(200, json=rows)))
    assert [one.feature for one in await RemoteTarget(talk.remote).summary({"chat"})] == ["chat"]
