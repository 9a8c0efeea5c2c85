"""The HTTP API as typed functions: the only way the UI learns anything."""

from __future__ import annotations

import os

from ui.calls.alerting import Alerting
from ui.calls.judging import Judging
from ui.calls.labelling import Labelling
from ui.calls.operating import Operating
from ui.calls.sampling import Sampling
from ui.calls.transport import ApiError, ForbiddenError, KeyNeededError, NotFoundError, RefusedError, UnreachableError
from ui.calls.using import Using
from ui.calls.watching import Watching

__all__ = [
    "Api",
    "ApiError",
    "ForbiddenError",
    "KeyNeededError",
    "NotFoundError",
    "RefusedError",
    "UnreachableError",
    "connect",
    "service_url",
]

DEFAULT_URL = "http://127.0.0.1:8321"


class Api(Watching, Alerting, Judging, Sampling, Using, Labelling, Operating):
    """One Leadline service: what it tells, and what people do there (`by` is who)."""


def service_url() -> str:
    """Where the API is: LEADLINE_UI_API, or the default address."""
    return os.environ.get("LEADLINE_UI_API") or DEFAULT_URL


def connect(key: str | None = None) -> Api:
    """A reader of the configured service with this key, else with LEADLINE_UI_KEY."""
    return Api(service_url(), key or os.environ.get("LEADLINE_UI_KEY") or None)
