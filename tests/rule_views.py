"""Plain rules that the stand-in for the read API tells: one that fires, one that does not, or hostile names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from evaluator.api.rule_shapes import FalseAlarms, RuleView

LOOKED_AT = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FIRED_AT = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)


def rule(name: str, feature: str = "support-chat", judge: str = "valid_json", **fields: Any) -> RuleView:
    """A drop rule that is within its limit; name what is different."""
    known: dict[str, Any] = {
        "rule_id": f"rule_{name}_{feature}_{judge}",
        "name": name,
        "kind": "drop",
        "in_words": "pass rate down 5 points over the last 100 votes",
        "feature": feature,
        "judge": judge,
        "judge_version": "a1b2c3d4e5f6" if judge else "",
        "state": "ok",
        "reason": "within",
        "value": 0.968,
        "limit": 0.921,
        "n": 104.0,
        "min_n": 100,
        "looked_at": LOOKED_AT,
        "alert_id": None,
        "fired_at": None,
        "false_alarms_per_30_days": FalseAlarms(mean=17.2, lo=9.0, hi=27.0, runs=200, days=30.0),
    }
    return RuleView(**known | fields)


def firing_rule(name: str, feature: str = "support-chat", judge: str = "valid_json", **fields: Any) -> RuleView:
    """A drop rule that fires since Wednesday afternoon."""
    known = {"state": "firing", "reason": "over", "value": 0.88, "alert_id": f"alert-{name}", "fired_at": FIRED_AT}
    return rule(name, feature, judge, **known | fields)


def slow_rule(**fields: Any) -> RuleView:
    """A rule on the p95 of latency, of a feature without a baseline."""
    known: dict[str, Any] = {
        "kind": "quantile",
        "in_words": "p95 of latency_ms above 10,000 over 60 minutes",
        "value": 8140.0,
        "limit": 10_000.0,
        "n": 31.0,
        "min_n": 20,
        "false_alarms_per_30_days": None,
    }
    return rule("slow", fields.pop("feature", "search-summary"), "", **known | fields)


def usual_rules() -> list[RuleView]:
    return [slow_rule(), firing_rule("five points")]


def hostile_rules(texts: Sequence[str]) -> list[RuleView]:
    """Every hostile text as a feature and as a judge."""
    return [rule("five points", text, other) for text, other in zip(texts, reversed(texts), strict=True)]
