"""What people do that takes more than a row: ending an incident, silencing, trying a channel, another baseline."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from evaluator.alerts import actions, views
from evaluator.alerts.actions import Actor
from evaluator.alerts.message import DeliveryError, Event, Message
from evaluator.alerts.outbox import Owed
from evaluator.errors import InputError
from evaluator.rules.subject import PREFIX
from store import incidents, outbox
from store.database import Connection
from store.outbox import Notification
from store.records import Alert, Delivery
from store.silences import Silence

if TYPE_CHECKING:
    from evaluator.api.baseline_shapes import BaselineRequest, BaselineView
    from evaluator.api.incident_shapes import SilenceRequest, SilenceView
    from evaluator.service import Service


async def resolve(service: Service, incident_id: str, actor: Actor, note: str) -> None:
    """Ends the alerts of an incident; its monitors gather evidence anew, against the same baseline.

    Alerts of plain rules, which would fire again at the next look, go on. Of an incident that is over nothing is
    changed. InputError: there is nothing but plain rules, or as Monitors.close has it.
    """
    firing = await asyncio.to_thread(_firing, service, incident_id)
    if not firing:
        return
    of_monitors = {alert.alert_id for alert in firing if not alert.monitor_id.startswith(PREFIX)}
    if not of_monitors:
        raise InputError("A plain rule's alert ends when its window is within the limit; silence it until then.")

    def line(c: Connection, at: datetime, ended: int) -> None:
        actions.resolved(c, actor, at, (incident_id, ended), note)

    try:
        await service.monitors.close(of_monitors, line)
    finally:
        await service.incidents.settle()


def _firing(service: Service, incident_id: str) -> list[Alert]:
    with service.store.read() as c:
        return [alert for _, alert in incidents.members(c, [incident_id]) if alert.resolved_at is None]


async def silence(service: Service, asked: SilenceRequest, actor: Actor) -> SilenceView:
    """Begins a silence, or plans a maintenance window. InputError: as actions.silence has it."""
    now = service.clock()
    starts_at = asked.starts_at or now
    matchers = {str(label): glob for label, glob in asked.matchers.items()}
    wanted = Silence(
        silence_id=actions.silence_id(matchers, actor, (starts_at, asked.ends_at), asked.every),
        kind=asked.kind,
        matchers=matchers,
        starts_at=starts_at,
        ends_at=asked.ends_at,
        every=asked.every,
        reason=asked.reason,
        created_at=now,
        created_by=actor.name,
    )
    made = await asyncio.wrap_future(service.store.run(lambda c: actions.silence(c, wanted, actor, now)))
    await service.incidents.settle()
    return await asyncio.to_thread(_view, service, made.silence_id)


async def end_silence(service: Service, silence_id: str, actor: Actor) -> SilenceView:
    """Ends a silence now; what it held back and still fires is told. InputError: there is none with this id."""
    now = service.clock()
    await asyncio.wrap_future(service.store.run(lambda c: actions.end_silence(c, silence_id, actor, now)))
    await service.incidents.settle()
    return await asyncio.to_thread(_view, service, silence_id)


async def set_baseline(service: Service, asked: BaselineRequest, actor: Actor) -> list[BaselineView]:
    """Gives monitors another reference window, with a line of the log for each. InputError: as Monitors has it."""
    now, action = service.clock(), "baseline reset" if asked.automatic else "baseline set"

    def log(c: Connection, one: BaselineView) -> None:
        told = {name: getattr(one, name) for name in ("feature", "judge", "metric", "version", "origin", "note")}
        window = {"start_at": one.start_at.isoformat(), "end_at": one.end_at.isoformat()}
        actions.log(c, actor, now, (action, "baseline", one.monitor_id), **told, **window)

    made = await service.monitors.set_baseline(asked, log)
    await service.incidents.settle()
    return made


async def try_channel(service: Service, name: str, actor: Actor) -> Delivery:
    """Sends a test message to a channel at once; the delivery says how that ended, and is not tried again."""
    now = service.clock()
    data = {
        "test": True,
        "channel": name,
        "text": f"This is a test of the channel {name} by {actor.name}: alerts arrive here.",
    }
    told = Notification(event_id=f"test:{name}:{now.isoformat()}", event=Event.TEST, occurred_at=now, data=data)
    message = Message(event_id=told.event_id, event=told.event, occurred_at=now, sent_at=now, data=data)
    owed = Delivery(
        event_id=told.event_id,
        channel=name,
        event=told.event,
        state=Owed.DEAD,
        created_at=now,
        next_attempt_at=now,
        attempts=1,
    )
    try:
        await service.courier.send(name, message)
        owed = replace(owed, state=Owed.DELIVERED, delivered_at=service.clock())
    except DeliveryError as error:
        owed = replace(owed, last_error=str(error))
    await asyncio.wrap_future(service.store.run(lambda c: _keep(c, told, owed, actor, now)))
    return owed


def _keep(c: Connection, told: Notification, owed: Delivery, actor: Actor, now: datetime) -> None:
    outbox.save_notification(c, told)
    outbox.owe(c, [owed])
    actions.log(c, actor, now, ("tested", "channel", owed.channel), outcome=owed.state, error=owed.last_error)


def _view(service: Service, silence_id: str) -> SilenceView:
    with service.store.read() as c:
        found = views.silence_views(c, service.settings, service.clock())
    return next(one for one in found if one.silence_id == silence_id)
