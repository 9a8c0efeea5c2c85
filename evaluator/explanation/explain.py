"""Explaining one monitor: reads the votes of both windows and says what happened between them."""

from __future__ import annotations

from dataclasses import dataclass

from evaluator.api.cause_shapes import (
    ChangeView,
    LeftOutView,
    MixView,
    NewValueView,
    RequestsView,
    SideView,
    SliceView,
)
from evaluator.drift.counts import FloatArray
from evaluator.drift.intervals import wilson
from evaluator.explanation import changes, requests, sentence, table
from evaluator.explanation.question import Question, Span
from evaluator.explanation.sentence import Told
from evaluator.monitors.metrics import METRICS
from store import segments, votes
from store.database import Connection

ANSWERS = frozenset({"pass_rate", "score", "label"})
NO_VOTES = "Too few votes on one side to say what happened."
NO_SAMPLES = "This metric belongs to no single request, so there are no slices and no mix to look into."


@dataclass(frozen=True, slots=True)
class Explanation:
    """What happened; everything but the sentence is empty where there are no votes on one of the sides."""

    sentence: str
    before: SideView | None = None
    now: SideView | None = None
    total: ChangeView | None = None
    mixes: tuple[MixView, ...] = ()
    slices: tuple[SliceView, ...] = ()
    new: tuple[NewValueView, ...] = ()
    left_out: tuple[LeftOutView, ...] = ()
    requests: RequestsView | None = None
    mix_share: float = 0.0
    mix_in_words: str = ""


def explain(c: Connection, asked: Question) -> Explanation:
    """What happened between the two windows of a question."""
    if asked.series.metric in votes.OF_NO_SAMPLE:
        return Explanation(NO_SAMPLES)
    cut = segments.in_use(c).get(asked.series.feature, ())
    found = table.read(c, asked, cut)
    before, now = _sides(found, asked)
    total = changes.total(found)
    if total is None:
        return Explanation(NO_VOTES, before, now)
    split, came = changes.mixes(found, cut), requests.drift(c, asked, cut)
    ranked, new, left_out = changes.slices(found, asked.bad)
    of_requests = next((one for one in split if one.is_of_requests), None)
    keys = changes.segment_keys(found, cut)
    told = Told(_got_worse(asked), asked.bad, asked.is_sure, total, of_requests, came, new, keys)
    return Explanation(
        sentence=sentence.sentence(told),
        before=before,
        now=now,
        total=total,
        mixes=tuple(split),
        slices=tuple(ranked),
        new=tuple(new),
        left_out=tuple(left_out),
        requests=came,
        mix_share=sentence.mix_share(told),
        mix_in_words=sentence.in_words(told),
    )


def _sides(found: table.Table, asked: Question) -> tuple[SideView, SideView]:
    current, y = found.voted.is_current, found.voted.y
    before, now = found.voted.total
    return _side(y[~current], before, asked.before), _side(y[current], now, asked.now)


def _side(y: FloatArray, total: int, span: Span) -> SideView:
    start, end = span
    bounds = wilson(min(float(y.sum()), len(y)), len(y))
    rate = float(y.mean()) if len(y) else None
    lo, hi = bounds or (None, None)
    return SideView(n=total, read=len(y), rate=rate, lo=lo, hi=hi, start=start, end=end)


def _got_worse(asked: Question) -> str:
    metric = METRICS[asked.series.metric]
    if metric.name in ANSWERS:
        return "the answers got worse"
    return f"the {metric.noun} {'changed' if metric.direction == 'both' else 'got worse'}"
