"""The signed webhook and apprise, against a loopback receiver."""

from __future__ import annotations

import asyncio
import base64
import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from evaluator.alerts.channels import build
from evaluator.alerts.evidence import pack
from evaluator.alerts.message import DeliveryError, Message
from evaluator.alerts.target import Target
from evaluator.alerts.webhook import WebhookChannel
from evaluator.errors import ConfigError
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from tests.builders import NOON

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
PLANTED = "planted-secret-token"
PRIVATE = ["10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "::1", "fe80::1"]
WRAPPED = ["fc00::1", "fec0::1", "::ffff:10.0.0.1", "::10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::"]
NOW = datetime.now(UTC)
"""The signature's library refuses timestamps that are not of today."""


@pytest.fixture
def message(facts):
    """The firing event of one alert."""
    data = {**pack(facts), "alert_id": "alert_1", "state": "firing"}
    return Message(event_id="alert_1:firing", event="firing", occurred_at=NOON, sent_at=NOW, data=data)


def settings(kind="webhook", **fields):
    plain = {"name": "oncall", "kind": kind, "url_env": "HOOK_URL", "secret_env": "HOOK_SECRET", "allow_private": True}
    return ChannelSettings(**{**plain, **fields})


def channel(url, *, kind="webhook", resolve=None, **fields):
    """The one channel that these settings and this environment make."""
    given = {"resolve": resolve} if resolve else {}
    built = build(
        AlertSettings(channels=(settings(kind, **fields),)), {"HOOK_URL": url, "HOOK_SECRET": SECRET}, **given
    )
    return built[0]


def answering(*addresses):
    """A resolver that gives these addresses, and counts how often it was asked."""

    async def resolve(host, port):
        resolve.asked.append((host, port))
        return list(addresses)

    resolve.asked = []
    return resolve


async def failure(target, message):
    """The DeliveryError that sending ends in."""
    with pytest.raises(DeliveryError) as caught:
        await target.send(message)
    return caught.value


async def test_signed_event(receiver, message):
    """A receiver verifies the signature with the standardwebhooks library and reads type, time and evidence."""
    await channel(receiver.url()).send(message)
    call = receiver.calls[0]
    event = Webhook(SECRET).verify(call.body, call.headers)
    assert (call.method, event["type"], event["timestamp"]) == ("POST", "alert.firing", "2026-11-20T12:00:00Z")
    assert event["data"] == message.data


async def test_other_secret_does_not_verify(receiver, message):
    """The signature is made with the channel's own secret."""
    await channel(receiver.url()).send(message)
    other = Webhook("whsec_" + base64.b64encode(b"x" * 32).decode())
    with pytest.raises(WebhookVerificationError):
        other.verify(receiver.calls[0].body, receiver.calls[0].headers)


async def test_attempts_share_id_and_body(receiver, message):
    """A second attempt has the same id and body, and a timestamp of its own."""
    for sent_at in (NOW, NOW + timedelta(seconds=40)):
        await channel(receiver.url()).send(replace(message, sent_at=sent_at))
    first, second = receiver.calls
    assert (first.headers["webhook-id"], first.body) == (second.headers["webhook-id"], second.body)
    assert int(second.headers["webhook-timestamp"]) - int(first.headers["webhook-timestamp"]) == 40


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_taken(receiver, message, status):
    """Every 2xx means delivered."""
    receiver.answers = [(status, {})]
    await channel(receiver.url()).send(message)
    assert len(receiver.calls) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422])
async def test_no_retry_helps(receiver, message, status):
    """An answer that says the request itself is wrong is final."""
    receiver.answers = [(status, {})]
    error = await failure(channel(receiver.url()), message)
    assert (error.retry, str(error)) == (False, f"the target answered {status}")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503])
