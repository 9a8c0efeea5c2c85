"""What every judge is: a name, a version, and a function from a sample to a judgement."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from store.records import Opinion, Sample, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a judge says of one sample; the fields are those of the verdict that it becomes (store.records.Verdict)."""

    status: Status = Status.OK
    passed: bool | None = None
    score: float | None = None
    label: str | None = None
    explanation: str | None = None
    reason: str | None = None
    model: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    cost_usd: float | None = None
    via: str | None = None
    provider: str | None = None
    votes: int | None = None
    disagreement: float | None = None
    escalated: bool | None = None
    flipped: bool | None = None
    cut: int | None = None
    content_hash: str | None = None
    opinions: tuple[Opinion, ...] = ()


class Judge(Protocol):
    """Turns a sample into a judgement.

    `kind` is schema, check, heuristic, code or llm. `features` are globs of the features it applies to, `rate` the
    share of all sessions it judges, `incomplete` whether it also judges samples whose text is not whole. `waits` says
    that a judgement waits for something outside, `at_once` for how many of them at a time (None: for a model, in the
    places that all such judges share). A failure of the judge is a Judgement with status error; `Unavailable`
    (judges.errors) means "not now": no verdict is written and the sample stays pending.
    """

    @property
    def name(self) -> str: ...
    @property
    def version(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def features(self) -> tuple[str, ...]: ...
    @property
    def rate(self) -> float: ...
    @property
    def incomplete(self) -> bool: ...
    @property
    def waits(self) -> bool: ...
    @property
    def at_once(self) -> int | None: ...

    async def judge(self, sample: Sample) -> Judgement: ...


@runtime_checkable
class Closing(Protocol):
    """A judge that holds something to be let go of at the end, in the event loop it judged in."""

    async def close(self) -> None: ...


@runtime_checkable
class Repeating(Protocol):
    """A judge that gives known verdicts again: `again` asks anew."""

    async def again(self, sample: Sample) -> Judgement: ...


def decided(passed: bool, explanation: str, *, label: str | None = None) -> Judgement:
    """A pass or a fail, with its reason in words."""
    label = label or ("PASS" if passed else "FAIL")
    return Judgement(passed=passed, score=float(passed), label=label, explanation=explanation)


def errored(reason: str, explanation: str) -> Judgement:
    """The judge could not decide, and trying again would not help."""
    return Judgement(status=Status.ERROR, reason=reason, explanation=explanation)


def skipped(reason: str, explanation: str) -> Judgement:
    """The sample is not one this judge can say anything about."""
    return Judgement(status=Status.SKIPPED, reason=reason, explanation=explanation)


def version_of(deciding: Mapping[str, Any]) -> str:
    """12 hex digits over everything that decides a verdict; a change starts a new series.

    >>> version_of({"pattern": "a"}) == version_of({"pattern": "b"})
    False
    """
    canonical = json.dumps(deciding, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:12]
