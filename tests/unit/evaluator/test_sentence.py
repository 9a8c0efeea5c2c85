"""What happened, in one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from evaluator.api.cause_shapes import ChangeView, MixView, PartView, RequestFeatureView, RequestsView
from evaluator.explanation.sentence import Told, sentence

FELL = ChangeView(size=-0.08, lo=-0.11, hi=-0.05)
SLIGHTLY = ChangeView(size=-0.02, lo=-0.05, hi=0.01)
NOTHING = ChangeView(size=0.0, lo=-0.01, hi=0.01)


def mix(by: str, part: str) -> MixView:
    """A mix that explains the whole change: this part grew from 20 to 55 % of the traffic."""
    grown = PartView(
        name=part, share_before=0.2, share_now=0.55, rate_before=0.75, rate_now=0.75, within=0.0, mix=-0.08
    )
    return MixView(by=by, is_of_requests=True, among=1, moved=True, total=FELL, within=NOTHING, mix=FELL, parts=[grown])


def requests(*changed: str) -> RequestsView:
    """Requests of which these features changed, and the length did not."""
    features = [
        RequestFeatureView(name=name, kind="category", effect=0.3, p=0.001, changed=name in changed)
        for name in (*changed, "length")
    ]
    return RequestsView(changed=bool(changed), verdict="", features=features, read_before=400, read_now=200)


@pytest.mark.parametrize(
    ("by", "part", "segments", "changed", "also"),
    [
        ("plan", "free", (), ("plan",), ""),
        ("plan", "free", (), ("plan", "text"), " The requests changed too (text)."),
        ("segments", "free", ("plan",), ("plan",), ""),
        ("segments", "free, de", ("plan", "language"), ("language", "plan"), ""),
        ("segments", "free, de", ("plan", "language"), ("plan", "topic"), " The requests changed too (topic)."),
        ("segments", "x", (), ("segments",), ""),
    ],
)
def test_a_key_that_moved_is_told_once(
    by: str, part: str, segments: tuple[str, ...], changed: tuple[str, ...], also: str
) -> None:
    """What is told as the mix is not told again among the requests that changed, segments or a key alone."""
    said = sentence(Told("the answers got worse", "down", False, FELL, mix(by, part), requests(*changed), (), segments))
    named = f"plan={part}" if by == "plan" else part
    moved = f"The mix moved: {named} is 55 % of the traffic, was 20 %."
    assert said == f"{moved} At the same mix nothing clearly got worse.{also}"


@pytest.mark.parametrize("by_the_mix", [FELL, ChangeView(size=0.03, lo=0.01, hi=0.05)])
def test_a_mix_that_moved_is_told_while_nothing_fires(by_the_mix: ChangeView) -> None:
    """The part by the mix is clear of 0 and the rate as a whole is not: the mix moved, whichever way it moved it."""
    shifted = mix("plan", "free").model_copy(update={"mix": by_the_mix, "total": SLIGHTLY})
    said = sentence(Told("the answers got worse", "down", False, SLIGHTLY, shifted, requests("plan", "text")))
    told = "The mix moved: plan=free is 55 % of the traffic, was 20 %. At the same mix nothing clearly got worse."
    assert said == f"{told} The requests changed too (text)."


@pytest.mark.parametrize(
    "fields",
    [{"mix": SLIGHTLY}, {"moved": False}, {"moved": None}, {"among": 100_000_000}, {"within": FELL}],
)
def test_a_mix_within_chance_is_no_news_while_nothing_fires(fields: dict[str, Any]) -> None:
    """A mix that chance explains, or that is not alone in moving the rate, leaves it at no clear change."""
    shifted = mix("plan", "free").model_copy(update=fields)
    said = sentence(Told("the answers got worse", "down", False, SLIGHTLY, shifted, requests("text")))
    assert said == "No clear change. The requests changed too (text)."