async def test_a_retry_helps(receiver, message, status):
    """An answer that says "not now" is worth another attempt."""
    receiver.answers = [(status, {})]
    error = await failure(channel(receiver.url()), message)
    assert (error.retry, str(error)) == (True, f"the target answered {status}")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("120", 120), (format_datetime(NOW + timedelta(seconds=90)), 90), ("soon", None), ("-5", None), ("", None)],
    ids=["seconds", "date", "words", "negative", "empty"],
)
async def test_retry_after(receiver, message, header, seconds):
    """Retry-After is read as seconds or as a date; anything else is ignored."""
    receiver.answers = [(503, {"Retry-After": header})]
    error = await failure(channel(receiver.url()), message)
    assert error.retry_after_seconds == (None if seconds is None else pytest.approx(seconds, abs=1))


async def test_no_redirects(receiver, message):
    """A redirect is not followed and not tried again."""
    receiver.answers = [(307, {"Location": receiver.url(path="/elsewhere")})]
    error = await failure(channel(receiver.url()), message)
    assert not error.retry
    assert [call.path for call in receiver.calls] == ["/hook"]


async def test_no_proxy(receiver, message, monkeypatch):
    """A proxy in the environment is not used: behind it the target's address could not be checked."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    await channel(receiver.url()).send(message)
    assert len(receiver.calls) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "10.1.2.3"])
def test_an_address_that_is_refused_is_no_channel(host):
    """Where the URL itself has a private address, the configuration says so, not the first alert."""
    with pytest.raises(ConfigError, match="allow_private = true"):
        channel(f"http://{host}:9/hook", allow_private=False)


@pytest.mark.parametrize("host", ["2130706433", "127.1"])
async def test_loopback_is_refused(receiver, message, host):
    """Every spelling of the own machine is refused for good, before anything is sent."""
    error = await failure(channel(receiver.url(host=host), allow_private=False), message)
    assert not error.retry
    assert "allow_private" in str(error)
    assert receiver.calls == []


@pytest.mark.parametrize("address", [*PRIVATE, *WRAPPED])
async def test_private_addresses_are_refused(message, address):
    """A name with one private address among public ones is refused, also when IPv6 only wraps it."""
    target = channel("https://hooks.example.test/x", allow_private=False, resolve=answering("93.184.216.34", address))
    assert not (await failure(target, message)).retry


async def test_checked_address_is_called(receiver, message):
    """The name is resolved once and that answer is called, under the name that was configured."""
    resolve = answering("127.0.0.1")
    await channel(receiver.url(host="hooks.example.test"), resolve=resolve).send(message)
    assert resolve.asked == [("hooks.example.test", receiver.port)]
    assert receiver.calls[0].headers["host"] == f"hooks.example.test:{receiver.port}"


async def test_tls_asks_for_the_name(message):
    """Over TLS the certificate is asked for the configured name, not for the address that is called."""
    hello = asyncio.get_running_loop().create_future()

    async def listen(reader, writer):
        hello.set_result(await reader.read(4096))
        writer.close()

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    async with server:
        url = f"https://hooks.example.test:{server.sockets[0].getsockname()[1]}/x"
        error = await failure(channel(url, resolve=answering("127.0.0.1")), message)
    assert error.retry
    assert b"hooks.example.test" in hello.result()


async def test_credentials_in_the_url(receiver, message):
    """User and password in the URL arrive as Basic authentication, and not in the Host header."""
    await channel(f"http://me:word@127.0.0.1:{receiver.port}/hook").send(message)
    headers = receiver.calls[0].headers
    assert headers["authorization"] == "Basic " + base64.b64encode(b"me:word").decode()
    assert headers["host"] == f"127.0.0.1:{receiver.port}"


async def test_next_address(receiver, message):
    """An address that does not answer is followed by the next one of the same name."""
    await channel(receiver.url(host="hooks.example.test"), resolve=answering("127.0.0.2", "127.0.0.1")).send(message)
    assert len(receiver.calls) == 1


async def test_unknown_name_is_tried_again(message):
    """A name that cannot be resolved now may be resolved later."""

    async def nobody(host, port):
        raise OSError("no address")

    assert (await failure(channel("https://hooks.example.test/x", resolve=nobody), message)).retry


async def test_silent_target_is_tried_again(message):
    """A target that takes the request and never answers ends in an error that is worth a retry."""
    held = []

    async def listen(reader, writer):
        held.append(writer)

    server = await asyncio.start_server(listen, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
    error = await failure(
        WebhookChannel("oncall", Target(url, allow_private=True, timeout_seconds=0.05), SECRET), message
    )
    for writer in held:
        writer.close()
    server.close()
    assert (error.retry, str(error)) == (True, "the target did not answer in time")


@pytest.mark.parametrize("status", [204, 307, 404, 500, None])
@pytest.mark.parametrize("scheme", ["http", "json"])
async def test_url_stays_secret(receiver, message, caplog, status, scheme):
    """A secret in user, path or query of the URL is in no log line and no error, whatever the target answers."""
    caplog.set_level(logging.DEBUG)
    receiver.answers = [(status, {})]
    port = receiver.port if status else 1
    url = f"{scheme}://user:{PLANTED}@127.0.0.1:{port}/{PLANTED}?token={PLANTED}"
    target = channel(url, kind="webhook" if scheme == "http" else "apprise")
    try:
        await target.send(message)
        said = "taken"
    except DeliveryError as error:
        said = str(error)
    assert (said == "taken") == (status == 204)
    assert PLANTED not in said + repr(target) + caplog.text
    assert SECRET not in said + repr(target) + caplog.text


async def test_apprise(receiver, message):
    """An apprise URL gets the title and the text; apprise's JSON service shows them as they are."""
    await channel(receiver.url("json"), kind="apprise").send(message)
    sent = receiver.calls[0].json
    assert sent["title"] == "support-chat · tone: pass rate 82.0 %, was 95.0 %"
    assert sent["message"].splitlines()[0] == "Pass rate 82.0 % (78.8 % to 84.9 %, n = 612)"
    assert sent["type"] == "failure"


