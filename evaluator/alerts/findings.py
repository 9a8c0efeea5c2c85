"""What keeps people from being told of incidents: no channel, one that fails, messages given up, routes to nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from evaluator.alerts import views
from evaluator.alerts.message import Event
from evaluator.alerts.outbox import Owed
from evaluator.api.incident_shapes import ChannelView
from evaluator.api.shapes import Finding
from evaluator.causes.words import hint, names, ok, problem
from evaluator.settings_alerts import AlertSettings
from store import incidents, outbox
from store.database import Connection
from store.incidents import Incident
from store.records import Delivery

RECENT = timedelta(days=7)
"""What was given up longer ago is history."""


def alert_findings(
    c: Connection, settings: AlertSettings, now: datetime, unready: Mapping[str, str]
) -> Iterator[Finding]:
    """Every finding about channels and routes; `unready` are the channels that cannot be made here, and why."""
    untold = [
        one for one in incidents.unresolved(c) if one.withheld is None and not outbox.of_incident(c, one.incident_id)
    ]
    if not settings.channels:
        n = len(untold)
        shows = f"{_count(n, 'open incident')} show{'s' * (n == 1)} here" if untold else "a regression shows here"
        yield hint(
            area="alerts",
            what=f"no channel: {shows}, and nobody is told",
            fix="add [[alerts.channels]]; `leadline alert channels` and docs/alerts.md show how",
        )
    elif untold:
        yield _of_nobody(untold)
    dead = [one for one in outbox.find(c, Owed.DEAD) if one.created_at > now - RECENT and one.event != Event.TEST]
    for name, why in unready.items():
        yield problem(area=f"channel {name}", what=why, fix="a service does not start like this; see docs/alerts.md")
    for view in views.channel_views(c, settings, now):
        if view.name in unready:
            continue
        variable = next((one.url_env for one in settings.channels if one.name == view.name), "")
        yield from _channel(view, [one for one in dead if one.channel == view.name], variable)


def _of_nobody(untold: list[Incident]) -> Finding:
    """Incidents that began when their route had no channel."""
    ids = names([one.incident_id for one in untold])
    return hint(
        area="alerts",
        what=f"nobody was told of {_count(len(untold), 'open incident')}, whose route led to no channel then: {ids}",
        fix="`leadline alert routes` shows who is told at the next look; if that is nobody, give the route a channel",
    )


def _channel(view: ChannelView, dead: list[Delivery], variable: str) -> Iterator[Finding]:
    area = f"channel {view.name}"
    since = f", the oldest since {view.oldest_at:%Y-%m-%d %H:%M} UTC" if view.oldest_at else ""
    waiting = f"{_count(view.waiting, 'message')} wait{'s' * (view.waiting == 1)}{since}"
    if view.state == "removed":
        if view.waiting:
            fix = "put it back into alerts.channels; else they are given up after alerts.give_up_hours"
            yield hint(area=area, what=f"it is not configured any more, and {waiting}", fix=fix)
    elif view.state == "failing":
        yield problem(
            area=area,
            what=f"it failed {_count(view.failures, 'time')} in a row, {waiting}: {view.last_error}",
            fix=f"check the target and {variable}; `leadline alert test {view.name}` tries it, and what waits follows",
        )
    if dead:
        yield problem(
            area=area,
            what=f"{_count(len(dead), 'message')} given up in the last 7 days, the last one: {dead[0].last_error}",
            fix="`leadline alert deliveries --state dead` lists them; mend the cause, then `leadline alert retry` each",
        )
    tested = view.tested_at and (view.last_delivered_at is None or view.last_delivered_at < view.tested_at)
    if view.state == "ok" and view.test_error and tested and not dead:
        yield problem(
            area=area,
            what=f"its last test failed: {view.test_error}",
            fix=f"check the target and {variable}; `leadline alert test {view.name}` tries it again",
        )
    elif view.state == "ok" and not dead:
        yield ok(area=area, what=f"took {_count(view.delivered_last_day, 'message')} in the last 24 hours, {waiting}")


def _count(n: int, thing: str) -> str:
    """So many of a thing.

    >>> _count(1, "message"), _count(1200, "message")
    ('1 message', '1,200 messages')
    """
    return f"{n:,} {thing}{'s' * (n != 1)}"
