"""What people are told of an incident: once when it begins, when it gets worse, after `repeat`, once when it is over.

Pure: the incident as it stands, its alarms, and what silences say come in; what to tell, and why not, comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from evaluator.alerts.alarm import Alarm, at_alarm
from evaluator.alerts.message import Event
from evaluator.alerts.severity import Severity, worst
from store.incidents import Incident

WORSE_FACTOR = 1.5
WORSE_POINTS = 0.02
"""It got worse when even the lower end of the change lies this far above what was told last, by both."""


class Why(StrEnum):
    """Why something is told, or not: the word that is stored."""

    BEGAN = "began"
    MORE_SEVERE = "more severe"
    WORSE = "worse"
    WIDER = "wider"
    UNEXPLAINED = "no longer explained"
    STILL_GOING_ON = "still going on"
    OVER = "over"
    SILENCED = "silenced"
    EXPLAINED = "explained"
    PAST = "past"
    NEVER_TOLD = "never told"
    NOTHING_NEW = "nothing new"


@dataclass(frozen=True, slots=True)
class Answer:
    """What to tell (None: nothing), and why."""

    event: Event | None
    why: Why


@dataclass(frozen=True, slots=True)
class Standing:
    """The alarms of an incident by what is known of them: `loud` fire and are neither silenced nor explained.

    `surfaced` were explained until now, and `unheard` are the channels that what is loud goes to and that were never
    told of the incident.
    """

    alarms: Sequence[Alarm]
    silenced: frozenset[str] = frozenset()
    explained: frozenset[str] = frozenset()
    surfaced: frozenset[str] = frozenset()
    unheard: frozenset[str] = frozenset()

    @property
    def firing(self) -> list[Alarm]:
        return [one for one in self.alarms if one.fires]

    @property
    def loud(self) -> list[Alarm]:
        quiet = self.silenced | self.explained
        return [one for one in self.firing if one.alert.alert_id not in quiet]

    @property
    def lead(self) -> Alarm:
        """The alarm that speaks for the incident: the worst of those that can."""
        return max(self.speaking, key=_weight)

    @property
    def severity(self) -> Severity:
        """That of the worst of those that can speak for the incident."""
        return worst([one.severity for one in self.speaking])

    @property
    def speaking(self) -> list[Alarm]:
        """What is loud; when nothing is, what fires; when all is over, what nothing explained."""
        unexplained = [one for one in self.alarms if one.alert.alert_id not in self.explained]
        return self.loud or self.firing or unexplained or list(self.alarms)


def decide(incident: Incident, standing: Standing, now: datetime, repeat: timedelta) -> Answer:
    """What the incident calls for now."""
    if not standing.firing:
        return _over(incident, standing)
    if incident.told_at is None:
        return Answer(Event.FIRING, Why.BEGAN) if standing.loud else Answer(None, _withheld(standing))
    if not standing.loud:
        return Answer(None, _withheld(standing))
    if incident.told_severity and standing.severity.rank > Severity(incident.told_severity).rank:
        return Answer(Event.UPDATED, Why.MORE_SEVERE)
    if is_worse(_told_drop(incident, standing.lead), standing.lead.drop_lo):
        return Answer(Event.UPDATED, Why.WORSE)
    if standing.surfaced:
        return Answer(Event.UPDATED, Why.UNEXPLAINED)
    if standing.unheard:
        return Answer(Event.UPDATED, Why.WIDER)
    if incident.acknowledged_at is None and now >= incident.told_at + repeat:
        return Answer(Event.UPDATED, Why.STILL_GOING_ON)
    return Answer(None, Why.NOTHING_NEW)


def is_worse(told: float | None, lowest: float | None) -> bool:
    """Whether a change is surely larger than the one that was told.

    >>> is_worse(0.10, 0.14), is_worse(0.10, 0.16), is_worse(0.02, 0.035), is_worse(None, 0.5)
    (False, True, False, False)
    """
    if told is None or lowest is None:
        return False
    return lowest >= max(told * WORSE_FACTOR, told + WORSE_POINTS)


def _told_drop(incident: Incident, lead: Alarm) -> float | None:
    """How far down the incident was said to be; at least as far as its lead was then, which may not have led before."""
    own, _, _ = at_alarm(lead.alert.evidence)
    joined = incident.told_at is None or lead.alert.fired_at > incident.told_at
    if incident.told_drop is None or own is None or joined:
        return incident.told_drop
    return max(incident.told_drop, own)


def _over(incident: Incident, standing: Standing) -> Answer:
    """What was told to begin is told to end, also in a silence: a page that was opened would stay open.

    What began and ended unseen is told in one message.
    """
    if any(one.alert.evidence.get("told", True) is False for one in standing.alarms):
        return Answer(None, Why.PAST)
    if incident.told_at is not None:
        return Answer(Event.RESOLVED, Why.OVER)
    if incident.withheld is not None:
        return Answer(None, Why.NEVER_TOLD)
    every = {one.alert.alert_id for one in standing.alarms}
    return Answer(None, Why.SILENCED) if every <= standing.silenced else Answer(Event.RESOLVED, Why.OVER)


def _withheld(standing: Standing) -> Why:
    every = {one.alert.alert_id for one in standing.firing}
    return Why.EXPLAINED if every <= standing.explained else Why.SILENCED


def _weight(alarm: Alarm) -> tuple[int, bool, float, str]:
    """Pass rates before what else moved; of equals the same one each time."""
    judged = alarm.monitor["metric"] == "pass_rate"
    return alarm.severity.rank, judged, alarm.drop or 0.0, alarm.alert.alert_id
