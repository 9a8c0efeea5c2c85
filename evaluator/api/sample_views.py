"""What was found of samples as the JSON shapes of the API."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from evaluator.api import present
from evaluator.api.sample_shapes import AgainView, FacetsView, FoundView, MarkView, SearchView, SessionView, TurnView
from evaluator.api.shapes import VerdictView
from evaluator.samples.again import Again
from evaluator.samples.search import Found, cursor_of
from evaluator.samples.session import Session, Turn
from store import searching
from store.database import Connection
from store.records import TextState
from store.samples import Key
from store.searching import Brief, Mark

VALUES = 50
LOOKED_AT = 20_000
"""Values of each dimension, and about how many of the newest samples they are taken from."""
LONGEST_ERROR = 240
LEFT_OUT = "left_out"
ENDED = ("status", "passed", "score", "label", "explanation", "reason", "cost_usd")


def search(c: Connection, found: Found) -> SearchView:
    """What a search found."""
    marks = searching.marks(c, [one.key for one in found.samples])
    return SearchView(
        samples=[_found(one, marks.get(one.key, [])) for one in found.samples],
        next=found.next and cursor_of(found.next),
        searched_until=found.searched_until,
        whole=found.next is None,
    )


def facets(c: Connection, start_at: datetime, end_at: datetime) -> FacetsView:
    """The values of the newest samples of [start_at, end_at)."""
    since = searching.recent(c, start_at, end_at, LOOKED_AT)
    plain: dict[str, list[str]] = defaultdict(list)
    keyed: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in searching.facets(c, since, end_at, VALUES):
        plain[one.dimension].append(one.value)
        keyed[one.dimension][one.of].append(one.value)
    return FacetsView(
        since=since,
        features=plain["feature"],
        environments=plain["environment"],
        models=plain["model"],
        providers=plain["provider"],
        prompt_versions=plain["prompt_version"],
        releases=plain["release"],
        stop_reasons=plain["stop_reason"],
        sources=plain["source"],
        sampling_classes=plain["sampling_class"],
        metadata=keyed["metadata"],
        judges=plain["judge"],
        judge_versions=keyed["judge_version"],
        labels=keyed["label"],
    )


def session(c: Connection, session_id: str, found: Session) -> SessionView:
    """A conversation with its verdicts."""
    verdicts = present.verdicts(c, [turn.sample.key for turn in found.turns])
    told = [_turn(turn, verdicts) for turn in found.turns]
    return SessionView(session_id=session_id, turns=told, earlier=found.earlier, later=found.later)


def again(one: Again) -> AgainView:
    """What came of judging a sample again."""
    told = asdict(one.judgement) if one.judgement else {}
    ended = {name: told.get(name) for name in ENDED}
    names = {"judge": one.judge, "judge_version": one.judge_version, "outcome": one.outcome, "detail": one.detail}
    return AgainView.model_validate({**names, **ended, "flipped": one.flipped})


def _found(sample: Brief, marks: Sequence[Mark]) -> FoundView:
    told = sample._asdict() | {
        "error": sample.error and sample.error[:LONGEST_ERROR],
        "metadata": dict(sample.metadata),
    }
    return FoundView(
        **{name: told[name] for name in FoundView.model_fields if name in told},
        verdicts=[MarkView(**mark._asdict()) for mark in marks],
    )


def _turn(turn: Turn, verdicts: Mapping[Key, list[VerdictView]]) -> TurnView:
    sample = turn.sample
    return TurnView(
        sample_id=sample.sample_id,
        ts=sample.ts,
        feature=sample.feature,
        model=sample.model,
        stop_reason=sample.stop_reason,
        error=sample.error,
        text=LEFT_OUT if turn.left_out and sample.text is TextState.KEPT else sample.text,
        incomplete=sample.incomplete,
        system=turn.system,
        said=[dict(message) for message in turn.said],
        response=None if sample.response is None else dict(sample.response),
        verdicts=verdicts.get(sample.key, []),
    )
