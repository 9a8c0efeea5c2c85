"""Which alarms are no news: a broken judge or an outage accounts for them."""

from __future__ import annotations

from collections.abc import Iterable

from evaluator.alerts.alarm import Alarm
from evaluator.alerts.grouping import overlap

OF_JUDGE = frozenset({"judge_errors", "unscored"})
"""A judge that fails, or does not come to score: it accounts for what its verdicts seem to say."""
OUTAGE = "errors"
"""Requests that fail: they account for what else changes about the feature."""
QUALITY = frozenset({"pass_rate", "score", "label"})
SLACK = 0.02
"""How much of a fall may be left over; the smallest that raises an alert."""


def sources(alarms: Iterable[Alarm]) -> list[Alarm]:
    """Those that can account for others: what fires of judges that fail, and of requests that do."""
    return [one for one in alarms if one.fires and one.monitor["metric"] in (*OF_JUDGE, OUTAGE)]


def explanation(alarm: Alarm, others: Iterable[Alarm]) -> Alarm | None:
    """The firing alarm that accounts for this one; None when there is none."""
    return next((source for source in others if source.fires and explains(source, alarm)), None)


def explains(source: Alarm, alarm: Alarm) -> bool:
    """Whether `source` accounts for `alarm`: they began together, and it is large enough.

    Of a share u that is lacking, the pass rate of the rest can have moved by what these would have been: with all of
    them good, it is p (1 - u) + u. Where that is the baseline's, nothing else need have happened.
    """
    of, own = alarm.monitor, source.monitor
    if own["feature"] != of["feature"] or not overlap(source, alarm) or own["metric"] == of["metric"]:
        return False
    if own["metric"] in OF_JUDGE:
        return own["judge"] == of["judge"] and of["metric"] in QUALITY and _large_enough(source, alarm)
    if own["metric"] != OUTAGE:
        return False
    return of["metric"] not in QUALITY or _large_enough(source, alarm)


def _large_enough(source: Alarm, alarm: Alarm) -> bool:
    told = alarm.alert.evidence
    lacking = (source.alert.evidence.get("value") or {}).get("rate")
    now, before = ((told.get(side) or {}).get("rate") for side in ("value", "baseline"))
    if lacking is None or now is None or before is None:
        return False
    good, was = (now, before) if told.get("bad", "down") == "down" else (1.0 - now, 1.0 - before)
    return bool(good * (1.0 - lacking) + lacking >= was - SLACK)
