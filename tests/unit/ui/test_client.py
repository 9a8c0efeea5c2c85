"""The client of the HTTP API, against a fake of it over loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import BinaryIO

import pytest
from fastapi import FastAPI, HTTPException

from tests.fake_api import KEY, World, serving
from tests.rule_views import FIRED_AT
from ui.client import (
    Api,
    ApiError,
    ForbiddenError,
    KeyNeededError,
    NotFoundError,
    RefusedError,
    UnreachableError,
    connect,
)
from ui.components.sample_export import file_of


@pytest.fixture
def api(served: tuple[FastAPI, str]) -> Api:
    """A reader of the fake service with data."""
    served[0].state.world = World("data")
    return Api(served[1])


def test_monitors_arrive_as_shapes(api: Api) -> None:
    """A list of monitors and one of them keep their types: times are aware, rates are numbers."""
    brief = api.monitors()[0]
    assert brief.checked_until is not None
    assert brief.checked_until.tzinfo is not None
    first = api.series(brief.monitor_id, 60).monitor
    assert first.onset == datetime(2026, 11, 17, 13, 15, tzinfo=UTC)
    assert first.current.rate == pytest.approx(441 / 501)


def test_rules_arrive_as_shapes(served: tuple[FastAPI, str]) -> None:
    """Plain rules keep their types; a service without any tells none."""
    served[0].state.world = World("rules")
    assert [(one.name, one.min_n, one.fired_at) for one in Api(served[1]).overview("UTC", 1).rules] == [
        ("slow", 20, None),
        ("five points", 100, FIRED_AT),
    ]
    served[0].state.world = World("data")
    assert Api(served[1]).overview("UTC", 1).rules == []


def test_plans_are_asked_for_by_metric(api: Api) -> None:
    """A plan is of one metric, of pass rates unless another is named; of one that nothing watches there is none."""
    assert {one.metric for one in api.plan(0.05, 1)} == {"pass_rate"}
    assert {one.metric for one in api.plan(0.05, 1, "latency_ms")} == {"latency_ms"}
    assert api.plan(0.05, 1, "label") == []


def test_a_series_is_found_by_an_id_of_odd_characters(served: tuple[FastAPI, str]) -> None:
    """Slashes, percent signs and markup in an id reach the service as they are."""
    served[0].state.world = World("hostile")
    api = Api(served[1])
    ids = [monitor.monitor_id for monitor in api.monitors()]
    assert [api.series(monitor_id, 1440).monitor.monitor_id for monitor_id in ids] == ids


def test_samples_are_asked_for_by_verdict(api: Api) -> None:
    """The newest that passed and the newest that failed are two questions; to one of them there is no answer."""
    found = [api.newest_judged("helpfulness", None, passed=passed) for passed in (True, False)]
    assert [one and one.sample_id for one in found] == ["req_asked", None]


def test_what_is_not_there_is_named(api: Api) -> None:
    """An unknown monitor or sample is its own error."""
    with pytest.raises(NotFoundError):
        api.series("nothing", 60)
    with pytest.raises(NotFoundError):
        api.sample("nothing")


def test_a_missing_key_is_its_own_error(served: tuple[FastAPI, str]) -> None:
    """Without a key the client says so; with it, it reads."""
    served[0].state.world = World("locked")
    for wrong in (None, "wrong", "schlüssel\n"):
        with pytest.raises(KeyNeededError):
            Api(served[1], wrong).monitors()
    assert Api(served[1], KEY).monitors()


def test_a_service_in_trouble_is_quoted(served: tuple[FastAPI, str]) -> None:
    """Another status is told with its number."""
    served[0].state.world = World("down")
    with pytest.raises(ApiError, match="answered 503 to /v1/judges"):
        Api(served[1]).judges()


def test_nothing_listening_is_told_with_the_address() -> None:
    """A refused connection names the address that was tried."""
    with pytest.raises(UnreachableError, match=r"Nothing answers at http://127\.0\.0\.1:9"):
        Api("http://127.0.0.1:9/").monitors()


class Closing:
    """A service that answers one request on each connection, and closes it when the next one comes."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=self._answer, args=[self._listener.accept()[0]], daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as lines:
            self._hear(lines)
            connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")
            self._hear(lines)

    def _hear(self, lines: BinaryIO) -> None:
        told = list(iter(lines.readline, b"\r\n"))
        size = next((int(line.split(b":")[1]) for line in told if line.lower().startswith(b"content-length")), 0)
        lines.read(size)
        self.heard.append(told[0].decode().split()[0])


