"""What keeps every judge from judging: nothing arrives, nothing is kept, no text, nobody looks. The first counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from evaluator.api.shapes import Finding
from evaluator.causes.words import CLIENTS, names, none_kept, problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What arrived in the last 24 hours: features, items not kept by reason, samples, and how to get their text.

    `looked_at` are the features that some judge looks at, `judges` is how many judges there are.
    """

    features: Sequence[str] = ()
    not_kept: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    without_text: int = 0
    text_hint: str = ""
    judges: int = 0
    looked_at: Sequence[str] = ()


def first(seen: Traffic) -> Finding | None:
    """The first thing that keeps every judge from judging; None when nothing does."""
    return next((finding for cause in CAUSES if (finding := cause(seen))), None)


def _nothing_arrives(seen: Traffic) -> Finding | None:
    if seen.kept or seen.not_kept:
        return None
    return problem(
        area="clients",
        what="no sample in the last 24 hours",
        fix="docs/clients.md says how to point what you run at Leadline",
    )


def _nothing_is_kept(seen: Traffic) -> Finding | None:
    return none_kept("clients", seen.kept, seen.not_kept)


def _no_text_arrives(seen: Traffic) -> Finding | None:
    if seen.without_text < seen.kept or not seen.kept:
        return None
    fix = seen.text_hint or CLIENTS
    return problem(area="clients", what=f"none of {seen.kept:,} samples of the last 24 hours has text", fix=fix)


def _no_judge(seen: Traffic) -> Finding | None:
    if not seen.judges:
        return problem(area="judges", what="there is no judge", fix="name one in judge.builtin, or add [[judges]]")
    if seen.looked_at or not seen.features:
        return None
    return problem(
        area="judges",
        what=f"no judge looks at a feature that sends samples ({names(seen.features)})",
        fix="name these in `features` of a judge",
    )


CAUSES: list[Callable[[Traffic], Finding | None]] = [_nothing_arrives, _nothing_is_kept, _no_text_arrives, _no_judge]
