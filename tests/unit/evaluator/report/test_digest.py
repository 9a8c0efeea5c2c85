"""The report that is sent by itself: owed once, and the same at every attempt."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from evaluator.report import digest
from evaluator.service import Service
from evaluator.settings import Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings, DigestSettings
from store import outbox
from store.outbox import Notification
from store.records import Delivery
from tests.builders import NOON
from tests.conftest import Clock
from tests.reports import report_facts
from tests.voting import ALONE, vote

NAMES = ("mail", "slack")
ALERTS = AlertSettings(
    channels=tuple(ChannelSettings(name=name, kind="apprise", url_env="DIGEST_URL") for name in NAMES),
    digest=DigestSettings(every="day", at="08:00", channels=NAMES),
)
ENVIRON = {"DIGEST_URL": "json://127.0.0.1:9"}
UNTIL = NOON.replace(hour=8)
EVENT = "digest:2026-11-20T08:00:00+00:00"


@pytest.fixture
async def service(tmp_path: Path, clock: Clock) -> AsyncIterator[Service]:
    """A service of its own that sends a report each morning."""
    settings = Settings(database=tmp_path / "a.duckdb", alerts=ALERTS, monitors=ALONE)
    async with Service(settings, clock=clock, environ=ENVIRON, scheduled=False) as running:
        vote(running.store, [0.95] * 8)
        yield running


def owed(service: Service) -> tuple[Notification | None, list[Delivery]]:
    with service.store.read() as c:
        return outbox.get_notification(c, EVENT), outbox.find(c)


async def test_what_is_due_is_owed_to_each_channel(service: Service) -> None:
    """One notification of the last day, and a pending delivery for each channel that the digest names."""
    assert await digest.send_due(service)
    told, deliveries = owed(service)
    assert told is not None
    assert (told.event, told.occurred_at) == ("digest", UNTIL)
    assert sorted((one.channel, one.state, one.event_id) for one in deliveries) == [
        (name, "pending", EVENT) for name in NAMES
    ]


async def test_it_is_owed_once(service: Service, clock: Clock) -> None:
    """Asked each minute, and after a restart, it stays one."""
    sent = []
    for _ in range(3):
        sent.append(await digest.send_due(service))
        clock.advance(minutes=1)
    assert sent == [True, False, False]
    assert len(owed(service)[1]) == 2


async def test_the_next_one_begins_where_it_ended(service: Service, clock: Clock) -> None:
    """A day later there is another one, of the day between."""
    await digest.send_due(service)
    clock.advance(days=1)
    assert await digest.send_due(service)
    with service.store.read() as c:
        told = outbox.notifications(c)[0].data["digest"]
    assert (told["from"], told["until"]) == ("2026-11-20T08:00:00Z", "2026-11-21T08:00:00Z")


async def test_every_attempt_says_the_same(service: Service) -> None:
    """The page is kept with the notification: what is counted later does not change it."""
    await digest.send_due(service)
    before, _ = owed(service)
    vote(service.store, [0.2] * 4, start=NOON - timedelta(days=1), prefix="late")
    after, _ = owed(service)
    assert before is not None
    assert after is not None
    assert digest.attachments(before.data) == digest.attachments(after.data)


async def test_the_page_goes_along_as_a_file(service: Service) -> None:
    """An HTML file of a fixed name; nothing goes along with another event."""
    await digest.send_due(service)
    told, _ = owed(service)
    assert told is not None
    (file,) = digest.attachments(told.data)
    assert (file.name, file.media_type, file.content[:15]) == ("leadline-report.html", "text/html", b"<!doctype html>")
    assert digest.attachments({"test": True}) == ()


def test_the_data_has_the_promised_names() -> None:
    """from, until, title, text, and the page."""
    told = digest.notification(report_facts()).data["digest"]
    assert list(told) == ["from", "until", "title", "text", "html"]
    assert told["title"] == "Leadline report, 13 Nov to 20 Nov 2026: no regression open"


async def test_another_process_that_was_faster_wins(service: Service) -> None:
    """What is owed already stays as it is."""
    await digest.send_due(service)
    told, deliveries = owed(service)
    assert told is not None
    again = digest.notification(report_facts(end=UNTIL))
    assert not service.store.run(lambda c: digest._owe(c, again, deliveries)).result()
    assert owed(service)[0] == told
