"""What people do that takes more than a row: ending an incident, trying a channel."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from evaluator.alerts import actions
from evaluator.alerts.actions import Actor
from evaluator.alerts.message import DeliveryError, Event, Message
from evaluator.alerts.outbox import Owed
from evaluator.errors import InputError
from evaluator.rules.subject import PREFIX
from store import incidents, outbox
from store.database import Connection
from store.outbox import Notification
from store.records import Delivery

if TYPE_CHECKING:
    from evaluator.service import Service


async def resolve(service: Service, incident_id: str, actor: Actor, note: str) -> None:
    """Ends the alerts of an incident; its monitors gather evidence anew, against the same baseline.

    InputError: it is of a plain rule, which would fire again at the next look.
    """
    with service.store.read() as c:
        firing = [alert for _, alert in incidents.members(c, [incident_id]) if alert.resolved_at is None]
    if any(alert.monitor_id.startswith(PREFIX) for alert in firing):
        raise InputError("A plain rule's alert ends when its window is within the limit; silence it until then.")
    ended = await service.monitors.close({alert.alert_id for alert in firing})
    now = service.clock()
    what = ("resolved by hand", "incident", incident_id)
    detail = {"alerts": len(ended), **({"note": note} if note else {})}
    await asyncio.wrap_future(service.store.run(lambda c: actions.log(c, actor, now, what, **detail)))
    await service.incidents.settle()


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
