"""Votes as the numbers that the tests take: pairs or groups, and what the candidate's missing verdicts could hide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from evaluator.drift.noninferiority import Z
from evaluator.drift.paired import Pairs, paired
from evaluator.drift.standardised import standardised
from evaluator.drift.unpaired import Groups
from evaluator.gate.matching import Vote, Votes
from store.sides import Said

SPARSE = 10
"""Votes of the baseline; strata with fewer are looked at together."""
REST = None
"""What stands for all of those."""
Strata = dict[tuple[str | None, ...] | None, list[float]]


@dataclass(frozen=True, slots=True)
class Counted:
    """`worst` is the difference if all that is missing of the candidate had failed; None when nothing is known.

    `sizes` are the votes of baseline and candidate. With `strata`, that many of them, the baseline was brought into the
    candidate's mix; `left_out` votes of the candidate lie in strata that the baseline lacks.
    """

    compared: Pairs | Groups
    matched_by: str | None
    sizes: tuple[float, float]
    missing_baseline: int
    missing_candidate: int
    worst: float | None
    strata: int = 1
    left_out: int = 0

    def told(self) -> dict[str, Any]:
        """The fields of a Difference."""
        table, (n0, n1) = self.compared, self.sizes
        lo, hi = table.interval(Z) or (None, None)
        changed = {"fell": table.fell, "rose": table.rose} if isinstance(table, Pairs) else {}
        return {
            "matched_by": self.matched_by,
            "n_baseline": n0,
            "n_candidate": n1,
            "baseline": table.before,
            "candidate": table.after,
            "difference": table.difference,
            "lo": lo,
            "hi": hi,
            "p_changed": table.p_changed,
            **changed,
        }


def count(votes: Votes) -> Counted:
    """The votes; groups are compared within their strata."""
    if votes.matched_by:
        return _pairs(votes.pairs, votes.matched_by)
    return _groups(votes.baseline, votes.candidate, votes.strata)


def _pairs(votes: Iterable[Vote], matched_by: str) -> Counted:
    both, lost, unmatched = list[tuple[float, float]](), list[float](), 0
    for vote in votes:
        if vote.before is None:
            unmatched += vote.after is not None
        elif vote.after is None:
            lost.append(vote.before)
        else:
            both.append((vote.before, vote.after))
    table = paired(both)
    whole = table.n + len(lost)
    worst = (table.rose - table.fell - sum(lost)) / whole if whole else None
    return Counted(table, matched_by, (table.n, table.n), unmatched, len(lost), worst)


def _groups(baseline: Sequence[Vote], candidate: Sequence[Vote], keys: Sequence[str]) -> Counted:
    before = _strata(((vote.before, vote.first) for vote in baseline), keys)
    after = _strata(((vote.after, vote.first) for vote in candidate), keys)
    _pool(before, after)
    common = before.keys() & after.keys()
    table = standardised(
        Groups(len(before[one]), sum(before[one]), len(after[one]), sum(after[one])) for one in sorted(common, key=str)
    )
    sizes = sum(map(len, before.values())), sum(map(len, after.values()))
    lost, rate = len(candidate) - sizes[1], table.before
    worst = None if rate is None else table.x1 / (table.n1 + lost) - rate
    counts = (float(sizes[0]), float(sizes[1])), len(baseline) - sizes[0], lost
    return Counted(table, None, *counts, worst, max(len(common), 1), round(sizes[1] - table.n1))


def _pool(before: Strata, after: Strata) -> None:
    """Strata with few votes of the baseline become one, unless the candidate has many where the baseline has none."""
    for one in list(after):
        known = len(before.get(one, ()))
        if known < SPARSE and (known or len(after[one]) < SPARSE):
            for side in (before, after):
                side.setdefault(REST, []).extend(side.pop(one, []))
    if not before.get(REST):
        before.pop(REST, None)


def _strata(votes: Iterable[tuple[float | None, Said]], keys: Sequence[str]) -> Strata:
    """The votes that are decided, by the values of the keys."""
    found: Strata = {}
    for vote, said in votes:
        if vote is not None:
            found.setdefault(tuple(said.metadata.get(key) for key in keys), []).append(vote)
    return found