async def test_apprise_failure_is_tried_again(receiver, message):
    """When the service behind apprise answers with an error, the delivery is worth a retry."""
    receiver.answers = [(500, {})]
    assert (await failure(channel(receiver.url("json"), kind="apprise"), message)).retry


@pytest.mark.parametrize(
    ("fields", "environ", "says"),
    [
        ({}, {"HOOK_SECRET": SECRET}, "HOOK_URL"),
        ({}, {"HOOK_URL": "https://a.example"}, "HOOK_SECRET"),
        ({}, {"HOOK_URL": " ", "HOOK_SECRET": SECRET}, "HOOK_URL"),
        ({"secret_env": None}, {"HOOK_URL": "https://a.example"}, "secret_env"),
        ({}, {"HOOK_URL": f"ftp://a.example/{PLANTED}", "HOOK_SECRET": SECRET}, "HOOK_URL"),
        ({}, {"HOOK_URL": f"https://[{PLANTED}", "HOOK_SECRET": SECRET}, "HOOK_URL"),
        ({}, {"HOOK_URL": f"https://:{PLANTED}@/x", "HOOK_SECRET": SECRET}, "HOOK_URL"),
        ({}, {"HOOK_URL": "https://a.example", "HOOK_SECRET": PLANTED}, "HOOK_SECRET"),
        ({}, {"HOOK_URL": "https://a.example", "HOOK_SECRET": "whsec_"}, "HOOK_SECRET"),
        ({}, {"HOOK_URL": "https://a.example", "HOOK_SECRET": "whsec_" + "-_é" * 32}, "HOOK_SECRET"),
        ({"kind": "apprise"}, {}, "HOOK_URL"),
        ({"kind": "apprise"}, {"HOOK_URL": f"nosuch://{PLANTED}"}, "HOOK_URL"),
    ],
)
def test_configuration_errors(caplog, fields, environ, says):
    """A missing or unusable variable is named, its value is not."""
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ConfigError) as caught:
        build(AlertSettings(channels=(settings(**fields),)), environ)
    assert says in str(caught.value)
    assert PLANTED not in str(caught.value) + caplog.text


def test_names_are_unique():
    """Two channels of one name are refused: their deliveries could not be told apart."""
    with pytest.raises(ConfigError, match="used twice"):
        build(
            AlertSettings(channels=(settings(), settings())), {"HOOK_URL": "https://a.example", "HOOK_SECRET": SECRET}
        )
