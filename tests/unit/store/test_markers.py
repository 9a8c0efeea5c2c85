"""Markers in the store: once each, found by feature and time, and made by themselves of new values in the traffic."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from store import markers
from store.markers import MOST_A_DAY, MarkerFilter
from store.records import Marker, MarkerKind
from store.store import Store
from tests.builders import NOON, make_sample

HOUR = timedelta(hours=1)


def marker(name: str = "2026.11.3", /, **fields: Any) -> Marker:
    """A deploy of noon that concerns all features."""
    kind, ts, feature = fields.pop("kind", MarkerKind.DEPLOY), fields.pop("ts", NOON), fields.pop("feature", None)
    return Marker(
        marker_id=markers.identity(kind, name, feature, ts),
        ts=ts,
        created_at=NOON,
        kind=kind,
        name=name,
        feature=feature,
        **fields,
    )


def add(store: Store, *given: Marker) -> list[bool]:
    return store.run(lambda c: markers.append(c, given)).result()


def find(store: Store, **wanted: Any) -> list[Marker]:
    with store.read() as c:
        return markers.find(c, MarkerFilter(**wanted))


def arrive(store: Store, *samples: tuple[int, str | None], field: str = "release", **fields: Any) -> None:
    """Samples at these hours after noon with these values, then the look that notices."""
    found = [
        make_sample(f"{hour}-{value}-{fields}", ts=NOON + hour * HOUR, **{field: value}, **fields)
        for hour, value in samples
    ]
    store.append_samples(found).result()
    store.run(markers.notice).result()


def seen(store: Store, **wanted: Any) -> list[tuple[str, datetime]]:
    """Names and times of the releases that were noticed, oldest first."""
    found = [one for one in find(store, **wanted) if one.kind is MarkerKind.RELEASE]
    return [(one.name, one.ts) for one in reversed(found)]


def test_a_marker_is_kept_as_it_was_told(store: Store) -> None:
    """What was appended is found again, field by field."""
    told = marker(feature="support-chat", origin="command", note="a new greeting")
    assert add(store, told) == [True]
    assert find(store) == [told]


def test_a_marker_sent_twice_is_one(store: Store) -> None:
    """The same kind, name, feature and time is the same marker, in one body and in two."""
    assert add(store, marker(), marker()) == [True, False]
    assert add(store, marker(note="again")) == [False]
    assert [one.note for one in find(store)] == [""]


def test_kind_name_feature_and_time_each_make_another(store: Store) -> None:
    """Markers that differ in one of the four are different ones."""
    others = [marker("b"), marker(kind=MarkerKind.MODEL), marker(feature="f"), marker(ts=NOON + HOUR)]
    assert all(add(store, marker(), *others))


def test_a_feature_sees_its_own_and_those_of_all(store: Store) -> None:
    """Another feature's marker does not concern it."""
    add(store, marker("mine", feature="a"), marker("other", feature="b"), marker("all"))
    assert {one.name for one in find(store, feature="a")} == {"mine", "all"}


def test_markers_are_found_by_time_newest_first(store: Store) -> None:
    """From the start on, before the end, and only as many as wanted."""
    add(store, *(marker(str(hour), ts=NOON + hour * HOUR) for hour in range(5)))
    assert [one.name for one in find(store, start_at=NOON + HOUR, end_at=NOON + 4 * HOUR)] == ["3", "2", "1"]
    assert [one.name for one in find(store, limit=2)] == ["4", "3"]


def test_a_new_release_in_the_traffic_is_a_marker(store: Store) -> None:
    """At the time of its first sample, known since that arrived; the first release of the feature is none."""
    arrive(store, (0, "v1"), (1, "v1"), (2, "v2"), (3, "v2"))
    [found] = find(store)
    assert (found.name, found.ts, found.feature, found.origin) == ("v2", NOON + 2 * HOUR, "support-chat", "seen")
    assert found.created_at == NOON + 2 * HOUR


