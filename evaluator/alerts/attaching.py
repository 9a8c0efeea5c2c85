"""What goes along with a message: the report, or a chart where the channel takes pictures."""

from __future__ import annotations

from evaluator.alerts.channels import takes_pictures
from evaluator.alerts.message import Attachment, Channel, Event
from store import alerts
from store.outbox import Notification
from store.store import Store

OF_INCIDENTS = frozenset({Event.FIRING, Event.UPDATED, Event.RESOLVED})


class Attacher:
    """Makes the files of a message out of what is stored."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def __call__(self, told: Notification, channel: Channel) -> tuple[Attachment, ...]:
        if told.event == Event.DIGEST:
            from evaluator.report import digest

            return digest.attachments(told.data)
        if told.event not in OF_INCIDENTS or not takes_pictures(channel):
            return ()
        # Not before somebody gets a picture: drawing loads 58 MB.
        from evaluator.alerts.pictures import attached, chart_of

        with self._store.read() as c:
            alert = alerts.get(c, told.data["alert_id"])
            png = chart_of(c, alert, told.occurred_at) if alert else None
        return (attached(png),) if png else ()
