"""Why does this judge give no verdicts? One function per cause, in the order in which one causes the next."""

from __future__ import annotations

from collections.abc import Callable

from evaluator.api.judge_shapes import JudgeView
from evaluator.api.shapes import Finding
from evaluator.causes import samples
from evaluator.causes.money import no_money, too_low_a_rate
from evaluator.causes.samples import Work
from evaluator.causes.words import hint, ok, problem, word
from judges.budget import REASON as BUDGET

BEHIND_SECONDS = 3600.0
NIGHT_SECONDS = 86_400.0
FAILING = {
    "malformed": "take another model, or a provider that holds answers to a schema",
    "refusal": "the judge's model refuses to judge: word the rubric otherwise, or take another model",
    "truncated": "the samples are too long for the judge's model: take another one",
}


def first(work: Work, *, own_only: bool = False) -> Finding:
    """The first thing that keeps this judge from judging, or that it is fine; `own_only`: whatever arrives."""
    causes = OWN if own_only else [*OF_SAMPLES, *OWN]
    return next((finding for cause in causes if (finding := cause(work))), _fine(work))


def _not_configured(work: Work) -> Finding | None:
    if work.judge.state != "not_configured":
        return None
    return hint(area=work.area, what="not configured", fix=work.judge.detail)


def _stopped(work: Work) -> Finding | None:
    return problem(area=work.area, what="stopped", fix=work.judge.detail) if work.judge.state == "stopped" else None


def _away(work: Work) -> Finding | None:
    if work.judge.state != "unavailable" or work.judge.reason == BUDGET:
        return None
    return problem(area=work.area, what="unavailable; it goes on by itself", fix=work.judge.detail)


def _waits_for_the_night(work: Work) -> Finding | None:
    if not work.judge.batch or not work.judge.pending or _is_behind(work.judge, NIGHT_SECONDS):
        return None
    return ok(area=work.area, what=f"{work.judge.pending:,} samples wait for the next nightly batch")


def _behind(work: Work) -> Finding | None:
    if not _is_behind(work.judge):
        return None
    hours = (work.judge.oldest_waiting_seconds or 0) / 3600
    return problem(
        area=work.area,
        what=f"{work.judge.pending:,} samples wait for their verdict, the oldest for {hours:,.1f} hours",
        fix="raise judge.concurrency, or lower the judge's rate",
    )


def _none_yet(work: Work) -> Finding | None:
    if work.ok or work.errors or work.skipped or not work.judge.pending:
        return None
    return hint(
        area=work.area,
        what=f"{work.judge.pending:,} samples wait, and none of the last 24 hours is judged",
        fix="start the service, or run `leadline score` again: what keeps it from judging is said there",
    )


def _all_fail(work: Work) -> Finding | None:
    if work.ok or not work.errors:
        return None
    (reason, n), total = work.errors.most_common(1)[0], work.errors.total()
    known = FAILING.get(reason) if work.judge.kind == "llm" else None
    return problem(
        area=work.area,
        what=f"all {total:,} judgements of the last 24 hours failed, most often: {word(reason)} ({n:,})",
        fix=known or f"GET /v1/verdicts?judge={work.judge.name} has each one's explanation",
    )


def _all_skipped(work: Work) -> Finding | None:
    if work.ok or not work.skipped:
        return None
    (reason, n), total = work.skipped.most_common(1)[0], work.skipped.total()
    return hint(
        area=work.area,
        what=f"all {total:,} samples of the last 24 hours were skipped, most often: {word(reason)} ({n:,})",
        fix="send what the judge needs (docs/samples.md), or let it judge other features",
    )


OF_SAMPLES: list[Callable[[Work], Finding | None]] = [
    samples.other_features,
    samples.nothing_is_kept,
    samples.no_text,
    samples.other_samples,
]
OWN: list[Callable[[Work], Finding | None]] = [
    _not_configured,
    _stopped,
    _away,
    no_money,
    too_low_a_rate,
    _waits_for_the_night,
    _behind,
    _none_yet,
    _all_fail,
    _all_skipped,
]


def _fine(work: Work) -> Finding:
    thinned = f"; a budget leaves {100 * work.judge.factor:.2g} % of its rate" if work.judge.factor < 1 else ""
    given = f"{work.ok:,} verdicts in the last 24 hours"
    if work.of_earlier:
        given = f"{work.of_earlier:,} of earlier days arrived, and count on those"
    return ok(area=work.area, what=f"ready; {given}, {work.judge.pending:,} waiting{thinned}")


def _is_behind(judge: JudgeView, allowed_seconds: float = 0.0) -> bool:
    return (judge.oldest_waiting_seconds or 0) > BEHIND_SECONDS + allowed_seconds
