"""Whole samples on their way in: redacted before anything, stored as far as the policy keeps text, judged whole."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from evaluator.intake import public
from evaluator.intake.accept import Intake
from evaluator.intake.decode import Item
from evaluator.intake.protection import AsSent
from evaluator.settings import Settings
from store import samples as sample_store
from store.records import Sample, TextState
from store.store import Store
from tests.conftest import Clock
from tests.unit.evaluator.intake.settling import Withholding


class Initials(AsSent):
    """Leaves only the first letter of a session's name."""

    def sample(self, sample: Sample, /) -> Sample:
        return replace(sample, session_id=sample.session_id and sample.session_id[0])

    def text(self, text: str, /) -> str:
        return text[0]


async def accepted(
    store: Store, clock: Clock, *values: Any, **options: Any
) -> tuple[list[Sample], list[Sample | None]]:
    """What the judges were given, and what is stored of it."""
    judged: list[Sample] = []
    read = options.pop("read", public.read)
    intake = Intake(store, Settings(), clock, judged.extend, **options)
    await intake.accept([Item(index, value) for index, value in enumerate(values)], read=read, source="test")
    with store.read() as c:
        return judged, [sample_store.get(c, sample.sample_id) for sample in judged]


async def test_what_is_stored_and_judged_is_redacted(store: Store, clock: Clock) -> None:
    """Neither the store nor a judge sees what the redactor takes out."""
    item = {"response": "x", "session_id": "Ada"}
    judged, stored = await accepted(store, clock, item, redactor=Initials())
    assert [one.session_id for one in (*judged, *stored) if one] == ["A", "A"]


async def test_the_feature_of_what_is_rejected_is_redacted(store: Store, clock: Clock) -> None:
    """What is no sample leaves a count under its feature, and nothing that the redactor takes out."""
    await accepted(store, clock, {"feature": "Ada", "response": 7}, redactor=Initials())
    with store.read() as c:
        assert c.execute("SELECT feature, outcome FROM traffic").fetchall() == [("A", "rejected")]


async def test_withheld_text_is_judged_and_not_stored(store: Store, clock: Clock) -> None:
    """A judge gets the text of a feature that keeps none; the store gets the rest."""
    judged, stored = await accepted(store, clock, {"response": "x", "feature": "secret"}, policy=Withholding())
    assert judged[0].response == {"content": [{"type": "text", "text": "x"}]}
    assert [(one.response, one.text) for one in stored if one] == [({}, TextState.WITHHELD)]


async def test_another_reader_reads_its_own_items(store: Store, clock: Clock) -> None:
    """A reader of another client's form makes the samples; equal ones without an id are told apart."""

    def read(item: Any, /, *, received_at: datetime, source: str) -> Sample:
        return public.read({"response": item["said"]}, received_at=received_at, source=source)

    judged, _ = await accepted(store, clock, {"said": "x"}, {"said": "x"}, read=read)
    assert [one.source for one in judged] == ["test", "test"]
    assert len({one.sample_id for one in judged}) == 2
