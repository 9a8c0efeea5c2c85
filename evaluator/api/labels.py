"""Labels over HTTP: what somebody is asked to label, what they say, and what all of it tells of the judge."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse

from evaluator.api import present
from evaluator.api.auth import Keys, Role
from evaluator.api.incident_shapes import Name
from evaluator.api.incidents import actor, done
from evaluator.api.label_shapes import AgreementView, CriterionView, LabelRequest, LabelView, SavedView, TaskView
from evaluator.api.long_answers import written
from evaluator.api.shapes import SampleView
from evaluator.conversation import whole
from evaluator.labelling import lines, saying
from evaluator.labelling.criterion import criterion
from evaluator.labelling.queue import Queue, window
from evaluator.labelling.saying import Word
from evaluator.service import Service
from judges.registry import Entry
from store import labels, samples, sessions, verdicts
from store.database import Connection
from store.labels import Judged, Label, LabelFilter, Target
from store.samples import Key

JSONL = "application/x-ndjson"
HISTORY = "Whether to tell what people said before they changed it; not as JSONL."
FORMAT = "jsonl: the samples that were labelled by the criterion of `judge`, for rubric test."
ONE_LABEL = (
    "format=jsonl has one label beside each sample: name the `judge` whose criterion is meant, and leave out `history`."
)
Judge = Annotated[str, Query(description="The judge whose criterion is labelled by.")]
Feature = Annotated[str, Query(description="The feature whose samples are labelled.")]
By = Annotated[Name, Query(description="Who labels.")]


def router(service: Service, keys: Keys) -> APIRouter:
    """Reading labels needs a read key; labelling, and being handed a sample for it, an admin key."""
    api = APIRouter(prefix="/v1", tags=["labels"])
    queue = Queue(service.settings, service.clock)
    _add_asking(api, service, queue, keys)
    _add_saying(api, service, queue, keys)
    _add_reading(api, service)
    return api


def _add_asking(api: APIRouter, service: Service, queue: Queue, keys: Keys) -> None:
    @api.get("/labels/next", dependencies=[Depends(keys.require(Role.ADMIN))])
    def upcoming(request: Request, by: By, judge: Judge, feature: Feature) -> TaskView:
        """The sample that somebody is to label next, with the judge's question and without its answer.

        It stays theirs until they answer; asking again gives it again.
        """
        who = actor(request, keys, _name(by)).name
        with service.store.read() as c:
            target, now = _target(service, c, judge, feature), service.clock()
            key = queue.next(c, target, who)
            back = window(service.settings, feature)
            mine = labels.find(c, LabelFilter(**target._asdict(), labeller=who))
            return TaskView(
                **target._asdict(),
                criterion=CriterionView.model_validate(asdict(criterion(service.settings, _entry(service, judge)))),
                sample=_blind(c, key, _entry(service, judge)) if key else None,
                mine=len(mine),
                judged=labels.judged_between(c, target, now - back, now + verdicts.MOMENT).n,
                days=back.total_seconds() / 86_400,
                elsewhere=queue.elsewhere(target, who),
            )


def _add_saying(api: APIRouter, service: Service, queue: Queue, keys: Keys) -> None:
    @api.post("/labels", dependencies=[Depends(keys.require(Role.ADMIN))], status_code=201)
    async def label(request: Request, asked: LabelRequest) -> SavedView:
        """Keeps what somebody says of a sample, and only then tells what the judge said.

        Saying it anew corrects it: the last word counts, the ones before are kept.
        """
        who = actor(request, keys, _name(asked.by))
        key, about = await asyncio.to_thread(_about, service, asked)
        word = _word(service, about[0], asked)
        now = service.clock()
        kept = await done(service, lambda c: saying.say(c, key, about, word, (who, now)))
        # Beside the event loop: its lock is held while the next sample is looked for.
        await asyncio.to_thread(queue.answered, kept.target, kept.labeller)
        return await asyncio.to_thread(_saved, service, kept)


def _add_reading(api: APIRouter, service: Service) -> None:
    @api.get(
        "/labels", response_model=list[LabelView], responses={200: {"content": {JSONL: {"schema": {"type": "string"}}}}}
    )
    @written
    def listed(
        feature: str | None = None,
        judge: str | None = None,
        judge_version: str | None = None,
        by: str | None = None,
        history: Annotated[bool, Query(description=HISTORY)] = False,
        limit: Annotated[int, Query(ge=1, le=100_000)] = 1000,
        form: Annotated[Literal["json", "jsonl"], Query(alias="format", description=FORMAT)] = "json",
    ) -> list[LabelView] | Response:
        """Labels, newest first; as JSONL the samples with a label beside each, as `leadline rubric test` reads them."""
        if form == "jsonl" and (judge is None or history):
            raise HTTPException(422, ONE_LABEL)
        wanted = LabelFilter(
            feature=feature, judge=judge, judge_version=judge_version, labeller=by, history=history, limit=limit
        )
        with service.store.read() as c:
            found = labels.find(c, wanted)
        if form == "jsonl":
            return StreamingResponse(lines.chunks(service.store.read, found), media_type=JSONL)
        return [_view(one) for one in found]

    @api.get("/labels/agreement")
    @written
    def agreement(
        judge: str | None = None,
        feature: str | None = None,
        judge_version: Annotated[str | None, Query(description="Default: the present one.")] = None,
    ) -> list[AgreementView]:
        """How judges stand beside people: of everything that was labelled, or of one judge on one feature."""
        # It brings numpy, which a process without labels can do without.
        from evaluator.labelling.standing import standing

        with service.store.read() as c:
            now = service.clock()
            wanted = _targets(service, c, judge, feature)
            if judge_version:
                wanted = [one._replace(judge_version=judge_version) for one in wanted]
            return [standing(c, one, window(service.settings, one.feature), now) for one in wanted]


def _targets(service: Service, c: Connection, judge: str | None, feature: str | None) -> list[Target]:
    """What is asked for by name, labelled or not; else every judge and feature that has labels, at its version now."""
    if judge and feature:
        return [_target(service, c, judge, feature)]
    pairs = dict.fromkeys((one.judge, one.feature) for one in labels.targets(c, judge, feature))
    return [_target(service, c, *pair) for pair in pairs]


def _target(service: Service, c: Connection, judge: str, feature: str) -> Target:
    """The judge's present version on the feature; of one that is not configured now, the newest that judged it."""
    entry = _entry(service, judge)
    version = entry.judge.version if entry and entry.judge else labels.newest_version(c, judge, feature)
    if version is not None:
        return Target(feature, judge, version)
    if entry is None and not labels.judged_features(c, judge):
        known = ", ".join(one.name for one in service.entries)
        raise HTTPException(404, f"There is no judge {judge!r}. There is {known}; GET /v1/judges lists them.")
    on = ", ".join(labels.judged_features(c, judge)) or "nothing yet"
    raise HTTPException(404, f"{judge!r} has decided nothing on the feature {feature!r}; it has on {on}.")


