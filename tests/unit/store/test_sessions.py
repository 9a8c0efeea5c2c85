"""Which conversations are over, and still owed a verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from store import sessions
from store.rates import append
from store.records import RateChange, Sample, TextState
from store.store import Store
from store.verdicts import PendingQuery
from tests.builders import NOON, make_sample, make_verdict

ASK = PendingQuery(judge="tone", judge_version="v1", since=NOON - timedelta(days=1))


def turn(sample_id: str, minute: int, session_id: str | None = "s", **fields: object) -> Sample:
    at = NOON + timedelta(minutes=minute)
    return make_sample(sample_id, ts=at, received_at=at, session_id=session_id, **fields)


def quiet(store: Store, *samples: Sample, minute: int = 60, query: PendingQuery = ASK) -> list[str]:
    """The last samples of the sessions that were quiet since that minute."""
    store.append_samples(samples).result()
    with store.read() as c:
        return [key[0] for key, _ in sessions.quiet(c, query, NOON + timedelta(minutes=minute))]


def test_a_quiet_session_is_its_last_sample(store: Store) -> None:
    """Of several turns the last one stands for all."""
    assert quiet(store, turn("a", 0), turn("c", 20), turn("b", 10)) == ["c"]


def test_a_session_that_goes_on_is_left_alone(store: Store) -> None:
    """A turn within the quiet time keeps the session open."""
    assert quiet(store, turn("a", 0), turn("b", 61)) == []


def test_a_sample_without_a_session_is_no_conversation(store: Store) -> None:
    """There is nothing to wait for."""
    assert quiet(store, turn("a", 0, None)) == []


def test_a_judged_session_is_done_until_it_goes_on(store: Store) -> None:
    """A verdict on the last sample settles it; a later turn makes it due again."""
    store.append_verdicts([make_verdict("a", ts=NOON, judge="tone")]).result()
    assert quiet(store, turn("a", 0)) == []
    assert quiet(store, turn("b", 30)) == ["b"]


@pytest.mark.parametrize(
    "change",
    [
        {"feature": "other"},
        {"sampling_u": 0.9},
        {"text": TextState.WITHHELD},
        {"incomplete": "truncated"},
        {"metadata": {"plan": "free"}},
    ],
)
def test_only_sessions_of_the_judge_are_due(store: Store, change: dict[str, Any]) -> None:
    """Feature, rate, text and fields decide as they do for samples."""
    query = replace(ASK, features=("support-*",), default_rate=0.5, applies_to={"metadata.plan": "pro"})
    of_the_judge = turn("z", 0, "other", metadata={"plan": "pro"})
    assert quiet(store, of_the_judge, query=query) == ["z"]
    assert quiet(store, replace(of_the_judge, sample_id="a", session_id="s", **change), query=query) == ["z"]


def test_a_budget_thins_sessions_too(store: Store) -> None:
    """The factor that held when the last sample arrived decides."""
    changes = [RateChange(judge="tone", since=NOON + timedelta(minutes=5), factor=0.5, reason="budget")]
    store.run(lambda c: append(c, changes)).result()
    early, late = turn("a", 0, "one", sampling_u=0.7), turn("b", 10, "two", sampling_u=0.7)
    assert quiet(store, early, late) == ["a"]


def test_a_session_is_read_in_order(store: Store) -> None:
    """All its samples up to the last one, oldest first, with their texts."""
    store.append_samples([turn("b", 10), turn("a", 0), turn("x", 5, "other"), turn("c", 20)]).result()
    with store.read() as c:
        found = sessions.turns(c, turn("b", 10))
    assert [(sample.sample_id, bool(sample.response)) for sample in found] == [("a", True), ("b", True)]
