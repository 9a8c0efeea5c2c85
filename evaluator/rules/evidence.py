"""What a plain rule's alert says: the evidence pack of every alert, with the rule in place of the detector."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from evaluator.alerts.evidence import iso
from evaluator.api.rule_shapes import FalseAlarms
from evaluator.api.shapes import Interval
from evaluator.drift.intervals import wilson
from evaluator.monitors.words import RATE_OF_JUDGE
from evaluator.rules.subject import Subject, in_words
from evaluator.rules.threshold import Window
from evaluator.settings_rules import DropRule

FLAG = "plain_rule"


@dataclass(frozen=True, slots=True)
class Facts:
    """What a look found. `window` and `normal` count bad ones; `shown` and `limit` are in the rule's own unit."""

    subject: Subject
    looked_at: datetime
    window: Window
    normal: Window | None
    shown: float | None
    limit: float | None
    false_alarms: FalseAlarms | None
    public_url: str


def pack(facts: Facts) -> dict[str, Any]:
    """The evidence of a rule that fires. Rates are pass rates for a drop, else shares of what is over the limit."""
    subject, base = facts.subject, facts.subject.baseline
    value, normal = rate(subject, facts.window), rate(subject, facts.normal)
    fell = None if value.rate is None or normal.rate is None else normal.rate - value.rate
    return {
        "monitor": {
            "monitor_id": subject.rule_id,
            "feature": subject.series.feature,
            "judge": subject.series.judge,
            "judge_version": subject.series.judge_version,
            "metric": RATE_OF_JUDGE if isinstance(subject.rule, DropRule) else subject.rule.of,
        },
        "says": None,
        "reading": None,
        "share": None,
        "bad": "down" if subject.bad_is_failed else "up",
        "value": value.model_dump(),
        "baseline": {
            **normal.model_dump(),
            "start_at": iso(base.start_at) if base else None,
            "end_at": iso(base.end_at) if base else None,
            "origin": base.origin if base else None,
        },
        "drop": {"at_alarm": {"size": fell if subject.bad_is_failed else None, "lo": None, "hi": None}},
        "evidence": _strength(facts.false_alarms),
        "onset": {"at": None, "lo_at": None, "hi_at": None},
        "marker": None,
        "why": None,
        "where": [],
        "mix": None,
        "inputs": None,
        "bounds": None,
        "coverage": None,
        "examples": [],
        "flags": [FLAG],
        "looked_at": iso(facts.looked_at),
        "link": facts.public_url.rstrip("/") + "/",
        "told": True,
        "rule": {
            "name": subject.rule.name,
            "kind": subject.rule.kind,
            "in_words": in_words(subject.rule),
            "observed": facts.shown,
            "limit": facts.limit,
        },
    }


def _strength(false_alarms: FalseAlarms | None) -> dict[str, Any]:
    mean = false_alarms.mean if false_alarms else None
    told = "an unknown number of" if mean is None else f"about {mean:.2g}"
    return {
        "ratio": None,
        "threshold": None,
        "log_ratio": None,
        "log_threshold": None,
        "false_alarms_per_30_days": mean,
        "in_words": f"a plain rule, which raises {told} false alarms per 30 days here",
    }


def recovery(subject: Subject, window: Window) -> dict[str, Any]:
    """What the window shows when the rule resolves."""
    return rate(subject, window).model_dump()


def rate(subject: Subject, window: Window | None) -> Interval:
    """The share of bad ones with its n and interval; for a drop the pass rate."""
    if window is None or window.share is None:
        return Interval(n=window.n if window else 0.0, rate=None, lo=None, hi=None)
    share = min(max(window.share, 0.0), 1.0)
    rate = 1.0 - share if subject.bad_is_failed else share
    lo, hi = wilson(rate * window.n, window.n) or (None, None)
    return Interval(n=window.n, rate=rate, lo=lo, hi=hi)
