"""The alert commands on a running service, over its HTTP API."""

from __future__ import annotations

from collections.abc import Awaitable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from pydantic import TypeAdapter

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
from evaluator.cli.alert_source import Verb
from evaluator.cli.remote import RefusedError, Remote
from evaluator.errors import InputError, LeadlineError

COMMANDS = {
    "GET /v1/incidents lists": "`leadline alert list --state all` lists",
    "GET /v1/silences lists": "`leadline alert silences --past` lists",
}
"""What the API says to do next, for people who type commands."""


class RemoteAlerts:
    """Reads and acts through the service at a URL, which sends what an action makes due."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def incidents(self, state: str | None, limit: int) -> list[IncidentView]:
        """Incidents in this state, newest first."""
        found = await self._get("/v1/incidents", state=state, limit=limit)
        return TypeAdapter(list[IncidentView]).validate_python(found)

    async def incident(self, incident_id: str) -> IncidentView:
        """One incident, or that of an alert, with all there is about it."""
        return IncidentView.model_validate(await self._get(_path("incidents", incident_id)))

    async def act(self, incident_id: str, verb: Verb, asked: Request) -> IncidentView:
        """Does one thing about an incident."""
        return IncidentView.model_validate(await self._post(_path("incidents", incident_id, verb), asked))

    async def silences(self) -> list[SilenceView]:
        """Every silence, those that hold first."""
        return TypeAdapter(list[SilenceView]).validate_python(await self._get("/v1/silences", past="true"))

    async def silence(self, asked: SilenceRequest) -> SilenceView:
        """Begins a silence or plans a window."""
        return SilenceView.model_validate(await self._post("/v1/silences", asked))

    async def end_silence(self, silence_id: str, asked: Request) -> SilenceView:
        """Ends a silence; the service tells what it held back."""
        return SilenceView.model_validate(await self._post(_path("silences", silence_id, "end"), asked))

    async def channels(self) -> list[ChannelView]:
        """How each channel fares."""
        return TypeAdapter(list[ChannelView]).validate_python(await self._get("/v1/channels"))

    async def try_channel(self, name: str, asked: Request) -> DeliveryView:
        """Has the service send a test message."""
        return DeliveryView.model_validate(await self._post(_path("channels", name, "test"), asked))

    async def deliveries(self, state: str | None, limit: int) -> list[DeliveryView]:
        """Deliveries in this state, newest first."""
        found = await self._get("/v1/deliveries", state=state, limit=limit)
        return TypeAdapter(list[DeliveryView]).validate_python(found)

    async def retry(self, asked: RetryRequest) -> DeliveryView:
        """Owes a delivery again; the service tries it within seconds."""
        return DeliveryView.model_validate(await self._post("/v1/deliveries/retry", asked))

    async def routes(self, feature: str | None, at: datetime | None) -> list[WayView]:
        """Who would be told."""
        found = await self._get("/v1/routes", feature=feature, at=at and at.isoformat())
        return TypeAdapter(list[WayView]).validate_python(found)

    async def log(self, incident_id: str | None, limit: int) -> list[EntryView]:
        """The newest lines of the audit log."""
        of = {}
        if incident_id:
            of = {"subject": "incident", "subject_id": (await self.incident(incident_id)).incident_id}
        return TypeAdapter(list[EntryView]).validate_python(await self._get("/v1/audit", limit=limit, **of))

    async def _get(self, path: str, **params: Any) -> Any:
        return await _answer(self._remote.get(path, **params))

    async def _post(self, path: str, asked: Request) -> Any:
        return await _answer(self._remote.post(path, asked.model_dump(mode="json")))


def _path(*parts: str) -> str:
    """The address of one thing; what is no id must not become another address."""
    for part in parts:
        if "/" in part or part in ("", ".", ".."):
            raise InputError(f"There is no {parts[0].removesuffix('s')} {part!r}: that is no id.")
    return "/".join(["/v1", *(quote(part, safe="") for part in parts)])


async def _answer(asked: Awaitable[Any]) -> Any:
    """The answer; what the service refuses in its own words is said as the file's commands say it."""
    try:
        return await asked
    except RefusedError as error:
        if error.status == 404 and error.detail == "Not Found":
            raise LeadlineError(
                "the service does not know what this command asks for: it is of an older version, "
                "or the address leads elsewhere"
            ) from None
        if error.status not in (404, 422):
            raise
        told = error.detail
        for api, command in COMMANDS.items():
            told = told.replace(api, command)
        raise InputError(told) from None
