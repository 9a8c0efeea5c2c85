"""Which sessions are kept, and with what probability: a hash of the session against a rate.

The hash alone decides, so a session is kept whole or not at all, every process decides alike, and what a lower rate
keeps is a subset of what a higher rate keeps. Rules come first to last; the first that matches names the class.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store import fields
from store.fields import matches
from store.records import Sample

if TYPE_CHECKING:
    from evaluator.settings import SamplingSettings

DEFAULT_CLASS = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """The sampler's answer: the class, its inclusion probability, the session's position and whether it lies below."""

    sampling_class: str
    probability: float
    u: float
    kept: bool


def position(session_id: str | None, sample_id: str) -> float:
    """Where a session lies in [0, 1): a hash of its id, or of the sample's without one.

    >>> position("s1", "a") == position("s1", "b")
    True
    """
    return fields.position(sample_id if session_id is None else session_id)


def decide(settings: SamplingSettings, sample: Sample) -> Draw:
    """Whether a sample is kept: the first rule that matches gives class and rate, else the default rate."""
    rule = next((rule for rule in settings.rules if matches(rule.when, sample)), None)
    rate = settings.rate if rule is None else rule.rate
    u = position(sample.session_id, sample.sample_id)
    return Draw(sampling_class=rule.name if rule else DEFAULT_CLASS, probability=rate, u=u, kept=u < rate)


def judge_rate(settings: SamplingSettings, sampling_class: str, judge_name: str, default_rate: float) -> float:
    """The share of sessions of one class that a judge sees: the rule's own rate for it, else `default_rate`."""
    rule = next((rule for rule in settings.rules if rule.name == sampling_class), None)
    return default_rate if rule is None else rule.judges.get(judge_name, default_rate)
