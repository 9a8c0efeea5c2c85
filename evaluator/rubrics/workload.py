"""How much a rubric would have to judge, from what is stored: samples per day, and how long its prompts are."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING

from evaluator import sampler
from evaluator.drift.intervals import wilson
from evaluator.rubrics.estimate import Span
from evaluator.rubrics.names import Meant
from evaluator.sampler import DEFAULT_CLASS
from evaluator.settings import SamplingSettings
from judges import needs
from judges.prompt import build
from store import samples as sample_store
from store import verdicts as verdict_store
from store.records import Sample
from store.samples import EARLIEST
from store.verdicts import MOMENT, Habits, PendingQuery

if TYPE_CHECKING:
    from store.database import Connection

PROMPTS = 200
"""How many stored samples are made into prompts."""
SLACK = 1.2
LEAST_DAYS = 1 / 24
ENOUGH = 20
"""From how many past verdicts on a judge's habits are measured and not assumed."""
ANSWER_TOKENS = Span(80, 150, 300)
ESCALATED = Span(0.02, 0.10, 0.30)
ANY_CODE = "0" * 32
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """For what to measure: a rubric as a judge, at the rate given or else at those of the settings."""

    meant: Meant
    sampling: SamplingSettings
    rate: float | None = None

    def rates(self) -> dict[str, float]:
        """The judge's rate by sampling class."""
        classes = [DEFAULT_CLASS, *(rule.name for rule in self.sampling.rules)]
        if self.rate is not None:
            return dict.fromkeys(classes, self.rate)
        return {
            name: sampler.judge_rate(self.sampling, name, self.meant.config.name, self.meant.rate) for name in classes
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What was measured on samples of [start_at, end_at): `eligible` are those that the judge would be for.

    Of them its rate takes the `share`, and of those are `askable` that have what the rubric needs. `day_counts` are
    the eligible ones of each whole day, `prompts` what would be sent about some of them, behind the prefix.
    """

    start_at: datetime
    end_at: datetime
    eligible: int
    share: float
    day_counts: tuple[int, ...]
    askable: float
    prompts: tuple[str, ...]
    habits: Habits

    @property
    def days(self) -> float:
        """The length of the window; a shorter one counts as an hour."""
        return max((self.end_at - self.start_at) / DAY, LEAST_DAYS)

    @property
    def judgements(self) -> Span | None:
        """Judgements per day that have to be paid for, from the quietest to the busiest day; None without samples."""
        if not self.eligible:
            return None
        paid = self.share * self.askable * (1.0 - self.reused)
        counts = self.day_counts or (self.eligible / self.days,)
        mean = self.eligible / self.days
        return Span(*(count * paid for count in (min(*counts, mean), mean, max(*counts, mean))))

    @property
    def reused(self) -> float:
        """The share of verdicts that were given again for equal content; 0 until enough are known."""
        return self.habits.reused / self.habits.verdicts if self.habits.verdicts >= ENOUGH else 0.0

    @property
    def answers(self) -> Span:
        """Tokens of an answer, measured on past ones or assumed."""
        mean, spread, n = self.habits.output_tokens, self.habits.output_spread, self.habits.answers
        if mean is None or spread is None or n < ENOUGH:
            return ANSWER_TOKENS
        half = 1.96 * spread / math.sqrt(n)
        return Span(max(mean - half, 1.0), mean, mean + half)

    @property
    def escalated(self) -> Span:
        """The share of judgements that a stronger model is asked about as well, measured or assumed."""
        paid = self.habits.verdicts - self.habits.reused
        bounds = wilson(self.habits.escalated, paid) if paid >= ENOUGH else None
        return Span(bounds[0], self.habits.escalated / paid, bounds[1]) if bounds else ESCALATED


def measure(c: Connection, asked: Asked, *, now: datetime, days: float) -> Workload:
    """The workload of the last `days` of what is stored, or of as many as there are."""
    start_at, end_at = _window(c, asked, now, days)
    every = _every(asked, start_at, end_at)
    eligible, _ = verdict_store.eligible_count(c, every)
    rates = asked.rates()
    taken, factor = _taken(c, every, rates, asked.sampling)
    samples, units = _units(_some(c, _at(every, rates, factor * min(1.0, SLACK * PROMPTS / max(taken, 1)))), asked)
    askable = [sample for sample in samples if needs.missing(sample, asked.meant.rubric.needs) is None]
    return Workload(
        start_at=start_at,
        end_at=end_at,
        eligible=round(eligible * units),
        share=taken / factor / eligible if eligible else 0.0,
        day_counts=tuple(round(n * units) for n in _by_day(c, every)),
        askable=len(askable) / len(samples) if samples else 1.0,
        prompts=tuple(build(asked.meant.rubric, sample, boundary=ANY_CODE).user for sample in askable),
        habits=verdict_store.habits(c, asked.meant.config.name, now - days * DAY),
    )


def _window(c: Connection, asked: Asked, now: datetime, days: float) -> tuple[datetime, datetime]:
    """The days before the last sample: of live traffic that is now, of a history that was scored its end."""
    first, last = verdict_store.times(c, asked.meant.config.features) or (now, now)
    end_at = min(last + MOMENT, now)
    return max(min(first, end_at), end_at - days * DAY), end_at


def _every(asked: Asked, start_at: datetime, end_at: datetime) -> PendingQuery:
    """Every sample that the judge would be for, whatever its rate."""
    return PendingQuery(
        judge="",
        judge_version="",
        since=EARLIEST,
        features=asked.meant.config.features,
        applies_to=asked.meant.rubric.applies_to,
        incomplete=asked.meant.config.incomplete,
        limit=PROMPTS,
        start_at=start_at,
        end_at=end_at,
    )


def _at(every: PendingQuery, rates: Mapping[str, float], factor: float) -> PendingQuery:
    """Those of them that lie below the judge's rates times the factor."""
    scaled = {name: min(1.0, rate * factor) for name, rate in rates.items()}
    return replace(every, rates=scaled, default_rate=scaled[DEFAULT_CLASS])


def _taken(
    c: Connection, every: PendingQuery, rates: Mapping[str, float], sampling: SamplingSettings
) -> tuple[int, float]:
    """How many samples lie below the rates times a factor, and the factor.

    A kept session lies below its sampling rate, so the judge takes more of the kept ones than its rate of all. The
    factor is as high as all classes are kept: there is more to count then, and less is left to chance.
    """
    kept = min((rate for rate in (sampling.rate, *(rule.rate for rule in sampling.rules)) if rate > 0), default=1.0)
    factor = max(1.0, kept / most) if (most := max(rates.values())) > 0 else 1.0
    return verdict_store.eligible_count(c, _at(every, rates, factor))[0], factor


def _by_day(c: Connection, every: PendingQuery) -> Iterator[int]:
    """Eligible samples of each whole day, the last one first."""
    for day in range((every.end_at - every.start_at) // DAY):
        end_at = every.end_at - day * DAY
        yield verdict_store.eligible_count(c, replace(every, start_at=end_at - DAY, end_at=end_at))[0]


def _some(c: Connection, query: PendingQuery) -> list[Sample]:
    """Samples with their texts. Which ones a hash of the session decides, as it does for the judge."""
    return sample_store.load(c, verdict_store.pending(c, query))


def _units(samples: Sequence[Sample], asked: Asked) -> tuple[Sequence[Sample], float]:
    """What is judged at once, and how many there are per sample: of a conversation the last sample stands for all."""
    if not asked.meant.rubric.conversation or not samples:
        return samples, 1.0
    last = {sample.session_id or sample.sample_id: sample for sample in sorted(samples, key=attrgetter("ts"))}
    return list(last.values()), len(last) / len(samples)
