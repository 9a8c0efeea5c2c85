"""One call told in two traces: instrumentations that do not know of one another each begin their own.

They share the name that the model's API gave the call, the process and the time, and are of two conventions: one alone
would not tell a call twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

from evaluator.intake.clusters import Cluster
from evaluator.intake.spans import Record, Tree

Draft = list[tuple[Tree, Cluster]]


def joined(found: Sequence[tuple[Tree, Cluster]]) -> list[Draft]:
    """The calls, those that are the same in one draft."""
    named: dict[tuple[str, str], list[int]] = defaultdict(list)
    for index, (_, cluster) in enumerate(found):
        for name in {(record.instance, link) for record in cluster if record.instance for link in record.links}:
            named[name].append(index)
    drafts: list[Draft] = [[one] for one in found]
    for indexes in named.values():
        if len(indexes) > 1:
            _join_some(drafts, indexes, found)
    return list({id(draft): draft for draft in drafts}.values())


def _join_some(drafts: list[Draft], indexes: Sequence[int], found: Sequence[tuple[Tree, Cluster]]) -> None:
    """Joins those of the same name that fit, neighbours in time."""
    ordered = sorted(indexes, key=lambda index: min(record.place for record in found[index][1]))
    for before, after in pairwise(ordered):
        one, other = drafts[before], drafts[after]
        if one is not other and _are_one(_records(one), _records(other)):
            one.extend(other)
            for index, draft in enumerate(drafts):
                if draft is other:
                    drafts[index] = one


def _records(draft: Draft) -> list[Record]:
    return [record for _, cluster in draft for record in cluster]


def _are_one(records: Sequence[Record], others: Sequence[Record]) -> bool:
    two_traces = not {one.group_id for one in records} & {one.group_id for one in others}
    two_conventions = not {one.facts.source for one in records} & {one.facts.source for one in others}
    return two_traces and two_conventions and _overlap(records, others)


def _overlap(records: Sequence[Record], others: Sequence[Record]) -> bool:
    starts = [min((one.started_at for one in each if one.started_at), default=None) for each in (records, others)]
    ends = [max((one.ended_at for one in each if one.ended_at), default=None) for each in (records, others)]
    if None in (*starts, *ends):
        return False
    return bool(starts[1] <= ends[0] and starts[0] <= ends[1])  # type: ignore[operator]
