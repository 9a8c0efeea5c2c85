"""Who is told, and when at the earliest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from evaluator.alerts.routing import recipients, way
from evaluator.settings_alerts import AlertSettings, ChannelSettings, RouteSettings

FRIDAY = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CHANNELS = tuple(ChannelSettings(name=name, kind="apprise", url_env="X") for name in ("pager", "slack", "mail"))


def settings(*routes, **fields):
    return AlertSettings(channels=CHANNELS, routes=tuple(RouteSettings(**route) for route in routes), **fields)


def labels(feature="chat", severity="warning", owner=""):
    return {"feature": feature, "owner": owner, "severity": severity}


PAGED = {"name": "paged", "severities": ("critical",), "channels": ("pager", "slack")}
TEAM = {"name": "team", "owners": ("team-a",), "features": ("chat*",), "channels": ("mail",)}
NOBODY = {"name": "nobody", "severities": ("info",), "channels": ()}


@pytest.mark.parametrize(
    ("given", "route", "channels"),
    [
        (labels(severity="critical"), "paged", ("pager", "slack")),
        (labels(severity="critical", owner="team-a"), "paged", ("pager", "slack")),
        (labels(owner="team-a"), "team", ("mail",)),
        (labels(owner="team-b"), "(default)", ("pager", "slack", "mail")),
        (labels(feature="search", owner="team-a"), "(default)", ("pager", "slack", "mail")),
        (labels(severity="info"), "nobody", ()),
    ],
)
def test_first_match_wins(given, route, channels):
    """The first route whose severities, features and owners all match decides; without one everybody is told."""
    found = way(given, settings(PAGED, TEAM, NOBODY), FRIDAY)
    assert (found.route, found.channels, found.held_until) == (route, channels, None)


@pytest.mark.parametrize(
    ("hour", "severity", "until"),
    [
        (12, "warning", None),
        (22, "warning", FRIDAY + timedelta(hours=19)),
        (3, "warning", FRIDAY - timedelta(hours=5)),
        (7, "warning", None),
        (22, "critical", None),
    ],
)
def test_quiet_hours(hour, severity, until):
    """In quiet hours messages wait for their end, but for severities that are let through."""
    night = {"name": "night", "channels": ("mail",), "quiet": "22:00-07:00"}
    found = way(labels(severity=severity), settings(night), FRIDAY.replace(hour=hour))
    assert found.held_until == until


def test_quiet_hours_are_in_the_zone_of_those_who_sleep():
    """22:00 in Tokyo is 13:00 UTC; the clock change of a night moves the end with it."""
    night = {"name": "night", "channels": ("mail",), "quiet": "22:00-07:00"}
    in_tokyo = way(labels(), settings(night, time_zone="Asia/Tokyo"), FRIDAY.replace(hour=13))
    assert in_tokyo.held_until == FRIDAY.replace(hour=22)
    before_the_change = datetime(2026, 10, 24, 23, 0, tzinfo=UTC)
    in_berlin = way(labels(), settings(night, time_zone="Europe/Berlin"), before_the_change)
    assert in_berlin.held_until == datetime(2026, 10, 25, 6, 0, tzinfo=UTC)


def test_a_quiet_weekend_ends_on_monday_morning():
    """Quiet days and the quiet hours that follow them are one quiet time."""
    calm = {"name": "calm", "channels": ("mail",), "quiet": "22:00-07:00", "quiet_days": ("saturday", "sunday")}
    saturday, friday_night = FRIDAY + timedelta(days=1), FRIDAY.replace(hour=23)
    monday = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
    assert [way(labels(), settings(calm), at).held_until for at in (saturday, friday_night)] == [monday, monday]


def test_an_incident_goes_where_any_of_its_alerts_goes():
    """Channels of all routes, each as early as any of them allows."""
    night = {"name": "night", "owners": ("team-a",), "channels": ("mail", "slack"), "quiet": "22:00-07:00"}
    day = {"name": "day", "channels": ("slack",)}
    late = FRIDAY.replace(hour=23)
    told = recipients([labels(owner="team-a"), labels()], settings(night, day), late)
    assert told == {"mail": late + timedelta(hours=8), "slack": late}


def test_a_route_to_a_channel_that_is_not_there():
    """A misspelt channel is found when the service starts, with the names that there are."""
    with pytest.raises(ValueError, match=r"'paged' names the channel 'pagr'; alerts.channels has mail, pager"):
        settings({**PAGED, "channels": ("pagr",)})


@pytest.mark.parametrize(
    ("fields", "says"),
    [({"quiet": "08:00-08:00"}, "no time at all"), ({"quiet_days": ("monday",) * 7}, "at most 6")],
)
def test_quiet_time_that_makes_no_sense(fields, says):
    """Quiet hours without length, and a week of quiet days, are refused."""
    with pytest.raises(ValueError, match=says):
        RouteSettings(name="calm", channels=("mail",), **fields)
