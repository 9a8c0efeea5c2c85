"""Keys, roles, signatures, and what a service without keys refuses."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from fastapi import Depends, FastAPI, HTTPException
from pydantic import SecretStr
from standardwebhooks.webhooks import Webhook

from evaluator.api.auth import Guard, HeliconeSignature, Keys, Role, Signature, check_listen, new_key, refusal
from evaluator.errors import ConfigError

SECRET = "whsec_" + b64encode(b"0123456789abcdef01234567").decode()


def basic(user: str, password: str) -> dict[str, str]:
    return {"authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


def status(keys: Keys, headers: dict[str, str], role: Role = Role.INGEST) -> int:
    try:
        keys.check(headers, role)
    except HTTPException as error:
        return error.status_code
    return 200


@pytest.mark.parametrize(
    ("held", "allowed"),
    [(Role.INGEST, {"ingest"}), (Role.READ, {"read"}), (Role.ADMIN, {"ingest", "read", "admin"})],
)
def test_a_key_opens_what_its_role_allows(held: Role, allowed: set[str]) -> None:
    """Ingest keys only write, read keys only read, admin keys do all; the rest is forbidden."""
    plain, entry = new_key(held)
    keys = Keys.parse([SecretStr(entry)])
    answers = {role: status(keys, {"x-api-key": plain}, role) for role in Role}
    assert answers == {role: 200 if role in allowed else 403 for role in Role}


def test_a_key_may_come_in_many_ways() -> None:
    """Bearer, password or user of Basic, and the headers that clients have for keys are the same."""
    plain, entry = new_key(Role.INGEST)
    ways = [
        {"authorization": f"Bearer {plain}"},
        {"authorization": f"bearer  {plain}"},
        basic("pk-1", plain),
        basic(plain, ""),
        basic(plain, "x"),
        {"x-api-key": plain},
        {"api-key": plain},
        {"api_key": plain},
        {"authorization": "Bearer for-the-proxy", "x-api-key": plain},
    ]
    assert [status(Keys.parse([entry]), way) for way in ways] == [200] * len(ways)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": "Bearer "},
        {"authorization": "Bearer wrong"},
        {"authorization": "Basic %%%"},
        {"authorization": "Basic /w=="},
        {"authorization": "Basic " + b64encode(b":").decode()},
        {"x-api-key": "é"},
    ],
)
def test_without_a_known_key_the_answer_is_401(headers: dict[str, str]) -> None:
    """A key that is missing, unknown or garbled is asked for, never an error of ours."""
    assert status(Keys.parse([new_key(Role.ADMIN)[1]]), headers) == 401


def test_the_configured_entry_is_not_the_key() -> None:
    """Who reads the configuration cannot call: the hash does not open what the key opens."""
    _, entry = new_key(Role.ADMIN)
    assert status(Keys.parse([entry]), {"x-api-key": entry}) == 401
    assert status(Keys.parse([entry]), {"x-api-key": entry.partition(":")[2]}) == 401


def test_keys_are_random() -> None:
    """Two new keys differ, and say in plain which role they have."""
    one, other = new_key(Role.READ)[0], new_key(Role.READ)[0]
    assert one != other
    assert one.startswith("ll_read_")


@pytest.mark.parametrize("entry", ["", "secret-key", "owner:" + "a" * 64, "read:" + "a" * 63, "read:" + "g" * 64])
def test_a_malformed_entry_is_named_by_number_only(entry: str) -> None:
    """A configuration mistake is told without repeating what may be a plain key."""
    with pytest.raises(ConfigError, match="key 2 is not role:sha256-hex") as caught:
        Keys.parse([new_key(Role.READ)[1], entry])
    assert not entry or entry not in str(caught.value)


def test_without_keys_everything_is_open() -> None:
    """On loopback a service needs no keys."""
    assert status(Keys.parse([]), {}, Role.ADMIN) == 200


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "localhost", "::1"])
def test_loopback_needs_no_keys(host: str) -> None:
    """Listening on this machine only is always allowed."""
    check_listen(host, Keys())


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.5", "example.com"])
def test_listening_beyond_loopback_needs_keys(host: str) -> None:
    """Without keys the service refuses to be reachable from elsewhere, and says how to go on."""
    check_listen(host, Keys.parse([new_key(Role.READ)[1]]))
    with pytest.raises(ConfigError, match="leadline key"):
        check_listen(host, Keys())


def scope(method: str = "GET", kind: str = "http", **headers: str) -> dict[str, Any]:
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": kind, "headers": pairs} | ({"method": method} if kind == "http" else {})


@pytest.mark.parametrize("host", ["localhost:8321", "127.0.0.1", "[::1]:8321", "LOCALHOST", "app.localhost:1"])
def test_a_host_of_this_machine_is_answered(host: str) -> None:
    """Names and addresses of loopback are served, with and without a port."""
    assert refusal(scope(host=host)) is None


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "192.168.1.5:8321", "localhost@evil.example:1", "[::1", ""]
)
def test_another_host_is_refused(host: str) -> None:
    """A page that rebinds its own name to 127.0.0.1 does not get at a service without keys."""
    assert "LEADLINE_KEYS" in str(refusal(scope(host=host)))


@pytest.mark.parametrize(
    ("request_scope", "refused"),
    [
        (scope("POST", host="localhost:8321"), False),
        (scope("POST", host="localhost:8321", origin="http://localhost:8321"), False),
        (scope("POST", host="localhost:8321", origin="http://evil.example"), True),
        (scope("POST", host="localhost:8321", origin="http://localhost:3000"), True),
        (scope("DELETE", host="localhost:8321", origin="null"), True),
        (scope("GET", host="localhost:8321", origin="http://evil.example"), False),
        (scope(kind="websocket", host="localhost:8321", origin="http://evil.example"), True),
        (scope(kind="websocket", host="localhost:8321", origin="http://localhost:8321"), False),
    ],
)
def test_another_sites_script_changes_nothing(request_scope: dict[str, Any], refused: bool) -> None:
    """What changes something, or opens a socket, is refused when a page of another origin asks for it."""
    assert (refusal(request_scope) is not None) is refused


async def answer(keys: Keys, **headers: str) -> httpx2.Response:
    app = FastAPI()
    app.get("/v1/alerts", dependencies=[Depends(keys.require(Role.READ))])(lambda: "ok")
    transport = httpx2.ASGITransport(app=Guard(app, keys))
    async with httpx2.AsyncClient(transport=transport, base_url="http://evil.example") as client:
        return await client.get("/v1/alerts", headers=headers)


async def test_the_guard_refuses_in_words() -> None:
    """The refusal is a 403 with the way out in it."""
    response = await answer(Keys())
    assert response.status_code == 403
    assert "LEADLINE_KEYS" in response.json()["detail"]


async def test_with_keys_the_guard_lets_all_pass_to_the_keys() -> None:
    """With keys any host name is served, and the key decides: none 401, the right one 200."""
    plain, entry = new_key(Role.READ)
    keys = Keys.parse([entry])
    missing, known = await answer(keys), await answer(keys, authorization=f"Bearer {plain}")
    assert (missing.status_code, known.status_code) == (401, 200)
    assert missing.headers["www-authenticate"].startswith("Bearer")


async def test_a_refused_socket_is_closed() -> None:
    """A websocket from another origin is closed before it opens."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    await Guard(FastAPI(), Keys())(scope(kind="websocket", host="evil.example"), None, send)  # type: ignore[arg-type]
    assert [message["type"] for message in sent] == ["websocket.close"]


