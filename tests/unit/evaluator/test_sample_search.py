"""Searches in portions of time: nothing is lost, nothing comes twice, and they say how far they looked."""

from __future__ import annotations

import random
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from evaluator.api.sample_shapes import SearchQuery
from evaluator.errors import InputError
from evaluator.intake.public import MAX_ID
from evaluator.samples.search import FIRST_PORTION, Pace, cursor_of, place_of, search
from store.records import TextState
from store.retention import delete_texts
from store.searching import Place, Search
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict

DEEP = urlsafe_b64encode(b"[" * 100_000).decode()
LATER = urlsafe_b64encode(b'[1000000000000000000, ""]').decode()
HALF = urlsafe_b64encode(rb'[1, "\ud800"]').decode()
QUICK = Pace(timer=lambda: 0.0)
"""All the time there is."""


def slow(**fields: Any) -> Pace:
    """Every look takes a second, so one portion is all that is looked at."""
    return Pace(timer=map(float, count()).__next__, **fields)


def filled(store: Store, rng: random.Random, n: int = 60) -> set[str]:
    """Samples of some months, some at one moment, each fourth with the word needle, each third failed."""
    samples = [
        make_sample(
            f"s{i}",
            ts=NOON - timedelta(minutes=rng.choice((0, 1, 5, 90, 4000, 90_000))) * rng.randrange(3),
            text="the needle" if i % 4 == 0 else "hay",
        )
        for i in range(n)
    ]
    store.append_samples(samples).result()
    given = [make_verdict(one.sample_id, ts=one.ts, passed=i % 3 > 0) for i, one in enumerate(samples)]
    store.append_verdicts(given).result()
    return {one.sample_id for one in samples}


def walked(store: Store, wanted: Search, limit: int = 7, **pace: Any) -> list[str]:
    """All ids, page by page, with a timer that lets each page look at one portion only."""
    ids: list[str] = []
    after = None
    with store.read() as c:
        for _ in range(1000):
            found = search(c, wanted, limit, after, slow(**pace))
            ids += [one.sample_id for one in found.samples]
            if found.next is None:
                return ids
            after = place_of(cursor_of(found.next))
    raise AssertionError("it never ends")


@pytest.mark.parametrize("seed", range(3))
def test_pages_hold_every_match_once(store: Store, seed: int) -> None:
    """Whatever is asked for, the pages together are all matches, newest first, each once."""
    ids = filled(store, random.Random(seed))
    every = walked(store, Search())
    assert sorted(every) == sorted(ids)
    assert walked(store, Search(words=("needle",))) == [one for one in every if int(one[1:]) % 4 == 0]
    assert walked(store, Search(passed=False)) == [one for one in every if int(one[1:]) % 3 == 0]


def test_new_samples_change_no_page_that_comes(store: Store) -> None:
    """What arrives while somebody leafs through is neither shown twice nor pushes anything away."""
    store.append_samples([make_sample(f"s{i}", ts=NOON - timedelta(minutes=i)) for i in range(10)]).result()
    with store.read() as c:
        first = search(c, Search(), 5, pace=QUICK)
    store.append_samples([make_sample(f"new{i}", ts=NOON + timedelta(minutes=i)) for i in range(10)]).result()
    with store.read() as c:
        rest = search(c, Search(), 50, first.next, QUICK)
    assert [one.sample_id for one in (*first.samples, *rest.samples)] == [f"s{i}" for i in range(10)]


def test_it_says_how_far_it_looked(store: Store) -> None:
    """When the time is over it stops, says how far back it looked, and where to go on."""
    old = make_sample("old", ts=NOON - timedelta(days=90), text="needle")
    store.append_samples([make_sample("new"), old]).result()
    with store.read() as c:
        found = search(c, Search(words=("needle",)), 5, pace=slow())
        assert (found.samples, found.searched_until) == ([], NOON - FIRST_PORTION)
        assert found.next is not None
        whole = search(c, Search(words=("needle",)), 5, pace=QUICK)
    assert ([one.sample_id for one in whole.samples], whole.searched_until, whole.next) == (["old"], old.ts, None)


