"""Did other requests come? What was asked before and since, one request per session, as far as it is kept."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evaluator.api.cause_shapes import RequestFeatureView, RequestsView
from evaluator.drift.input_drift import InputDrift, Requests, compare
from evaluator.drift.two_windows import FEWEST
from evaluator.explanation import table
from evaluator.explanation.question import Question, Span
from judges.text import asked
from store import votes
from store.database import Connection
from store.votes import Voted

DAY = timedelta(days=1)
TOKENS = "input tokens"
DIGIT = re.compile(r"\d")


def drift(c: Connection, question: Question, segments: Sequence[str]) -> RequestsView:
    """Their length, metadata and text compared; without texts, their tokens stand for the length.

    Where `now` is less than a day, only requests of the same hours stand for the time before, if there are enough.
    """

    def keep(keys: Sequence[votes.Key]) -> Sequence[str]:
        return table.kept(segments, keys)

    spans, hours = (question.before, question.now), hours_of(question.now)
    found = votes.requests(c, question.series.feature, spans, hours, keep)
    if int((~found.is_current).sum()) < FEWEST and len(hours) < len(votes.DAY_HOURS):
        found = votes.requests(c, question.series.feature, spans, votes.DAY_HOURS, keep)
    return _view(compare(*_requests(c, found)), found)


def hours_of(span: Span) -> list[int]:
    """The hours of the day that a span touches.

    >>> from datetime import datetime
    >>> hours_of((datetime(2026, 11, 20, 22, 15), datetime(2026, 11, 21, 1)))
    [0, 22, 23]
    """
    start, end = span
    if end - start >= DAY:
        return list(votes.DAY_HOURS)
    hours, at = set(), start.replace(minute=0, second=0, microsecond=0)
    while at < end:
        hours.add(at.hour)
        at += timedelta(hours=1)
    return sorted(hours)


def _requests(c: Connection, found: Voted) -> tuple[Requests, Requests]:
    sides = (~found.is_current, found.is_current)
    texts = [_texts(c, found, side, among) for side, among in zip(sides, found.total, strict=True)]
    with_text = min(map(len, texts)) >= FEWEST
    before, now = (
        Requests(
            texts=said if with_text else (),
            numbers={} if with_text else {TOKENS: _finite(found.input_tokens[side])},
            categories={table.named(key): column[side].tolist() for key, column in found.values.items()},
        )
        for side, said in zip(sides, texts, strict=True)
    )
    return before, now


def _texts(c: Connection, found: Voted, side: NDArray[Any], among: int) -> list[str]:
    """What was asked, digits alike: order numbers and dates go on while the requests stay the same."""
    chosen = list(zip(votes.moments(found.ts[side]), found.sample_id[side].tolist(), strict=True))
    return [DIGIT.sub("0", text) for request in votes.texts(c, chosen, among) if (text := asked(request))]


def _finite(values: NDArray[Any]) -> NDArray[Any]:
    finite: NDArray[Any] = values[np.isfinite(values)]
    return finite


def _view(found: InputDrift, read: Voted) -> RequestsView:
    now = int(read.is_current.sum())
    return RequestsView(
        changed=found.changed,
        verdict=found.verdict,
        features=[
            RequestFeatureView(
                name=one.name,
                kind=one.kind,
                effect=one.effect,
                p=one.p,
                changed=one.changed,
                before=one.before,
                now=one.now,
                value=one.value,
            )
            for one in found.features
        ],
        read_before=len(read.is_current) - now,
        read_now=now,
    )
