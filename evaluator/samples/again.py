"""A sample judged again because somebody asked: whatever comes of it, nobody can pick the verdict that they like.

What counts is what the sampling chose, once. So a verdict that stands stays, and the new judgement is one more opinion
beside it (with the role `repeat`; `flipped` of the verdict tells of repeats that chance chose, and stays as it is).
Only where the judge owes a verdict and has none, or has failed, the judgement becomes it. A sample that was not drawn
for the judge gets a verdict that is skipped, with the judgement beside it: its cost is booked, and it has no vote.

Money stands on the day it was spent: what a new verdict cost is in it, all else in the audit log (store.repeats.apart).
A conversation that goes on is not owed one yet: nothing is asked or stored, since what stands would stay.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from evaluator import owed
from evaluator.alerts import actions
from evaluator.alerts.actions import Actor
from evaluator.errors import InputError
from evaluator.lane import Lane, key_of
from evaluator.owed import Span
from evaluator.redact.keep import TextPolicy
from judges.judge import Judgement
from judges.opinions import REPEAT
from store import batches, repeats
from store.records import Opinion, Sample, Status, TextState, Verdict

if TYPE_CHECKING:
    from evaluator.service import Service
    from store.database import Connection

BY_HAND = "by_hand"
"""Why a sample that was not drawn has no verdict, though somebody had it judged."""
VERDICT, BESIDE, ASIDE = "verdict", "beside", "aside"
NOT_APPLICABLE, UNAVAILABLE, UNDER_WAY = "not_applicable", "unavailable", "under_way"
GOES_ON = "goes_on"
"""The detail of an outcome `under_way` whose conversation is not over."""
DETAILS = {
    VERDICT: "The judge owed a verdict on this sample: this is it.",
    BESIDE: "The verdict stays as it was and counts once; this judgement stands beside it.",
    ASIDE: "The sample was not drawn for this judge, so this judgement counts in no rate.",
    NOT_APPLICABLE: "The sample is not for this judge: another feature or other fields, or its text is not whole.",
    GOES_ON: "Its conversation goes on: the judge is asked once it is quiet, so there is nothing to judge again yet.",
    UNDER_WAY: "It is being judged just now, waits for a batch, or rests after a failure: look again in some minutes.",
}
WAITS = "The judge cannot judge now."
OPINION = [field.name for field in fields(Opinion) if field.name not in ("role", "via")]


@dataclass(frozen=True, slots=True)
class Again:
    """What came of it, by one judge: the outcome, what it means, and the judgement where there is one."""

    judge: str
    judge_version: str
    outcome: str
    detail: str
    judgement: Judgement | None = None
    flipped: bool | None = None


async def judge_again(service: Service, sample: Sample, judge: str | None, actor: Actor) -> list[Again]:
    """Asks one judge, or all that apply to the sample. InputError: there is nothing to read, or nobody to ask."""
    if sample.text is not TextState.KEPT:
        raise InputError(f"The text of this sample is not there ({sample.text}), so no judge can read it.")
    lanes = [lane for lane in service.pipeline.lanes if judge in (None, lane.judge.name)]
    if judge and not lanes:
        raise InputError(f"There is no judge {judge!r} at work; GET /v1/judges lists them, and what they lack.")
    asked = lanes if judge else [lane for lane in lanes if lane.applies(sample)]
    if not asked:
        raise InputError("No judge applies to this sample: see its feature, and whether its text is whole.")
    return list(await asyncio.gather(*(_Asking(service, lane, sample, actor).go() for lane in asked)))


class _Asking:
    """One judge, one sample."""

    def __init__(self, service: Service, lane: Lane, sample: Sample, actor: Actor) -> None:
        self._service = service
        self._lane = lane
        self._sample = sample
        self._actor = actor
        self._policy = TextPolicy(service.settings)
        self._drawn = False

    async def go(self) -> Again:
        if not self._lane.applies(self._sample):
            return self._told(NOT_APPLICABLE)
        await asyncio.to_thread(self._service.store.fold_verdicts)
        subject, standing, coming = await asyncio.to_thread(self._known)
        if coming:
            return Again(*self._names, UNDER_WAY, DETAILS[coming])
        return await self._service.pipeline.run(self._ask(subject, standing))

    def _known(self) -> tuple[Sample, Verdict | None, str | None]:
        """What the judge is asked about, its verdict so far, and why that is still to come, if it is."""
        version = self._lane.judge.name, self._lane.judge.version
        with self._service.store.read() as c:
            coming = any(one[2:] == version for one in batches.under_way(c, [key_of(self._sample)]))
            (subject,) = owed.load(c, self._lane, [key_of(self._sample)])
            standing = self._standing(c)
            self._drawn, goes_on = self._owed(c) if standing is None else (True, False)
            return subject, standing, UNDER_WAY if coming else GOES_ON if goes_on else None

    def _owed(self, c: Connection) -> tuple[bool, bool]:
        """Whether the judge owes a verdict on the sample, and whether it will, once its conversation is quiet."""
        lane, key, now = self._lane, key_of(self._sample), self._service.clock()
        if lane.quiet is None or not lane.wants(self._sample):
            return lane.wants(self._sample), False
        since = min(self._service.pipeline.window_start(), self._sample.received_at)
        by_now, once_quiet = (key in owed.keys(c, lane, Span(since, at), owed.ALL) for at in (now, now + lane.quiet))
        return by_now, once_quiet and not by_now

    async def _ask(self, subject: Sample, standing: Verdict | None) -> Again:
        """In the judges' loop. What may become the verdict is claimed, so that nobody else pays for it meanwhile."""
        key, repeat = key_of(self._sample), _stays(standing)
        if not repeat and not self._lane.claim(key):
            return self._told(UNDER_WAY)
        try:
            asked = await self._lane.again(subject, anew=standing is not None)
            if asked is None:
                why = self._lane.stopped or self._lane.paused_why
                return Again(*self._names, UNAVAILABLE, f"{WAITS} {why}".strip())
            return await asyncio.wrap_future(
                self._service.store.run_numbered(lambda c, after: self._written(c, after, *asked))
            )
        finally:
            if not repeat:
                self._lane.release(key)

    def _written(self, c: Connection, after: int, judgement: Judgement, ms: float) -> tuple[Again, int]:
        """What follows, and its line in the audit log, in one transaction; as things stand now, not when it began."""
        standing, now = self._standing(c), self._service.clock()
        if standing is not None and _stays(standing):
            opinion = self._opinion(judgement)
            repeats.add(c, standing, opinion, now)
            apart = repeats.apart(now, opinion)
            told = self._told(BESIDE, judgement, _flipped(standing, judgement))
        else:
            drawn = standing is not None or self._drawn
            kept = judgement if drawn else self._aside(judgement)
            verdict = self._policy.explained(self._lane.stamp(self._sample, kept, ms))
            after = repeats.put(c, verdict, after, standing)
            apart = repeats.apart(standing.judged_at, standing) if standing else {}
            told = self._told(VERDICT if drawn else ASIDE, judgement)
        self._log(c, now, told, apart)
        return told, after

    def _standing(self, c: Connection) -> Verdict | None:
        return repeats.standing(c, self._sample.sample_id, self._sample.ts, self._names)

    def _opinion(self, judgement: Judgement) -> Opinion:
        """The judgement as one opinion, whatever answers it took."""
        told = {name: getattr(judgement, name) for name in OPINION}
        opinion = Opinion(role=REPEAT, via=judgement.via or "call", **told)
        return replace(opinion, explanation=None) if self._policy.withholds(self._sample.feature) else opinion

    def _aside(self, judgement: Judgement) -> Judgement:
        """No verdict, with the judgement beside it."""
        undecided: dict[str, Any] = {
            "passed": None,
            "score": None,
            "label": None,
            "flipped": None,
            "content_hash": None,
        }
        skipped = replace(judgement, status=Status.SKIPPED, reason=BY_HAND, explanation=DETAILS[ASIDE], **undecided)
        return replace(skipped, opinions=(self._opinion(judgement),))

    def _log(self, c: Connection, now: datetime, told: Again, apart: dict[str, Any]) -> None:
        what = ("judged again", "sample", self._sample.sample_id)
        judgement = told.judgement or Judgement()
        ended = {"status": judgement.status, "passed": judgement.passed, "cost_usd": judgement.cost_usd}
        detail = {"judge": told.judge, "feature": self._sample.feature, "outcome": told.outcome, **ended, **apart}
        actions.log(c, self._actor, now, what, **detail)

    @property
    def _names(self) -> tuple[str, str]:
        return self._lane.judge.name, self._lane.judge.version

    def _told(self, outcome: str, judgement: Judgement | None = None, flipped: bool | None = None) -> Again:
        return Again(*self._names, outcome, DETAILS[outcome], judgement, flipped)


def _stays(standing: Verdict | None) -> bool:
    """Whether there is a verdict that nobody may replace."""
    return standing is not None and standing.status is not Status.ERROR


def _flipped(standing: Verdict, again: Judgement) -> bool | None:
    decided = standing.passed is not None and again.passed is not None
    return standing.passed != again.passed if decided else None