def test_a_new_model_and_prompt_version_are_markers_too(store: Store) -> None:
    """Each kind is watched by itself."""
    arrive(store, (0, "m1"), (1, "m2"), field="model")
    arrive(store, (2, "p1"), (3, "p2"), field="prompt_version")
    kinds = {(one.kind, one.name) for one in find(store)}
    assert {(MarkerKind.MODEL, "m2"), (MarkerKind.PROMPT_VERSION, "p2")} <= kinds
    assert (MarkerKind.PROMPT_VERSION, "p1") not in kinds


def test_a_value_that_comes_and_goes_is_noticed_once(store: Store) -> None:
    """Going back to an old release makes no marker, nor does looking again."""
    arrive(store, (0, "v1"), (1, "v2"), (2, "v1"), (3, "v2"))
    arrive(store, (4, "v1"), (5, "v2"))
    assert seen(store) == [("v2", NOON + HOUR)]


def test_a_late_sample_moves_the_marker_back(store: Store) -> None:
    """The marker stands at the earliest sample, whenever that came."""
    arrive(store, (0, "v1"), (5, "v2"))
    arrive(store, (3, "v2"))
    assert seen(store) == [("v2", NOON + 3 * HOUR)]


def test_a_late_first_value_makes_a_change_of_the_old_first(store: Store) -> None:
    """What was the feature's first value is a change when an earlier one turns up."""
    arrive(store, (2, "v2"))
    assert seen(store) == []
    arrive(store, (0, "v1"))
    assert seen(store) == [("v2", NOON + 2 * HOUR)]


def test_any_order_of_samples_and_looks_makes_the_same_markers(store: Store) -> None:
    """Samples that come one by one, late ones too, with a look after each, give what one look at all of them gives."""
    whole = [(0, "v1"), (1, "v2"), (2, "v1"), (3, "v3"), (4, "v2"), (5, "v4")]
    for feature, order in (("one", [whole]), ("each", [[one] for one in whole]), ("late", [[x] for x in whole[::-1]])):
        for some in order:
            arrive(store, *some, feature=feature)
    expected = [("v2", NOON + HOUR), ("v3", NOON + 3 * HOUR), ("v4", NOON + 5 * HOUR)]
    assert [seen(store, feature=feature) for feature in ("one", "each", "late")] == [expected] * 3


def test_each_feature_has_its_own_first_value(store: Store) -> None:
    """A release that one feature knew is new to another."""
    arrive(store, (0, "v1"), (1, "v2"), feature="a")
    arrive(store, (2, "v2"), (3, "v1"), feature="b")
    assert seen(store, feature="a") == [("v2", NOON + HOUR)]
    assert seen(store, feature="b") == [("v1", NOON + 3 * HOUR)]


def test_samples_without_a_value_say_nothing(store: Store) -> None:
    """No release, or an empty one, is no value."""
    arrive(store, (0, None), (1, "v1"), (2, ""), (3, None), (4, "v2"))
    assert seen(store) == [("v2", NOON + 4 * HOUR)]


def test_ids_in_place_of_versions_make_no_markers(store: Store) -> None:
    """A day with more new values than a team can deploy makes none; the days around it do."""
    many = [(1, f"request-{number}") for number in range(MOST_A_DAY + 1)]
    arrive(store, (-24, "v1"), *many, (24, "v2"))
    assert [name for name, _ in seen(store)] == ["v2"]


def test_what_was_told_stays_when_the_same_is_seen(store: Store) -> None:
    """A marker of the same kind, name, feature and time keeps its origin and its note."""
    add(store, marker("v2", kind=MarkerKind.RELEASE, feature="support-chat", ts=NOON + HOUR, note="told"))
    arrive(store, (0, "v1"), (1, "v2"))
    arrive(store, (2, "v2"))
    assert [(one.origin, one.note) for one in find(store)] == [("api", "told")]
