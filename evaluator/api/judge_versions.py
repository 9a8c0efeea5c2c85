"""The versions of a judge over HTTP: what each was, and what it has done."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException

from evaluator.api import judges as judged
from evaluator.api import shown
from evaluator.api.long_answers import written
from evaluator.api.version_shapes import JudgeVersionsView, JudgeVersionView, WatchedView
from evaluator.monitors.levels import interval
from evaluator.monitors.words import RATE_OF_JUDGE
from evaluator.service import Service
from judges.registry import Entry
from store import judge_versions, monitors
from store.judge_versions import JudgeVersion, Work
from store.records import Monitor
from store.samples import EARLIEST


def router(service: Service) -> APIRouter:
    """The route; it answers from the store as it is now."""
    api = APIRouter(prefix="/v1", tags=["read"])

    @api.get("/judges/{name:path}/versions")
    @written
    def versions(name: str) -> JudgeVersionsView:
        """A judge's versions, newest first: what decided their verdicts, and how these went in all time."""
        found = view(service, name)
        if found is None:
            raise HTTPException(404, "There is no judge of this name, and there never was; GET /v1/judges lists them.")
        return found

    return api


def view(service: Service, name: str) -> JudgeVersionsView | None:
    """The judge, configured now or once; None when there never was one of this name."""
    entry = next((one for one in service.entries if one.name == name), None)
    with service.store.read() as c:
        written = {one.judge_version: one for one in judge_versions.find(c, name)}
        worked = shown.kept(service, c, ("versions", name), lambda: judge_versions.work(c, name))
        watched = [one for one in monitors.monitors(c) if one.series.judge == name]
    done = {one.judge_version: one for one in worked}
    told = [_version(key, written.get(key), done.get(key), entry) for key in {**written, **done}]
    if entry is None and not told:
        return None
    told.sort(key=lambda one: (one.present, one.first_at or one.first_seen_at or EARLIEST), reverse=True)
    return JudgeVersionsView(
        name=name,
        kind=entry.kind if entry else told[0].kind,
        version=entry.judge.version if entry and entry.judge else None,
        model=entry.model if entry else None,
        definition=(entry.definition or None) if entry else None,
        tryable=entry is not None and entry.rubric is not None,
        versions=told,
        monitors=[_watched(one) for one in watched if one.series.metric == RATE_OF_JUDGE],
    )


def _version(key: str, written: JudgeVersion | None, done: Work | None, entry: Entry | None) -> JudgeVersionView:
    return JudgeVersionView(
        judge_version=key,
        kind=written.kind if written else done.kind if done else "",
        model=(done and done.model) or (written and written.model),
        present=entry is not None and entry.judge is not None and entry.judge.version == key,
        definition=(written.definition or None) if written else None,
        first_seen_at=written.first_seen_at if written else None,
        first_at=done.first_at if done else None,
        last_at=done.last_at if done else None,
        ok=done.ok if done else 0,
        errors=done.errors if done else 0,
        skipped=done.skipped if done else 0,
        passes=interval(done.decided, done.passed) if done else interval(0, 0),
        cost_usd=done.usd if done else None,
        work=judged.work(done.figures) if done else None,
    )


def _watched(monitor: Monitor) -> WatchedView:
    series = monitor.series
    return WatchedView(
        monitor_id=monitor.monitor_id,
        feature=series.feature,
        judge_version=series.judge_version,
        state=monitor.state,
    )
