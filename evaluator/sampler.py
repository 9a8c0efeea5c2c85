"""Which sessions are kept, and with what probability: a hash of the session against a rate.

The hash alone decides, so a session is kept whole or not at all, every process decides alike, and what a lower rate
keeps is a subset of what a higher rate keeps. Rules come first to last; the first that matches names the class.
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import blake2b
from typing import TYPE_CHECKING

from store.records import Sample

if TYPE_CHECKING:
    from evaluator.settings import SamplingRule, SamplingSettings

DEFAULT_CLASS = "default"
FIELDS = ("feature", "model", "stop_reason", "error", "environment", "release", "prompt_version")
METADATA = "metadata."


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """The sampler's answer: the class, its inclusion probability, the session's position and whether it lies below."""

    sampling_class: str
    probability: float
    u: float
    kept: bool


def position(session_id: str | None, sample_id: str) -> float:
    """Where a session lies in [0, 1): the first 53 bits of a BLAKE2b hash of its id (without one, the sample's).

    53 bits are what a float holds exactly; with all 64 the largest hashes would round up to 1.0.

    >>> position("s1", "a") == position("s1", "b")
    True
    """
    name = sample_id if session_id is None else session_id
    digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "big") >> 11) / float(1 << 53)


def decide(settings: SamplingSettings, sample: Sample) -> Draw:
    """Whether a sample is kept: the first rule that matches gives class and rate, else the default rate."""
    rule = next((rule for rule in settings.rules if matches(rule, sample)), None)
    rate = settings.rate if rule is None else rule.rate
    u = position(sample.session_id, sample.sample_id)
    return Draw(sampling_class=rule.name if rule else DEFAULT_CLASS, probability=rate, u=u, kept=u < rate)


def judge_rate(settings: SamplingSettings, sampling_class: str, judge_name: str, default_rate: float) -> float:
    """The share of sessions of one class that a judge sees: the rule's own rate for it, else `default_rate`."""
    rule = next((rule for rule in settings.rules if rule.name == sampling_class), None)
    return default_rate if rule is None else rule.judges.get(judge_name, default_rate)


def matches(rule: SamplingRule, sample: Sample) -> bool:
    """True when every field the rule names matches its glob (case counts)."""
    return all(_matches(_value(sample, field), pattern) for field, pattern in rule.when.items())


def known_field(field: str) -> bool:
    """True for a name that a rule can look at: one of FIELDS, or `metadata.KEY`."""
    return field in FIELDS or (field.startswith(METADATA) and len(field) > len(METADATA))


def _matches(value: str | None, pattern: str) -> bool:
    """A field that is absent matches only the empty pattern, so that `error = "*"` means: there is an error."""
    return fnmatchcase(value, pattern) if value else pattern == ""


def _value(sample: Sample, field: str) -> str | None:
    if field.startswith(METADATA):
        return sample.metadata.get(field[len(METADATA) :])
    return getattr(sample, field) if field in FIELDS else None
