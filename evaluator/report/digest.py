"""The report that is sent by itself: when it is due, and how it comes to be owed to its channels.

What is said is fixed when it comes to be owed: the page is kept with the notification, so that every attempt sends the
same. `event_id` holds the end of the time that is told of: one report for each, whatever stops and starts in between.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, get_args

from evaluator.alerts.evidence import iso
from evaluator.alerts.message import Attachment, Event
from evaluator.alerts.outbox import Owed
from evaluator.report import page, text, words
from evaluator.report.asked import MOST_DAYS, Asked
from evaluator.settings_alerts import AlertSettings, DayName
from store import digests, outbox
from store.outbox import Notification
from store.records import Delivery, Json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from evaluator.report.shapes import ReportFacts
    from evaluator.service import Service
    from store.database import Connection

DAYS = {"day": 1, "week": 7}
ATTACHED, MEDIA_TYPE = "leadline-report.html", "text/html"


def due(settings: AlertSettings, last_until: datetime | None, now: datetime) -> tuple[datetime, datetime] | None:
    """The time that a report is owed for, [from, until); None when none is.

    It ends at the last moment that the settings name, by the clock of their zone, and begins where the last report
    ended, so that nothing lies between two of them; without a last one (or one of long ago) a day or week before. A
    service that was down at the moment owes one when it is back, and one only. A moment less than half a day (of the
    weekly one: half a week) after the last report's end is passed over: the settings were changed.
    """
    digest = settings.digest
    if digest.every is None or not digest.channels:
        return None
    days = DAYS[digest.every]
    until, before = (_moment(settings, now, days, back) for back in (0, 1))
    if last_until is None or until - last_until > timedelta(days=MOST_DAYS):
        return before, until
    if until - last_until < timedelta(days=days) / 2:
        return None
    return last_until.astimezone(UTC), until


def _moment(settings: AlertSettings, now: datetime, days: int, back: int) -> datetime:
    """The last moment of the settings that is not after `now`, or the one so many times before it, in UTC.

    Days are counted by the zone's calendar, so that it stays at its time of day when the clocks change. A time of day
    that a change of the clocks leaves out is the one that was to be, one hour later by the new clock.
    """
    zone, at = settings.zone, time.fromisoformat(settings.digest.at)
    today = now.astimezone(zone).date()
    weekday = get_args(DayName).index(settings.digest.day)
    first = today - timedelta(days=(today.weekday() - weekday) % 7 if days == 7 else 0)
    if datetime.combine(first, at, zone).astimezone(UTC) > now:
        first -= timedelta(days=days)
    return datetime.combine(first - timedelta(days=days * back), at, zone).astimezone(UTC)


def event_id(until: datetime) -> str:
    """The receiver's idempotency key.

    >>> event_id(datetime(2026, 11, 23, 7, tzinfo=UTC))
    'digest:2026-11-23T07:00:00+00:00'
    """
    return f"digest:{until.astimezone(UTC).isoformat()}"


async def send_due(service: Service) -> bool:
    """Makes the report that is due, if one is, and owes it to its channels in one operation; whether it did."""
    settings = service.settings.alerts
    span = due(settings, await asyncio.to_thread(_last_until, service), service.clock())
    if span is None:
        return False
    told = await asyncio.to_thread(_made, service, Asked(*span))
    owed = [_delivery(told, channel, service.clock()) for channel in settings.digest.channels]
    return await asyncio.wrap_future(service.store.run(partial(_owe, told=told, owed=owed)))


def _last_until(service: Service) -> datetime | None:
    with service.store.read() as c:
        return digests.last_until(c)


def _made(service: Service, asked: Asked) -> Notification:
    from evaluator.report.facts import collect

    return notification(collect(service, asked))


def notification(facts: ReportFacts) -> Notification:
    """What the report says, as it is kept and sent."""
    told: dict[str, Any] = {
        "from": iso(facts.start),
        "until": iso(facts.end),
        "title": words.title(facts),
        "text": text.render(facts),
        "html": page.render(facts),
    }
    return Notification(event_id=event_id(facts.end), event=Event.DIGEST, occurred_at=facts.end, data={"digest": told})


def _delivery(told: Notification, channel: str, now: datetime) -> Delivery:
    return Delivery(
        event_id=told.event_id,
        channel=channel,
        event=told.event,
        state=Owed.PENDING,
        created_at=now,
        next_attempt_at=now,
    )


def _owe(c: Connection, told: Notification, owed: Sequence[Delivery]) -> bool:
    """All or nothing; False where somebody else was faster."""
    if outbox.get_notification(c, told.event_id):
        return False
    outbox.save_notification(c, told)
    outbox.owe(c, owed)
    return True


def attachments(data: Json) -> tuple[Attachment, ...]:
    """The page of a digest as a file to send along; none for what is no digest."""
    kept = (data.get("digest") or {}).get("html")
    return (Attachment(ATTACHED, MEDIA_TYPE, kept.encode()),) if kept else ()