def signed(body: str, *, age: timedelta = timedelta(0), secret: str = SECRET) -> dict[str, str]:
    time = datetime.now(UTC) - age
    signature = Webhook(secret).sign("msg_1", time, body)
    return {"webhook-id": "msg_1", "webhook-timestamp": str(int(time.timestamp())), "webhook-signature": signature}


def test_a_signed_body_passes() -> None:
    """A body signed with the secret passes; without a secret in the settings, any does."""
    Signature(SecretStr(SECRET)).check(signed('{"response": "é"}'), '{"response": "é"}'.encode())
    Signature(None).check({}, b"anything")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"{}"),
        (signed("{}"), b'{"changed": 1}'),
        (signed("{}", age=timedelta(hours=1)), b"{}"),
        (signed("{}", secret="whsec_" + b64encode(b"another secret of 24 byt").decode()), b"{}"),
        ({**signed("{}"), "webhook-signature": "v1"}, b"{}"),
        ({**signed("{}"), "webhook-signature": "v1,%%%"}, b"{}"),
        (signed("{}"), b"\xff"),
    ],
)
def test_a_signature_that_does_not_hold_is_refused(headers: dict[str, str], body: bytes) -> None:
    """Missing, foreign, old and malformed signatures, and changed bodies, are all 401."""
    with pytest.raises(HTTPException) as caught:
        Signature(SecretStr(SECRET)).check(headers, body)
    assert caught.value.status_code == 401


@pytest.mark.parametrize("secret", ["whsec_", "whsec_é", "x"])
def test_a_secret_that_is_none_is_a_config_error(secret: str) -> None:
    """A webhook secret that cannot be one stops the start with words."""
    with pytest.raises(ConfigError, match="LEADLINE_WEBHOOK_SECRET"):
        Signature(SecretStr(secret))


@pytest.mark.parametrize("header", ["", "0" * 64, "é" * 64, "\udc80"])
def test_a_helicone_signature_that_does_not_fit_is_401(header: str) -> None:
    """Missing, wrong and garbled signatures are refused alike, never an error of ours."""
    with pytest.raises(HTTPException) as caught:
        HeliconeSignature(SecretStr("k")).check({"helicone-signature": header}, b"{}")
    assert caught.value.status_code == 401


def test_a_helicone_signature_may_be_in_capitals() -> None:
    """Hex is hex."""
    due = hmac.new(b"k", b"{}", hashlib.sha256).hexdigest()
    HeliconeSignature(SecretStr("k")).check({"helicone-signature": due.upper()}, b"{}")
    with pytest.raises(HTTPException):
        HeliconeSignature(SecretStr("k")).check({"helicone-signature": due}, b"[]")