def _entry(service: Service, judge: str) -> Entry | None:
    return next((one for one in service.entries if one.name == judge), None)


def _blind(c: Connection, key: Key, entry: Entry | None) -> SampleView:
    """What the judge was asked about, without a word of any judge."""
    sample = samples.load(c, [key])[0]
    if entry is not None and entry.quiet_minutes is not None and sample.session_id is not None:
        sample = whole(sessions.turns(c, sample))
    return SampleView.model_validate({**asdict(sample), "verdicts": []})


def _about(service: Service, asked: LabelRequest) -> tuple[Key, tuple[Target, Judged]]:
    with service.store.read() as c:
        sample = samples.get(c, asked.sample_id, asked.ts)
        if sample is None:
            of_then = " and time" if asked.ts else ""
            raise HTTPException(404, f"There is no sample with this id{of_then}: it was never sent, or not kept.")
        return (sample.sample_id, sample.ts), saying.target_of(c, sample, asked.judge, asked.judge_version)


def _word(service: Service, target: Target, asked: LabelRequest) -> Word:
    note = asked.note.strip()
    if asked.label is None:
        return Word(passed=None if asked.skip else asked.passed, note=note)
    entry = _entry(service, target.judge)
    if entry and entry.judge and entry.judge.version != target.judge_version:
        raise HTTPException(
            409,
            f"{target.judge!r} has another version now, with labels of its own: ask for the next sample.",
        )
    label, passed = criterion(service.settings, entry).passes(asked.label)
    return Word(passed=passed, label=label, note=note)


def _saved(service: Service, kept: Label) -> SavedView:
    with service.store.read() as c:
        told = verdicts.of_samples(c, [kept.sample_id], from_ts=kept.ts, until_ts=kept.ts)
        mine = [one for one in told if (one.judge, one.judge_version) == (kept.judge, kept.judge_version)]
        verdict = present.verdict(verdicts.with_opinions(c, mine)[0])
    return SavedView(
        label=_view(kept), verdict=verdict, agrees=None if kept.passed is None else kept.passed == kept.verdict
    )


def _view(one: Label) -> LabelView:
    return LabelView.model_validate({**asdict(one), "by": one.labeller, "skipped": one.passed is None})


def _name(by: str) -> str:
    """A name with its blanks in order, so that the same person stays the same."""
    name = " ".join(by.split())
    if not name:
        raise HTTPException(422, "by: write the name of whoever labels.")
    return name
