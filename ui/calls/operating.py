"""The service itself: who asks it, how it fares, what it lacks, and its settings."""

from __future__ import annotations

from evaluator.api.me import MeView
from evaluator.api.shapes import Finding
from evaluator.api.status_shapes import SettingView, StatusView
from ui.calls.transport import SLOW_SECONDS, Transport


class Operating(Transport):
    """How the service fares, and how it sees its caller."""

    def me(self) -> MeView:
        """Who calls; KeyNeededError without a key that it knows."""
        return self._get("/v1/me", MeView)

    def status(self) -> StatusView:
        """Version, room, queues and jobs."""
        return self._get("/v1/status", StatusView)

    def settings(self) -> list[SettingView]:
        """The settings in effect; of secrets only whether they are set."""
        return self._get("/v1/settings", list[SettingView])

    def findings(self) -> list[Finding]:
        """What keeps the service from watching well, each with its remedy."""
        return self._get("/v1/doctor", list[Finding], SLOW_SECONDS)
