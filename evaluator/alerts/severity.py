"""How bad an alert is: by how far the share got worse, and by how much of all traffic its feature has."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from evaluator.settings_alerts import SeveritySettings

GRADES = frozenset({"pass_rate", "score", "label", "errors", "judge_errors", "unscored"})
"""Metrics that say whether answers are good, or there at all. The others describe: they are warnings at most."""


class Severity(StrEnum):
    """The worst first."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"

    @property
    def rank(self) -> int:
        """Larger is worse."""
        return -list(Severity).index(self)


def severity(metric: str, drop: float | None, share: float, settings: SeveritySettings) -> Severity:
    """The severity of a change by `drop` (in rate; None: unknown) of a feature with this share of the traffic.

    >>> from evaluator.settings_alerts import SeveritySettings
    >>> usual = SeveritySettings()
    >>> [str(severity("pass_rate", drop, share, usual)) for drop, share in ((.2, .5), (.2, .01), (.07, .5), (.03, 1))]
    ['critical', 'warning', 'warning', 'info']
    >>> str(severity("latency_ms", 0.4, 1.0, usual)), str(severity("pass_rate", None, 1.0, usual))
    ('warning', 'warning')
    """
    if drop is None:
        return Severity.WARNING
    if drop >= settings.critical_drop and share >= settings.critical_share and metric in GRADES:
        return Severity.CRITICAL
    return Severity.WARNING if drop >= settings.warning_drop else Severity.INFO


def worst(found: list[Severity]) -> Severity:
    """The worst of these; info without any."""
    return max(found, key=lambda one: one.rank, default=Severity.INFO)
