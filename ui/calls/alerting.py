"""Alerts: what is open, what was told, and what people do about it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from evaluator.api.alert_shapes import AlertView, DeliveryView
from evaluator.api.incident_shapes import ChannelView, EntryView, IncidentView, SilenceView, WayView
from ui.calls.transport import SLOW_SECONDS, Transport, quoted


class Alerting(Transport):
    """Alerts, incidents, silences, channels and the audit log; `by` is who acts."""

    def alerts(self, state: str | None = None, monitor_id: str | None = None) -> list[AlertView]:
        """Alerts, newest first; `state` is firing or resolved."""
        return self._get("/v1/alerts", list[AlertView], state=state, monitor_id=monitor_id)

    def alert(self, alert_id: str) -> AlertView:
        """One alert; NotFoundError when there is none with this id."""
        return self._get(f"/v1/alerts/{quoted(alert_id)}", AlertView)

    def incidents(self, state: str, limit: int) -> list[IncidentView]:
        """Incidents, newest first, with what headlines need; `state` is open, firing, acknowledged or resolved."""
        return self._get("/v1/incidents", list[IncidentView], state=state, limit=limit, brief="true")

    def incident(self, incident_id: str) -> IncidentView:
        """One incident with what was told and its history; NotFoundError when there is none with this id."""
        return self._get(f"/v1/incidents/{quoted(incident_id)}", IncidentView)

    def act(self, incident_id: str, action: str, by: str, **told: str | None) -> IncidentView:
        """Does something about an incident: ack, unack (`note`), assign (`to`), comment (`text`), resolve (`note`)."""
        return self._post(f"/v1/incidents/{quoted(incident_id)}/{action}", IncidentView, {"by": by, **told})

    def silences(self) -> list[SilenceView]:
        """Silences and maintenance windows, those that hold first, the past ones too."""
        return self._get("/v1/silences", list[SilenceView], past="true")

    def silence(self, by: str, asked: Mapping[str, Any]) -> SilenceView:
        """Begins a silence, or plans a maintenance window: matchers, ends_at, reason and the rest as the API has it."""
        return self._post("/v1/silences", SilenceView, {"by": by, **asked})

    def end_silence(self, silence_id: str, by: str) -> SilenceView:
        """Ends a silence now."""
        return self._post(f"/v1/silences/{quoted(silence_id)}/end", SilenceView, {"by": by})

    def channels(self) -> list[ChannelView]:
        """How every channel fares."""
        return self._get("/v1/channels", list[ChannelView])

    def try_channel(self, name: str, by: str) -> DeliveryView:
        """Sends a test message; the delivery says whether the channel took it."""
        return self._post(f"/v1/channels/{quoted(name)}/test", DeliveryView, {"by": by}, SLOW_SECONDS)

    def deliveries(self, state: str, limit: int) -> list[DeliveryView]:
        """What channels are and were owed, in this state, newest first."""
        return self._get("/v1/deliveries", list[DeliveryView], state=state, limit=limit)

    def send_again(self, event_id: str, channel: str, by: str) -> DeliveryView:
        """Owes a delivery again that was given up."""
        return self._post("/v1/deliveries/retry", DeliveryView, {"by": by, "event_id": event_id, "channel": channel})

    def routes(self) -> list[WayView]:
        """Who would be told now, of each feature and severity."""
        return self._get("/v1/routes", list[WayView])

    def audit(self, limit: int) -> list[EntryView]:
        """Who did what, newest first."""
        return self._get("/v1/audit", list[EntryView], limit=limit)
