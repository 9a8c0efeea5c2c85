"""Single answers of models, and the one judgement that follows from them: votes counted, an escalation deciding."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from judges.judge import Judgement
from store.records import Opinion, Status

VOTE, ESCALATION, REPEAT = "vote", "escalation", "repeat"
SPLIT = "split"
TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")


def concluded(votes: Sequence[Opinion]) -> Judgement:
    """The judgement of independent votes: the score is their mean, the majority decides, the rest is disagreement.

    Votes that are errors do not count; when all are, so is the judgement. Without a majority it is an error (split).
    """
    decided = [vote for vote in votes if vote.status is Status.OK]
    spent = _spent(votes)
    if not decided:
        return _as_judgement(votes[0], spent)
    passes = sum(bool(vote.passed) for vote in decided)
    if 2 * passes == len(decided):
        explanation = f"{len(decided)} votes, as many for a pass as for a fail: the judge cannot decide."
        return replace(spent, status=Status.ERROR, reason=SPLIT, explanation=explanation, votes=len(decided))
    winners = [vote for vote in decided if vote.passed == (2 * passes > len(decided))]
    label = Counter(vote.label for vote in winners).most_common(1)[0][0]
    speaker = next(vote for vote in winners if vote.label == label)
    judgement = _as_judgement(speaker, spent)
    if len(votes) == 1:
        return judgement
    agreeing = sum(vote.label == label for vote in decided)
    score = math.fsum(vote.score or 0.0 for vote in decided) / len(decided)
    return replace(judgement, score=score, votes=len(decided), disagreement=1 - agreeing / len(decided))


def escalated(first: Judgement, strong: Opinion) -> Judgement:
    """The stronger model's answer in place of the first one; a failure of the stronger one changes nothing but cost.

    Both stay: the single answers are in `opinions`.
    """
    opinions = (*first.opinions, strong)
    spent = _spent(opinions)
    if strong.status is not Status.OK:
        return replace(first, **_money(spent), escalated=False, opinions=opinions)
    judgement = replace(_as_judgement(strong, spent), votes=first.votes, disagreement=first.disagreement)
    return replace(judgement, escalated=True, opinions=opinions)


def repeated(first: Judgement, again: Judgement) -> Judgement:
    """The first judgement, with what a second one on purpose says about the judge's noise, and the cost of both."""
    opinions = (*first.opinions, *(replace(opinion, role=REPEAT) for opinion in again.opinions))
    both_decided = first.status is Status.OK and again.status is Status.OK
    flipped = first.passed != again.passed if both_decided else None
    return replace(first, **_money(_spent(opinions)), flipped=flipped, opinions=opinions)


def with_cost_of(opinion: Opinion, *others: Opinion) -> Opinion:
    """The opinion, with the tokens and the cost of other calls that led to it."""
    return replace(opinion, **_money(_spent([opinion, *others])))


def cost_of(opinions: Sequence[Opinion]) -> float | None:
    """What these answers cost together; None when there are none, or one has no price."""
    return _spent(opinions).cost_usd if opinions else None


def _as_judgement(opinion: Opinion, spent: Judgement) -> Judgement:
    return replace(
        spent,
        status=opinion.status,
        passed=opinion.passed,
        score=opinion.score,
        label=opinion.label,
        explanation=opinion.explanation,
        reason=opinion.reason,
        model=opinion.model,
        provider=opinion.provider,
    )


def _spent(opinions: Sequence[Opinion]) -> Judgement:
    """Tokens and cost of all the calls, with the calls; the cost is None as soon as one has tokens and no price."""
    first = opinions[0]
    counts: dict[str, Any] = {name: _sum([getattr(opinion, name) for opinion in opinions]) for name in TOKENS}
    unpriced = any(opinion.cost_usd is None and opinion.input_tokens is not None for opinion in opinions)
    known = [opinion.cost_usd for opinion in opinions if opinion.cost_usd is not None]
    cost = None if unpriced or not known else math.fsum(known)
    return Judgement(
        model=first.model, provider=first.provider, via=first.via, cost_usd=cost, opinions=tuple(opinions), **counts
    )


def _money(spent: Judgement) -> dict[str, Any]:
    return {name: getattr(spent, name) for name in (*TOKENS, "cost_usd")}


def _sum(values: Sequence[int | None]) -> int | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
