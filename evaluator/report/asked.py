"""What is asked for: a time, and which features."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase

from evaluator.errors import InputError

DAYS = 7
MOST_DAYS = 92


@dataclass(frozen=True, slots=True)
class Asked:
    """A report of [start, end) on the features that the glob fits."""

    start: datetime
    end: datetime
    feature: str = "*"

    def takes(self, feature: str) -> bool:
        """Whether the feature is one of them."""
        return fnmatchcase(feature, self.feature)


def asked(
    now: datetime, start: datetime | None, end: datetime | None, feature: str | None, days: float = DAYS
) -> Asked:
    """The last `days` up to `end`, or from `start` on; `end` is now unless given. InputError: no such time.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 11, 20, 12, tzinfo=UTC)
    >>> asked(noon, None, None, None).start.isoformat()
    '2026-11-13T12:00:00+00:00'
    """
    until = end or now
    since = start or until - timedelta(days=days)
    if until > now:
        raise InputError(
            f"the report would end in the future, at {until.isoformat()}: leave its end out, and it ends now"
        )
    if not since < until:
        raise InputError(
            f"the report would end at {until.isoformat()}, before it begins ({since.isoformat()}): turn them round"
        )
    if until - since > timedelta(days=MOST_DAYS):
        raise InputError(f"a report tells of at most {MOST_DAYS} days; ask for fewer")
    return Asked(since, until, feature or "*")
