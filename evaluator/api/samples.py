"""Samples over HTTP: searched, told as conversations, written to a file, judged again."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from fastapi.responses import StreamingResponse

from evaluator.api import sample_views as views
from evaluator.api.auth import Keys, Role
from evaluator.api.incidents import actor
from evaluator.api.long_answers import written
from evaluator.api.moment import Moment
from evaluator.api.sample_shapes import (
    AgainView,
    ExportQuery,
    FacetsView,
    JudgeAgainRequest,
    SampleQuery,
    SearchQuery,
    SearchView,
    SessionView,
)
from evaluator.redact.redactor import Redactor
from evaluator.samples import again, files
from evaluator.samples import search as searcher
from evaluator.samples.export import select
from evaluator.samples.said import words_of
from evaluator.samples.session import session as session_of
from evaluator.service import Service
from store import samples
from store.records import Sample
from store.samples import EARLIEST, LATEST
from store.searching import Search

AS_THEY_ARE = (
    "feature", "environment", "model", "provider", "prompt_version", "release", "stop_reason", "has_error", "source",
    "sampling_class", "min_latency_ms", "min_output_tokens", "min_cost_usd", "judge", "judge_version", "passed",
    "status", "label",
)  # fmt: skip


def router(service: Service, keys: Keys) -> APIRouter:
    """What is read of samples beyond single ones needs a read key, judging one again an admin key."""
    api = APIRouter(prefix="/v1", tags=["samples"])
    _add_search(api, service)
    _add_export(api, service)
    _add_session(api, service)
    _add_judging(api, service, keys)
    return api


def wanted(query: SampleQuery, redactor: Redactor) -> Search:
    """What the store is asked; ids are looked for as they were given, and as they would be stored."""
    return Search(
        words=words_of(query.text or ""),
        sample_id=query.id,
        sample_hash=query.id and redactor.identifier(query.id),
        session_ids=(query.session, redactor.identifier(query.session)) if query.session else (),
        user_ids=(query.user, redactor.user(query.user)) if query.user else (),
        metadata=dict(pair.split("=", 1) for pair in query.meta),
        start_at=query.start or EARLIEST,
        end_at=query.end or LATEST,
        **{name: getattr(query, name) for name in AS_THEY_ARE},
    )


def _add_search(api: APIRouter, service: Service) -> None:
    @api.get("/search")
    @written
    def search(asked: Annotated[SearchQuery, Query()]) -> SearchView:
        """Samples that match, newest first, as far back as a moment allows; `next` goes on from there."""
        after = searcher.place_of(asked.after) if asked.after else None
        with service.store.read() as c:
            found = searcher.search(c, wanted(asked, service.redactor), asked.limit, after)
            return views.search(c, found)

    @api.get("/search/facets")
    @written
    def values(start: Moment | None = None, end: Moment | None = None) -> FacetsView:
        """What there is to choose from: the values that the newest samples of this time have."""
        with service.store.read() as c:
            return views.facets(c, start or EARLIEST, end or LATEST)


def _add_export(api: APIRouter, service: Service) -> None:
    @api.get("/search/export", response_class=StreamingResponse)
    def export(asked: Annotated[ExportQuery, Query()]) -> StreamingResponse:
        """The matches as a file, newest first; the header x-leadline-cut is true when there are more than its rows.

        With words neither header may be there: what was said is read while the file is written.
        """
        with service.store.read() as c:
            chosen = select(c, wanted(asked, service.redactor), asked.limit)
        headers = {"content-disposition": f'attachment; filename="samples.{asked.format}"'}
        known = {"x-leadline-rows": chosen.rows, "x-leadline-cut": chosen.cut}
        headers |= {name: str(value).lower() for name, value in known.items() if value is not None}
        pieces = files.written(asked.format, chosen.chunks(service.store.read), chosen.judges)
        return StreamingResponse(pieces, media_type=files.MEDIA_TYPES[asked.format], headers=headers)


def _add_session(api: APIRouter, service: Service) -> None:
    @api.get("/sessions/{session_id:path}")
    @written
    def session(
        session_id: str,
        near: Annotated[Moment | None, Query(description="Of a long one, the part around this time (the end).")] = None,
    ) -> SessionView:
        """A conversation: its samples in order of time, what each adds, and its verdicts. At most 100 samples."""
        with service.store.read() as c:
            found = session_of(c, (session_id, service.redactor.identifier(session_id)), near or LATEST)
            if not found.turns:
                raise HTTPException(404, "There is no session with this id: it was never sent, or not kept.")
            return views.session(c, session_id, found)


def _add_judging(api: APIRouter, service: Service, keys: Keys) -> None:
    def sample_of(sample_id: str) -> Sample:
        with service.store.read() as c:
            found = samples.get(c, sample_id)
        if found is None:
            raise HTTPException(404, "There is no sample with this id: it was never sent, or not kept.")
        return found

    @api.post("/samples/{sample_id:path}/judge", dependencies=[Depends(keys.require(Role.ADMIN))])
    async def judge_again(request: Request, sample_id: str, asked: JudgeAgainRequest) -> list[AgainView]:
        """Judges it again, at the judges' usual cost: a verdict that stands stays, the judgement stands beside it."""
        sample = await asyncio.to_thread(sample_of, sample_id)
        told = await again.judge_again(service, sample, asked.judge, actor(request, keys, asked.by))
        return [views.again(one) for one in told]
