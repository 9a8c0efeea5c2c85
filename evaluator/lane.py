"""One judge at work: which samples are its to judge, whether it can judge now, and its judgements as verdicts."""

from __future__ import annotations

import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from operator import attrgetter

import structlog

from evaluator import sampler
from evaluator.health import TRIES, Health
from evaluator.settings import SamplingSettings
from judges.errors import Stopped, Unavailable
from judges.judge import Judge, Judgement, Repeating, errored
from judges.registry import Entry
from store.fields import matches
from store.records import Clock, RateChange, Sample, Status, TextState, Verdict
from store.samples import Key
from store.verdicts import PendingQuery

log = structlog.get_logger(__name__)

JUDGED = tuple(field.name for field in fields(Judgement))


class Lane:
    """A configured judge with its state: ready, unavailable until a time, or stopped until somebody mends a setting."""

    def __init__(self, entry: Entry, judge: Judge, sampling: SamplingSettings, clock: Clock) -> None:
        self.entry = entry
        self.judge = judge
        self.stopped: str | None = None
        self._health = Health(clock)
        self._sampling = sampling
        self._clock = clock
        self._claims: set[Key] = set()
        self._changes: list[RateChange] = []

    @property
    def live(self) -> bool:
        """Whether samples are judged as they come, and not in the next batch. Conversations always are."""
        return not self.entry.batch or self.entry.quiet_minutes is not None

    @property
    def available(self) -> bool:
        """Whether asking it now makes sense."""
        return self.stopped is None and not self._health.rests

    @property
    def paused_why(self) -> str:
        """What the judge last failed with, for want of its service; empty when it never did."""
        return self._health.why

    @property
    def paused_reason(self) -> str:
        """The reason of that failure: budget, rate_limited, circuit_open …; empty when it never failed."""
        return self._health.reason

    @property
    def quiet(self) -> timedelta | None:
        """How long a session must be quiet before the judge is asked about all of it; None when it judges samples."""
        return None if self.entry.quiet_minutes is None else timedelta(minutes=self.entry.quiet_minutes)

    @property
    def passed_over(self) -> int:
        """How many samples at most are not free."""
        return len(self._claims) + len(self._health)

    def free(self, key: Key) -> bool:
        """Whether the sample is in nobody's hands and need not wait after a failure."""
        return key not in self._claims and not self._health.waits(key)

    def claim(self, key: Key) -> bool:
        """Takes the sample in hand, if it is free: from then until `release` nobody else asks about it."""
        if not self.free(key):
            return False
        self._claims.add(key)
        return True

    def release(self, key: Key) -> None:
        """Lets go of a claimed sample; its verdict is committed, or it has none."""
        self._claims.discard(key)

    def rate(self, sampling_class: str) -> float:
        """The share of all sessions of this class that the judge sees when no budget thins them."""
        return sampler.judge_rate(self._sampling, sampling_class, self.judge.name, self.entry.rate)

    def thinned(self, changes: Sequence[RateChange]) -> None:
        """From each change on the rate is multiplied by its factor; the changes of this judge, oldest first."""
        self._changes = list(changes)

    def factor(self, at: datetime) -> float:
        """What the rate was multiplied by at that time; 1 unless a budget was biting."""
        place = bisect_right(self._changes, at, key=attrgetter("since"))
        return self._changes[place - 1].factor if place else 1.0

    def probability(self, sample: Sample) -> float:
        """The chance that this judge sees the sample's session, as it was when the sample arrived."""
        return min(self.rate(sample.sampling_class) * self.factor(sample.received_at), sample.sampling_probability)

    def applies(self, sample: Sample) -> bool:
        """Whether it is for this judge at all: there is text, and feature and fields match."""
        if sample.text is not TextState.KEPT or (sample.incomplete and not self.judge.incomplete):
            return False
        of_feature = any(fnmatchcase(sample.feature, glob) for glob in self.judge.features)
        return of_feature and matches(self.entry.applies_to, sample)

    def wants(self, sample: Sample) -> bool:
        """Whether the judge has to judge it: it applies, and the session lies below the judge's rate."""
        rate = self.rate(sample.sampling_class) * self.factor(sample.received_at)
        return sample.sampling_u < rate and self.applies(sample)

    def takes(self, sample: Sample) -> bool:
        """Whether the judge is asked about the sample as it comes: not in a batch, nor once its session is quiet."""
        return self.live and self.quiet is None and self.wants(sample)

    def pending(self, since: datetime, limit: int) -> PendingQuery:
        """The question to the store: which kept samples are this judge's and have no verdict of its version."""
        classes = ["default", *(rule.name for rule in self._sampling.rules)]
        return PendingQuery(
            judge=self.judge.name,
            judge_version=self.judge.version,
            features=self.judge.features,
            applies_to=self.entry.applies_to,
            rates={name: self.rate(name) for name in classes},
            default_rate=self.entry.rate,
            incomplete=self.judge.incomplete,
            since=since,
            limit=limit,
        )

    async def verdict(self, sample: Sample) -> Verdict | None:
        """The judge's verdict; None when it cannot judge now."""
        if not self.available:
            return None
        started = time.perf_counter()
        judgement = await self._judgement(sample)
        if judgement is None:
            return None
        return self.stamp(sample, judgement, (time.perf_counter() - started) * 1000)

    async def again(self, sample: Sample, *, anew: bool) -> tuple[Judgement, float] | None:
        """A judgement and its ms, with `anew` whatever is known of equal text; None: it cannot judge now."""
        if not self.available:
            return None
        started = time.perf_counter()
        judgement = await self._judgement(sample, anew=anew)
        return None if judgement is None else (judgement, (time.perf_counter() - started) * 1000)

    async def _judgement(self, sample: Sample, *, anew: bool = False) -> Judgement | None:
        judge = self.judge
        try:
            judgement = await (judge.again(sample) if anew and isinstance(judge, Repeating) else judge.judge(sample))
        except Unavailable as error:
            log.warning("judge unavailable", judge=self.judge.name, reason=error.reason)
            given_up = self._health.failed(key_of(sample), error)
            return _given_up(error) if given_up else _broken_off(error) if anew else None
        except Stopped as error:
            self.stopped = str(error)
            log.error("judge stopped", judge=self.judge.name, reason=error.reason)
            return _broken_off(error) if anew else None
        except Exception as error:  # noqa: BLE001 - a judge's bug is this item's error, never the end of the pipeline
            log.error("judge crashed", judge=self.judge.name, error=type(error).__name__)
            return errored(
                "crashed", f"The judge itself failed ({type(error).__name__}); this is a bug, please report it."
            )
        if judgement.status is not Status.SKIPPED:  # nobody was asked about a skipped one
            self._health.answered(key_of(sample))
        return judgement

    def stamp(self, sample: Sample, judgement: Judgement, duration_ms: float | None = None) -> Verdict:
        """A judgement of this judge as the verdict on the sample."""
        told = {name: getattr(judgement, name) for name in JUDGED}
        return Verdict(
            **told,
            sample_id=sample.sample_id,
            ts=sample.ts,
            judged_at=self._clock(),
            feature=sample.feature,
            session_id=sample.session_id,
            sampling_class=sample.sampling_class,
            judge=self.judge.name,
            judge_version=self.judge.version,
            kind=self.judge.kind,
            judge_probability=self.probability(sample),
            duration_ms=duration_ms,
        )


def key_of(sample: Sample) -> Key:
    """What the store knows the sample by."""
    return sample.sample_id, sample.ts


def _broken_off(error: Unavailable | Stopped) -> Judgement | None:
    """A judgement that nobody has to end, with what was paid for it; None where nothing was."""
    if not error.paid_usd:
        return None
    told = f"Some of the answers that it takes came, and then no more: {error}"
    return replace(errored(error.reason, told), cost_usd=error.paid_usd)


def _given_up(error: Unavailable) -> Judgement:
    tried = f"Judging this sample failed {TRIES} times ({error.reason}), while other samples were judged in between"
    return replace(errored(error.reason, f"{tried}; it is not tried again."), cost_usd=error.paid_usd)
