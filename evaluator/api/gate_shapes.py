"""The JSON of the gate: one candidate against one baseline, judge by judge. Rates and differences are in [-1, 1]."""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel


class Outcome(StrEnum):
    """No worse than the margin allows, worse than that, or too little to say."""

    PASS = "pass"  # noqa: S105 - a verdict, not a password
    FAIL = "fail"
    UNDECIDED = "undecided"


class Reason(StrEnum):
    """Why: see docs/gate.md."""

    NOT_WORSE = "not_worse"
    WORSE = "worse"
    TOO_FEW = "too_few"
    ONE_OF_SEVERAL = "one_of_several"
    MISSING_VERDICTS = "missing_verdicts"
    NO_VOTES = "no_votes"
    OTHER_VERSION = "other_version"


class Difference(BaseModel):
    """Candidate minus baseline with its 95 % interval, and what it is made of; null where there are no votes.

    `matched_by` is id or request for pairs, null for votes that are not paired. Of pairs, `n` on both sides is their
    number, `fell` passed only in the baseline, `rose` only in the candidate.
    `p_changed` is the exact test of no change (McNemar, or Fisher of unpaired votes), two-sided.
    """

    matched_by: str | None
    n_baseline: float
    n_candidate: float
    baseline: float | None
    candidate: float | None
    difference: float | None
    lo: float | None
    hi: float | None
    fell: float | None = None
    rose: float | None = None
    p_changed: float | None


class GateResult(Difference):
    """One judge on one feature.

    `p_not_worse` tests "worse by more than the margin", `p_worse` the contrary, adjusted for the number of judges; a
    side is decided at 0.025. `missing_candidate` are votes that the candidate should have and does not: items without
    an answer or without a verdict; `worst` is the difference had they all failed. `needed` pairs (or votes on each
    side) would decide in 80 % of cases: "pass" if the candidate is as good as the baseline, "fail" if it is as much
    worse as it looks.
    """

    feature: str
    judge: str
    judge_version: str
    outcome: Outcome
    reason: Reason
    missing_baseline: int
    missing_candidate: int
    worst: float | None
    p_not_worse: float | None
    p_worse: float | None
    needed: int | None
    needed_for: Outcome | None
    text: str


class GateSlice(Difference):
    """A part of the traffic in which something is to be said: it fails, or would if it were the only one looked at.

    The latter is "undecided", and leaves the whole as it is. `p_worse` is adjusted for all slices of all judges.
    """

    feature: str
    judge: str
    key: str
    value: str
    outcome: Outcome
    p_worse: float
    text: str


class GateReport(BaseModel):
    """The whole: it fails when a judge or a slice fails, passes when every judge passes, else it is undecided."""

    baseline: str
    candidate: str
    margin: float
    outcome: Outcome
    results: list[GateResult]
    slices: list[GateSlice]
    slices_tested: int
    notes: list[str]
