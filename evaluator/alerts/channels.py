"""Where alerts go: a signed webhook (Standard Webhooks) and everything that apprise speaks.

A target's URL and secret come from the environment and are never part of a log line or an error.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from threading import Thread
from typing import TYPE_CHECKING

import httpx2
from standardwebhooks.webhooks import Webhook

from evaluator import outbound
from evaluator.alerts import addresses
from evaluator.alerts.evidence import iso
from evaluator.alerts.message import Channel, DeliveryError, Message
from evaluator.alerts.wording import render_text, title
from evaluator.errors import ConfigError
from evaluator.settings_alerts import AlertSettings, ChannelSettings

if TYPE_CHECKING:
    from apprise import Apprise

TIMEOUT_SECONDS = 10.0
APPRISE_TIMEOUT_SECONDS = 30.0
RETRY_STATUS = frozenset({408, 425, 429})
LEAST_SECRET_BYTES = 24


class WebhookChannel:
    """POSTs `{"type", "timestamp", "data"}` with Standard Webhooks headers; follows no redirect, uses no proxy."""

    def __init__(
        self,
        settings: ChannelSettings,
        url: str,
        secret: str,
        *,
        resolve: addresses.Resolver = addresses.resolve,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self.name = settings.name
        self._url = httpx2.URL(url)
        self._host = self._url.raw_host.decode("ascii")
        self._signer = Webhook(secret)
        self._allow_private = settings.allow_private
        self._resolve = resolve
        self._timeout_seconds = timeout_seconds

    async def send(self, message: Message) -> None:
        """Delivers the message to the first address of the target that can be reached."""
        body = json.dumps(
            {"type": f"alert.{message.event}", "timestamp": iso(message.occurred_at), "data": message.data},
            allow_nan=False,
        )
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._post(body, self._signed(message, body), message.sent_at)
        except TimeoutError:
            raise DeliveryError("the target did not answer in time", retry=True) from None

    def _signed(self, message: Message, body: str) -> dict[str, str]:
        return {
            "content-type": "application/json",
            "user-agent": "leadline",
            "host": self._url.netloc.decode("ascii"),
            "webhook-id": message.event_id,
            "webhook-timestamp": str(int(message.sent_at.timestamp())),
            "webhook-signature": self._signer.sign(message.event_id, message.sent_at, body),
        }

    async def _post(self, body: str, headers: Mapping[str, str], now: datetime) -> None:
        targets = await self._targets()
        # An address that swallows packets must leave time for the next one.
        waits = httpx2.Timeout(self._timeout_seconds, connect=self._timeout_seconds / 3)
        async with httpx2.AsyncClient(verify=outbound.tls(), timeout=waits, trust_env=False) as client:
            for address in targets:
                # The checked address itself is called: a second answer of the name server cannot move the target.
                pinned, named = self._url.copy_with(host=address), {"sni_hostname": self._host}
                request = client.build_request("POST", pinned, content=body, headers=headers, extensions=named)
                try:
                    response = await client.send(request, stream=True)
                except httpx2.HTTPError as error:
                    unreachable = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
                    if unreachable and address != targets[-1]:
                        continue
                    raise DeliveryError(outbound.why(error), retry=True) from None
                await response.aclose()
                _raise_unless_taken(response, now)
                return

    async def _targets(self) -> list[str]:
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        try:
            found = await self._resolve(self._host, port)
        except OSError:
            found = []
        if not found:
            raise DeliveryError("the target's host name has no address now", retry=True)
        if not self._allow_private and not all(addresses.is_public(address) for address in found):
            raise DeliveryError(
                "the target's host is on a private, loopback or link-local address; "
                "set allow_private = true for this channel if that is meant",
                retry=False,
            )
        return found


class AppriseChannel:
    """Sends title and text by apprise, whose plugins block: each message has a thread of its own."""

    def __init__(self, settings: ChannelSettings, target: Apprise) -> None:
        self.name = settings.name
        self._target = target

    async def send(self, message: Message) -> None:
        """Delivers the message as plain text; apprise does not say why it failed, so every failure is tried again."""
        loop = asyncio.get_running_loop()
        taken: asyncio.Future[bool] = loop.create_future()
        heading, body = title(message.data), render_text(message.data)
        kind = "success" if message.event == "resolved" else "failure"

        def notify() -> None:
            answer = bool(self._target.notify(body=body, title=heading, notify_type=kind, body_format="text"))
            with suppress(RuntimeError):  # the loop has ended: nobody waits for the answer any more
                loop.call_soon_threadsafe(_answer, taken, answer)

        # A daemon: a service that hangs must not hold up the end of the process, as a pool's thread would.
        Thread(target=notify, name=f"apprise {self.name}", daemon=True).start()
        try:
            async with asyncio.timeout(APPRISE_TIMEOUT_SECONDS):
                await taken
        except TimeoutError:
            raise DeliveryError("the service behind apprise did not answer in time", retry=True) from None
        if not taken.result():
            raise DeliveryError("the service behind apprise did not take the message", retry=True)


def _answer(waiting: asyncio.Future[bool], answer: bool) -> None:
    if not waiting.done():
        waiting.set_result(answer)


def build(
    settings: AlertSettings, environ: Mapping[str, str], *, resolve: addresses.Resolver = addresses.resolve
) -> list[Channel]:
    """The configured channels; ConfigError names the variable or setting that is missing or wrong, never its value."""
    names = [channel.name for channel in settings.channels]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"alerts.channels: the name {twice[0]!r} is used twice; give each channel its own.")
    _keep_urls_out_of_logs()
    return [
        _webhook(channel, environ, resolve) if channel.kind == "webhook" else _apprise(channel, environ)
        for channel in settings.channels
    ]


def _webhook(settings: ChannelSettings, environ: Mapping[str, str], resolve: addresses.Resolver) -> WebhookChannel:
    if settings.secret_env is None:
        raise ConfigError(
            f"alerts.channels {settings.name!r}: a webhook is signed; set secret_env to the environment variable "
            "that holds its secret (whsec_…)."
        )
    url, secret = _value(settings, environ, settings.url_env), _value(settings, environ, settings.secret_env)
    if not outbound.is_http(url):
        raise ConfigError(f"{settings.url_env} (channel {settings.name!r}) is no http:// or https:// URL.")
    if len(_decoded(secret)) < LEAST_SECRET_BYTES:
        raise ConfigError(
            f"{settings.secret_env} (channel {settings.name!r}) is no webhook secret: it must be whsec_ and the base64 "
            f"of at least {LEAST_SECRET_BYTES} random bytes. `openssl rand -base64 32` prints such base64."
        )
    return WebhookChannel(settings, url, secret, resolve=resolve)


def _apprise(settings: ChannelSettings, environ: Mapping[str, str]) -> AppriseChannel:
    url = _value(settings, environ, settings.url_env)
    from apprise import Apprise, AppriseAsset

    # Without threads of its own: see AppriseChannel.
    target = Apprise(asset=AppriseAsset(async_mode=False, service_timeout=0))
    if not target.add(url):
        raise ConfigError(
            f"{settings.url_env} (channel {settings.name!r}) is no URL that apprise knows; "
            "see https://appriseit.com/services/ for the form of each service."
        )
    return AppriseChannel(settings, target)


def _value(settings: ChannelSettings, environ: Mapping[str, str], variable: str) -> str:
    value = environ.get(variable, "").strip()
    if not value:
        raise ConfigError(
            f"alerts.channels {settings.name!r} needs the environment variable {variable}, which is not set; "
            "set it or remove the channel."
        )
    return value


def _decoded(secret: str) -> bytes:
    encoded = secret.removeprefix("whsec_")
    try:
        return base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except ValueError:
        return b""


def _raise_unless_taken(response: httpx2.Response, now: datetime) -> None:
    """Raises DeliveryError unless the answer is 2xx; only 408, 425, 429 and 5xx are worth another attempt."""
    status = response.status_code
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise DeliveryError(f"the target answered {status}: redirects are not followed, set the final URL", retry=False)
    retry = status in RETRY_STATUS or status >= 500
    after = outbound.retry_after(response.headers.get("retry-after", ""), now) if retry else None
    raise DeliveryError(f"the target answered {status}", retry=retry, retry_after_seconds=after)


def _keep_urls_out_of_logs() -> None:
    """The HTTP libraries log the URLs that they call, apprise also the text; both are nobody's business."""
    for name in ("httpx2", "httpcore2", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
