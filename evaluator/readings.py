"""Gauges that are told as a whole, by name: what they say and their labels. And which names become series at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

OTHERS = "(others)"
"""Names beyond the most frequent ones: they are others' to choose, and every one is a series."""
MOST_NAMES = 50
"""So many features, and so many judges, have series of their own."""

Described = Mapping[str, tuple[str, tuple[str, ...]]]
"""By name, without `leadline_`: a line of help, and the labels. What ends in `_total` only grows."""


class Reading(NamedTuple):
    """One value of a gauge; `labels` in the order in which it is described."""

    gauge: str
    labels: tuple[str, ...]
    value: float


JUDGE_GAUGES: Described = {
    "coverage": ("Samples of the last 24 hours by how far they came.", ("feature", "judge", "what")),
    "unscored": ("Samples of the last 24 hours without a verdict, by reason.", ("feature", "judge", "what", "reason")),
    "judge_pending": ("Samples that the judge owes a verdict.", ("judge",)),
    "judge_oldest_seconds": ("How long the oldest of them has waited.", ("judge",)),
    "judge_state": ("1 for the state the judge is in.", ("judge", "state")),
    "judge_batched": ("Whether the judge waits for batches.", ("judge",)),
    "judge_cost_usd": ("USD spent this UTC day.", ("judge",)),
    "judge_spent_usd_total": ("USD spent on the judge in all time.", ("judge",)),
    "judge_flip_rate": ("Share of repeated verdicts decided otherwise.", ("judge",)),
    "judge_cache_hit_rate": ("Share of prompt tokens from the provider's cache.", ("judge",)),
    "judge_sampling_factor": ("What a budget multiplies the judge's rate by.", ("judge",)),
    "budget_usd": ("USD that may be spent in the period.", ("judge", "period")),
    "budget_left_usd": ("USD left of a budget.", ("judge", "period")),
}

RATE = ("feature", "judge")
MONITOR = (*RATE, "metric")
MONITOR_GAUGES: Described = {
    "monitors": ("Monitors by the state they are in.", ("state",)),
    "monitor_state": ("1 for the state the monitor is in.", (*MONITOR, "state")),
    "monitor_log_evidence": ("Natural logarithm of the evidence for a change.", MONITOR),
    "monitor_log_threshold": ("Natural logarithm of the evidence that raises an alert.", MONITOR),
    "monitor_drop": ("Change for the worse of what fires.", MONITOR),
    "monitor_drop_interval_low": ("Lower end of its 95 % interval.", MONITOR),
    "monitor_drop_interval_high": ("Upper end of its 95 % interval.", MONITOR),
    "monitor_onset_timestamp_seconds": ("The likeliest start of what fires.", MONITOR),
    "monitor_detectable_drop": ("Smallest change that would be found within 7 days.", MONITOR),
    "pass_rate_interval_low": ("Lower end of the pass rate's 95 % interval.", RATE),
    "pass_rate_interval_high": ("Upper end of the pass rate's 95 % interval.", RATE),
    "pass_rate_votes": ("Votes behind the pass rate.", RATE),
    "pass_rate_baseline": ("Pass rate of the baseline.", RATE),
}

LOOK_GAUGES: Described = {
    "last_look_timestamp_seconds": ("When the last look at monitors and rules ended.", ()),
    "last_look_duration_seconds": ("How long it took.", ()),
}

SERVICE_GAUGES: Described = {
    "start_timestamp_seconds": ("When this process first set the gauges of the minute.", ()),
    "last_measure_timestamp_seconds": ("When the gauges of the minute were set.", ()),
    "look_interval_seconds": ("How often the scheduler looks.", ()),
    "disk_free_bytes": ("Bytes free where the database lies.", ()),
    "disk_full": ("Whether samples are refused because the disk is nearly full.", ()),
    "database_bytes": ("Size of the database.", ()),
    "alerts": ("Alerts by state.", ("state",)),
    "incidents": ("Incidents by state and severity.", ("state", "severity")),
    "regressions": (
        "Alerts that fire, by what they are about and the incident they belong to.",
        (*MONITOR, "rule", "severity", "state", "withheld", "incident"),
    ),
    "deliveries_waiting": ("Messages that are owed to a channel.", ("channel",)),
    "deliveries_oldest_seconds": ("How long the oldest that is due has waited.", ("channel",)),
    "deliveries_dead": ("Messages to a channel that were given up.", ("channel",)),
    "channel_failing": ("Whether a channel refused the last message tried.", ("channel",)),
}


class Names:
    """The most frequent of some names, which have series of their own.

    >>> named = Names([("a", 2), ("b", 3), ("c", 1)], at_most=2)
    >>> [named(one) for one in "abc"]
    ['a', 'b', '(others)']
    """

    def __init__(self, counted: Iterable[tuple[str, float]], at_most: int = MOST_NAMES) -> None:
        self._known = frozenset(most(counted)[:at_most])

    def __contains__(self, name: str) -> bool:
        return name in self._known

    def __call__(self, name: str) -> str:
        """The name, or what it is summed up as; no name is none's to choose and stays."""
        return name if not name or name in self._known else OTHERS


def most(counted: Iterable[tuple[str, float]]) -> list[str]:
    """Names by how often they are counted.

    >>> most([("a", 2), ("b", 3), ("a", 2)])
    ['a', 'b']
    """
    sums: dict[str, float] = defaultdict(float)
    for name, n in counted:
        sums[name] += n
    return sorted(sums, key=sums.__getitem__, reverse=True)
