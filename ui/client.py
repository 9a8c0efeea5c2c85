"""The HTTP API as typed functions: the only way the UI learns anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import quote

import httpx2
from pydantic import TypeAdapter, ValidationError

from evaluator.alerts.actions import UI
from evaluator.api.alert_shapes import AlertView, DeliveryView
from evaluator.api.cause_shapes import CausesView
from evaluator.api.incident_shapes import ChannelView, EntryView, IncidentView, SilenceView, WayView
from evaluator.api.incidents import CLIENT_HEADER
from evaluator.api.judge_shapes import CostRow, CoverageView, JudgeView, ProviderView
from evaluator.api.plan_shapes import CurveView, PlanView
from evaluator.api.rule_shapes import RuleView
from evaluator.api.shapes import BatchView, IntakeView, MarkerView, MonitorView, SampleView, SeriesView
from evaluator.monitors.words import RATE_OF_JUDGE

DEFAULT_URL = "http://127.0.0.1:8321"
TIMEOUT_SECONDS = 10.0
SLOW_SECONDS = 60.0
"""For what waits for somebody else's server."""

T = TypeVar("T")


class ApiError(Exception):
    """The API did not answer as it should; the message says what happened and what to do next."""


class UnreachableError(ApiError):
    """Nothing listens at the address, or it does not answer in time."""


class KeyNeededError(ApiError):
    """The API wants a key, or does not accept this one."""


class NotFoundError(ApiError):
    """What was asked for is not there (any more)."""


class ForbiddenError(ApiError):
    """The key may not do this; the message says in the service's words what it takes."""


class RefusedError(ApiError):
    """The service does not do what was asked; the message is its reason."""


