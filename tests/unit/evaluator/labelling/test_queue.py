"""Who holds which sample."""

from __future__ import annotations

from evaluator.labelling.queue import MOST_HELD, Queue, window
from evaluator.settings import Settings
from store.labels import Target
from store.records import TextState
from store.retention import delete_texts
from store.store import Store
from tests.builders import make_sample, make_verdict
from tests.conftest import Clock

TARGET = Target("support-chat", "tone", "v1")


def test_nobody_takes_the_whole_queue_away(store: Store, clock: Clock) -> None:
    """Whoever invents names holds no more than some samples at a time, and those held longest go back."""
    names = [f"s{i}" for i in range(MOST_HELD + 10)]
    store.append_samples([make_sample(name) for name in names]).result()
    store.append_verdicts([make_verdict(name) for name in names]).result()
    queue = Queue(Settings(), clock)
    with store.read() as c:
        for i in range(MOST_HELD + 10):
            clock.advance(seconds=1)
            queue.next(c, TARGET, f"n{i}")
        assert queue.elsewhere(TARGET, "new") == MOST_HELD
        assert queue.next(c, TARGET, "new") is not None


def test_what_nobody_can_read_any_more_is_given_back(store: Store, clock: Clock) -> None:
    """Who holds a sample whose text was deleted meanwhile is asked about another one."""
    queue = Queue(Settings(), clock)
    store.append_samples([make_sample(name) for name in ("a", "b")]).result()
    store.append_verdicts([make_verdict(name) for name in ("a", "b")]).result()
    with store.read() as c:
        held = queue.next(c, TARGET, "Ana")
        assert held is not None
        assert held == queue.next(c, TARGET, "Ana")
    store.run(lambda c: delete_texts(c, [held], TextState.EXPIRED)).result()
    with store.read() as c:
        other = queue.next(c, TARGET, "Ana")
    assert other is not None
    assert {held[0], other[0]} == {"a", "b"}


def test_people_are_asked_about_a_month_or_as_long_as_texts_are_kept() -> None:
    """Whatever is shorter."""
    assert window(Settings(), "chat").days == 30
    assert window(Settings.model_validate({"text": {"days": 7}}), "chat").days == 7
