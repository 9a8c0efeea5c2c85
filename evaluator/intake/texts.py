"""Text that came apart from its call: joined by name, by span, or by process and time, where one call fits only."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from evaluator.intake.clusters import Cluster
from evaluator.intake.filled import filled
from evaluator.intake.parts import Facts, Json, Part
from evaluator.intake.spans import Record, Tree
from store.parts import Window


def joined(parts: Sequence[Part]) -> Facts:
    """What pieces of text tell together, in their order; of two sources that tell the same, the fuller one."""
    sources: dict[str, list[Facts]] = defaultdict(list)
    for part in parts:
        sources[part.facts.source].append(part.facts)
    return filled([_concatenated(told) for told in sources.values()])


def _concatenated(told: list[Facts]) -> Facts:
    if len(told) == 1:
        return told[0]
    messages = [message for facts in told for message in facts.request.get("messages") or ()]
    content = [block for facts in told for block in facts.response.get("content") or ()]
    systems = dict.fromkeys(str(facts.request["system"]) for facts in told if facts.request.get("system"))
    request = {key: value for facts in reversed(told) for key, value in facts.request.items()}
    return replace(
        filled(told),
        request=request | ({"messages": messages} if messages else {}) | _system(systems),
        response={"content": content} if content else {},
        incomplete=next((facts.incomplete for facts in told if facts.incomplete), None),
    )


def _system(systems: Iterable[str]) -> dict[str, str]:
    text = "\n".join(systems)
    return {"system": text} if text else {}


def give(record: Record, parts: Sequence[Part]) -> None:
    """Joins pieces of text to the record they are of."""
    record.texts.extend(parts)
    record.facts = filled([record.facts, joined(record.texts)])


def join_by_name(tree: Tree) -> list[Part]:
    """Joins text to the calls that it names; what is left names none of them."""
    if not tree.texts:
        return []
    by_link = {link: record for record in reversed(tree.calls) for link in record.links}
    found: dict[str, tuple[Record, list[Part]]] = {}
    left = []
    for part in tree.texts:
        named = [by_link[link] for link in part.links if link in by_link]
        record = named[0] if named else tree.spans.get(part.span_id or "")
        if record is None or not record.is_call:
            left.append(part)
        else:
            found.setdefault(record.key, (record, []))[1].append(part)
    for record, parts in found.values():
        give(record, parts)
    return left


def join_below(tree: Tree, clusters: Sequence[Cluster], parts: Sequence[Part]) -> list[Part]:
    """Joins text of a span above calls that have none: all of it to the only such call, a lone prompt to the first.

    The answer: what is left, also what is of several calls and does not say which of it is of which.
    """
    left: list[Part] = []
    told: dict[str, list[Part]] = defaultdict(list)
    for part in parts:
        if part.span_id is None or part.links:
            left.append(part)
        else:
            told[part.span_id].append(part)
    below = _below(tree, clusters) if told else {}
    for span_id, pieces in told.items():
        fitting = [cluster for cluster in below.get(span_id, ()) if _is_silent(cluster)]
        lone_prompt = len(pieces) == 1 and not pieces[0].facts.response.get("content")
        if len(fitting) == 1 or (fitting and lone_prompt):
            give(fitting[0][0], pieces)
        else:
            left += pieces
    return left


def _below(tree: Tree, clusters: Sequence[Cluster]) -> dict[str, list[Cluster]]:
    """The calls below each span, known or not."""
    found: dict[str, list[Cluster]] = defaultdict(list)
    for cluster in clusters:
        for span_id in {one.parent_id for record in cluster for one in (record, *tree.above(record)) if one.parent_id}:
            found[span_id].append(cluster)
    return found


def _is_silent(cluster: Cluster) -> bool:
    return not any(record.facts.request.get("messages") for record in cluster)


def join_by_time(clusters: Sequence[Cluster], parts: Sequence[Part], rivals: Sequence[Window]) -> list[Part]:
    """Joins text that names no span to the one call of its process that ran then and has no text.

    The answer: text that several such calls could claim, or that does not fit together. It is joined to none.
    """
    windows = _windows(clusters)
    others: dict[str, list[Window]] = defaultdict(list)
    for rival in rivals:
        others[rival.instance].append(rival)
    claimed: dict[int, tuple[Cluster, list[Part]]] = {}
    ambiguous = []
    for part in parts:
        at = part.started_at or part.ended_at
        if at is None or part.instance is None or part.instance not in windows:
            continue
        claims = windows[part.instance].at(at)
        contested = any(rival.started_at <= at <= rival.ended_at for rival in others[part.instance])
        if len(claims) == 1 and not contested:
            claimed.setdefault(id(claims[0]), (claims[0], []))[1].append(part)
        elif claims:
            ambiguous.append(part)
    for cluster, told in claimed.values():
        if _is_one_turn(told):
            give(cluster[0], told)
        else:
            ambiguous += told
    return ambiguous


def _is_one_turn(parts: Sequence[Part]) -> bool:
    """Whether the pieces are one request and then its answer: with two calls at once they would alternate.

    Of a call that still runs only the request was told: then a user seems to have spoken twice.
    """
    told = sorted(parts, key=lambda part: part.order)
    answers = [bool(part.facts.response.get("content")) for part in told]
    system_first = all(not part.facts.request.get("system") for part in told[1:])
    asked = [messages for part in told if (messages := part.facts.request.get("messages"))]
    twice = any(_is_users(before[-1]) and _is_users(after[0]) for before, after in pairwise(asked))
    return answers == sorted(answers) and system_first and not twice


def _is_users(message: Json) -> bool:
    """Whether a user said it; what tools answered is a user's message too."""
    content = message["content"]
    results = isinstance(content, list) and any(block.get("type") == "tool_result" for block in content)
    return message["role"] == "user" and not results


class _Times:
    """Calls of one process by the time they ran."""

    def __init__(self) -> None:
        self._calls: list[tuple[datetime, datetime, Cluster]] = []

    def add(self, started_at: datetime, ended_at: datetime, cluster: Cluster) -> None:
        self._calls.append((started_at, ended_at, cluster))

    def sort(self) -> None:
        self._calls.sort(key=lambda call: call[0])
        self._longest = max(ended - started for started, ended, _ in self._calls)

    def at(self, at: datetime) -> list[Cluster]:
        """The first two calls that ran then; two are too many already."""
        found: list[Cluster] = []
        index = bisect_right(self._calls, at, key=lambda call: call[0])
        while index and len(found) < 2 and self._calls[index - 1][0] + self._longest >= at:
            index -= 1
            if at <= self._calls[index][1]:
                found.append(self._calls[index][2])
        return found


def _windows(clusters: Sequence[Cluster]) -> dict[str, _Times]:
    windows: dict[str, _Times] = defaultdict(_Times)
    for cluster in clusters:
        starts = [record.started_at for record in cluster if record.started_at]
        ends = [record.ended_at for record in cluster if record.ended_at]
        instance = cluster[0].instance
        if instance and starts and ends and not any(record.facts.has_text for record in cluster):
            windows[instance].add(min(starts), max(ends), cluster)
    for times in windows.values():
        times.sort()
    return dict(windows)
