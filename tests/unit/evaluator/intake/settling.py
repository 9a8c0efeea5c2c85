"""A settler on a store in memory, with what it tells others written down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from evaluator.intake.accept import Intake
from evaluator.intake.parts import Part
from evaluator.intake.protection import AsSent
from evaluator.intake.settle import Settler
from evaluator.settings import Settings
from store import samples as sample_store
from store.records import Sample, TextState
from store.samples import SampleFilter
from store.store import Store
from tests.conftest import Clock


class Withholding(AsSent):
    """Keeps no text of the feature `secret`, nor of one that is not known yet."""

    def withholds(self, feature: str | None, /) -> bool:
        return feature in ("secret", None)

    def stored(self, sample: Sample, /) -> Sample:
        if not self.withholds(sample.feature):
            return sample
        return replace(sample, request={}, response={}, text=TextState.WITHHELD)


class Marking(AsSent):
    """Takes the word `secret` out of records, and numbers its marks in samples."""

    def part(self, part: Part, /) -> Part:
        return replace(part, facts=replace(part.facts, error=(part.facts.error or "").replace("secret", "mark")))

    def number(self, sample: Sample, /) -> Sample:
        return replace(sample, error=(sample.error or "").replace("mark", "<1>") or None)


@dataclass
class Bench:
    """`settler` and what became of what it was given: `judged` samples, `lost` things, `outcomes` by count."""

    store: Store
    clock: Clock
    policy: AsSent = field(default_factory=AsSent)
    redactor: AsSent = field(default_factory=AsSent)
    sampling: dict[str, Any] = field(default_factory=dict)
    judged: list[Sample] = field(default_factory=list)
    lost: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        settings = Settings(sampling=self.sampling)
        intake = Intake(
            self.store,
            settings,
            self.clock,
            self.judged.extend,
            self.outcomes.update,
            redactor=self.redactor,
            policy=self.policy,
        )
        self.settler = Settler(
            self.store, settings, self.clock, self.redactor, intake, on_lost=lambda what, n: self.lost.update({what: n})
        )

    async def add(self, *parts: Part, after: float = 0) -> None:
        """Adds parts `after` so many seconds."""
        self.clock.advance(seconds=after)
        await self.settler.add(parts)

    async def settle(self, after: float = 11) -> int:
        """Settles `after` so many seconds."""
        self.clock.advance(seconds=after)
        return await self.settler.settle()

    @property
    def stored(self) -> Sequence[Sample]:
        """The samples in the store, by id."""
        with self.store.read() as c:
            return sorted(sample_store.search(c, SampleFilter(limit=1000)), key=lambda sample: sample.sample_id)

    @property
    def spans(self) -> list[str | None]:
        """The outermost span of each sample in the store."""
        return [sample.span_id for sample in self.stored]

    def count(self, table: str) -> int:
        """Rows of a table."""
        with self.store.read() as c:
            (n,) = c.execute(f"SELECT count(*) FROM {table}").fetchone() or (0,)
        return int(n)
