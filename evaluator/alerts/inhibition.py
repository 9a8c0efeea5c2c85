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

    Of a share u that has come to be lacking, the pass rate of the rest can have moved by what these would have been:
    with all of them good, it is p (1 - u) + u. Where that is the baseline's, nothing else need have happened. No other
    share can have moved by more than u.
    """
    of, own = alarm.monitor, source.monitor
    if own["feature"] != of["feature"] or not overlap(source, alarm) or own["metric"] == of["metric"]:
        return False
    if own["metric"] in OF_JUDGE and (own["judge"] != of["judge"] or of["metric"] not in QUALITY):
        return False
    return own["metric"] in (*OF_JUDGE, OUTAGE) and _large_enough(source, alarm)


def _large_enough(source: Alarm, alarm: Alarm) -> bool:
    told, lacking = alarm.alert.evidence, _lacking(source)
    now, before = _rates(alarm)
    if lacking is None or now is None or before is None:
        return False
    if alarm.monitor["metric"] not in QUALITY:
        return abs(now - before) <= lacking + SLACK
    good, was = (now, before) if told.get("bad", "down") == "down" else (1.0 - now, 1.0 - before)
    return good * (1.0 - lacking) + lacking >= was - SLACK


def _lacking(source: Alarm) -> float | None:
    """The share that is lacking now of what was there in the baseline."""
    now, before = _rates(source)
    if now is None:
        return None
    return max(now - (before or 0.0), 0.0) / max(1.0 - (before or 0.0), SLACK)


def _rates(alarm: Alarm) -> tuple[float | None, float | None]:
    """The share now and in the baseline; None where it had no votes, as that of a plain rule has none."""
    told = alarm.alert.evidence
    now, before = ((told.get(side) or {}).get("rate") for side in ("value", "baseline"))
    return now, before
