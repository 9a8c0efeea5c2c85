"""The part of the fake API that is about alerting: it remembers what is done until the scenario changes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from fastapi import APIRouter, FastAPI, HTTPException, Request

from evaluator.alerts.evidence import in_brief
from evaluator.api.alert_shapes import AlertView, DeliveryView
from evaluator.api.incident_shapes import ChannelView, EntryView, IncidentView, SilenceView, WayView
from tests import incident_views as views
from tests.fake_service import ADMIN_KEY
from tests.incident_views import NOW

READER = "this needs a key with role admin (or admin); the one sent has read"
WORDS = {"ack": "acknowledged", "unack": "unacknowledged", "assign": "assigned", "comment": "commented"}
QUIET = ("empty", "fresh", "healthy")


@dataclass
class Desk:
    """What the fake knows of alerting; `readonly`: its key may read only."""

    incidents: list[IncidentView] = field(default_factory=list)
    silences: list[SilenceView] = field(default_factory=list)
    channels: list[ChannelView] = field(default_factory=list)
    log: list[EntryView] = field(default_factory=list)
    readonly: bool = False

    def find(self, incident_id: str) -> IncidentView:
        for one in self.incidents:
            if one.incident_id == incident_id:
                return one
        raise HTTPException(404, "no such incident")

    def put(self, changed: IncidentView) -> IncidentView:
        place = next(i for i, one in enumerate(self.incidents) if one.incident_id == changed.incident_id)
        self.incidents[place] = changed
        return changed

    def mute(self, made: SilenceView) -> None:
        """What matches carries the silence from now on."""
        for one in self.incidents:
            alerts = [
                alert.model_copy(update={"silenced_until": made.ends_at})
                if alert.resolved_at is None
                and all(fnmatchcase(str(getattr(alert, name, "")), glob) for name, glob in made.matchers.items())
                else alert
                for alert in one.alerts
            ]
            until = made.ends_at if all(alert.silenced_until for alert in alerts) else one.silenced_until
            self.put(one.model_copy(update={"alerts": alerts, "silenced_until": until}))

    def owed(self, state: str) -> list[DeliveryView]:
        return [one for incident in self.incidents for one in incident.deliveries if one.state == state]


def desk_of(scenario: str, hostile: list[str]) -> Desk:
    """What there is in a scenario: nothing happened where all is quiet."""
    if scenario in QUIET:
        return Desk()
    if scenario == "unheard":
        return Desk(views.unheard())
    texts = hostile if scenario == "hostile" else []
    incidents = {"huge": views.many, "storm": views.storm}.get(scenario, lambda: views.usual(texts))()
    if scenario == "states":
        seen = {"state": "acknowledged", "acknowledged_by": "Ana", "acknowledged_at": NOW, "assignee": None}
        incidents = [one.model_copy(update=seen) if one.incident_id == "inc_1" else one for one in incidents]
    log = [line for one in incidents for line in one.history]
    return Desk(incidents, views.silences(texts), views.channels(texts), log, readonly=scenario == "reader")


def router(api: FastAPI) -> APIRouter:
    """The endpoints, over the desk of the world that the fake shows."""
    routes = APIRouter(prefix="/v1")

    def desk() -> Desk:
        found: Desk = api.state.world.desk
        return found

    _add_reading(routes, desk, api)
    _add_doing(routes, desk)
    return routes


def _add_reading(routes: APIRouter, desk: Any, api: FastAPI) -> None:
    @routes.get("/incidents")
    def listed(state: str, limit: int, brief: bool) -> list[IncidentView]:
        shown = [one for one in desk().incidents if (one.state == "resolved") == (state == "resolved")]
        return [_listed(one, brief) for one in shown[:limit]]

    @routes.get("/incidents/{incident_id:path}")
    def one(incident_id: str) -> IncidentView:
        found: IncidentView = desk().find(incident_id)
        return found

    @routes.get("/alerts/{alert_id:path}")
    def alert(alert_id: str) -> AlertView:
        for incident in desk().incidents:
            for found in incident.alerts:
                if found.alert_id == alert_id:
                    return found
        raise HTTPException(404, "no such alert")

    @routes.get("/silences")
    def silences() -> list[SilenceView]:
        return list(desk().silences)

    @routes.get("/channels")
    def channels() -> list[ChannelView]:
        return list(desk().channels)

    @routes.get("/deliveries")
    def deliveries(state: str) -> list[DeliveryView]:
        return desk().owed(state)

    @routes.get("/routes")
    def ways() -> list[WayView]:
        return views.ways(list(dict.fromkeys(one.feature for one in api.state.world.monitors)) or ["(any feature)"])

    @routes.get("/audit")
    def audit(limit: int) -> list[EntryView]:
        return sorted(desk().log, key=lambda line: line.ts, reverse=True)[:limit]


def _listed(one: IncidentView, brief: bool) -> IncidentView:
    """As the list of incidents has it."""
    told = one.model_copy(update={"history": [], "notifications": []}, deep=True)
    for alert in told.alerts if brief else ():
        alert.evidence = in_brief(alert.evidence)
    return told


def _add_doing(routes: APIRouter, desk: Any) -> None:
    def act(request: Request, body: dict[str, Any], action: str, subject: str, subject_id: str) -> EntryView:
        if desk().readonly and request.headers.get("authorization") != f"Bearer {ADMIN_KEY}":
            raise HTTPException(403, READER)
        detail = {name: value for name, value in body.items() if name != "by" and value}
        via = request.headers.get("x-leadline-client", "api")
        line = views.entry(90, action, body["by"], via=via, subject=subject, subject_id=subject_id, **detail)
        desk().log.append(line)
        return line

    @routes.post("/silences", status_code=201)
    def silence(request: Request, body: dict[str, Any]) -> SilenceView:
        line = act(request, body, f"{body.get('kind', 'silence')} set", "silence", "sil_new")
        if datetime.fromisoformat(body["ends_at"]) <= datetime.fromisoformat(
            body.get("starts_at", "2026-01-01T00:00Z")
        ):
            raise HTTPException(422, "A silence ends after it starts, and not in the past: give a later end.")
        usual = views.silences()[0].model_dump()
        given = {name: value for name, value in body.items() if name != "by" and value is not None}
        made = SilenceView(
            **usual | given | {"silence_id": f"sil_{len(desk().silences) + 1}", "created_by": line.actor}
        )
        desk().silences.insert(0, made)
        desk().mute(made)
        return made

    @routes.post("/silences/{silence_id}/end")
    def end(request: Request, silence_id: str, body: dict[str, Any]) -> SilenceView:
        line = act(request, body, "silence ended", "silence", silence_id)
        place = next(i for i, one in enumerate(desk().silences) if one.silence_id == silence_id)
        over = {"state": "over", "ended_at": NOW, "ended_by": line.actor}
        ended: SilenceView = desk().silences[place].model_copy(update=over)
        desk().silences[place] = ended
        return ended

    @routes.post("/channels/{name}/test")
    def test(request: Request, name: str, body: dict[str, Any]) -> DeliveryView:
        act(request, body, "tested", "channel", name)
        lost = name != "oncall"
        return views.delivery(name, "dead" if lost else "delivered", "test", last_error=views.REFUSED if lost else None)

    @routes.post("/deliveries/retry")
    def retry(request: Request, body: dict[str, Any]) -> DeliveryView:
        act(request, {"by": body["by"]}, "sent again", "delivery", f"{body['event_id']} {body['channel']}")
        lost: DeliveryView = next(one for one in desk().owed("dead") if one.channel == body["channel"])
        lost.state = "pending"
        return lost

    @routes.post("/incidents/{incident_id}/{action}")
    def do(request: Request, incident_id: str, action: str, body: dict[str, Any]) -> IncidentView:
        found: IncidentView = desk().find(incident_id)
        line = act(request, body, WORDS.get(action, "resolved by hand"), "incident", incident_id)
        update: dict[str, Any] = {
            "ack": {"state": "acknowledged", "acknowledged_by": line.actor, "acknowledged_at": NOW},
            "unack": {"state": "firing", "acknowledged_by": None, "acknowledged_at": None},
            "assign": {"assignee": body.get("to")},
            "comment": {},
            "resolve": {"state": "resolved", "resolved_at": NOW, "resolved_by": line.actor},
        }[action]
        return desk().put(found.model_copy(update=update | {"history": [*found.history, line]}))  # type: ignore[no-any-return]
