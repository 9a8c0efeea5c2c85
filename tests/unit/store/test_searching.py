"""Samples found by their fields, by their verdicts and by their words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from store import searching
from store.records import Sample, TextState
from store.samples import EARLIEST, LATEST
from store.searching import Place, Search
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict

TOP = Place(LATEST)
FIELDS: dict[str, Any] = {
    "feature": "other",
    "environment": "staging",
    "model": "m2",
    "provider": "bedrock",
    "prompt_version": "p2",
    "release": "r2",
    "stop_reason": "max_tokens",
    "source": "file",
    "sampling_class": "errors",
}


def found(store: Store, **wanted: Any) -> list[str]:
    """The ids that match, newest first."""
    with store.read() as c:
        return [sample_id for sample_id, _ in searching.portion(c, Search(**wanted), EARLIEST, TOP, 100)]


def kept(store: Store, *samples: Sample) -> None:
    store.append_samples(samples).result()


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_is_compared(store: Store, name: str) -> None:
    """A field that is asked for must be equal; a sample without it, or with another one, is no match."""
    kept(store, make_sample("a", **{name: FIELDS[name]}), make_sample("b", ts=NOON + timedelta(seconds=1)))
    assert found(store, **{name: FIELDS[name]}) == ["a"]
    assert found(store, **{name: "nothing"}) == []


@pytest.mark.parametrize(("name", "least"), [("latency_ms", 2000.0), ("output_tokens", 500), ("cost_usd", 0.25)])
def test_a_least_figure_is_reached(store: Store, name: str, least: float) -> None:
    """Those with at least so much are found; one that does not tell is no match."""
    figures = {"a": least, "b": least / 2, "c": None}
    kept(store, *(make_sample(sample_id, **{name: figure}) for sample_id, figure in figures.items()))
    assert found(store, **{f"min_{name}": least}) == ["a"]


def test_ids_are_found_by_how_they_begin_or_by_their_hash(store: Store) -> None:
    """The beginning of an id is enough; what it is stored as is compared in full."""
    kept(store, make_sample("req_10"), make_sample("req_11", ts=NOON - timedelta(seconds=1)), make_sample("x_1"))
    assert found(store, sample_id="req_1") == ["req_10", "req_11"]
    assert found(store, sample_id="req_11") == ["req_11"]
    assert found(store, sample_id="raw", sample_hash="x_1") == ["x_1"]


def test_sessions_and_users_are_found_by_any_way_to_write_them(store: Store) -> None:
    """Several spellings of one id stand for one session, and for one user."""
    kept(store, make_sample("a", session_id="i_1", user_id="u_1"), make_sample("b", session_id="s2"))
    assert found(store, session_ids=("raw", "i_1")) == ["a"]
    assert found(store, user_ids=("raw", "u_1")) == ["a"]


@pytest.mark.parametrize(("has_error", "ids"), [(True, ["a"]), (False, ["b"]), (None, ["a", "b"])])
def test_failed_calls_are_found(store: Store, has_error: bool | None, ids: list[str]) -> None:
    """With an error, without one, or both."""
    kept(store, make_sample("a", error="timeout"), make_sample("b"))
    assert found(store, has_error=has_error) == ids


def test_metadata_must_all_match(store: Store) -> None:
    """Every key must have its value; a key that is absent has none."""
    kept(store, make_sample("a", metadata={"plan": "pro", "l": "de"}), make_sample("b", metadata={"plan": "pro"}))
    assert found(store, metadata={"plan": "pro"}) == ["a", "b"]
    assert found(store, metadata={"plan": "pro", "l": "de"}) == ["a"]


def test_one_verdict_must_be_all_that_is_asked_for(store: Store) -> None:
    """A pass of one judge and a fail of another are no fail of the first."""
    kept(store, make_sample("a"), make_sample("b"))
    given = [make_verdict("a"), make_verdict("a", judge="answer", passed=False), make_verdict("b", passed=False)]
    store.append_verdicts(given).result()
    assert found(store, judge="tone", passed=False) == ["b"]
    assert found(store, label="FAIL") == ["a", "b"]
    assert found(store, judge_version="v2") == []


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (("ORDER",), ["a"]),
        (("order", "way"), ["a"]),
        (("order", "nothing"), []),
        (('say "hi"',), ["b"]),
        (("grüße",), ["b"]),
        (("back\\slash",), ["b"]),
        (("%",), []),
    ],
)
def test_words_stand_in_request_or_response(store: Store, words: Sequence[str], ids: list[str]) -> None:
    """All of them must, each in either of the two, in capitals or not, whatever JSON makes of them."""
    kept(store, make_sample("a"), make_sample("b", ask='Please say "hi"', text="GRÜSSE, Grüße and back\\slash"))
    assert found(store, words=tuple(words)) == ids


def test_samples_without_text_are_found_by_all_but_words(store: Store) -> None:
    """A sample whose text is gone is still there."""
    kept(store, Sample(sample_id="a", ts=NOON, received_at=NOON, feature="f", text=TextState.MISSING))
    assert found(store) == ["a"]
    assert found(store, words=("order",)) == []


def test_a_place_parts_samples_of_one_moment(store: Store) -> None:
    """At one time the ids decide what comes next, and nothing comes twice."""
    kept(store, *(make_sample(name) for name in ("c", "a", "b")))
    with store.read() as c:
        first = searching.portion(c, Search(), EARLIEST, TOP, 2)
        rest = searching.portion(c, Search(), EARLIEST, Place(first[-1][1], first[-1][0]), 2)
    assert [name for name, _ in (*first, *rest)] == ["a", "b", "c"]


def test_briefs_leave_long_texts_out(store: Store) -> None:
    """A text that is longer than was asked for is not read; its size is told."""
    kept(store, make_sample("long", text="x" * 5000), make_sample("short"))
    with store.read() as c:
        long, short = searching.briefs(c, [("long", NOON), ("short", NOON), ("gone", NOON)], 1000)
    assert (long.response, long.size > 5000) == (None, True)
    assert short.response == {"content": [{"type": "text", "text": "It is on its way."}], "stop_reason": "end_turn"}


def test_facets_are_the_most_frequent_values(store: Store) -> None:
    """Each dimension has its values by frequency, at most so many; metadata and labels by key and judge."""
    kept(store, *(make_sample(f"{n}", model=f"m{n % 3}", metadata={"plan": "pro"}) for n in range(5)))
    store.append_verdicts([make_verdict("0"), make_verdict("1", passed=False)]).result()
    with store.read() as c:
        told = [tuple(one) for one in searching.facets(c, EARLIEST, LATEST, 2)]
    assert [value for dimension, _, value in told if dimension == "model"] == ["m0", "m1"]
    assert {("metadata", "plan", "pro"), ("label", "tone", "PASS"), ("judge_version", "tone", "v1")} <= set(told)


@pytest.mark.parametrize(("most", "days"), [(10, None), (3, 7), (2, 1), (1, 0)])
def test_facets_look_at_the_newest_days(store: Store, most: int, days: int | None) -> None:
    """The last month, week, day or hour of what there is, so that it holds no more than so many samples."""
    ages = (0, 0.5, 3, 20, 300)
    kept(store, *(make_sample(f"{age}", ts=NOON - timedelta(days=age)) for age in ages))
    with store.read() as c:
        since = searching.recent(c, EARLIEST, LATEST, most)
    span = {None: timedelta(days=30), 7: timedelta(days=7), 1: timedelta(days=1), 0: timedelta(hours=1)}[days]
    assert since == NOON - span


def test_a_session_is_told_around_a_time(store: Store) -> None:
    """Of a long one the nearest samples, and how many there are before and after."""
    kept(store, *(make_sample(f"{n}", ts=NOON + timedelta(minutes=n), session_id="s") for n in range(9)))
    with store.read() as c:
        keys, earlier, later = searching.session(c, ["s"], NOON + timedelta(minutes=4), 3)
        assert searching.session(c, ["none"], NOON, 3) == ([], 0, 0)
    assert (keys[0][0], {name for name, _ in keys}, earlier, later) == ("4", {"3", "4", "5"}, 3, 3)
