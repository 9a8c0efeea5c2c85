"""The data of messages about an incident of two alerts, as docs/alerts.md describes it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from evaluator.alerts.evidence import iso
from evaluator.alerts.message import Attachment, Message
from tests.builders import NOON

PAGE = "http://leadline.example/regression?monitor="
EXAMPLE = {
    "sample_id": "s1",
    "ts": iso(NOON),
    "request": "Where is my order?",
    "response": "It is on its way. @everyone",
    "explanation": "Rude.",
    "link": f"{PAGE}m1&sample=s1",
}
EVIDENCE: dict[str, Any] = {
    "monitor": {
        "monitor_id": "m1",
        "feature": "support-chat",
        "judge": "tone",
        "judge_version": "v1",
        "metric": "pass_rate",
    },
    "says": "pass rate",
    "reading": 0,
    "bad": "down",
    "share": {"low": None, "high": None, "labels": [], "others": False},
    "value": {"rate": 0.82, "n": 612, "lo": 0.7875, "hi": 0.8485},
    "baseline": {
        "rate": 0.95,
        "n": 1000,
        "lo": 0.9346,
        "hi": 0.962,
        "start_at": iso(NOON - timedelta(days=8)),
        "end_at": iso(NOON - timedelta(days=6)),
        "origin": "first_window",
    },
    "drop": {"at_alarm": {"size": 0.13, "lo": 0.098, "hi": 0.162}},
    "evidence": {
        "ratio": 31000.0,
        "threshold": 25920.0,
        "log_ratio": 10.34,
        "log_threshold": 10.16,
        "false_alarms_per_30_days": 1.0,
        "in_words": "evidence 31,000:1 against ‘nothing changed’, threshold 25,920",
    },
    "onset": {
        "at": iso(NOON - timedelta(hours=22)),
        "lo_at": iso(NOON - timedelta(hours=25)),
        "hi_at": iso(NOON - timedelta(hours=20)),
    },
    "marker": None,
    "why": "Same requests, same mix: the answers got worse.",
    "where": [],
    "mix": None,
    "inputs": None,
    "bounds": {"unscored": 0, "worst": None, "best": None},
    "examples": [EXAMPLE],
    "flags": [],
    "looked_at": iso(NOON),
    "link": f"{PAGE}m1",
    "told": True,
}


def entry(number: int, fired_at: datetime, resolved_at: datetime | None = None, **fields: Any) -> dict[str, Any]:
    """One alert of the incident's list."""
    return {
        "alert_id": f"a{number}",
        "monitor_id": f"m{number}",
        "feature": "support-chat",
        "judge": "tone" if number == 1 else "",
        "metric": "pass_rate" if number == 1 else "latency_ms",
        "state": "resolved" if resolved_at else "firing",
        "severity": "critical" if number == 1 else "warning",
        "fired_at": iso(fired_at),
        "resolved_at": iso(resolved_at),
        "title": f"alert {number} in words",
        "link": f"{PAGE}m{number}",
        "silenced": False,
        "explained_by": None,
        **fields,
    }


def data(fired_at: datetime = NOON, resolved_at: datetime | None = None, **fields: Any) -> dict[str, Any]:
    """What a message says of the incident: firing, or with `resolved_at` over."""
    listed = [entry(1, fired_at, resolved_at), entry(2, fired_at, resolved_at)]
    state = "resolved" if resolved_at else "firing"
    recovery = {"recovery": {"rate": 0.95, "n": 300, "lo": 0.92, "hi": 0.97}} if resolved_at else {}
    return {
        **EVIDENCE,
        **recovery,
        "alert_id": "a1",
        "state": state,
        "fired_at": iso(fired_at),
        "resolved_at": iso(resolved_at),
        "severity": "critical",
        "owner": "team-support",
        "incident": {
            "incident_id": "incident-7",
            "state": state,
            "severity": "critical",
            "opened_at": iso(fired_at),
            "resolved_at": iso(resolved_at),
            "assignee": None,
            "acknowledged_by": None,
            "link": "http://leadline.example/alerts?incident=incident-7",
            "count": len(listed),
            "alerts": listed,
        },
        **fields,
    }


def message(
    event: str, told: dict[str, Any], sent_at: datetime = NOON, attachments: tuple[Attachment, ...] = ()
) -> Message:
    """The event on its way to a channel."""
    return Message(
        event_id=f"incident-7:{event}",
        event=event,
        occurred_at=sent_at,
        sent_at=sent_at,
        data=told,
        attachments=attachments,
    )


TEST = {"test": True, "channel": "oncall", "text": "This is a test of the channel oncall."}
DIGEST = {
    "digest": {
        "from": iso(NOON - timedelta(days=7)),
        "until": iso(NOON),
        "title": "Leadline: the week to 2026-11-20",
        "text": "2 regressions\nsupport-chat < 95 % & falling\nhttp://leadline.example/alerts",
    }
}