class Api:
    """One Leadline service: what it tells, and what people do there about alerts (`by` is who)."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self.url = url.rstrip("/")
        # What no header can carry is no key: the service refuses it like any wrong one.
        token = "".join(char if char.isascii() and char.isprintable() else "?" for char in key or "")
        self._headers = {CLIENT_HEADER: UI, **({"authorization": f"Bearer {token}"} if token else {})}

    def monitors(self) -> list[MonitorView]:
        """Every monitor with its last check."""
        return self._get("/v1/monitors", list[MonitorView])

    def series(self, monitor_id: str, step_minutes: int) -> SeriesView:
        """One monitor's history in steps; NotFoundError when there is no such monitor."""
        return self._get(f"/v1/monitors/{_quoted(monitor_id)}", SeriesView, step_minutes=step_minutes)

    def causes(self, monitor_id: str) -> CausesView:
        """What happened to a monitor: mix, slices, requests; NotFoundError when there is no such monitor."""
        return self._get(f"/v1/monitors/{_quoted(monitor_id)}/causes", CausesView)

    def rules(self) -> list[RuleView]:
        """Every plain rule as it stands, on each feature or judge that it is held against."""
        return self._get("/v1/rules", list[RuleView])

    def plan(self, drop: float, days: float, metric: str = RATE_OF_JUDGE) -> list[PlanView]:
        """What the metric's monitors see, and what it takes to see a fall in so many days; the blind ones first.

        None of a metric that no monitor watches.
        """
        return self._get("/v1/plan", list[PlanView], drop=drop, days=days, metric=metric)

    def curve(self, monitor_id: str, drop: float, days: float) -> CurveView:
        """One monitor's plan with fewer and more votes; NotFoundError when there is no such monitor."""
        return self._get(f"/v1/plan/{_quoted(monitor_id)}", CurveView, drop=drop, days=days)

    def alerts(self, state: str | None = None, monitor_id: str | None = None) -> list[AlertView]:
        """Alerts, newest first; `state` is firing or resolved."""
        return self._get("/v1/alerts", list[AlertView], state=state, monitor_id=monitor_id)

    def alert(self, alert_id: str) -> AlertView:
        """One alert; NotFoundError when there is none with this id."""
        return self._get(f"/v1/alerts/{_quoted(alert_id)}", AlertView)

    def incidents(self, state: str, limit: int) -> list[IncidentView]:
        """Incidents, newest first, without history; `state` is open, firing, acknowledged or resolved."""
        return self._get("/v1/incidents", list[IncidentView], state=state, limit=limit)

    def incident(self, incident_id: str) -> IncidentView:
        """One incident with what was told and its history; NotFoundError when there is none with this id."""
        return self._get(f"/v1/incidents/{_quoted(incident_id)}", IncidentView)

    def act(self, incident_id: str, action: str, by: str, **told: str | None) -> IncidentView:
        """Does something about an incident: ack, unack (`note`), assign (`to`), comment (`text`), resolve (`note`)."""
        return self._post(f"/v1/incidents/{_quoted(incident_id)}/{action}", IncidentView, {"by": by, **told})

    def silences(self) -> list[SilenceView]:
        """Silences and maintenance windows, those that hold first, the past ones too."""
        return self._get("/v1/silences", list[SilenceView], past="true")

    def silence(self, by: str, asked: Mapping[str, Any]) -> SilenceView:
        """Begins a silence, or plans a maintenance window: matchers, ends_at, reason and the rest as the API has it."""
        return self._post("/v1/silences", SilenceView, {"by": by, **asked})

    def end_silence(self, silence_id: str, by: str) -> SilenceView:
        """Ends a silence now."""
        return self._post(f"/v1/silences/{_quoted(silence_id)}/end", SilenceView, {"by": by})

    def channels(self) -> list[ChannelView]:
        """How every channel fares."""
        return self._get("/v1/channels", list[ChannelView])

    def try_channel(self, name: str, by: str) -> DeliveryView:
        """Sends a test message; the delivery says whether the channel took it."""
        return self._post(f"/v1/channels/{_quoted(name)}/test", DeliveryView, {"by": by}, SLOW_SECONDS)

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

    def markers(self, feature: str, start: datetime) -> list[MarkerView]:
        """What happened since then that concerns the feature, newest first."""
        return self._get("/v1/markers", list[MarkerView], feature=feature, start_at=start.isoformat())

    def judges(self) -> list[JudgeView]:
        """Every judge, the ones that are not configured too."""
        return self._get("/v1/judges", list[JudgeView])

    def providers(self) -> list[ProviderView]:
        """Who serves the judges' models, and whether they can be asked."""
        return self._get("/v1/providers", list[ProviderView])

    def batches(self) -> list[BatchView]:
        """The last batches of judgements, newest first."""
        return self._get("/v1/batches", list[BatchView])

    def coverage(self, *, start: datetime | None = None, by_day: bool = False) -> CoverageView:
        """What became of the traffic and of the judging; `by_day` tells it by feature, judge and day too."""
        begin = start.isoformat() if start else None
        return self._get("/v1/coverage", CoverageView, start=begin, by_day=str(by_day).lower())

    def costs(self, start: datetime) -> list[CostRow]:
        """What judging cost since then, by day, feature and judge."""
        return self._get("/v1/costs", list[CostRow], start=start.isoformat())

    def intake(self) -> IntakeView:
        """Which clients send samples, and what to switch on where their text does not arrive."""
        return self._get("/v1/intake", IntakeView)

    def samples(self, monitor: MonitorView, *, passed: bool, start: datetime | None, limit: int) -> list[SampleView]:
        """Samples that this monitor's judge passed or failed since `start`, newest first."""
        return self._get(
            "/v1/samples",
            list[SampleView],
            feature=monitor.feature,
            judge=monitor.judge,
            judge_version=monitor.judge_version,
            passed=str(passed).lower(),
            start=start.isoformat() if start else None,
            limit=limit,
        )

    def sample(self, sample_id: str) -> SampleView:
        """One sample with its verdicts; NotFoundError when it was never kept, or is gone."""
        return self._get(f"/v1/samples/{_quoted(sample_id)}", SampleView)

    def _get(self, path: str, shape: type[T], **params: str | float | None) -> T:
        wanted = {name: value for name, value in params.items() if value is not None}
        response = self._send("GET", path, params=wanted)
        if response.status_code in (401, 403):
            raise KeyNeededError("The service asks for an API key with the role read.")
        return self._read(response, path, shape)

    def _post(self, path: str, shape: type[T], body: Mapping[str, Any], timeout: float = TIMEOUT_SECONDS) -> T:
        response = self._send("POST", path, json=body, timeout=timeout)
        if response.status_code in (401, 403):
            raise ForbiddenError(_detail(response))
        if response.status_code in (409, 422):
            raise RefusedError(_detail(response))
        return self._read(response, path, shape)

    def _read(self, response: httpx2.Response, path: str, shape: type[T]) -> T:
        if response.status_code == 404:
            raise NotFoundError("The service has no such entry. It may have been removed, or the link is incomplete.")
        if response.status_code not in (200, 201):
            raise ApiError(f"The service answered {response.status_code} to {path}. Its log says why.")
        try:
            return TypeAdapter(shape).validate_json(response.content)
        except ValidationError as error:
            raise ApiError(
                f"The answer to {path} has another shape: is {self.url} this version of Leadline?"
            ) from error

    def _send(self, method: str, path: str, *, timeout: float = TIMEOUT_SECONDS, **content: Any) -> httpx2.Response:
        try:
            return _connection(self.url).request(method, path, headers=self._headers, timeout=timeout, **content)
        except httpx2.TimeoutException as error:
            raise UnreachableError(f"{self.url} did not answer within {timeout:g} seconds.") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise UnreachableError(f"Nothing answers at {self.url}.") from error


def _quoted(part: str) -> str:
    return quote(part, safe="")


def _detail(response: httpx2.Response) -> str:
    """What the API says against a request, as a sentence: its own, or which field is wrong and why."""
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return f"It answered {response.status_code}; its log says why."
    if not isinstance(detail, list):
        return str(detail)
    return "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in detail)


def service_url() -> str:
    """Where the API is: LEADLINE_UI_API, or the default address."""
    return os.environ.get("LEADLINE_UI_API") or DEFAULT_URL


def connect(key: str | None = None) -> Api:
    """A reader of the configured service with this key, else with LEADLINE_UI_KEY."""
    return Api(service_url(), key or os.environ.get("LEADLINE_UI_KEY") or None)


@lru_cache(maxsize=8)
def _connection(url: str) -> httpx2.Client:
    # One pool for all browser sessions. No proxy from the environment: the service is on this machine.
    return httpx2.Client(base_url=url, timeout=TIMEOUT_SECONDS, trust_env=False)
