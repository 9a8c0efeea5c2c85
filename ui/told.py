"""What an alert knows, as docs/alerts.md has it, with what older versions did not know yet left empty."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, ValidationError

from evaluator.api.shapes import Interval, MarkerFit
from evaluator.monitors.words import RATE_OF_JUDGE


def _filled(given: Any) -> Any:
    return {} if given is None else given


def _listed(given: Any) -> Any:
    return [] if given is None else given


class Part(BaseModel):
    """A table of the evidence; null is told like a table of nothing."""


class Subject(Part):
    """Which monitor."""

    monitor_id: str = ""
    feature: str = ""
    judge: str = ""
    metric: str = RATE_OF_JUDGE


class Rate(Interval):
    """A share, its votes and its 95 % interval."""

    n: float = 0
    rate: float | None = None
    lo: float | None = None
    hi: float | None = None


class Size(Part):
    """How far the share got worse."""

    size: float | None = None
    lo: float | None = None
    hi: float | None = None


class Now(Size):
    """The same by the last look, and the share that it saw."""

    rate: float | None = None


class Drop(Part):
    """The same at the alarm, from there to the recovery, and by the last look."""

    at_alarm: Annotated[Size, BeforeValidator(_filled)] = Size()
    refreshed: Size | None = None
    now: Now | None = None


class Strength(Part):
    """How sure it is."""

    in_words: str = ""
    false_alarms_per_30_days: float | None = None


class Onset(Part):
    """Since when."""

    at: datetime | None = None
    lo_at: datetime | None = None
    hi_at: datetime | None = None


class Slice(Part):
    """Where it fell."""

    name: str
    rate_before: float | None = None
    rate_now: float | None = None
    n_now: float = 0


class Words(Part):
    """What is told in words alone."""

    in_words: str = ""


class RuleWords(Words):
    """A plain rule."""

    name: str = ""


class Example(Part):
    """A failing sample."""

    sample_id: str
    request: str = ""
    response: str = ""
    explanation: str = ""


class Told(Part):
    """The evidence of one alert."""

    monitor: Annotated[Subject, BeforeValidator(_filled)] = Subject()
    says: str | None = None
    bad: str = "down"
    value: Annotated[Rate, BeforeValidator(_filled)] = Rate()
    baseline: Annotated[Rate, BeforeValidator(_filled)] = Rate()
    drop: Annotated[Drop, BeforeValidator(_filled)] = Drop()
    evidence: Annotated[Strength, BeforeValidator(_filled)] = Strength()
    onset: Annotated[Onset, BeforeValidator(_filled)] = Onset()
    marker: MarkerFit | None = None
    why: str | None = None
    where: Annotated[list[Slice], BeforeValidator(_listed)] = Field(default_factory=list)
    coverage: Words | None = None
    examples: Annotated[list[Example], BeforeValidator(_listed)] = Field(default_factory=list)
    flags: Annotated[list[str], BeforeValidator(_listed)] = Field(default_factory=list)
    recovery: Rate | None = None
    rule: RuleWords | None = None

    @property
    def last_seen(self) -> tuple[float | None, str]:
        """The share that was seen last, and when that was, in words."""
        now = self.drop.now.rate if self.drop.now else None
        return (self.value.rate, "at the alarm") if now is None else (now, "by now")

    @property
    def known(self) -> bool:
        """Whether there is any evidence."""
        return bool(self.monitor.monitor_id)


def read(evidence: Mapping[str, Any]) -> Told:
    """The evidence as it is; that of nothing where another version wrote it in another shape.

    >>> read({"monitor": {"monitor_id": "m", "feature": "chat", "judge": "tone"}, "onset": None}).onset.at
    >>> read({"value": "much"}).known
    False
    """
    try:
        return Told.model_validate(evidence)
    except ValidationError:
        return Told()