@pytest.fixture
def closing() -> Iterator[Closing]:
    service = Closing()
    yield service
    service.close()


def test_a_connection_that_was_closed_is_made_anew(closing: Closing) -> None:
    """The service may close an idle connection just as a page asks: the page asks again, and says nothing of it."""
    reads = Api(closing.url)
    assert [reads.judges(), reads.judges()] == [[], []]
    assert closing.heard == ["GET", "GET", "GET"]


def test_what_changes_something_is_sent_once(closing: Closing) -> None:
    """Nobody knows whether the service did it before the connection was lost, so that is left to the reader."""
    acts = Api(closing.url)
    assert acts.judges() == []
    with pytest.raises(UnreachableError):
        acts.end_silence("sil_1", "Ana")
    assert closing.heard == ["GET", "POST"]


@pytest.mark.parametrize("url", ["http://[", "nothing", "http://127.0.0.1:99999"])
def test_what_is_no_address_does_not_answer(url: str) -> None:
    """A mistyped LEADLINE_UI_API is told like a service that is down."""
    with pytest.raises(UnreachableError):
        Api(url).monitors()


def test_what_is_done_carries_who_and_which_way(served: tuple[FastAPI, str], api: Api) -> None:
    """An action names its actor, and the service knows that it came from the pages."""
    done = api.act("inc_1", "comment", "Ana", text="Hm.").history[-1]
    assert (done.actor, done.via, done.detail) == ("Ana", "ui", {"text": "Hm."})
    assert api.silence("Ana", {"matchers": {"feature": "x"}, "ends_at": "2100-01-01T00:00:00Z", "reason": "y"}).reason
    assert api.end_silence("sil_1", "Ana").ended_by == "Ana"
    assert api.try_channel("slack", "Ana").last_error
    assert api.send_again("inc_1:firing", "slack", "Ana").state == "pending"


def test_what_a_key_may_not_do_is_told_in_the_services_words(served: tuple[FastAPI, str]) -> None:
    """A key that only reads can read; an action says what it takes."""
    served[0].state.world = World("reader")
    api = Api(served[1])
    assert api.incidents("open", 10)
    with pytest.raises(ForbiddenError, match="this needs a key with role admin"):
        api.act("inc_1", "ack", "Ana")


@pytest.mark.parametrize(
    ("detail", "says"),
    [
        ("Give a later end.", "Give a later end."),
        ([{"loc": ["body", "ends_at"], "msg": "must be later"}], "ends_at: must be later"),
    ],
)
def test_what_is_refused_says_why(detail: object, says: str) -> None:
    """A refusal is the service's own sentence, or the field that is wrong."""
    api = FastAPI()

    @api.post("/v1/silences")
    def silences() -> None:
        raise HTTPException(422, detail)

    with serving(api) as url, pytest.raises(RefusedError, match=says):
        Api(url).silence("Ana", {})


def test_another_shape_is_not_taken_for_data() -> None:
    """An answer of another version is an error, not half a page."""
    api = FastAPI()
    api.get("/v1/judges")(lambda: [{"name": "x"}])
    with serving(api) as url, pytest.raises(ApiError, match="another shape"):
        Api(url).judges()


def test_address_and_key_come_from_the_environment(
    served: tuple[FastAPI, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """LEADLINE_UI_API and LEADLINE_UI_KEY say where and with what to read."""
    served[0].state.world = World("locked")
    monkeypatch.setenv("LEADLINE_UI_API", served[1])
    monkeypatch.setenv("LEADLINE_UI_KEY", KEY)
    assert connect().judges()


def test_a_file_is_asked_for_with_the_token_of_its_click(served: tuple[FastAPI, str]) -> None:
    """The page of an hour ago makes a file with today's token, not with its own, which is over."""
    served[0].state.world = World("locked")
    tokens = ["over"]
    made = file_of(lambda: Api(served[1], tokens[-1]), {}, "csv")
    tokens.append(KEY)
    assert made().startswith(b"id,format")
