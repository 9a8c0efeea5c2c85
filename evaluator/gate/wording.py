"""What a decision says, in one sentence. Names and values are not in it: they come from outside."""

from __future__ import annotations

from evaluator.api.gate_shapes import Difference, Outcome, Reason
from evaluator.gate.counted import Counted

UNPAIRED = " Where those are no missing answers, --unpaired compares the rates alone."


def points(rate: float) -> str:
    """A difference of rates in points.

    >>> points(0.0212), points(-0.005)
    ('2.1', '0.5')
    """
    return f"{100 * abs(rate):.1f}"


def size(told: Difference) -> str:
    """How much was compared: pairs and what matched them, or the votes of both sides."""
    if told.matched_by:
        return f"{told.n_candidate:,.0f} pairs by {told.matched_by}"
    return f"{told.n_baseline:,.0f} vs {told.n_candidate:,.0f} votes"


def needed(n: int, outcome: Outcome | None, paired: bool, difference: float | None) -> str:
    """What it would take to decide."""
    what = "pairs" if paired else "votes on each side"
    if outcome is Outcome.FAIL and difference is not None:
        return f"about {n:,} {what} would show it, if it is as much worse as it looks ({points(difference)} points)"
    return f"about {n:,} {what} would show that it is not, if it is as good as the baseline"


def sentence(told: Difference, reason: Reason, counted: Counted, margin: float) -> str:
    """Why it passes, fails or stays open."""
    if reason is Reason.OTHER_VERSION:
        return "The sides were judged by different versions of the judge: judge one of them again, or leave it out."
    if told.difference is None or told.lo is None or told.hi is None:
        return "One of the sides has no vote: nothing can be compared."
    tolerated = f"{points(margin)} points are tolerated"
    if reason is Reason.NOT_WORSE and told.lo > 0.0:
        return f"Better: {points(told.difference)} points higher, at least {points(told.lo)}."
    if reason is Reason.NOT_WORSE:
        return f"Not worse: at most {points(told.lo)} points lower; {tolerated}."
    if reason is Reason.WORSE:
        return f"Worse: {points(told.difference)} points lower, at least {points(told.hi)}; {tolerated}."
    if reason is Reason.ONE_OF_SEVERAL:
        return "Worse if it were the only one looked at; with as many as were looked at, one such result is no proof."
    if reason is Reason.MISSING_VERDICTS:
        return _missing(counted)
    fell = " It did fall, but perhaps by no more than is tolerated." if told.hi < 0.0 else ""
    return f"Too few votes to say whether it is worse by more than {points(margin)} points.{fell}"


def unmatched(baseline: int, candidate: int) -> str:
    """What had no partner with a verdict; nothing where all had."""
    parts = [f"{n:,} of the {side}" for n, side in ((baseline, "baseline"), (candidate, "candidate")) if n]
    return f" Without a partner: {' and '.join(parts)}." if parts else ""


def mixed(counted: Counted) -> str:
    """That the baseline was brought into the candidate's mix, and what of the candidate had nothing to compare with."""
    told = f" The baseline is shown in the candidate's mix of {counted.strata} segments." if counted.strata > 1 else ""
    if counted.left_out:
        told += f" Left out: {counted.left_out:,} votes of the candidate in segments that the baseline lacks."
    return told


def _missing(counted: Counted) -> str:
    if not counted.missing_candidate or counted.worst is None:
        return "It would pass, but not all of the candidate is judged yet."
    votes = f"{counted.missing_candidate:,} vote{'s' * (counted.missing_candidate > 1)} of the candidate"
    hidden = f"had they failed, it would be {points(counted.worst)} points lower"
    return f"It would pass, but {votes} are missing (no answer, or no verdict on it); {hidden}."
