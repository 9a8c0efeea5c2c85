"""Prometheus Alertmanager: alerts pushed to its API v2, as Prometheus itself does.

Alertmanager keeps alerts in memory and ends what it has not heard of for a while. So what fires is pushed again each
minute (`refresh`), each time with an end a few minutes ahead: when Leadline dies, its alerts end by themselves, and
after a restart of Alertmanager they are back within a minute.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx2

from evaluator import outbound
from evaluator.alerts.evidence import iso
from evaluator.alerts.message import DeliveryError, Event, Message
from evaluator.alerts.plain import excerpt
from evaluator.alerts.state import State
from evaluator.alerts.target import Target
from evaluator.alerts.wording import render_text, title
from store.records import Json

PATH = "/api/v2/alerts"
LASTS = timedelta(minutes=5)
"""How long an alert goes on after the last push that said it fires."""


class AlertmanagerChannel:
    """Pushes every alert of an incident by itself: grouping, silences and routes are Alertmanager's own there."""

    def __init__(self, name: str, target: Target) -> None:
        self.name = name
        self._target = target

    async def send(self, message: Message) -> None:
        """Pushes the alerts of the message's incident, those that are over with their end; a test lasts minutes."""
        if message.event == Event.DIGEST:
            raise DeliveryError("Alertmanager shows no reports: take an apprise channel for them", retry=False)
        if message.event == Event.TEST:
            await self._push([_test(message)], message.sent_at)
        else:
            await self._push(list(alerts(message.data, message.sent_at)), message.sent_at)

    async def refresh(self, told: Sequence[Json], now: datetime) -> None:
        """Says again what fires. `told` are the open incidents, each as the data of a message about it."""
        found = [one for data in told for one in alerts(data, now, over=False)]
        if found:
            await self._push(found, now)

    async def _push(self, found: Sequence[Json], now: datetime) -> None:
        await self._target.post(json.dumps(found, allow_nan=False), {}, now)


def endpoint(url: str) -> str:
    """Where alerts are posted to, of Alertmanager's own address, which may have a path in front.

    >>> endpoint("http://127.0.0.1:9093"), endpoint("https://me:word@am.example/prefix/")
    ('http://127.0.0.1:9093/api/v2/alerts', 'https://me:word@am.example/prefix/api/v2/alerts')
    """
    base = httpx2.URL(url)
    return str(base.copy_with(path=base.path.rstrip("/").removesuffix(PATH) + PATH))


def alerts(data: Json, now: datetime, *, over: bool = True) -> Iterator[dict[str, Any]]:
    """The alerts of a message, as Alertmanager takes them; with `over` also those that are resolved.

    What another alert of the incident explains is left out, it is no news of its own, and what fires in a silence.
    """
    for entry in data["incident"]["alerts"]:
        resolved = entry["state"] == State.RESOLVED
        if not entry["explained_by"] and (over if resolved else not entry["silenced"]):
            ends = (entry["resolved_at"] or iso(now)) if resolved else iso(now + LASTS)
            yield {
                "labels": labels(entry, data),
                "annotations": _annotations(entry, data),
                "startsAt": entry["fired_at"],
                "endsAt": ends,
                **({"generatorURL": entry["link"]} if outbound.is_http(entry["link"] or "") else {}),
            }


def labels(entry: Json, data: Json) -> dict[str, str]:
    """The alert's identity, and what it can be routed by; one without a value is left out, as in Prometheus.

    The severity is among them although it may change: then this is another alert to Alertmanager, and the one before
    ends by itself, because it is not pushed any more.
    """
    named = {
        "alertname": "LeadlineRegression",
        "severity": entry["severity"],
        "owner": _owner(entry, data),
        "feature": entry["feature"],
        "judge": entry["judge"],
        "metric": entry["metric"],
        "monitor": entry["monitor_id"],
    }
    return {name: excerpt(value) for name, value in named.items() if value}


def _owner(entry: Json, data: Json) -> str | None:
    """The owner of the alert's feature. The message's own is that of its first alert's feature."""
    own: str | None = entry.get("owner")
    leads = entry["feature"] == data["incident"]["alerts"][0]["feature"]
    return own or (data["owner"] if leads else None)


def _annotations(entry: Json, data: Json) -> dict[str, str]:
    """Words about it: all that is known of the incident's first alert, of others a line."""
    said = {"summary": entry["title"], "incident": data["incident"]["link"]}
    if entry["alert_id"] == data["alert_id"]:
        said |= {"summary": title(data), "description": render_text(data), "since": data["onset"]["at"]}
    return {name: text for name, text in said.items() if text}


def _test(message: Message) -> dict[str, Any]:
    return {
        "labels": {"alertname": "LeadlineTest", "severity": "info", "channel": message.data["channel"]},
        "annotations": {"summary": title(message.data), "description": render_text(message.data)},
        "startsAt": iso(message.sent_at),
        "endsAt": iso(message.sent_at + LASTS),
    }
