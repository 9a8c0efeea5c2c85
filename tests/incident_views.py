"""Incidents, silences, channels and their history, as the fake API tells them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from evaluator.api.alert_shapes import AlertView, DeliveryView
from evaluator.api.incident_shapes import (
    ChannelView,
    EntryView,
    IncidentView,
    NotificationView,
    SilenceView,
    WayView,
)

RATE = ("n", "rate", "lo", "hi")
NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ONSET = datetime(2026, 11, 17, 13, 15, tzinfo=UTC)
FIRED = ONSET + timedelta(hours=25, minutes=45)
SILENT = NOW + timedelta(hours=5)
"""When the silence ends that holds."""
SAYS = {
    "pass_rate": "pass rate",
    "judge_errors": "judge error rate",
    "errors": "error rate",
    "latency_ms": "latency slower than the baseline's p90 (812 ms)",
}
REFUSED = "connection refused by hooks.example (attempt 9)"


def iso(moment: datetime) -> str:
    """As evidence writes times."""
    return moment.isoformat().replace("+00:00", "Z")


def evidence(feature: str, judge: str, metric: str = "pass_rate", texts: Sequence[str] = ()) -> dict[str, Any]:
    """An evidence pack of a pass rate that fell, or of a share that rose; `texts` stand for all that is foreign."""
    rise = metric != "pass_rate"
    text = (lambda i, usual: texts[i % len(texts)]) if texts else (lambda _, usual: usual)
    asked = ("Wo ist meine Rechnung von Oktober?", "How do I cancel?", "Kann ich die Adresse ändern?")
    return {
        "monitor": {
            "monitor_id": f"{feature}-{judge or metric}",
            "feature": feature,
            "judge": judge,
            "judge_version": "a1b2c3d4e5f6",
            "metric": metric,
        },
        "says": SAYS[metric] if not texts or not rise else f"with stop reason {texts[0]}",
        "bad": "up" if rise else "down",
        "value": dict(zip(RATE, (501, 0.224, 0.189, 0.262) if rise else (501, 0.88, 0.849, 0.906), strict=True)),
        "baseline": dict(zip(RATE, (1000, 0.101, 0.084, 0.121) if rise else (1000, 0.971, 0.959, 0.98), strict=True)),
        "drop": {"at_alarm": {"size": 0.122 if rise else 0.091, "lo": 0.062, "hi": 0.164}},
        "evidence": {
            "in_words": "evidence 31,000:1 against ‘nothing changed’, threshold 25,920",
            "false_alarms_per_30_days": 1.0,
        },
        "onset": {
            "at": iso(ONSET),
            "lo_at": iso(ONSET - timedelta(minutes=45)),
            "hi_at": iso(ONSET + timedelta(minutes=45)),
        },
        "marker": {
            "kind": "release",
            "name": text(1, "2026.11.3"),
            "feature": feature,
            "origin": "command",
            "ts": iso(ONSET - timedelta(minutes=15)),
            "fit": "inside",
            "timing": "15 minutes before the likeliest onset, inside its 90 % interval",
            "in_words": f"release {text(1, '2026.11.3')} went out 15 minutes before",
        },
        "why": text(2, "Same requests, same mix: the answers got worse."),
        "where": [
            {
                "name": text(i, name),
                "score": 9.1 - i,
                "rate_before": 0.952,
                "rate_now": now,
                "n_before": 300,
                "n_now": n,
            }
            for i, (name, now, n) in enumerate((("language=de", 0.61, 204), ("plan=pro", 0.74, 310)))
        ],
        "coverage": {
            "in_words": "Verdicts: 96.2 % of what was to be judged (99.0 % in the baseline); 4 failed, 15 wait"
        },
        "examples": []
        if rise
        else [
            {
                "sample_id": text(i, f"req_{i}"),
                "ts": iso(NOW),
                "request": text(i + 3, question),
                "response": text(
                    i + 4, 'Gerne! Hier ist die Antwort: {"answer": "Im Konto unter Belege", "topic": "bil'
                ),
                "explanation": text(i + 5, "Not JSON: the text before the brace is no part of it."),
            }
            for i, question in enumerate(asked)
        ],
        "flags": ["new_stratum"],
    }


def alert(feature: str, judge: str, metric: str = "pass_rate", /, **fields: Any) -> AlertView:
    """A firing alert; name what is different."""
    known: dict[str, Any] = {
        "alert_id": f"alert-{feature}-{judge}-{metric}",
        "monitor_id": f"{feature}-{judge or metric}",
        "feature": feature,
        "judge": judge,
        "metric": metric,
        "state": "firing",
        "fired_at": FIRED,
        "resolved_at": None,
        "evidence": evidence(feature, judge, metric, fields.pop("texts", ())),
        "deliveries": [],
        "severity": "critical",
    }
    return AlertView(**known | fields)


def delivery(channel: str, state: str, event: str = "firing", **fields: Any) -> DeliveryView:
    """What a channel is owed of the first incident."""
    known: dict[str, Any] = {
        "event_id": f"inc_1:{event}",
        "channel": channel,
        "event": event,
        "state": state,
        "attempts": 1,
        "created_at": FIRED,
        "next_attempt_at": NOW + timedelta(minutes=4),
        "delivered_at": FIRED + timedelta(seconds=3) if state == "delivered" else None,
        "last_error": None,
        "incident_id": "inc_1",
    }
    return DeliveryView(**known | fields)


def entry(minutes: int, action: str, actor: str = "leadline", /, **fields: Any) -> EntryView:
    """A line of history, so many minutes after the alarm; people act on the page."""
    via = fields.pop("via", "leadline" if actor == "leadline" else "ui")
    subject, subject_id = fields.pop("subject", "incident"), fields.pop("subject_id", "inc_1")
    ts = FIRED + timedelta(minutes=minutes)
    key = None if actor == "leadline" else "3fa94c10"
    return EntryView(
        ts=ts, actor=actor, via=via, key=key, action=action, subject=subject, subject_id=subject_id, detail=fields
    )


def incident(number: int, alerts: Sequence[AlertView], /, **fields: Any) -> IncidentView:
    """An open incident of these alerts that oncall was told of."""
    incident_id = f"inc_{number}"
    own = [one.model_copy(update={"incident_id": incident_id}) for one in alerts]
    known: dict[str, Any] = {
        "incident_id": incident_id,
        "title": f"{alerts[0].feature} · {alerts[0].judge}: pass rate 88.0 %, was 97.1 %",
        "state": "firing",
        "severity": "critical",
        "opened_at": FIRED + timedelta(minutes=number),
        "resolved_at": None,
        "acknowledged_at": None,
        "acknowledged_by": None,
        "assignee": None,
        "withheld": None,
        "alerts": own,
        "deliveries": [] if fields.get("withheld") else [delivery("oncall", "delivered", incident_id=incident_id)],
        "notifications": [],
        "history": [entry(0, "opened", alerts=len(own), subject_id=incident_id)],
    }
    return IncidentView(**known | fields)


def told(number: int, event: str, lead: AlertView, **more: Any) -> NotificationView:
    """What an event told."""
    return NotificationView(
        event_id=f"inc_{number}:{event}",
        event=event,
        occurred_at=FIRED,
        data={"alert_id": lead.alert_id, **lead.evidence, **more},
    )


def usual(texts: Sequence[str] = ()) -> list[IncidentView]:
    """A fall that moved three metrics, one that somebody sees to, a silenced one, one of a broken judge, three over."""
    word = texts[0] if texts else "support-chat"
    who = texts[1] if texts else "Ana"
    lead = alert(word, "valid_json", texts=texts)
    failing = alert("search-summary", "helpfulness", "judge_errors", severity="warning", alert_id="broken")
    explained = alert("search-summary", "helpfulness", explained_by="broken")
    ended = {"state": "resolved", "resolved_at": NOW - timedelta(hours=20)}
    return [
        incident(
            1,
            [lead, alert(word, "smell_heuristic", texts=texts), alert(word, "", "latency_ms", severity="warning")],
            deliveries=[
                delivery("oncall", "delivered"),
                delivery("slack", "dead", attempts=10, last_error=texts[2] if texts else REFUSED),
                delivery("mail", "pending", "updated", attempts=2, last_error="421 try again later"),
            ],
            notifications=[told(1, "firing", lead), told(1, "updated", lead, update={"why": "worse"})],
            history=[
                entry(0, "opened", alerts=2),
                entry(0, "told", event="firing", why="began", channels=["oncall", "slack"]),
                entry(6, "joined", alert_id="x", feature=word, judge="", metric="latency_ms"),
                entry(9, "commented", who, text=texts[3] if texts else "It is the new greeting, I think."),
                entry(12, "assigned", who, to=texts[4] if texts else "Ben", **{"from": None}, via="command"),
                entry(14, "told", event="updated", why="worse", channels=["mail"]),
                entry(31, "commented", "Ben", text="Confirmed: the prompt lost its last line.\nRolling back p7 now."),
            ],
            assignee=texts[4] if texts else "Ben",
        ),
        incident(
            2,
            [alert("tax-desk", "answer", severity="warning", state="acknowledged")],
            state="acknowledged",
            severity="warning",
            acknowledged_by=who,
            acknowledged_at=FIRED + timedelta(hours=1),
            assignee=who,
        ),
        incident(
            3,
            [alert("nightly-batch", "answer", silenced_until=SILENT)],
            severity="warning",
            withheld="silenced",
            silenced_until=SILENT,
        ),
        incident(4, [failing, explained], severity="warning", withheld="explained"),
        incident(
            5,
            [alert("legacy-bot", "not_truncated", **ended)],
            acknowledged_by="Ben",
            notifications=[told(5, "resolved", alert("legacy-bot", "not_truncated"), recovery=recovered())],
            **ended,
        ),
        incident(6, [alert("support-chat", "not_truncated", **ended)], severity="info", withheld="past", **ended),
        incident(7, [alert("tax-desk", "polite", **ended)], resolved_by=who, **ended),
    ]


def unheard() -> list[IncidentView]:
    """One that would have been told, had there been a channel; its numbers moved on since the alarm."""
    told_then = evidence("support-chat", "valid_json")
    now = {"size": 0.1, "lo": 0.068, "hi": 0.143, "rate": 0.871}
    lead = alert("support-chat", "valid_json", evidence={**told_then, "drop": {**told_then["drop"], "now": now}})
    history = [entry(0, "opened", alerts=1), entry(0, "told", event="firing", why="began", channels=[])]
    return [incident(1, [lead], deliveries=[], notifications=[told(1, "firing", lead)], history=history)]


def recovered() -> dict[str, Any]:
    """The share at the recovery."""
    return {"n": 240, "rate": 0.967, "lo": 0.938, "hi": 0.983}


def many() -> list[IncidentView]:
    """Three hundred open incidents, and sixty that are over."""
    ended = {"state": "resolved", "resolved_at": NOW - timedelta(hours=20)}
    names = [f"feature-number-{i:03d}-with-a-rather-long-name" for i in range(360)]
    rank = ("critical", "warning", "info")
    return [
        incident(i, [alert(name, f"judge_{i % 4}")], severity=rank[i % 3], **(ended if i >= 300 else {}))
        for i, name in enumerate(names)
    ]


def storm() -> list[IncidentView]:
    """One incident of two hundred alerts with three hundred lines of history and a hundred deliveries."""
    names = [f"feature-number-{i:03d}-with-a-rather-long-name" for i in range(50)]
    alerts = [alert(name, f"judge_{i}") for i in range(4) for name in names]
    return [
        incident(
            1,
            alerts,
            notifications=[told(1, "firing", alerts[0])],
            deliveries=[delivery(f"channel-{i}", "delivered") for i in range(100)],
            history=[entry(i, "commented", "Ana", text=f"Still looking, {i}.") for i in range(300)],
        )
    ]


def silences(texts: Sequence[str] = ()) -> list[SilenceView]:
    """One that holds, a window of every week, one that was ended."""
    known: dict[str, Any] = {
        "kind": "silence",
        "starts_at": NOW - timedelta(hours=3),
        "ends_at": SILENT,
        "every": None,
        "created_at": NOW - timedelta(hours=3),
        "created_by": texts[0] if texts else "Ana",
        "ended_at": None,
        "ended_by": None,
        "state": "active",
        "covers": 2,
        "concerns": 4,
    }
    reason = texts[1] if texts else "The nightly batch is being moved to another region."
    window = {"kind": "maintenance", "every": "week", "state": "waiting", "covers": 0, "concerns": 0}
    window |= {"starts_at": NOW + timedelta(days=1), "ends_at": NOW + timedelta(days=1, hours=2)}
    over = {"state": "over", "ended_at": NOW - timedelta(hours=1), "ended_by": "Ben", "covers": 0}
    night = {"feature": texts[2] if texts else "nightly-*", "severity": "warning"}
    return [
        SilenceView(silence_id="sil_1", matchers=night, reason=reason, **known),
        SilenceView(silence_id="sil_2", matchers={"owner": "search"}, reason="Reindexing", **known | window),
        SilenceView(silence_id="sil_3", matchers={"feature": "legacy-bot"}, reason="Retired", **known | over),
    ]


def channels(texts: Sequence[str] = ()) -> list[ChannelView]:
    """One that takes messages, one that fails, one that is no longer configured."""
    known: dict[str, Any] = {
        "kind": "webhook",
        "state": "ok",
        "waiting": 0,
        "oldest_at": None,
        "failures": 0,
        "last_error": None,
        "retry_at": None,
        "dead": 0,
        "delivered_last_day": 12,
        "last_delivered_at": NOW - timedelta(minutes=20),
    }
    failing = {"kind": "apprise", "state": "failing", "waiting": 3, "failures": 9, "dead": 2, "delivered_last_day": 0}
    failing |= {"oldest_at": NOW - timedelta(hours=2), "retry_at": NOW + timedelta(minutes=4)}
    failing |= {"last_error": texts[0] if texts else REFUSED, "last_delivered_at": NOW - timedelta(hours=3)}
    removed = {"kind": "", "state": "removed", "delivered_last_day": 0}
    return [
        ChannelView(name="oncall", **known),
        ChannelView(name="slack", **known | failing),
        ChannelView(name=texts[1] if texts else "old-pager", **known | removed),
    ]


def ways(features: Sequence[str]) -> list[WayView]:
    """Critical alerts to all, the others to slack, information to nobody before the morning."""
    told_of = {"critical": ["oncall", "slack"], "warning": ["slack"], "info": []}
    return [
        WayView(
            feature=feature,
            owner="search" if feature.startswith("search") else "",
            severity=severity,
            route="(default)" if severity == "critical" else "working-hours",
            channels=names,
            held_until=NOW + timedelta(hours=19) if severity == "warning" else None,
        )
        for feature in features
        for severity, names in told_of.items()
    ]