@pytest.mark.parametrize(
    "beyond", [timedelta(microseconds=1), timedelta(days=3), datetime.max.replace(tzinfo=UTC) - NOON]
)
@pytest.mark.parametrize("wanted", [Search(), Search(words=("needle",)), Search(passed=False)])
def test_a_place_newer_than_all_is_the_newest(store: Store, wanted: Search, beyond: timedelta) -> None:
    """A cursor may be older than the question: from a place behind its end the search begins at its end."""
    filled(store, random.Random(0))
    wanted = replace(wanted, end_at=NOON - timedelta(minutes=1))
    with store.read() as c:
        found = search(c, wanted, 100, place_of(cursor_of(Place(NOON + beyond, "s"))), QUICK)
        assert found == search(c, wanted, 100, pace=QUICK)
    assert found.samples


def test_an_empty_store_is_whole(store: Store) -> None:
    """Without samples there is nothing, and nothing more."""
    with store.read() as c:
        found = search(c, Search(), 5, pace=QUICK)
    assert (found.samples, found.searched_until, found.next) == ((), None, None)


@pytest.mark.parametrize("word", ["content", "role", "messages", "end_turn"])
def test_what_json_is_made_of_is_no_text(store: Store, word: str) -> None:
    """The names in which texts are stored are not found as words, however many samples have them."""
    store.append_samples([make_sample(f"s{i}", ts=NOON - timedelta(seconds=i)) for i in range(30)]).result()
    store.append_samples([make_sample("said", ts=NOON - timedelta(days=1), text=f"my {word}")]).result()
    with store.read() as c:
        found = search(c, Search(words=(word,)), 3, pace=QUICK)
    assert [one.sample_id for one in found.samples] == ["said"]


def test_what_was_said_is_found_no_more_when_its_text_is_gone(store: Store) -> None:
    """A sample whose text was deleted has no words: it matches none, whatever it once said."""
    gone = make_sample("gone", text="needle")
    store.append_samples([gone, make_sample("kept", text="needle")]).result()
    store.run(lambda c: delete_texts(c, [(gone.sample_id, gone.ts)], TextState.EXPIRED)).result()
    with store.read() as c:
        found = [search(c, Search(words=(word,)), 5, pace=QUICK).samples for word in ("needle", "other")]
    assert [[one.sample_id for one in samples] for samples in found] == [["kept"], []]


def test_what_is_found_holds_a_piece_of_its_text_only(store: Store) -> None:
    """However long texts are, and however many match, no more of them than an excerpt with the word is kept."""
    samples = [make_sample(f"s{i}", ts=NOON - timedelta(minutes=i), text="x" * 900_000 + " needle") for i in range(20)]
    store.append_samples(samples).result()
    with store.read() as c:
        found = search(c, Search(words=("needle",)), 50, pace=QUICK).samples
    assert [one.sample_id for one in found] == [f"s{i}" for i in range(20)]
    assert {(one.request, one.response, one.answered[-6:], len(one.answered) < 300) for one in found} == {
        (None, None, "needle", True)
    }


def test_a_dense_moment_is_looked_at_in_small_portions(store: Store) -> None:
    """Where many samples lie close together the portions are shorter, and still nothing is lost."""
    ids = [f"s{i:02d}" for i in range(40)]
    store.append_samples([make_sample(one, ts=NOON - timedelta(seconds=i)) for i, one in enumerate(ids)]).result()
    assert walked(store, Search(words=("order",)), limit=3, most_with_texts=4) == ids


@pytest.mark.parametrize("cursor", ["", "x", "W10=", "WzEsMl0", "WzFlOTksICJhIl0=", "\u00fc", DEEP, LATER, HALF])
def test_a_cursor_that_is_none_is_refused(cursor: str) -> None:
    """Anything else than what a search gave is an error in words."""
    with pytest.raises(InputError, match="begin again without it"):
        place_of(cursor)


def test_a_cursor_takes_any_id() -> None:
    """Ids are foreign: whatever is in one, it comes back."""
    place = Place(NOON + timedelta(microseconds=7), '"\n/?&=\u202e🙂')
    assert place_of(cursor_of(place)) == place


@pytest.mark.parametrize("letter", ["a", "\x01", "🙂"])
def test_the_longest_id_makes_a_cursor_that_is_taken(letter: str) -> None:
    """The bound on cursors refuses none that a search gives."""
    cursor = cursor_of(Place(NOON, letter * MAX_ID))
    assert SearchQuery(after=cursor).after == cursor
