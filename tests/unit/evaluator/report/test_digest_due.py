"""When a report is due: a table over days, weeks, changes of the clocks, and services that were down."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from evaluator.report.digest import due
from evaluator.settings_alerts import AlertSettings, ChannelSettings, DigestSettings

CHANNEL = ChannelSettings(name="mail", kind="apprise", url_env="MAIL_URL")


def settings(every: str | None, at: str = "08:00", day: str = "monday", zone: str = "Europe/Berlin") -> AlertSettings:
    digest = DigestSettings(every=every, at=at, day=day, channels=("mail",))  # type: ignore[arg-type]
    return AlertSettings(channels=(CHANNEL,), digest=digest, time_zone=zone)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text if len(text) > 11 else f"2026-{text}").replace(tzinfo=UTC)


DAILY, WEEKLY, AUCKLAND = settings("day"), settings("week"), settings("day", zone="Pacific/Auckland")
# 2026-11-20 is a Friday; Berlin is one hour before UTC in winter and two in summer.
TABLE = [
    ("a minute before", DAILY, "11-19 07:00", "11-20 06:59", None),
    ("on time", DAILY, "11-19 07:00", "11-20 07:00", "11-19 07:00 to 11-20 07:00"),
    ("sent already", DAILY, "11-20 07:00", "11-20 07:01", None),
    ("back in the afternoon", DAILY, "11-19 07:00", "11-20 15:12", "11-19 07:00 to 11-20 07:00"),
    ("down for days: one for all", DAILY, "11-16 07:00", "11-20 09:00", "11-16 07:00 to 11-20 07:00"),
    ("down for very long", DAILY, "2025-01-01 07:00", "11-20 09:00", "11-19 07:00 to 11-20 07:00"),
    ("the first one", DAILY, None, "11-20 09:00", "11-19 07:00 to 11-20 07:00"),
    ("the first one, before its time", DAILY, None, "11-20 06:00", "11-18 07:00 to 11-19 07:00"),
    ("weekly, on its day", WEEKLY, "11-16 07:00", "11-23 07:00", "11-16 07:00 to 11-23 07:00"),
    ("weekly, a minute before", WEEKLY, "11-16 07:00", "11-23 06:59", None),
    ("weekly, back on Wednesday", WEEKLY, "11-09 07:00", "11-18 12:00", "11-09 07:00 to 11-16 07:00"),
    ("weekly, the first one", WEEKLY, None, "11-20 12:00", "11-09 07:00 to 11-16 07:00"),
    ("the clocks went back: 25 hours", DAILY, "10-24 06:00", "10-25 07:00", "10-24 06:00 to 10-25 07:00"),
    ("25 hours are not over", DAILY, "10-24 06:00", "10-25 06:30", None),
    ("the clocks went forward: 23 hours", DAILY, "03-28 07:00", "03-29 06:00", "03-28 07:00 to 03-29 06:00"),
    ("a time that is left out", settings("day", "02:30"), "03-28 01:30", "03-29 01:30", "03-28 01:30 to 03-29 01:30"),
    ("a time that comes twice", settings("day", "02:30"), "10-24 00:30", "10-25 00:30", "10-24 00:30 to 10-25 00:30"),
    ("not again at the second one", settings("day", "02:30"), "10-25 00:30", "10-25 01:30", None),
    ("a week with a change of the clocks", WEEKLY, "10-19 06:00", "10-26 07:00", "10-19 06:00 to 10-26 07:00"),
    ("a day begins elsewhere", AUCKLAND, "11-18 19:00", "11-19 19:00", "11-18 19:00 to 11-19 19:00"),
    ("an hour later from now on", settings("day", "09:00"), "11-20 07:00", "11-20 08:00", None),
    ("and the day after", settings("day", "09:00"), "11-20 07:00", "11-21 08:00", "11-20 07:00 to 11-21 08:00"),
    ("daily instead of weekly", DAILY, "11-16 07:00", "11-17 07:00", "11-16 07:00 to 11-17 07:00"),
    ("another weekday", settings("week", day="wednesday"), "11-16 07:00", "11-18 07:00", None),
    ("switched off", settings(None), None, "11-20 09:00", None),
]  # fmt: skip


@pytest.mark.parametrize(("case", "given", "last", "now", "expected"), TABLE, ids=[row[0] for row in TABLE])
def test_due(case: str, given: AlertSettings, last: str | None, now: str, expected: str | None) -> None:
    """The time that is told of, or that none is due (all times UTC, of 2026 unless said)."""
    span = tuple(map(at, expected.split(" to "))) if expected else None
    assert due(given, at(last) if last else None, at(now)) == span


def test_nobody_is_told_without_channels() -> None:
    """A digest that names no channel is none."""
    nobody = AlertSettings(channels=(CHANNEL,), digest=DigestSettings(every="day"))
    assert due(nobody, None, datetime(2026, 11, 20, 12, tzinfo=UTC)) is None


def test_reports_leave_nothing_out() -> None:
    """A year of looks every twenty minutes, through both changes of the clocks: each report begins where one ended."""
    now, last = datetime(2026, 1, 1, tzinfo=UTC), None
    spans = []
    while now.year == 2026:
        if span := due(DAILY, last, now):
            spans.append(span)
            last = span[1]
        now = datetime.fromtimestamp(now.timestamp() + 1200, UTC)
    assert len(spans) == 366
    assert all(before[1] == after[0] for before, after in pairwise(spans))
