"""The records of one trace as a tree: what was sent of one span made one record, and who is above whom."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from evaluator.intake.filled import filled
from evaluator.intake.parts import PART, Facts, Kind, Part

MAX_DEPTH = 200
LOG = "l:"
LAST = datetime.max.replace(tzinfo=UTC)
REQUEST_ID = re.compile(r"\breq_[0-9A-Za-z]{16,64}\b")


@dataclass(slots=True, eq=False, kw_only=True)
class Record:
    """One span, or one log record that tells of a call, with the parts it was made of.

    `place` sorts by start, whatever order records arrived in; what tells no start comes last.
    """

    key: str
    group_id: str
    facts: Facts
    is_call: bool
    parts: list[Part]
    span_id: str | None = None
    parent_id: str | None = None
    instance: str | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    place: tuple[datetime, str] = (LAST, "")
    links: tuple[str, ...] = ()
    texts: list[Part] = field(default_factory=list)

    @property
    def has_answer(self) -> bool:
        """Whether the record has text of the response."""
        return bool(self.facts.response.get("content"))


class Tree:
    """The records of one group. The same parts give the same tree, in whatever order and how often they came."""

    def __init__(self, parts: Iterable[Part]) -> None:
        told = once(parts)
        self.texts = [part for part in told if part.kind is Kind.CONTENT]
        self.records = list(_records([part for part in told if part.kind is not Kind.CONTENT]))
        self.spans = {record.span_id: record for record in self.records if record.span_id}

    @property
    def calls(self) -> list[Record]:
        """The records that are calls, by their start."""
        found = [record for record in self.records if record.is_call]
        return sorted(found, key=lambda record: record.place) if len(found) > 1 else found

    def above(self, record: Record) -> Iterator[Record]:
        """The records above this one, nearest first."""
        seen = {record.key}
        for _ in range(MAX_DEPTH):
            upper = self.spans.get(record.parent_id or "")
            if upper is None or upper.key in seen:
                return
            seen.add(upper.key)
            yield upper
            record = upper

    def call_above(self, record: Record) -> Record | None:
        """The nearest call above this record."""
        return next((upper for upper in self.above(record) if upper.is_call), None)

    def is_cut_off(self, record: Record) -> bool:
        """Whether the way up ends at a span that has not been told."""
        top = record
        for upper in self.above(record):
            top = upper
        return top.parent_id is not None and top.parent_id not in self.spans


def once(parts: Iterable[Part]) -> list[Part]:
    """Each part once, in the order their texts are joined."""
    known: dict[str, Part] = {}
    for part in parts:
        other = known.setdefault(part.part_id, part)
        if other is not part and other != part:
            known[part.part_id] = max(other, part, key=PART.dump_json)
    if len(known) == 1:
        return list(known.values())
    return sorted(known.values(), key=lambda part: (part.order, part.part_id))


def _records(parts: Sequence[Part]) -> Iterator[Record]:
    """One record per span. A log of a call belongs to its span if that is a call, else it stands by itself."""
    spans = {part.span_id: part.kind for part in parts if part.span_id and not part.part_id.startswith(LOG)}
    groups: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        alone = part.span_id is None or (part.part_id.startswith(LOG) and spans.get(part.span_id) is not Kind.CALL)
        groups[part.part_id if alone else f"s:{part.span_id}"].append(part)
    for key, group in groups.items():
        yield _record(key, group)


def _record(key: str, group: list[Part]) -> Record:
    """What was sent of one span, later words before earlier ones."""
    newest = group[-1]
    is_span = key == f"s:{newest.span_id}"
    links = newest.links if len(group) == 1 else tuple(dict.fromkeys(link for part in group for link in part.links))
    facts = newest.facts if len(group) == 1 else _updated(group)
    started = min((part.started_at for part in group if part.started_at), default=None)
    return Record(
        key=key,
        group_id=newest.group_id,
        facts=facts,
        is_call=any(part.kind is Kind.CALL for part in group),
        parts=group,
        span_id=newest.span_id if is_span else None,
        parent_id=_parent(group) if is_span else newest.span_id or newest.parent_id,
        instance=newest.instance,
        started_at=started,
        ended_at=max((part.ended_at for part in group if part.ended_at), default=None),
        place=(started or LAST, key),
        links=tuple(dict.fromkeys((*links, *_named_in(facts.error)))) if facts.error else links,
    )


def _parent(group: list[Part]) -> str | None:
    return next((part.parent_id for part in reversed(group) if part.parent_id), None)


def _named_in(error: str) -> list[str]:
    """The API's names for a failed call, which many clients tell in the error's text alone."""
    return [f"request:{name}" for name in REQUEST_ID.findall(error)]


def _updated(group: list[Part]) -> Facts:
    facts = [part.facts for part in reversed(group)]
    return replace(filled(facts), error=next((one.error for one in facts if one.error), None))
