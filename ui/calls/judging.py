"""The judges and their versions, trials of rubrics, what became of the traffic, and what judging cost."""

from __future__ import annotations

from datetime import datetime

from evaluator.api.judge_shapes import CostRow, CoverageView, JudgeView, ProviderView
from evaluator.api.shapes import BatchView, RubricCost, SampleView
from evaluator.api.version_shapes import EstimateView, JudgeVersionsView, TriedView
from ui.calls.transport import SLOW_SECONDS, Transport, quoted

TRIAL_SECONDS = 150.0
"""Longer than the service waits for the model."""


class Judging(Transport):
    """Judges, rubrics, providers, batches, coverage and costs."""

    def judges(self) -> list[JudgeView]:
        """Every judge, the ones that are not configured too."""
        return self._get("/v1/judges", list[JudgeView])

    def judge_versions(self, name: str) -> JudgeVersionsView:
        """One judge with its versions; NotFoundError when there never was one of this name."""
        return self._get(f"/v1/judges/{quoted(name)}/versions", JudgeVersionsView)

    def newest_judged(self, judge: str, version: str | None, *, passed: bool) -> SampleView | None:
        """The newest sample that this judge passed or failed; None without any."""
        said = str(passed).lower()
        found = self._get("/v1/samples", list[SampleView], judge=judge, judge_version=version, passed=said, limit=1)
        return found[0] if found else None

    def estimate_trial(self, sample_id: str, toml: str) -> EstimateView:
        """About what judging the sample by this draft costs; RefusedError says what is wrong with the draft."""
        return self._post("/v1/rubrics/estimate", EstimateView, {"sample_id": sample_id, "toml": toml})

    def try_rubric(self, by: str, sample_id: str, toml: str) -> TriedView:
        """Has the sample judged by this draft, for money; no verdict is stored."""
        asked = {"by": by, "sample_id": sample_id, "toml": toml}
        return self._post("/v1/rubrics/try", TriedView, asked, TRIAL_SECONDS)

    def rubric_cost(self, toml: str) -> RubricCost:
        """What this draft would cost per day."""
        return self._post("/v1/rubrics/cost", RubricCost, {"toml": toml}, SLOW_SECONDS)

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
        """What judging cost since then, by day, feature and judge; checks, which cost nothing, are left out."""
        return self._get("/v1/costs", list[CostRow], start=start.isoformat(), paid="true")
