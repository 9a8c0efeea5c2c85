"""What happened, in one sentence: the same requests answered worse, another mix, or other requests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from evaluator.alerts.plain import excerpt
from evaluator.api.cause_shapes import ChangeView, MixView, NewValueView, PartView, RequestsView
from evaluator.drift.counts import Bad
from evaluator.explanation.changes import SEGMENTS, stands_out
from evaluator.explanation.table import DEPLOYED

LEAST_PART = 0.25
"""A mix that explains less of the change is not what happened."""
NEARLY_ALL = 0.8
MOST_NEW = 2
NAMED = 60


@dataclass(frozen=True, slots=True)
class Told:
    """What is known; `got_worse` are the words for it, `mix` the split by what describes requests.

    `segments` are the keys that the mix is cut by, if it is one of segments. While an alarm `is_sure` that something
    got worse, the plain change need not say so by itself.
    """

    got_worse: str
    bad: Bad
    is_sure: bool
    total: ChangeView
    mix: MixView | None
    requests: RequestsView | None
    new: Sequence[NewValueView] = ()
    segments: Sequence[str] = ()


def sentence(told: Told) -> str:
    """One sentence, or two when something new answers; foreign names in it are short and on one line."""
    return _what(told) + _since(told.new)


def mix_share(told: Told) -> float:
    """How much of the change is mix, in [0, 1]; 0 where the mix did not move beyond chance, or the other way."""
    mix = told.mix
    if mix is None or not _mix_counts(mix) or not _worse(mix.mix, told.bad):
        return 0.0
    size = _bad_size(told.total, told.bad)
    return min(_bad_size(mix.mix, told.bad) / size, 1.0) if size > 0 else 0.0


def in_words(told: Told) -> str:
    """The mix alone: how much of the change it is, and what moved."""
    share = mix_share(told)
    if told.mix is None:
        return "there is nothing to split the traffic by"
    if told.mix.moved is None:
        return "too few votes to say whether the mix moved"
    if share < LEAST_PART:
        return "the mix is the same"
    return f"about {share:.0%} of the change is mix: {_moved(told.mix)}".replace("%", " %", 1)


def _what(told: Told) -> str:
    if not told.is_sure and not (stands_out(told.total) and _worse(told.total, told.bad)):
        return _quiet(told)
    share, mix = mix_share(told), told.mix
    if mix is None or share < LEAST_PART:
        return f"{_same(told)}: {told.got_worse}."
    inside = stands_out(mix.within) and _worse(mix.within, told.bad)
    if share >= NEARLY_ALL or not inside:
        return _mix_alone(told, mix)
    asked = _asked(told, _mix_keys(told, mix))
    return f"The mix moved ({in_words(told)}), and at the same mix {told.got_worse}. {asked}".strip()


def _quiet(told: Told) -> str:
    """Where nothing clearly got worse over all: a mix that moved the rate by itself is told all the same."""
    mix = told.mix
    if mix is not None and _mix_counts(mix) and not stands_out(mix.within):
        return _mix_alone(told, mix)
    return f"No clear change. {_asked(told)}".strip()


def _mix_alone(told: Told, mix: MixView) -> str:
    asked = _asked(told, _mix_keys(told, mix))
    return f"The mix moved: {_moved(mix)}. At the same mix nothing clearly got worse. {asked}".strip()


def _mix_counts(mix: MixView) -> bool:
    """Whether the shares moved, and with them the rate, both beyond chance."""
    return bool(mix.moved) and stands_out(mix.mix, mix.among)


def _same(told: Told) -> str:
    """The first half of "…: the answers got worse"."""
    mix = ", same mix" if told.mix and told.mix.moved is not None else ""
    if told.requests is None or told.requests.changed is None:
        return "Same mix" if mix else "Too few requests yet to say whether others came"
    changed = _changed(told.requests)
    return f"The requests changed too ({changed})" if changed else f"Same requests{mix}"


def _asked(told: Told, moved: Sequence[str] = ()) -> str:
    """What the requests did beside the keys that are told as the mix that moved."""
    if told.requests is None or told.requests.changed is None:
        return ""
    changed = _changed(told.requests, moved)
    if changed:
        return f"The requests changed too ({changed})."
    return "" if moved else "The requests look the same."


def _mix_keys(told: Told, mix: MixView) -> Sequence[str]:
    """The keys whose shares are told as the mix."""
    return told.segments or (mix.by,)


def _changed(requests: RequestsView, but: Sequence[str] = ()) -> str:
    names = [one.name for one in requests.features if one.changed and one.name not in but]
    return ", ".join(excerpt(name, NAMED) for name in names)


def _moved(mix: MixView) -> str:
    """The part that grew most."""
    part = max(mix.parts, key=lambda one: one.share_now - one.share_before)
    return f"{_named(mix, part)} is {_percent(part.share_now)} of the traffic, was {_percent(part.share_before)}"


def _named(mix: MixView, part: PartView) -> str:
    value = excerpt(part.name, NAMED)
    return value if mix.by == SEGMENTS else f"{excerpt(mix.by, NAMED)}={value}"


def _since(new: Sequence[NewValueView]) -> str:
    """What was deployed that no vote had before."""
    named = [f"{one.key} {excerpt(one.value, NAMED)}" for one in new if one.key in DEPLOYED]
    return f" New since then: {', '.join(named[:MOST_NEW])}." if named else ""


def _worse(change: ChangeView, bad: Bad) -> bool:
    return _bad_size(change, bad) > 0


def _bad_size(change: ChangeView, bad: Bad) -> float:
    return -change.size if bad == "down" else change.size


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")
