"""Labels: what somebody is asked about, what they say, and what all of it tells of the judge."""

from __future__ import annotations

from typing import Any

from evaluator.api.label_shapes import AgreementView, SavedView, TaskView
from evaluator.api.shapes import SampleView
from ui.calls.transport import SLOW_SECONDS, Transport


class Labelling(Transport):
    """Samples for people, one at a time; `by` is who labels."""

    def next_label(self, by: str, judge: str, feature: str) -> TaskView:
        """What this person is to label now, without a word of what the judge thinks of it."""
        return self._get("/v1/labels/next", TaskView, by=by, judge=judge, feature=feature)

    def label(self, by: str, task: TaskView, sample: SampleView, word: dict[str, Any]) -> SavedView:
        """Keeps what they say (passed, label or skip, and note); the answer has the judge's verdict."""
        about = {"judge": task.judge, "judge_version": task.judge_version}
        asked = {"by": by, "sample_id": sample.sample_id, "ts": sample.ts.isoformat(), **about, **word}
        return self._post("/v1/labels", SavedView, asked, SLOW_SECONDS)

    def agreement(self, judge: str | None = None, feature: str | None = None) -> list[AgreementView]:
        """How judges stand beside people: all that were labelled, or one judge on one feature, labelled or not."""
        return self._get("/v1/labels/agreement", list[AgreementView], judge=judge, feature=feature)
