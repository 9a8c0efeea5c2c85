"""Which time a release, a prompt version, a model or a marker means."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from evaluator.api.baseline_shapes import BaselineRequest
from evaluator.errors import InputError
from evaluator.monitors.choice import Chosen, chosen
from store import markers
from store.records import Marker, MarkerKind
from store.store import Store
from tests.builders import NOON, make_sample

HOUR = timedelta(hours=1)
STEP = timedelta(minutes=5)


def traffic(store: Store, hours: dict[int, str], kind: str = "release") -> None:
    """A sample every five minutes; each entry is the hour, counted from noon, from which on the value is another."""
    starts = sorted(hours)
    times = [NOON + starts[0] * HOUR + i * STEP for i in range(int(-starts[0] * HOUR / STEP))]
    values = [hours[max(start for start in starts if NOON + start * HOUR <= ts)] for ts in times]
    found = [
        make_sample(f"s{i}", ts=ts, received_at=ts, **{"model": "m", kind: value})
        for i, (ts, value) in enumerate(zip(times, values, strict=True))
    ]
    store.append_samples(found).result()


def choose(store: Store, **asked: Any) -> Chosen:
    with store.read() as c:
        return chosen(c, BaselineRequest(feature="support-chat", judge="tone", **asked), NOON)


@pytest.mark.parametrize("kind", ["release", "prompt_version", "model"])
def test_a_value_means_the_time_up_to_the_next_one(store: Store, kind: str) -> None:
    """From its first sample to the arrival of the next value, whatever its name."""
    traffic(store, {-10: "a", -6: "b", -2: "c"}, kind)
    window = Chosen(NOON - 6 * HOUR, NOON - 2 * HOUR, kind, f"{kind.replace('_', ' ')} b: stable")
    assert choose(store, **{kind: "b"}, note="stable") == window


def test_the_newest_value_lasts_until_its_last_sample(store: Store) -> None:
    """Nothing came after it: the quarter hour of its last sample is the last one."""
    traffic(store, {-10: "a", -6: "b"})
    assert choose(store, release="b").end == NOON


def test_a_release_that_was_rolled_back_ends_with_the_next_one(store: Store) -> None:
    """What came after the roll-back is not counted: the bad release between would be in it."""
    traffic(store, {-10: "a", -6: "bad", -4: "a"})
    assert (choose(store, release="a").start, choose(store, release="a").end) == (NOON - 10 * HOUR, NOON - 6 * HOUR)


def test_a_canary_is_refused(store: Store) -> None:
    """A release that most of the traffic of its time did not have is no baseline; a range is the way out."""
    times = [NOON - 10 * HOUR + i * STEP for i in range(120)]
    found = [
        make_sample(f"s{i}", ts=ts, received_at=ts, release="new" if i and i % 3 else "old")
        for i, ts in enumerate(times)
    ]
    store.append_samples(found).result()
    with pytest.raises(InputError, match=r"33 % of the samples .* other releases or of none .*name a range"):
        choose(store, release="new")


def test_an_unknown_release_names_the_known_ones(store: Store) -> None:
    """A typo is met with what there is."""
    traffic(store, {-10: "2026.11.1", -6: "2026.11.2"})
    with pytest.raises(InputError, match=r"has the release '2026\.11'.*'2026\.11\.2', '2026\.11\.1'"):
        choose(store, release="2026.11")


def test_since_a_marker_means_until_now_or_its_end(store: Store) -> None:
    """From the first whole quarter hour after the marker, found by name or by id."""
    at = NOON - 5 * HOUR + timedelta(minutes=4)
    told = Marker(
        marker_id="0123", ts=at, created_at=at, kind=MarkerKind.DEPLOY, name="v7", feature=None, origin="api", note=""
    )
    store.run(lambda c: markers.append(c, [told])).result()
    start = NOON - 5 * HOUR + timedelta(minutes=15)
    assert choose(store, since_marker="v7") == Chosen(start, NOON, "marker", "since deploy v7")
    assert choose(store, since_marker="0123", end=NOON - HOUR).end == NOON - HOUR
    with pytest.raises(InputError, match="No whole quarter hour"):
        choose(store, since_marker="v7", end=NOON - 5 * HOUR)


def test_an_unknown_marker_says_where_they_are_listed(store: Store) -> None:
    """Nobody told it, or it concerns another feature."""
    with pytest.raises(InputError, match=r"no marker 'v7'.*leadline mark --list"):
        choose(store, since_marker="v7")


@pytest.mark.parametrize(
    "asked", [{}, {"release": "a", "model": "b"}, {"release": "a", "end": NOON}, {"since_marker": "m", "start": NOON}]
)
def test_a_window_is_named_in_one_way(store: Store, asked: dict[str, Any]) -> None:
    """Nothing, or two ways at once, is refused."""
    with pytest.raises(InputError, match="in one way"):
        choose(store, **asked)


def test_a_range_lies_in_the_past_and_ends_after_its_start(store: Store) -> None:
    """A baseline is of what has happened."""
    with pytest.raises(InputError, match="in the future"):
        choose(store, end=NOON + HOUR)
    with pytest.raises(InputError, match="before it starts"):
        choose(store, start=NOON, end=NOON - HOUR)
