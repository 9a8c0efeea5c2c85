"""Parts of calls → calls. Pure: the same parts give the same calls, however they were split, ordered and repeated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from evaluator.intake import texts
from evaluator.intake.clusters import Cluster, clusters
from evaluator.intake.filled import filled, lack_of_text
from evaluator.intake.inherit import above, inherited
from evaluator.intake.parts import Facts, Part
from evaluator.intake.spans import Record, Tree
from evaluator.intake.stop_reasons import normalised
from evaluator.intake.twins import Draft, joined
from store.parts import Window

RESPONSE = "response:"
SpanName = tuple[str, str]
"""A span by its group and its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of a model, of all its records. The outermost of them names it: `group_id`, `key`, `span_id`.

    `facts` have what was inherited. `spans` are its records', `above` those over them; `links` are its other names,
    `senders` the processes that told of it and `sources` the conventions they told it in.
    """

    group_id: str
    key: str
    facts: Facts
    parts: tuple[Part, ...]
    span_id: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    spans: tuple[SpanName, ...] = ()
    above: tuple[SpanName, ...] = ()
    links: tuple[str, ...] = ()
    senders: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()

    @property
    def response_id(self) -> str | None:
        """The model's name for its answer."""
        return next((link.removeprefix(RESPONSE) for link in self.links if link.startswith(RESPONSE)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """The calls, and the pieces of text that could belong to several of them and so belong to none."""

    calls: list[Call]
    ambiguous: list[Part]


def assemble(parts: Iterable[Part], rivals: Sequence[Window] = ()) -> Assembled:
    """The calls that these parts of any number of groups make up.

    `rivals` are calls that are not among them, but may own text that names no span.
    """
    groups: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        groups[part.group_id].append(part)
    found: list[tuple[Tree, Cluster]] = []
    orphans: list[Part] = []
    for group_id in sorted(groups):
        tree = Tree(groups[group_id])
        left = texts.join_by_name(tree)
        whole = clusters(tree)
        left = texts.join_below(tree, whole, left)
        found += [(tree, cluster) for cluster in whole]
        orphans += [part for part in left if part.span_id is None]
    drafts = joined(found)
    whole = [[record for _, cluster in draft for record in cluster] for draft in drafts]
    ambiguous = texts.join_by_time(whole, orphans, rivals) if orphans else []
    return Assembled(calls=[_call(draft) for draft in drafts], ambiguous=ambiguous)


def _call(draft: Draft) -> Call:
    """A draft's records in order of trust: those with text first, then the first; what they lack, from above."""
    if len(draft) == 1 and len(draft[0][0].records) == 1:
        return _lone(draft[0][1][0])
    first = min((_outermost(cluster, tree) for tree, cluster in draft), key=_outer)
    ordered = _by_trust([record for _, cluster in draft for record in cluster])
    told = [inherited(filled([one.facts for one in _by_trust(cluster)]), cluster, tree) for tree, cluster in draft]
    timed = [record for record in ordered if record.span_id] or ordered
    started = min((record.started_at for record in timed if record.started_at), default=None)
    ended = max((record.ended_at for record in timed if record.ended_at), default=None)
    facts = filled(sorted(told, key=lack_of_text)) if len(told) > 1 else told[0]
    latency = _latency(ordered, started, ended)
    return Call(
        group_id=first.group_id,
        key=first.span_id or first.key,
        span_id=first.span_id,
        facts=half(facts if facts.latency_ms == latency else replace(facts, latency_ms=latency)),
        started_at=started,
        ended_at=ended,
        parts=tuple(part for record in ordered for part in (*record.parts, *record.texts)),
        spans=tuple((record.group_id, record.span_id) for record in ordered if record.span_id),
        above=_above(draft),
        links=tuple(dict.fromkeys(link for record in ordered for link in record.links)),
        senders=tuple(dict.fromkeys(record.instance for record in ordered if record.instance)),
        sources=tuple(dict.fromkeys(part.facts.source for record in ordered for part in record.parts)),
    )


def _lone(record: Record) -> Call:
    """The call of a trace that has but one record: the usual case, and so the one that is to be quick."""
    facts, group_id = record.facts, record.group_id
    if facts.latency_ms is None:
        facts = replace(facts, latency_ms=_latency([record], record.started_at, record.ended_at))
    return Call(
        group_id=group_id,
        key=record.span_id or record.key,
        span_id=record.span_id,
        facts=half(facts),
        started_at=record.started_at,
        ended_at=record.ended_at,
        parts=(*record.parts, *record.texts),
        spans=((group_id, record.span_id),) if record.span_id else (),
        above=((group_id, record.parent_id),) if record.parent_id else (),
        links=record.links,
        senders=(record.instance,) if record.instance else (),
        sources=tuple(dict.fromkeys(part.facts.source for part in record.parts)),
    )


def half(facts: Facts) -> Facts:
    """The facts, marked when there is a request without any answer, error or refusal."""
    if facts.incomplete or facts.response.get("content") or not facts.request.get("messages"):
        return facts
    ended = facts.error or normalised(facts.stop_reason) == "refusal"
    return facts if ended else replace(facts, incomplete="no_response")


def _by_trust(records: list[Record]) -> list[Record]:
    return sorted(records, key=_trust) if len(records) > 1 else records


def _trust(record: Record) -> tuple[tuple[bool, bool, bool], tuple[datetime, str]]:
    return lack_of_text(record.facts), record.place


def _outermost(cluster: Cluster, tree: Tree) -> Record:
    """The record that no other of the call is above; of several the first span, then the first log."""
    if len(cluster) == 1:
        return cluster[0]
    mine = {record.key for record in cluster}
    tops = [one for one in cluster if not any(upper.key in mine for upper in tree.above(one))]
    # Spans that claim to be above one another leave none.
    return min(tops or cluster, key=_outer)


def _outer(record: Record) -> tuple[bool, tuple[datetime, str]]:
    return record.span_id is None, record.place


def _above(draft: Draft) -> tuple[SpanName, ...]:
    """The spans over a call's own, nearest first, and the one at which the way up is cut off: it may still come."""
    found: dict[SpanName, None] = {}
    for tree, cluster in draft:
        found |= dict.fromkeys((upper.group_id, upper.span_id) for upper in above(cluster, tree) if upper.span_id)
        tops = [[record, *tree.above(record)][-1] for record in cluster]
        missing = [top for top in tops if top.parent_id and top.parent_id not in tree.spans]
        found |= dict.fromkeys((top.group_id, str(top.parent_id)) for top in missing)
    return tuple(found)


def _latency(records: Sequence[Record], started: datetime | None, ended: datetime | None) -> float | None:
    """The longest that a record tells: a stream's request is over long before its answer is."""
    told = [record.facts.latency_ms for record in records if record.facts.latency_ms is not None]
    if told:
        return max(told)
    return (ended - started).total_seconds() * 1000 if started and ended and ended >= started else None
