"""Channels over HTTP: how they fare, what they are owed, who would be told of what, and trying one."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request

from evaluator.alerts import actions, by_hand, views
from evaluator.api.alert_shapes import DeliveryView
from evaluator.api.auth import Keys, Role
from evaluator.api.incident_shapes import ChannelView, RetryRequest, WayView
from evaluator.api.incident_shapes import Request as Asked
from evaluator.api.incidents import actor, done
from evaluator.api.moment import Moment
from evaluator.service import Service
from store import outbox

State = Annotated[Literal["pending", "delivered", "dead", "skipped"] | None, Query(description="Default: any.")]


def router(service: Service, keys: Keys) -> APIRouter:
    """Reading needs a read key, sending an admin key."""
    api = APIRouter(prefix="/v1", tags=["channels"])
    admin = [Depends(keys.require(Role.ADMIN))]

    @api.get("/channels")
    def listed() -> list[ChannelView]:
        """Every channel that is configured or was ever owed something."""
        with service.store.read() as c:
            return views.channel_views(c, service.settings.alerts, service.clock())

    @api.post("/channels/{name}/test", dependencies=admin)
    async def test(request: Request, name: str, asked: Asked) -> DeliveryView:
        """Sends one message to the channel now, and says whether it was taken."""
        if name not in service.courier.channels:
            have = ", ".join(sorted(service.courier.channels)) or "none"
            raise HTTPException(404, f"There is no channel {name!r}; alerts.channels has {have}.")
        return views.delivery_view(await by_hand.try_channel(service, name, actor(request, keys, asked.by)))

    @api.get("/deliveries")
    def deliveries(state: State = None, limit: Annotated[int, Query(ge=1, le=10_000)] = 1000) -> list[DeliveryView]:
        """What channels are and were owed, newest first; state=dead is what was given up."""
        with service.store.read() as c:
            return [views.delivery_view(one) for one in outbox.find(c, state, limit)]

    @api.post("/deliveries/retry", dependencies=admin)
    async def retry(request: Request, asked: RetryRequest) -> DeliveryView:
        """Owes a delivery again that was given up."""
        who, now = actor(request, keys, asked.by), service.clock()
        found = await done(service, lambda c: actions.retry(c, asked.event_id, asked.channel, who, now))
        return views.delivery_view(found)

    @api.get("/routes")
    def routes(feature: str | None = None, at: Moment | None = None) -> list[WayView]:
        """Who would be told of an alert of each severity, of one feature or of all that are known, now or at a time."""
        with service.store.read() as c:
            return views.way_views(c, service.settings, feature, at or service.clock())

    return api
