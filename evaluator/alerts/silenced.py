"""Which alerts the silences cover at this moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from evaluator.alerts import muting
from evaluator.alerts.alarm import alarm
from evaluator.alerts.severity import Severity
from evaluator.settings import Settings
from store import silences
from store.database import Connection
from store.incidents import Member
from store.records import Alert
from store.silences import Silence


@dataclass(frozen=True, slots=True)
class Silenced:
    """The silences and maintenance windows of one store as of `now`."""

    silences: Sequence[Silence]
    settings: Settings
    now: datetime

    @classmethod
    def read(cls, c: Connection, settings: Settings, now: datetime) -> Silenced:
        """What is stored."""
        return cls(silences.find(c), settings, now)

    def until(self, member: Member, alert: Alert) -> datetime | None:
        """When the silence ends that covers an alert that fires; None when none does."""
        if alert.resolved_at is not None or not self.silences:
            return None
        found = muting.muting(self.silences, labels_of(member, alert, self.settings), self.now)
        return muting.until(found, self.now) if found else None


def labels_of(member: Member, alert: Alert, settings: Settings) -> Mapping[str, str]:
    """What matchers and routes know of an alert."""
    feature = alert.evidence.get("monitor", {}).get("feature", "")
    return alarm(alert, owner=settings.feature(feature).owner, severity=Severity(member.severity)).labels
