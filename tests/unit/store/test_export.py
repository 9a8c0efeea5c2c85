"""Verdicts on their way out: in order, from a watermark on."""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from store import export, feedback, queries
from store.feedback import Feedback
from store.samples import EARLIEST
from store.store import Store
from tests.builders import NOON, make_sample, make_verdict


def judge(store: Store, *names: str) -> None:
    """A verdict on each of these samples."""
    store.append_verdicts([make_verdict(name) for name in names]).result()


def owed(store: Store) -> list[str]:
    """The samples whose verdicts come after the watermark."""
    with store.read() as c:
        return [one.sample_id for one in export.following(c, export.watermark(c) or 0, 100)]


def waiting(store: Store) -> int:
    with store.read() as c:
        return export.waiting(c)[0]


def test_nothing_is_owed_before_it_began(store: Store) -> None:
    """Without a watermark nothing waits, whatever was judged."""
    judge(store, "s1")
    assert waiting(store) == 0


def test_only_verdicts_from_then_on_are_owed(store: Store) -> None:
    """What was judged before exporting began stays at home."""
    judge(store, "old")
    store.run(export.begin).result()
    judge(store, "s1", "s2")
    assert owed(store) == ["s1", "s2"]
    assert waiting(store) == 2


def test_beginning_twice_keeps_what_is_owed(store: Store) -> None:
    """A restart begins again and forgets nothing."""
    store.run(export.begin).result()
    judge(store, "s1")
    store.run(export.begin).result()
    assert owed(store) == ["s1"]


def test_ending_and_beginning_starts_anew(store: Store) -> None:
    """What was judged while exporting was off is not owed."""
    store.run(export.begin).result()
    judge(store, "s1")
    store.run(export.end).result()
    store.run(export.begin).result()
    assert owed(store) == []


def test_the_watermark_never_goes_back(store: Store) -> None:
    """Advancing to a lower number changes nothing."""
    store.run(export.begin).result()
    judge(store, "s1", "s2")
    with store.read() as c:
        numbers = [one.seq for one in export.following(c, 0, 10)]
    for seq in reversed(numbers):
        store.run(partial(export.advance, seq=seq)).result()
    assert owed(store) == []


def test_a_page_is_in_order_of_numbers(store: Store) -> None:
    """Verdicts come by number whatever the samples' times, as many as asked for."""
    for n in (3, 1, 2):
        store.append_verdicts([make_verdict(f"s{n}", ts=NOON + timedelta(hours=n))]).result()
    with store.read() as c:
        first = export.following(c, 0, 2)
        rest = export.following(c, first[-1].seq, 2)
    assert [one.sample_id for one in (*first, *rest)] == ["s3", "s1", "s2"]


def test_the_clients_names_of_the_call_go_along(store: Store) -> None:
    """Trace, span and response id are the sample's; a sample that is not stored has none."""
    sample = make_sample("s1", trace_id="ab" * 16, span_id="cd" * 8, response_id="msg_1")
    store.append_samples([sample, make_sample("s1", ts=NOON + timedelta(days=3), trace_id="other")]).result()
    judge(store, "s1", "gone")
    with store.read() as c:
        names = [(one.trace_id, one.span_id, one.response_id) for one in export.following(c, 0, 10)]
    assert names == [("ab" * 16, "cd" * 8, "msg_1"), (None, None, None)]


def test_numbers_go_on_above_the_watermark(store: Store) -> None:
    """When exported verdicts are deleted, the numbers of new ones still come after them."""
    store.run(export.begin).result()
    store.run(lambda c: export.advance(c, 70)).result()
    with store.read() as c:
        assert queries.rows(c, "last_seq")[0]["seq"] == 70


def test_feedback_that_changes_is_owed_again(store: Store) -> None:
    """A newer word replaces the verdict, which gets a new number."""
    store.append_samples([make_sample("s1")]).result()
    give(store, "first", passed=True)
    with store.read() as c:
        first = export.following(c, 0, 10)[0].seq
    give(store, "second", passed=False)
    with store.read() as c:
        assert [one.passed for one in export.following(c, first, 10)] == [False]


def give(store: Store, feedback_id: str, *, passed: bool) -> None:
    """Somebody's word on s1, and the verdict it becomes."""
    said = Feedback(
        feedback_id=feedback_id,
        received_at=NOON,
        given_at=NOON + timedelta(minutes=len(feedback_id)),
        judge="feedback",
        source="end_user",
        sample_id="s1",
        passed=passed,
    )
    store.run(lambda c: feedback.append(c, [said])).result()
    with store.read() as c:
        found = feedback.matches(c, fresh_only=False, since=EARLIEST, from_ts=EARLIEST, limit=10)
    store.run_numbered(lambda c, after: feedback.attach(c, found, after)).result()
