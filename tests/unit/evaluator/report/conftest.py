"""A service over a file of its own, for reports of what is in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from evaluator.service import Service
from evaluator.settings import DriftSettings, JudgeSettings, Settings
from judges.checks import MustMatchConfig
from tests.conftest import Clock
from tests.voting import ALONE

LEARN_FAST = DriftSettings(baseline_votes=200, baseline_hours=6)
TONE = MustMatchConfig(kind="must_match", name="tone", pattern="way")


@pytest.fixture
async def service(tmp_path: Path, clock: Clock) -> AsyncIterator[Service]:
    """It watches pass rates alone, learns fast, and has the judge `tone`."""
    settings = Settings(
        database=tmp_path / "a.duckdb",
        drift=LEARN_FAST,
        judges=(TONE,),
        judge=JudgeSettings(builtin=()),
        monitors=ALONE,
    )
    async with Service(settings, clock=clock, environ={}, scheduled=False) as running:
        yield running


def version_of(service: Service) -> str:
    """The version of the judge `tone`."""
    return next(entry.judge.version for entry in service.entries if entry.judge)
