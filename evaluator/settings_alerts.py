"""Where alerts go, to whom, when, and how often: the table `alerts` of leadline.toml. See docs/alerts.md."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from evaluator.settings_group import Group

SeverityName = Literal["critical", "warning", "info"]
DayName = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
TIME_OF_DAY = r"^([01]\d|2[0-3]):[0-5]\d$"
VARIABLE = r"^[A-Za-z_][A-Za-z0-9_]*$"
"""The name of an environment variable: a URL that is put there by mistake would be shown wherever the name is."""
SPAN_OF_DAY = r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$"


def _is_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no time zone; they are called like Europe/Berlin or UTC")
    return name


def _has_length(span: str) -> str:
    start, end = span.split("-")
    if start == end:
        raise ValueError(f"{span!r} is no time at all; for whole days use quiet_days")
    return span


QuietHours = Annotated[str, Field(pattern=SPAN_OF_DAY), AfterValidator(_has_length)]
TimeZone = Annotated[str, AfterValidator(_is_zone)]


class ChannelSettings(Group):
    """Somewhere messages go."""

    name: str = Field(description="Name of the channel in messages and deliveries.", pattern=r"^[a-z0-9_-]{1,40}$")
    kind: Literal["webhook", "apprise", "alertmanager"] = Field(
        description="webhook: signed by Standard Webhooks; apprise: any apprise URL; alertmanager: Prometheus's."
    )
    url_env: str = Field(
        pattern=VARIABLE,
        description="Name of the environment variable that holds the target URL (it may carry secrets).",
    )
    secret_env: str | None = Field(
        None,
        pattern=VARIABLE,
        description="Name of the environment variable with the webhook's signing secret (whsec_…).",
    )
    allow_private: bool = Field(False, description="Allow a target on a private or loopback address.")
    chart: bool = Field(True, description="Send a small chart along where the service behind apprise takes pictures.")


class RouteSettings(Group):
    """Who is told of what: the first route that matches decides; what none matches goes to every channel."""

    name: str = Field(description="Name of the route in `leadline alert routes`.", pattern=r"^[a-z0-9_-]{1,40}$")
    features: tuple[str, ...] = Field(("*",), description="Globs of features.")
    owners: tuple[str, ...] = Field(("*",), description="Globs of owners (features.NAME.owner; empty without one).")
    severities: tuple[SeverityName, ...] = Field(("critical", "warning", "info"), description="Which severities.")
    channels: tuple[str, ...] = Field(description="Names of channels; an empty list tells nobody.")
    quiet: QuietHours | None = Field(None, description="Quiet hours as 22:00-07:00 in alerts.time_zone; messages wait.")
    quiet_days: tuple[DayName, ...] = Field(
        (), max_length=6, description="Days that are quiet from midnight to midnight; not all seven."
    )
    quiet_except: tuple[SeverityName, ...] = Field(
        ("critical",), description="Severities that are told in quiet hours too."
    )


class SeveritySettings(Group):
    """How bad an alert is: by the points that were lost, and by how much of all traffic its feature has."""

    critical_drop: float = Field(0.10, gt=0, lt=1, description="Least change of a critical alert (0.1 is 10 points).")
    critical_share: float = Field(
        0.05, ge=0, le=1, description="Least share of all samples of 7 days that its feature must have, too."
    )
    warning_drop: float = Field(0.05, gt=0, lt=1, description="Least change of a warning; below it is info.")


class DigestSettings(Group):
    """The report that is sent by itself; `leadline report` makes it at any time."""

    every: Literal["day", "week"] | None = Field(None, description="How often; none: it is not sent.")
    day: DayName = Field("monday", description="On which day the weekly one is sent.")
    at: str = Field("08:00", pattern=TIME_OF_DAY, description="Time of day in alerts.time_zone.")
    channels: tuple[str, ...] = Field((), description="Names of channels that get it; they must be of kind apprise.")


class AlertSettings(Group):
    """Who is told of regressions, where, when and how often."""

    channels: tuple[ChannelSettings, ...] = Field((), description="Where alerts go.")
    routes: tuple[RouteSettings, ...] = Field((), description="Who is told of what, first match wins; none: all of it.")
    severity: SeveritySettings = Field(default_factory=SeveritySettings, description="What is critical.")
    digest: DigestSettings = Field(default_factory=DigestSettings, description="A report by the day or the week.")
    time_zone: TimeZone = Field("UTC", description="Zone of quiet hours and of the report.")
    repeat_hours: float = Field(
        24.0,
        gt=0,
        description="What goes on is told again after so long, unless somebody acknowledged it.",
    )
    storm_incidents: int = Field(
        5, ge=1, description="More new incidents at one look, begun at one time, are told as one: a storm."
    )
    max_per_hour: int = Field(
        30, ge=1, description="Most messages to one channel in an hour; the others wait for their turn."
    )
    max_attempts: int = Field(
        10, ge=1, description="Attempts at a message that its channel refuses while it takes others; then it is dead."
    )
    give_up_hours: float = Field(
        72.0, gt=0, description="How long a channel that is down is tried; then what is older is dead."
    )
    public_url: str = Field(
        "", description="Address of the UI in messages; without it, the address the service listens on."
    )

    @property
    def zone(self) -> ZoneInfo:
        """The zone of quiet hours and of the report."""
        return ZoneInfo(self.time_zone)

    @model_validator(mode="after")
    def _channels_exist(self) -> Self:
        kinds = {channel.name: channel.kind for channel in self.channels}
        for route in self.routes:
            _require(route.channels, kinds, f"the route {route.name!r}")
        _require(self.digest.channels, kinds, "the digest")
        if silent := [name for name in self.digest.channels if kinds[name] != "apprise"]:
            raise ValueError(f"the digest names the channel {silent[0]!r}, which shows no report: take an apprise one")
        names = [route.name for route in self.routes]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"two routes are called {', '.join(sorted(twice))}; give each a name of its own")
        return self


def _require(named: Iterable[str], known: Iterable[str], where: str) -> None:
    """ValueError when a name is no channel's."""
    if missing := [name for name in named if name not in known]:
        have = ", ".join(sorted(known)) or "none"
        raise ValueError(f"{where} names the channel {missing[0]!r}; alerts.channels has {have}")
