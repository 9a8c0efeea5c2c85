"""Judges made for tests: those without a model as leadline.toml makes them, and what those with one need."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from evaluator import owed
from evaluator.owed import Span
from evaluator.pipeline import Pipeline
from judges.budget import Budgets, Limit
from judges.judge import Judge, Judgement
from judges.leaks import Detection
from judges.llm import Model, Resources
from judges.registry import JudgeConfig, build
from store.records import Sample
from store.store import Store
from tests.builders import make_sample
from tests.conftest import Clock


def resources(model: Model, *, limit: Limit | None = None, clock: Clock | None = None, **fields: Any) -> Resources:
    """What LLM judges share: this model, no limit on spending unless given, and no repeats."""
    return Resources(model=model, budgets=Budgets(limit or Limit(), {}, clock or Clock()), **fields)


PLACEHOLDERS = Detection()
"""What redaction with its defaults finds: placeholders alone, nothing in the text."""


def make_judge(kind: str, /, *, detection: Detection = PLACEHOLDERS, **definition: Any) -> Judge:
    """The judge of one definition; it is called `mine` unless the definition names it."""
    config = TypeAdapter[JudgeConfig](JudgeConfig).validate_python({"kind": kind, "name": "mine", **definition})
    (entry,) = build([config], builtin=(), llm_rate=0.01, model="claude-haiku-5-5", resources=None, detection=detection)
    assert entry.judge is not None
    return entry.judge


def waiting(store: Store, pipeline: Pipeline, now: datetime, lane: int = 0) -> tuple[int, datetime | None]:
    """How many samples wait for a judge of the pipeline, and when the oldest of them arrived."""
    with store.read() as c:
        return owed.count(c, pipeline.lanes[lane], Span(pipeline.window_start(), now))


async def judged(text: str | Sample, kind: str, /, **definition: Any) -> Judgement:
    """What the judge of a definition says of a response text, or of a whole sample."""
    sample = make_sample(text=text) if isinstance(text, str) else text
    return await make_judge(kind, **definition).judge(sample)
