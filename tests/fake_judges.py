"""Judges that do what a test says: decide, fail, crash, be away, or keep everybody waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from typing import Any

from judges.judge import Judgement, decided
from judges.registry import Entry
from store.records import Sample


@dataclass
class FakeJudge:
    """Decides by `rule`, which may raise, and not before `gate` is done; remembers which samples it was asked about."""

    name: str = "fake"
    version: str = "v1"
    kind: str = "check"
    features: tuple[str, ...] = ("*",)
    rate: float = 1.0
    incomplete: bool = False
    at_once: int | None = None
    rule: Callable[[Sample], Judgement] = lambda _: decided(True, "fine")
    gate: Future[None] | None = None
    on_asked: Callable[[], object] = lambda: None
    asked: list[str] = field(default_factory=list)

    @property
    def waits(self) -> bool:
        return self.kind == "llm" or self.at_once is not None

    async def judge(self, sample: Sample) -> Judgement:
        self.asked.append(sample.sample_id)
        self.on_asked()
        if self.gate is not None:
            await asyncio.shield(asyncio.wrap_future(self.gate))
        return self.rule(sample)

    @property
    def entry(self) -> Entry:
        return self.entry_for({})

    def entry_for(self, applies_to: Mapping[str, str], **fields: Any) -> Entry:
        """The judge as listed, for samples whose fields match."""
        plain: dict[str, Any] = {"name": self.name, "kind": self.kind, "features": self.features, "rate": self.rate}
        return Entry(**plain, judge=self, applies_to=applies_to, **fields)

    @property
    def batched(self) -> Entry:
        """The judge as one that judges by batches."""
        return replace(self.entry, batch=True)


@dataclass
class ClosingJudge(FakeJudge):
    """One that holds something until it is closed."""

    closed: bool = False

    async def close(self) -> None:
        self.closed = True
