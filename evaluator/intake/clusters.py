"""Which records of a trace are of one call. Leaf calls only: what sums several calls is context to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from evaluator.intake.filled import count_tokens, input_total
from evaluator.intake.parts import Facts
from evaluator.intake.spans import LOG, Record, Tree

Cluster = list[Record]


def clusters(tree: Tree) -> list[Cluster]:
    """The calls of a trace, each with its records. What turns out to be above several calls is a call no more."""
    calls = tree.calls
    if len(calls) < 2:
        return [[record] for record in calls]
    joined = _Sets(calls)
    _join_by_name(tree, calls, joined)
    _join_upwards(tree, calls, joined)
    _join_streams(joined)
    return joined.sets()


class _Sets:
    """Records in disjoint sets."""

    def __init__(self, records: Iterable[Record]) -> None:
        self._set_of = {record.key: [record] for record in records}

    def of(self, record: Record) -> Cluster:
        return self._set_of[record.key]

    def join(self, one: Record, other: Record) -> None:
        kept, gone = self.of(one), self.of(other)
        if kept is not gone:
            kept.extend(gone)
            self._set_of.update((record.key, kept) for record in gone)

    def distinct(self, records: Iterable[Record]) -> list[Cluster]:
        """The sets that these records are in."""
        return list({id(self.of(record)): self.of(record) for record in records}.values())

    def sets(self) -> list[Cluster]:
        """The sets without what is no call any more."""
        distinct = {id(cluster): cluster for cluster in self._set_of.values()}
        calls = ([record for record in cluster if record.is_call] for cluster in distinct.values())
        return [cluster for cluster in calls if cluster]


def _join_by_name(tree: Tree, calls: list[Record], joined: _Sets) -> None:
    """Records with the same response or request id that are not above one another."""
    named: dict[str, list[Record]] = defaultdict(list)
    for record in calls:
        for link in record.links:
            named[link].append(record)
    for records in named.values():
        upper = {above.key for record in records for above in tree.above(record)} if len(records) > 1 else set()
        lowest = [record for record in records if record.key not in upper]
        for one, other in pairwise(lowest):
            if not _apart(one, other):
                joined.join(one, other)


def _apart(one: Record, other: Record) -> bool:
    """Whether two spans of one process, in order of their start, do not overlap: such a name was used again."""
    if one.instance != other.instance or one.key.startswith(LOG) or other.key.startswith(LOG):
        return False
    return one.ended_at is not None and other.started_at is not None and other.started_at > one.ended_at


def _join_upwards(tree: Tree, calls: list[Record], joined: _Sets) -> None:
    """From the lowest up: a record above one call is of it or above it, one above several is context."""
    below: dict[str, list[Record]] = defaultdict(list)
    depths = {record.key: sum(1 for _ in tree.above(record)) for record in calls}
    for record in sorted(calls, key=lambda record: -depths[record.key]):
        under = below[record.key]
        if under:
            same = _same_call(record, joined.distinct(under))
            if same is None:
                record.is_call = False
            else:
                joined.join(same[0], record)
        upper = tree.call_above(record)
        if upper:
            below[upper.key] += [record] if record.is_call else under


def _same_call(record: Record, below: list[Cluster]) -> Cluster | None:
    """Which of the calls below this record it tells of; None when it tells of something larger."""
    if len(below) == 1:
        named = any(set(record.links) & set(one.links) for one in below[0])
        return below[0] if named or _agrees(record, below[0]) else None
    answered = [cluster for cluster in below if not all(_failed(one) for one in cluster)]
    # Attempts that failed before the one that counts.
    if len(answered) == 1 and any(same_usage(record.facts, one.facts) for one in answered[0]):
        return answered[0]
    return None


def _agrees(record: Record, cluster: Cluster) -> bool:
    if not count_tokens(record.facts) or (_failed(record) and all(_failed(one) for one in cluster)):
        return True
    told = [one for one in cluster if count_tokens(one.facts)]
    if not told or any(same_usage(record.facts, one.facts) for one in told):
        return True
    return record.facts.has_text and not any(one.facts.has_text or one.texts for one in cluster)


def same_usage(one: Facts, other: Facts) -> bool:
    """Whether what both tell of tokens is the same, and something is."""
    pairs = [(input_total(one), input_total(other)), (one.output_tokens, other.output_tokens)]
    both = [(mine, its) for mine, its in pairs if mine is not None and its is not None]
    return bool(both) and all(mine == its for mine, its in both)


def _failed(record: Record) -> bool:
    return record.facts.error is not None and not record.has_answer and not record.facts.output_tokens


def _join_streams(joined: _Sets) -> None:
    """An answer that was told in a moment, beside the same request without one: a stream, logged when it was read."""
    asked: dict[str, list[Record]] = defaultdict(list)
    for record in _lone_answers(joined):
        if not asked:
            for cluster in joined.sets():
                for one in cluster:
                    if _is_asking(one, cluster):
                        asked[one.parent_id or ""].append(one)
        fitting = [one for one in asked[record.parent_id or ""] if _asks_for(one, record)]
        if fitting:
            first = min(fitting, key=lambda one: one.place)
            asked[record.parent_id or ""].remove(first)
            joined.join(first, record)


def _lone_answers(joined: _Sets) -> Iterator[Record]:
    alone = [cluster[0] for cluster in joined.sets() if len(cluster) == 1]
    moments = [one for one in alone if one.has_answer and one.started_at and one.started_at == one.ended_at]
    return iter(sorted(moments, key=lambda one: one.place))


def _is_asking(record: Record, cluster: Cluster) -> bool:
    return bool(record.facts.request.get("messages")) and not any(one.has_answer or one.facts.error for one in cluster)


def _asks_for(asking: Record, answer: Record) -> bool:
    same = answer.facts.request.get("messages") in (None, [], asking.facts.request["messages"])
    return same and asking.facts.source == answer.facts.source and asking.place <= answer.place
