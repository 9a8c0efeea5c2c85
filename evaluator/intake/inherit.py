"""What a call takes from the spans above it: nearest first, and when the way up is cut off, what is the same anyway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from evaluator.intake.clusters import Cluster
from evaluator.intake.parts import Facts
from evaluator.intake.spans import Record, Tree

INHERITED = ("session_id", "user_id", "feature", "environment", "release", "prompt_version")


def inherited(facts: Facts, cluster: Cluster, tree: Tree) -> Facts:
    """The facts of a call with what they lack from above."""
    upper = above(cluster, tree)
    told = [record.facts for record in upper]
    if any(tree.is_cut_off(record) for record in cluster):
        mine = {record.key for record in (*cluster, *upper)}
        roots = [one for one in tree.records if not one.is_call and one.parent_id not in tree.spans]
        told.append(_common([one.facts for one in roots if one.key not in mine]))
    if not told:
        return facts
    gaps: dict[str, Any] = {name: _nearest(told, name) for name in INHERITED if getattr(facts, name) is None}
    metadata = {key: value for one in reversed((facts, *told)) for key, value in one.metadata.items()}
    return replace(
        facts,
        **gaps,
        service=facts.service or _nearest(told, "service"),
        metadata=metadata,
        self_traffic=facts.self_traffic or any(one.self_traffic for one in told),
    )


def above(cluster: Cluster, tree: Tree) -> list[Record]:
    """The spans above a call that are not records of it, nearest first."""
    mine = {record.key for record in cluster}
    found = {upper.key: upper for record in cluster for upper in tree.above(record) if upper.key not in mine}
    return list(found.values())


def _nearest(told: Sequence[Facts], name: str) -> str | None:
    return next((value for one in told if (value := getattr(one, name)) is not None), None)


def _common(roots: Sequence[Facts]) -> Facts:
    """What is told in one way only at the tops of the trace."""
    names: dict[str, Any] = {name: _only({getattr(one, name) for one in roots} - {None}) for name in INHERITED}
    keys = {key for one in roots for key in one.metadata}
    values = {key: _only({one.metadata[key] for one in roots if key in one.metadata}) for key in keys}
    return Facts(source="", **names, metadata={key: value for key, value in values.items() if value is not None})


def _only(values: set[str]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None
