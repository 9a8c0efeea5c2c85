"""How incidents read: a headline, since when, who sees to it, and why nobody was told.

All of it is Markdown; names, labels and reasons in it are foreign and go through `plain`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

from evaluator.alerts.evidence import past
from evaluator.api.alert_shapes import AlertView
from evaluator.api.incident_shapes import IncidentView
from evaluator.monitors.words import RATE_OF_JUDGE, moved
from ui.moments import moment, onset_words
from ui.theme import SEVERITIES, SILENCED, badge
from ui.told import Told, read
from ui.words import percent, plain, subject, which_share

STORM = 3
"""An incident of more features than this is told by their number."""
WITHHELD = {
    "silenced": "silenced",
    "explained": "explained by a broken judge or an outage",
    "past": "a new rule found it in the past",
    "never told": "it was over before anybody was told",
}
SOURCES = {"judge_errors": "a broken judge", "unscored": "a broken judge", "errors": "an outage"}
"""What explains other alerts, by the metric of its own."""


def lead(incident: IncidentView) -> AlertView | None:
    """The alert that speaks for the incident: one that fires and is not explained, the worst first, pass rates first.

    An incident without alerts has none.
    """
    return max(incident.alerts, key=_weight, default=None)


def headline(incident: IncidentView) -> str:
    """The incident in a line: what its lead says and how many more there are; of a storm, how large it is."""
    features = {one.feature for one in incident.alerts}
    if len(features) > STORM:
        return f"{len(incident.alerts)} alerts of {len(features)} features that began at one time"
    first = lead(incident)
    if first is None:
        return plain(incident.title)
    more = len(incident.alerts) - 1
    return alert_headline(first) + (f" (+{more} more)" if more else "")


def alert_headline(alert: AlertView) -> str:
    """One alert in a line: what was watched, from where to where its share went."""
    told, what = read(alert.evidence), subject(alert)
    if told.rule:
        return f"Plain rule {plain(told.rule.name, 60)} on {plain(alert.feature)}: {plain(told.rule.in_words)}"
    before, (now, when) = told.baseline.rate, told.last_seen
    if before is None or now is None:
        return f"{what} got worse"
    share = which_share(alert.metric, told.says) if told.says else ""
    changed = f" changed: the share {share}" if share else ""
    moment_of = "" if alert.resolved_at else f" {when}"
    return f"{what}{changed} {moved(told.bad)} from {percent(before)} to {percent(now)}{moment_of}"


def evidence_of(incident: IncidentView) -> Told:
    """What the newest message said, with the last look's figures; without one, what the leading alert knows."""
    messages = sorted(incident.notifications, key=lambda one: one.occurred_at)
    if messages:
        data = messages[-1].data
        by_now = {one.alert_id: one.evidence.get("drop") for one in incident.alerts if one.resolved_at is None}
        drop = by_now.get(data.get("alert_id", ""))
        if drop:
            return read({**data, "drop": drop})
        return read(past(data) if by_now else data)
    first = lead(incident)
    return read(first.evidence if first else {})


def since(incident: IncidentView, zone: tzinfo) -> str:
    """Since when, with its interval; of what has no onset, when it was opened."""
    onset = evidence_of(incident).onset
    if onset.at is None:
        return f"Opened {moment(incident.opened_at, zone)}"
    return onset_words(onset.at, onset.lo_at, onset.hi_at, zone)


def seen_to(incident: IncidentView) -> str:
    """Who sees to it; of what is over, who saw to it and who ended it by hand."""
    over = incident.state == "resolved"
    verb = "saw" if over else "sees"
    who = f"{plain(incident.acknowledged_by, 60)} {verb} to it" if incident.acknowledged_by else ""
    to = incident.assignee if incident.assignee != incident.acknowledged_by else None
    given = f"assigned to {plain(to, 60)}" if to else ""
    ended = f"ended by {plain(incident.resolved_by, 60)}" if over and incident.resolved_by else ""
    words = ", ".join(part for part in (who, given, ended) if part)
    if words:
        return words[:1].upper() + words[1:]
    return "Nobody saw to it" if over else "Nobody sees to it yet"


def withheld(incident: IncidentView, known: Mapping[str, AlertView]) -> str:
    """Why nobody was told; empty where somebody was. `known` are alerts that may explain others, by id."""
    if not incident.withheld:
        return ""
    by = [known[one.explained_by] for one in incident.alerts if one.explained_by and one.explained_by in known]
    if incident.withheld == "explained" and by:
        return f"Nobody was told: explained by {explainer(by[0])}"
    return f"Nobody was told: {WITHHELD.get(incident.withheld) or plain(incident.withheld)}"


def untold(incident: IncidentView) -> str:
    """That no channel was told of what is open and not held back on purpose; empty where one was."""
    if incident.state == "resolved" or incident.withheld or incident.deliveries:
        return ""
    return "Told to nobody: there is no channel, or no route leads to one"


def silenced(until: datetime | None, zone: tzinfo) -> str:
    """A badge with the end of the silence that covers something now; empty without.

    >>> from datetime import UTC
    >>> silenced(datetime(2026, 11, 17, 13, 15, tzinfo=UTC), UTC)
    ':orange-badge[:material/notifications_paused: silenced until Tue 17 Nov 13:15 UTC]'
    """
    return badge(SILENCED, f"silenced until {moment(until, zone)}") if until else ""


def explainer(alert: AlertView) -> str:
    """What explains other alerts.

    >>> from tests.incident_views import alert
    >>> explainer(alert("chat", "tone", "judge_errors"))
    'a broken judge (judge error rate of `tone` on `chat`)'
    """
    what = subject(alert)
    return f"{SOURCES.get(alert.metric, 'another alert')} ({what[:1].lower()}{what[1:]})"


def _weight(alert: AlertView) -> tuple[bool, bool, int, bool, float, str]:
    told = read(alert.evidence)
    rank = SEVERITIES.index(alert.severity) if alert.severity in SEVERITIES else len(SEVERITIES)
    size = told.drop.at_alarm.size or 0.0
    fires = alert.resolved_at is None
    return fires, not alert.explained_by, -rank, alert.metric == RATE_OF_JUDGE, size, alert.alert_id
