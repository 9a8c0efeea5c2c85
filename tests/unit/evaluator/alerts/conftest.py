"""What the alert tests share: a receiver, and what a look at a fallen monitor found."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio

from evaluator.alerts.evidence import Facts
from evaluator.alerts.fit import nearest
from evaluator.api.cause_shapes import KeyView, RequestsView, SliceView
from evaluator.api.shapes import Bounded, Interval
from evaluator.explanation.explain import Explanation
from store.records import Baseline, DriftCheck, Marker, MarkerKind, Monitor, Series
from tests.builders import NOON, make_sample, make_verdict
from tests.unit.evaluator.alerts.receiver import Receiver, receiving

GERMAN = SliceView(
    name="language=de",
    keys=[KeyView(key="language", value="de")],
    score=41.2,
    rate_before=0.952,
    rate_now=0.61,
    n_before=340,
    n_now=204,
    same=[],
)
EXPLANATION = Explanation(
    "Same requests, same mix: the answers got worse.",
    slices=(GERMAN,),
    requests=RequestsView(
        changed=False, verdict="the requests look the same", features=[], read_before=900, read_now=600
    ),
    mix_in_words="the mix is the same",
)


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A webhook receiver on loopback."""
    async with receiving() as server:
        yield server


@pytest.fixture
def facts() -> Facts:
    """A fall of the check `tone` on support-chat from 95 % to 82 %, with one failing sample."""
    monitor = Monitor(
        monitor_id="m/1", series=Series(feature="support-chat", judge="tone", judge_version="v1"), created_at=NOON
    )
    check = DriftCheck(
        monitor_id="m/1",
        looked_at=NOON,
        state="firing",
        reason="alarm",
        votes=612,
        log_evidence=math.log(31_000),
        log_threshold=math.log(25_920),
        p_ref=0.95,
        p_now=0.82,
        drop=0.13,
        drop_lo=0.098,
        drop_hi=0.162,
        onset_at=NOON - timedelta(hours=22),
        onset_lo_at=NOON - timedelta(hours=25),
        onset_hi_at=NOON - timedelta(hours=20),
        flags=("may_be_missing_data",),
    )
    onset = NOON - timedelta(hours=22)
    release = Marker(
        marker_id="r",
        ts=onset - timedelta(minutes=12),
        created_at=NOON,
        kind=MarkerKind.RELEASE,
        name="2026.11.3",
    )
    return Facts(
        monitor=monitor,
        check=check,
        baseline=Baseline(
            monitor_id="m/1",
            version=1,
            origin="first_window",
            start_at=NOON - timedelta(days=8),
            end_at=NOON - timedelta(days=6),
            created_at=NOON,
        ),
        reference=Interval(n=1000, rate=0.95, lo=0.9346, hi=0.9620),
        current=Bounded(n=612, rate=0.82, lo=0.7875, hi=0.8485, unscored=12, worst=0.8043, best=0.8235),
        false_alarms_per_30_days=1.0,
        failed=(0.0, 3.0),
        examples=[(make_sample("s1"), make_verdict("s1", passed=False, explanation="Rude."))],
        explanation=EXPLANATION,
        marker=nearest([release], onset, NOON - timedelta(hours=25), NOON - timedelta(hours=20)),
        public_url="http://127.0.0.1:8321/",
    )
