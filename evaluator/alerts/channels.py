"""Where alerts go: the configured channels, built from settings and environment.

A channel's URL and secret come from the environment and are never part of a log line or an error.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from evaluator import outbound
from evaluator.alerts import addresses, apprise_channel
from evaluator.alerts.alertmanager import AlertmanagerChannel, endpoint
from evaluator.alerts.message import Channel, DeliveryError, Message
from evaluator.alerts.target import Target
from evaluator.alerts.webhook import LEAST_SECRET_BYTES, WebhookChannel, is_secret
from evaluator.errors import ConfigError
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from store.records import Json


@runtime_checkable
class Refreshing(Protocol):
    """A channel whose receiver forgets what fires: it is to be told again each minute.

    `told` are the open incidents, each as the `data` of a message about it. DeliveryError: it was not taken.
    """

    async def refresh(self, told: Sequence[Json], now: datetime) -> None: ...


class Unready:
    """A channel that this process cannot make, as its URL or secret is not here: whoever only reads can do without."""

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self.why = why

    async def send(self, _: Message) -> None:
        """Refuses a test; what is owed is left to a process that can send it."""
        raise DeliveryError(self.why, retry=True)


def takes_pictures(channel: Channel) -> bool:
    """Whether a chart that goes along with a message reaches anybody."""
    return isinstance(channel, apprise_channel.AppriseChannel) and channel.takes_pictures


def build(
    settings: AlertSettings,
    environ: Mapping[str, str],
    *,
    resolve: addresses.Resolver = addresses.resolve,
    every: bool = True,
) -> list[Channel]:
    """The configured channels; ConfigError names the variable or setting that is missing or wrong, never its value.

    Unless `every` one must be able to send, those that cannot are Unready.
    """
    names = [channel.name for channel in settings.channels]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"alerts.channels: the name {twice[0]!r} is used twice; give each channel its own.")
    _keep_urls_out_of_logs()
    return [
        _built(channel, environ, resolve) if every else _if_possible(channel, environ, resolve)
        for channel in settings.channels
    ]


def _if_possible(settings: ChannelSettings, environ: Mapping[str, str], resolve: addresses.Resolver) -> Channel:
    try:
        return _built(settings, environ, resolve)
    except ConfigError as error:
        return Unready(settings.name, str(error))


def _built(settings: ChannelSettings, environ: Mapping[str, str], resolve: addresses.Resolver) -> Channel:
    if settings.kind == "apprise":
        return _apprise(settings, environ)
    url = _value(settings, environ, settings.url_env)
    if not outbound.is_http(url):
        raise ConfigError(f"{settings.url_env} (channel {settings.name!r}) is no http:// or https:// URL.")
    if not settings.allow_private and addresses.is_private_literal(outbound.host(url)):
        raise ConfigError(
            f"{settings.url_env} (channel {settings.name!r}) leads to a private or loopback address, which is refused; "
            "set allow_private = true for this channel if that is meant."
        )
    if settings.kind == "alertmanager":
        return AlertmanagerChannel(settings.name, _target(settings, endpoint(url), resolve))
    return _webhook(settings, environ, _target(settings, url, resolve))


def _target(settings: ChannelSettings, url: str, resolve: addresses.Resolver) -> Target:
    return Target(url, allow_private=settings.allow_private, resolve=resolve)


def _webhook(settings: ChannelSettings, environ: Mapping[str, str], target: Target) -> WebhookChannel:
    if settings.secret_env is None:
        raise ConfigError(
            f"alerts.channels {settings.name!r}: a webhook is signed; set secret_env to the environment variable "
            "that holds its secret (whsec_…)."
        )
    secret = _value(settings, environ, settings.secret_env)
    if not is_secret(secret):
        raise ConfigError(
            f"{settings.secret_env} (channel {settings.name!r}) is no webhook secret: it must be whsec_ and the base64 "
            f"of at least {LEAST_SECRET_BYTES} random bytes. `openssl rand -base64 32` prints such base64."
        )
    return WebhookChannel(settings.name, target, secret)


def _apprise(settings: ChannelSettings, environ: Mapping[str, str]) -> apprise_channel.AppriseChannel:
    url = _value(settings, environ, settings.url_env)
    channel = apprise_channel.channel(settings.name, url, chart=settings.chart)
    if channel is None:
        raise ConfigError(
            f"{settings.url_env} (channel {settings.name!r}) is not one URL that apprise knows; "
            "see https://appriseit.com/services/ for the form of each service. Several need a channel each."
        )
    return channel


def _value(settings: ChannelSettings, environ: Mapping[str, str], variable: str) -> str:
    value = environ.get(variable, "").strip()
    if not value:
        raise ConfigError(
            f"alerts.channels {settings.name!r} needs the environment variable {variable}, which is not set; "
            "set it or remove the channel."
        )
    return value


def _keep_urls_out_of_logs() -> None:
    """The HTTP libraries log the URLs that they call."""
    for name in ("httpx2", "httpcore2", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    apprise_channel.silence()
