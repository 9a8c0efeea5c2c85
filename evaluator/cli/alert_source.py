"""Where the alert commands read and act: the file, or a running service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol, TypeVar

from evaluator.cli.options import Options

if TYPE_CHECKING:
    from evaluator.api.alert_shapes import DeliveryView
    from evaluator.api.incident_shapes import (
        ChannelView,
        EntryView,
        IncidentView,
        Request,
        RetryRequest,
        SilenceRequest,
        SilenceView,
        WayView,
    )

T = TypeVar("T")
Verb = Literal["ack", "unack", "assign", "comment", "resolve"]
"""What can be done about an incident, as its route in the API is called."""


class AlertSource(Protocol):
    """Everything the commands ask for. InputError: what was named is not there, or cannot be done."""

    async def incidents(self, state: str | None, limit: int) -> list[IncidentView]: ...

    async def incident(self, incident_id: str) -> IncidentView: ...

    async def act(self, incident_id: str, verb: Verb, asked: Request) -> IncidentView: ...

    async def silences(self) -> list[SilenceView]: ...

    async def silence(self, asked: SilenceRequest) -> SilenceView: ...

    async def end_silence(self, silence_id: str, asked: Request) -> SilenceView: ...

    async def channels(self) -> list[ChannelView]: ...

    async def try_channel(self, name: str, asked: Request) -> DeliveryView: ...

    async def deliveries(self, state: str | None, limit: int) -> list[DeliveryView]: ...

    async def retry(self, asked: RetryRequest) -> DeliveryView: ...

    async def routes(self, feature: str | None, at: datetime | None) -> list[WayView]: ...

    async def log(self, incident_id: str | None, limit: int) -> list[EntryView]: ...


@asynccontextmanager
async def _opened(options: Options, *, creates: bool) -> AsyncIterator[AlertSource]:
    if options.url:
        from evaluator.cli.alert_remote import RemoteAlerts

        async with options.remote() as remote:
            yield RemoteAlerts(remote)
    else:
        from evaluator.cli.alert_file import FileAlerts

        async with options.service(creates=creates) as service:
            yield FileAlerts(service)


def ask(options: Options, what: Callable[[AlertSource], Awaitable[T]], *, creates: bool = False) -> T:
    """Opens the file or the connection, asks, and closes it again; `creates` as in Options.service."""

    async def asked() -> T:
        async with _opened(options, creates=creates) as source:
            return await what(source)

    return asyncio.run(asked())
