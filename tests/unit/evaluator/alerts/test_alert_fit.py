"""The marker nearest to an onset, and how well its time fits."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from evaluator.alerts.fit import Fit, nearest
from store.records import Marker, MarkerKind
from tests.builders import NOON

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
LO, HI = NOON - 3 * HOUR, NOON + 2 * HOUR + 15 * MINUTE


def marker(ts: datetime, name: str = "2026.11.3", kind: MarkerKind = MarkerKind.RELEASE, origin: str = "api") -> Marker:
    return Marker(marker_id=f"{name}{ts}", ts=ts, created_at=ts, kind=kind, name=name, origin=origin)


def fit(*markers: Marker) -> Fit:
    """The nearest to an onset of noon, with its interval from 9:00 to 14:15."""
    found = nearest(markers, NOON, LO, HI)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("ts", "words"),
    [
        (NOON - 12 * MINUTE, "12 minutes before the likeliest onset, inside its 90 % interval"),
        (NOON, "in the quarter hour of the onset"),
        (NOON + 14 * MINUTE, "in the quarter hour of the onset"),
        (NOON + HOUR + 15 * MINUTE, "60 minutes after the likeliest onset, inside its 90 % interval"),
        (LO, "3 h before the likeliest onset, inside its 90 % interval"),
        (LO - 3 * HOUR, "3 h before the onset's 90 % interval: a poor fit"),
        (LO - 5 * 24 * HOUR, "5 days before the onset's 90 % interval: a poor fit"),
        (HI + 30 * MINUTE, "30 minutes after the onset's 90 % interval: too late to be the cause"),
    ],
)
def test_the_fit_in_words(ts: datetime, words: str) -> None:
    """A marker is inside the interval, before it, or after it, and how far is said."""
    assert fit(marker(ts)).words() == f"release 2026.11.3 went out {words}"


def test_the_ends_of_the_interval() -> None:
    """The first bucket's start is inside, the last bucket's end is after."""
    places = [fit(marker(ts)).place for ts in (LO - MINUTE, LO, HI - MINUTE, HI)]
    assert places == ["before", "inside", "inside", "after"]


def test_inside_goes_before_outside_and_near_before_far() -> None:
    """One inside the interval beats one just before it; of two inside, the nearer to the onset is named."""
    before, far, near = marker(LO - MINUTE, "before"), marker(LO + HOUR, "far"), marker(NOON + HOUR, "near")
    assert [fit(*some).marker.name for some in ([before, far], [far, near, before])] == ["far", "near"]


def test_of_equals_what_was_told_goes_first() -> None:
    """A release that was told and one that was seen at the same moment: the told one is named."""
    told, seen = marker(NOON, "told"), marker(NOON, "seen", origin="seen")
    assert {fit(*some).marker.name for some in ([told, seen], [seen, told])} == {"told"}


@pytest.mark.parametrize("ts", [LO - 8 * 24 * HOUR, HI + 25 * HOUR])
def test_far_markers_are_not_named(ts: datetime) -> None:
    """More than a week before the interval, or a day after it, a marker says nothing."""
    assert nearest([marker(ts)], NOON, LO, HI) is None


def test_kinds_read_as_words() -> None:
    """A prompt version reads as two words, another event by its name alone, a seen value as appearing."""
    prompt = marker(NOON, "p7", MarkerKind.PROMPT_VERSION, "seen")
    other = marker(NOON, "price change", MarkerKind.OTHER)
    assert fit(prompt).words() == "prompt version p7 first appeared in the quarter hour of the onset"
    assert fit(other).words() == "price change was in the quarter hour of the onset"
