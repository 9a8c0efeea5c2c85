"""Pages compute one at a time, give the turn up while they ask, and are never stopped by one that keeps it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager
from threading import Event

import pytest

from ui.calls.one_at_a_time import Pages

PATIENCE_SECONDS = 60.0
SOON_SECONDS = 10.0
"""What is to happen happens by then, long before anybody's patience ends."""
A_MOMENT_SECONDS = 0.05


@pytest.fixture
def others() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as threads:
        yield threads


class Page:
    """A page in a thread of its own, which holds what it entered until it is told to end."""

    def __init__(self, others: ThreadPoolExecutor, *held: AbstractContextManager[None]) -> None:
        self._entered, self._end = Event(), Event()
        self._done: Future[None] = others.submit(self._hold, *held)

    def _hold(self, *held: AbstractContextManager[None]) -> None:
        if held:
            with held[0]:
                self._hold(*held[1:])
        else:
            self._entered.set()
            self._end.wait(2 * PATIENCE_SECONDS)

    def stands(self, seconds: float = SOON_SECONDS) -> bool:
        """Whether it has all that it wanted in time."""
        return self._entered.wait(seconds)

    def end(self) -> None:
        self._end.set()

    def is_over(self, seconds: float = SOON_SECONDS) -> bool:
        """Whether it ends in time; raises what it failed with."""
        return bool(wait([self._done], seconds).done) and self._done.result() is None


def all_is_free(others: ThreadPoolExecutor, pages: Pages) -> bool:
    """Whether another page gets the turn, and another one a place, with nobody's patience ending."""
    page, asks = Page(others, pages.computing()), Page(others, pages.asking())
    free = page.stands() and asks.stands()
    page.end()
    asks.end()
    return free and page.is_over() and asks.is_over()


def test_one_page_computes_at_a_time(others: ThreadPoolExecutor) -> None:
    """A second page begins when the first has ended."""
    pages = Pages(patience_seconds=PATIENCE_SECONDS)
    first = Page(others, pages.computing())
    assert first.stands()
    second = Page(others, pages.computing())
    assert not second.stands(A_MOMENT_SECONDS)
    first.end()
    assert second.stands()
    second.end()


def test_a_page_that_asks_leaves_its_turn(others: ThreadPoolExecutor) -> None:
    """While one waits for an answer, another one computes; with the answer it waits for its turn again."""
    pages = Pages(patience_seconds=PATIENCE_SECONDS)
    asks = Page(others, pages.computing(), pages.asking())
    assert asks.stands()
    computes = Page(others, pages.computing())
    assert computes.stands()
    asks.end()
    assert not asks.is_over(A_MOMENT_SECONDS)
    computes.end()
    assert asks.is_over()
    assert all_is_free(others, pages)


def test_parts_of_a_page_share_its_turn(others: ThreadPoolExecutor) -> None:
    """A part that is guarded by itself does not wait for its own page, and the turn ends with the page, not with it."""
    pages = Pages(patience_seconds=PATIENCE_SECONDS)
    page = Page(others, pages.computing(), pages.computing())
    assert page.stands()
    page.end()
    assert page.is_over()
    with pages.computing():
        with pages.computing(), pages.asking():
            pass
        second = Page(others, pages.computing())
        assert not second.stands(A_MOMENT_SECONDS)
    assert second.stands()
    second.end()


def test_who_asks_outside_of_a_page_takes_no_turn(others: ThreadPoolExecutor) -> None:
    """A file that is made at a click keeps no page waiting."""
    pages = Pages(patience_seconds=PATIENCE_SECONDS)
    with pages.asking():
        pass
    assert all_is_free(others, pages)


def test_a_few_ask_at_once(others: ThreadPoolExecutor) -> None:
    """More requests than places wait, but for those that are known to take long."""
    pages = Pages(asking=1, patience_seconds=PATIENCE_SECONDS)
    first = Page(others, pages.asking())
    assert first.stands()
    long, second = Page(others, pages.asking(briefly=False)), Page(others, pages.asking())
    assert long.stands()
    assert not second.stands(A_MOMENT_SECONDS)
    long.end()
    assert long.is_over()
    assert not second.stands(A_MOMENT_SECONDS)
    first.end()
    assert second.stands()
    second.end()


def test_patience_ends_and_takes_nothing_away(others: ThreadPoolExecutor) -> None:
    """Who has waited long enough goes on without turn and place, and gives back only what it had."""
    pages = Pages(asking=1, patience_seconds=A_MOMENT_SECONDS)
    computes, asks = Page(others, pages.computing()), Page(others, pages.asking())
    assert computes.stands()
    assert asks.stands()
    hurried = Page(others, pages.computing(), pages.asking())
    assert hurried.stands()
    hurried.end()
    assert hurried.is_over()
    for taken in (pages._turn, pages._places):
        assert not taken.acquire(timeout=0)
    computes.end()
    asks.end()
    assert computes.is_over()
    assert asks.is_over()
    assert all_is_free(others, pages)


def test_patience_is_that_of_the_whole_page(others: ThreadPoolExecutor) -> None:
    """A page of many requests waits once behind a slow one, not at each of them; the next page is patient again."""
    pages = Pages(asking=1, patience_seconds=0.2)
    computes = Page(others, pages.computing())
    assert computes.stands()
    begun = time.monotonic()
    with pages.computing():
        for _ in range(50):
            with pages.asking():
                pass
    assert 0.1 < time.monotonic() - begun < 5
    begun = time.monotonic()
    with pages.computing():
        pass
    assert time.monotonic() - begun > 0.1
    computes.end()


class Stopped(BaseException):
    """As Streamlit ends a script."""


@pytest.mark.parametrize("error", [ZeroDivisionError, Stopped])
def test_an_error_ends_the_turn(others: ThreadPoolExecutor, error: type[BaseException]) -> None:
    """A page that fails, or is stopped in the middle, gives everything back."""
    pages = Pages(asking=1, patience_seconds=PATIENCE_SECONDS)
    with pytest.raises(error), pages.computing(), pages.asking():
        raise error
    assert all_is_free(others, pages)
    with pages.computing():
        other = Page(others, pages.computing())
        assert not other.stands(A_MOMENT_SECONDS)
    assert other.stands()
    other.end()
