"""Answers that take long: made once for all who ask, anew when their state changes, and never kept without bound."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from evaluator.remembered import IDLE_SECONDS, MOST, Remembered


class Work:
    """A making that takes so many seconds of work, and counts how often it was asked."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.now, self.seconds, self.made = 0.0, seconds, 0

    def __call__(self) -> int:
        self.now += self.seconds
        self.made += 1
        return self.made


def remembered(work: Work) -> Remembered:
    """One whose clocks are those of the work."""
    return Remembered(clock=lambda: work.now, work=lambda: work.now)


def test_the_same_state_is_made_once() -> None:
    """While nothing changes the answer is the one that was made."""
    work = Work()
    kept = remembered(work)
    assert [kept.get("a", 1, work) for _ in range(3)] == [1, 1, 1]


def test_another_state_is_made_anew() -> None:
    """A cheap answer is never older than what it is made of."""
    work = Work(seconds=0.05)
    kept = remembered(work)
    assert [kept.get("a", state, work) for state in (1, 2, 2, 3)] == [1, 2, 2, 3]


@pytest.mark.parametrize(("seconds", "later", "made"), [(0.5, 29.9, 1), (0.5, 30.1, 2), (4.0, 59.9, 1), (4.0, 60.1, 2)])
def test_a_dear_answer_is_given_for_a_while(seconds: float, later: float, made: int) -> None:
    """What took long is given for sixty times as long whatever came, and never for more than a minute."""
    work = Work(seconds)
    kept = remembered(work)
    kept.get("a", 1, work)
    work.now += later
    kept.get("a", 2, work)
    assert work.made == made


def test_all_who_ask_at_once_wait_for_one_making() -> None:
    """Four readers of one page cost what one costs."""
    kept, go, made = Remembered(), threading.Event(), []

    def slow() -> str:
        go.wait(10)
        made.append(1)
        return "here"

    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(kept.get, "a", 1, slow) for _ in range(4)]
        go.set()
        assert [one.result() for one in asked] == ["here"] * 4
    assert len(made) == 1


def test_what_raises_is_asked_again() -> None:
    """An error is nobody's answer."""
    kept = Remembered()
    with pytest.raises(ZeroDivisionError):
        kept.get("a", 1, lambda: 1 // 0)
    assert kept.get("a", 1, lambda: "fine") == "fine"


def test_the_oldest_answers_go() -> None:
    """However many keys there are, no more than so many answers are held."""
    work = Work()
    kept = remembered(work)
    for key in range(MOST + 1):
        kept.get(key, 1, work)
    assert kept.get(MOST, 1, work) == MOST + 1
    assert kept.get(0, 1, work) == MOST + 2


def test_what_nobody_asks_for_is_forgotten() -> None:
    """Ten minutes after somebody last asked for it an answer goes at the next question, though nothing changed."""
    work = Work()
    kept = remembered(work)
    kept.get("a", 1, work)
    work.now += IDLE_SECONDS
    assert kept.get("a", 1, work) == 1
    work.now += IDLE_SECONDS + 1
    kept.get("b", 1, work)
    assert kept.get("a", 1, work) == 3
