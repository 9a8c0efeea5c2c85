"""Samples: found, one by one, as conversations and as files, and judged again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from evaluator.api.sample_shapes import AgainView, FacetsView, SearchView, SessionView
from evaluator.api.shapes import SampleView
from ui.calls.transport import SLOW_SECONDS, Transport, quoted


class Sampling(Transport):
    """Samples with their verdicts."""

    def sample(self, sample_id: str) -> SampleView:
        """One sample with its verdicts; NotFoundError when it was never kept, or is gone."""
        return self._get(f"/v1/samples/{quoted(sample_id)}", SampleView)

    def search(self, wanted: Mapping[str, str | list[str]], limit: int, after: str | None = None) -> SearchView:
        """Samples that match, newest first, on from where the last answer said; RefusedError: it cannot be searched."""
        return self._get("/v1/search", SearchView, **wanted, limit=limit, after=after)

    def facets(self) -> FacetsView:
        """The values that the newest samples have."""
        return self._get("/v1/search/facets", FacetsView)

    def export(self, wanted: Mapping[str, str | list[str]], kind: str, limit: int) -> bytes:
        """The newest matches as a file: csv, parquet or jsonl."""
        return self._file("/v1/search/export", **wanted, format=kind, limit=limit)

    def session(self, session_id: str, near: datetime) -> SessionView:
        """A conversation, of a long one the part around a time; NotFoundError when it is not kept."""
        return self._get(f"/v1/sessions/{quoted(session_id)}", SessionView, near=near.isoformat())

    def judge_again(self, sample_id: str, by: str, judge: str | None) -> list[AgainView]:
        """Judges a sample again, by one judge or by all that apply; what came of it."""
        body = {"by": by, "judge": judge}
        return self._post(f"/v1/samples/{quoted(sample_id)}/judge", list[AgainView], body, SLOW_SECONDS)
