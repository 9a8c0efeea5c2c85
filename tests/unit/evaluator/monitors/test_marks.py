"""Which markers get extra evidence mass, and where."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import accumulate

import pytest

from evaluator.monitors.marks import MONTH, SHARE, allowance, indices
from store.records import Marker, MarkerKind
from tests.builders import NOON

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
ALONE = 2880.0
"""Buckets between false alarms of the only monitor of a workspace."""


def at(*times: datetime) -> list[Marker]:
    """Deploys at these times."""
    return [
        Marker(marker_id=str(i), ts=ts, created_at=ts, kind=MarkerKind.DEPLOY, name=str(i))
        for i, ts in enumerate(times)
    ]


def days(markers: Iterable[Marker], arl: float = ALONE) -> list[float]:
    """When masses are given, in days after noon."""
    return [place / 96 for place in indices(markers, NOON, 10_000 * 96, arl=arl)]


def test_a_mass_sits_at_the_bucket_of_its_marker() -> None:
    """Also where the marker lies at the bucket's end."""
    assert indices(at(NOON, NOON + 29 * MINUTE), NOON, 10, arl=ALONE) == (0, 1)


def test_markers_outside_the_buckets_are_left_out() -> None:
    """Those before the first bucket and those from the last one's end on."""
    times = (NOON - MINUTE, NOON + 24 * HOUR, NOON + 2 * HOUR)
    assert indices(at(*times), NOON, 8, arl=ALONE) == ()
    assert indices(at(*times), NOON, 9, arl=ALONE) == (8,)


def test_markers_of_one_bucket_are_one() -> None:
    """A release that brings a new prompt and a new model has one mass, and costs one."""
    quarter = [NOON + minute * MINUTE for minute in range(3)]
    later = NOON + HOUR, NOON + 2 * HOUR
    assert indices(at(*quarter, *later), NOON, 96, arl=ALONE) == (0, 4, 8)


def test_a_few_deploys_in_a_row_all_count() -> None:
    """After a quiet time three deploys in an hour have their mass, the fourth has none."""
    assert indices(at(*(NOON + i * 15 * MINUTE for i in range(4))), NOON, 96, arl=ALONE) == (0, 1, 2)


def test_a_deploy_a_day_always_counts() -> None:
    """The usual rhythm is not thinned, for 90 days."""
    assert days(at(*(NOON + i * DAY for i in range(90)))) == list(range(90))


@pytest.mark.parametrize("monitors", [1, 10, 30, 100, 400])
@pytest.mark.parametrize("every", [HOUR, 8 * HOUR, DAY, 5 * DAY])
def test_masses_cost_at_most_half_of_the_share(monitors: int, every: timedelta) -> None:
    """In no 30 days are there more masses than half of the monitor's false alarms pay for."""
    marked = [NOON + day * DAY for day in days(at(*(NOON + i * every for i in range(4000))), ALONE * monitors)]
    most = max(sum(first <= one < first + MONTH for one in marked) for first in marked)
    assert most <= allowance(ALONE * monitors) <= SHARE / monitors / 0.001


@pytest.mark.parametrize("monitors", [10, 100, 400])
def test_the_allowance_is_used(monitors: int) -> None:
    """With hourly deploys, masses come on average as often as they may."""
    masses = days(at(*(NOON + i * HOUR for i in range(24 * 300))), ALONE * monitors)
    assert len(masses) / 10 == pytest.approx(allowance(ALONE * monitors), rel=0.15)


def test_too_many_monitors_leave_nothing() -> None:
    """Where the share pays for no mass in 30 days, there is none."""
    assert days(at(NOON), ALONE * 1000) == []


def test_later_markers_and_the_window_change_no_mass() -> None:
    """Which markers get a mass depends on earlier ones alone."""
    steps = list(accumulate([7 * HOUR, 2 * HOUR, 26 * HOUR, HOUR] * 40, initial=NOON - NOON))
    whole = [NOON + step for step in steps]
    early = days(at(*whole[:80]))
    assert days(at(*whole))[: len(early)] == early
    shifted = indices(at(*whole), NOON + 10 * DAY, 30 * 96, arl=ALONE)
    unmoved = indices(at(*whole), NOON, 40 * 96, arl=ALONE)
    assert [960 + place for place in shifted] == [place for place in unmoved if place >= 960]
