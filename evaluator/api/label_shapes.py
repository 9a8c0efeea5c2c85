"""The JSON of labels. Rates are in [0, 1], times ISO 8601 UTC, no data is null."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

from evaluator.api.incident_shapes import Name, Request
from evaluator.api.moment import Moment
from evaluator.api.shapes import Interval, SampleView, VerdictView


class ChoiceView(BaseModel):
    """One label of a rubric, what it means, and whether it passes."""

    label: str
    meaning: str
    passes: bool


class CriterionView(BaseModel):
    """What people are asked. Without `choices` the answer is pass or fail; `details` are a check's own settings."""

    question: str
    instructions: str = ""
    choices: list[ChoiceView] = []
    details: dict[str, str] = {}


class TaskView(BaseModel):
    """What somebody is asked to label now. Nothing in it says what any judge thinks: its sample has no verdicts.

    Without a `sample` there is none for them: `judged` says of how many verdicts of the last `days`, and `elsewhere`
    how many samples others hold now. `mine` counts what they labelled for this judge version on this feature.
    """

    feature: str
    judge: str
    judge_version: str
    criterion: CriterionView
    sample: SampleView | None
    mine: int
    judged: int
    days: float
    elsewhere: int


class LabelRequest(Request):
    """What somebody (`by`) says of a sample: exactly one of `passed`, `label` (of the rubric) and `skip` (cannot say).

    `judge_version` is the one whose verdict it is compared with; without it, the newest that judged the sample. `ts` is
    the sample's time; without it, its newest, since an id may be used again.
    """

    sample_id: str
    ts: Moment | None = None
    judge: Name
    judge_version: Name | None = None
    passed: bool | None = None
    label: Name | None = None
    skip: bool = False
    note: Annotated[str, Field(max_length=4000)] = ""

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        if sum((self.passed is not None, self.label is not None, self.skip)) != 1:
            raise ValueError("say one of these: passed (true or false), label (one of the rubric's), or skip: true")
        return self


class LabelView(BaseModel):
    """What one person said of one sample; `skipped`: they could not say. A `revision` above 1 is a correction."""

    label_id: str
    sample_id: str
    ts: datetime
    feature: str
    judge: str
    judge_version: str
    by: str
    labelled_at: datetime
    revision: int
    passed: bool | None
    label: str | None
    skipped: bool
    note: str | None


class SavedView(BaseModel):
    """A label that was kept, and now what the judge said; `agrees` is null when the person could not say."""

    label: LabelView
    verdict: VerdictView
    agrees: bool | None


class Estimate(BaseModel):
    """A share of the judged samples, or a kappa, with its 95 % interval."""

    value: float
    lo: float
    hi: float


class ConfusionView(BaseModel):
    """How many labels count, by the judge's word and then people's: `pass_fail` is judge pass, people fail."""

    pass_pass: int
    pass_fail: int
    fail_pass: int
    fail_fail: int


class PeopleView(BaseModel):
    """Two people on the same samples (`n` of them), weighed as the judged ones are; null where too few say anything."""

    n: int
    agreed: Estimate | None
    kappa: Estimate | None


class AgreementView(BaseModel):
    """How a judge stands beside people on one feature.

    Everything is about the samples it decided on from `start` to `end`: `judge` is the share it passed, `rate` the
    share that people would pass, with `worst` and `best` had they failed, or passed, all that they `skipped`. `tpr` is
    the share it passes of what people pass, `tnr` the share it fails of what people fail. All is weighed by verdict,
    since half of the labels are on fails; `unequal`: some samples were likelier to be judged than others, and no share
    is that of all traffic. Of the `labelled` samples `counted` count so far; the others do when those
    before them are labelled. `corrected` counts labels that were changed after the judge's verdict was shown. `lacking`
    is about how many more it takes for an interval of `rate` of at most 5 points to either side, and 20 labels on each
    verdict; null when there is nothing to label.
    """

    feature: str
    judge: str
    judge_version: str
    start: datetime
    end: datetime
    judge_rate: Interval
    unequal: bool = False
    labelled: int
    counted: int
    skipped: int
    corrected: int
    labellers: dict[str, int]
    confusion: ConfusionView
    rate: Estimate | None
    worst: float | None
    best: float | None
    agreed: Estimate | None
    kappa: Estimate | None
    tpr: Estimate | None
    tnr: Estimate | None
    people: PeopleView
    lacking: int | None
