"""Somebody says what they think of a sample. What they said before stays, and is not counted any more."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from evaluator.alerts import actions
from evaluator.alerts.actions import Actor
from evaluator.errors import InputError
from store import labels, samples
from store.labels import Judged, Label, LabelFilter, Target
from store.records import TextState

if TYPE_CHECKING:
    from store.database import Connection
    from store.records import Sample
    from store.samples import Key

NO_VERDICT = (
    "The judge {judge!r} has decided nothing on this sample that people are asked about; "
    "GET /v1/labels/next gives one that it has."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What somebody says; `passed` None: they cannot say."""

    passed: bool | None
    label: str | None = None
    note: str = ""

    def same(self, before: Label) -> bool:
        """Whether they said exactly this before."""
        return (self.passed, self.label, self.note or None) == (before.passed, before.label, before.note)


def target_of(c: Connection, sample: Sample, judge: str, judge_version: str | None) -> tuple[Target, Judged]:
    """What a label on this sample is for. InputError: the judge has decided nothing on it."""
    found = labels.verdict_on(c, (sample.sample_id, sample.ts), judge, judge_version)
    if found is None:
        raise InputError(NO_VERDICT.format(judge=judge[:60]))
    return found


def say(c: Connection, key: Key, about: tuple[Target, Judged], word: Word, who: tuple[Actor, datetime]) -> Label:
    """Keeps a person's word on a sample; the same again changes nothing. For Store.run.

    InputError: its text is gone, and they did not label it before.
    """
    (target, judged), (actor, now), (sample_id, ts) = about, who, key
    sample = samples.get(c, sample_id, ts)
    wanted = LabelFilter(**target._asdict(), sample_id=sample_id, labeller=actor.name)
    before = next((one for one in labels.find(c, wanted) if one.ts == ts), None)
    if before is not None and word.same(before):
        return before
    if sample is None or (before is None and sample.text is not TextState.KEPT):
        raise InputError("The text of this sample is gone: nobody can read it any more, so it cannot be labelled.")
    revision = before.revision + 1 if before else 1
    told = Label(
        label_id=_label_id(target, sample, actor.name, revision),
        sample_id=sample_id,
        ts=ts,
        **target._asdict(),
        labeller=before.labeller if before else actor.name,
        revision=revision,
        labelled_at=now,
        passed=word.passed,
        label=word.label,
        note=(word.note or None) if sample.text is TextState.KEPT else None,
        **judged._asdict(),
        key=actor.key,
    )
    labels.append(c, [told])
    if before is not None:
        detail = {"sample_id": sample_id, "judge": target.judge, "from": _told(before), "to": _told(told)}
        actions.log(c, actor, now, ("label corrected", "label", told.label_id), **detail)
    return told


def _label_id(target: Target, sample: Sample, labeller: str, revision: int) -> str:
    told = repr([*target, sample.sample_id, sample.ts.isoformat(), labeller.casefold(), revision])
    return f"lbl_{hashlib.sha256(told.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"


def _told(label: Label) -> str:
    if label.passed is None:
        return "cannot say"
    return label.label or ("pass" if label.passed else "fail")
