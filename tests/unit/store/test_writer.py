"""The writer: groups, identities, poison, limits."""

from __future__ import annotations

import threading
import traceback
from datetime import timedelta
from typing import Any

import duckdb
import pytest

from store import samples, verdicts
from store.database import Connection
from store.errors import StoreError, StoreUnavailable
from store.records import Outcome
from store.store import Limits, Store
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock

ACCEPTED, DUPLICATE = Outcome.ACCEPTED, Outcome.DUPLICATE


class Gate:
    """Holds the writer in an operation until it is opened, so that work queues up behind it."""

    def __init__(self, store: Store) -> None:
        self._entered, self._opened = threading.Event(), threading.Event()
        self._held = store.run(self._hold)
        self._entered.wait(5)

    def _hold(self, c: Connection) -> None:
        self._entered.set()
        self._opened.wait(5)

    def open(self) -> None:
        self._opened.set()
        self._held.result()


def transaction_id(c: Connection) -> int:
    """The number of the transaction that c is in."""
    row = c.execute("SELECT txid_current()").fetchone()
    assert row is not None
    return int(row[0])


def stored(store: Store) -> list[str]:
    """The ids of all samples."""
    with store.read() as c:
        return sorted(sample.sample_id for sample in samples.search(c, samples.SampleFilter()))


def test_a_sample_is_there_when_its_future_is_done(store: Store) -> None:
    """The answer comes after the commit: whoever has it can read the sample."""
    assert store.append_samples([make_sample("a")]).result() == [ACCEPTED]
    assert stored(store) == ["a"]


def test_what_queued_up_shares_one_commit(store: Store) -> None:
    """Requests that arrive during a commit are committed together in the next one."""
    gate = Gate(store)
    waiting = [store.run(transaction_id) for _ in range(5)]
    gate.open()
    assert len({future.result() for future in waiting}) == 1


def test_a_repeated_id_is_a_duplicate(store: Store) -> None:
    """The same id and time counts once: inside one request, across requests, and with other content."""
    first = store.append_samples([make_sample("a"), make_sample("a", text="again")])
    second = store.append_samples([make_sample("b"), make_sample("a")])
    assert (first.result(), second.result()) == ([ACCEPTED, DUPLICATE], [ACCEPTED, DUPLICATE])


def test_a_repeated_id_in_one_group_is_a_duplicate(store: Store) -> None:
    """Two requests with the same sample in one commit: the first is accepted, the second is told duplicate."""
    gate = Gate(store)
    waiting = [store.append_samples([make_sample("a")]) for _ in range(3)]
    gate.open()
    assert [future.result() for future in waiting] == [[ACCEPTED], [DUPLICATE], [DUPLICATE]]


def test_an_id_at_another_time_is_another_sample(store: Store) -> None:
    """Identity is id and time: an id used again at another given time is stored again."""
    later = make_sample("a", ts=NOON + timedelta(hours=1))
    assert store.append_samples([make_sample("a"), later]).result() == [ACCEPTED, ACCEPTED]


@pytest.mark.parametrize(("hours", "outcome"), [(0, DUPLICATE), (23, DUPLICATE), (25, ACCEPTED)])
def test_a_retry_without_a_time_is_found(store: Store, hours: int, outcome: Outcome) -> None:
    """A sample that we stamped ourselves is a duplicate of the same id within 24 hours, and a new one after that."""
    store.append_samples([make_sample("a", ts_given=False)]).result()
    retry = make_sample("a", ts=NOON + timedelta(hours=hours), ts_given=False)
    assert store.append_samples([retry, retry]).result() == [outcome, DUPLICATE]


def test_a_verdict_counts_once_per_judge_version(store: Store) -> None:
    """The same judge version on the same sample is stored once; another version or judge is a verdict of its own."""
    versions = [make_verdict("a"), make_verdict("a", passed=False), make_verdict("a", judge_version="v2")]
    assert store.append_verdicts(versions).result() == [True, False, True]
    assert store.append_verdicts([make_verdict("a"), make_verdict("a", judge="other")]).result() == [False, True]


def test_the_first_verdict_stays(store: Store) -> None:
    """A repeated verdict does not change what was stored."""
    store.append_verdicts([make_verdict("a", passed=True)]).result()
    store.append_verdicts([make_verdict("a", passed=False)]).result()
    with store.read() as c:
        assert verdicts.of_samples(c, ["a"]) == [make_verdict("a", passed=True)]


def test_an_operation_sees_what_was_queued_with_it(store: Store) -> None:
    """An operation runs after the appends of its group, in the same transaction."""
    gate = Gate(store)
    store.append_samples([make_sample("a")])
    seen = store.run(samples.features)
    gate.open()
    assert seen.result() == ["support-chat"]


@pytest.mark.parametrize("wrong", [{"input_tokens": 2**70}, {"feature": None}, {"metadata": {"a": 1}}, {"ts": None}])
def test_only_the_poison_fails(store: Store, wrong: dict[str, Any]) -> None:
    """A request that cannot be stored fails alone; those of its group are stored."""
    gate = Gate(store)
    good = store.append_samples([make_sample("good")])
    bad = store.append_samples([make_sample("bad", **wrong)])
    other = store.append_samples([make_sample("other")])
    gate.open()
    assert type(bad.exception()) is StoreError
    assert (good.result(), other.result(), stored(store)) == ([ACCEPTED], [ACCEPTED], ["good", "other"])


def test_the_error_of_a_sample_does_not_show_its_text(store: Store) -> None:
    """The error of a sample that cannot be stored, logged with its causes, does not show the sample's text."""
    error = store.append_samples([make_sample("s", output_tokens="my secret")]).exception()
    assert isinstance(error, StoreError)
    assert "secret" not in "".join(traceback.format_exception(error))


def test_an_operation_that_fails_leaves_nothing(store: Store) -> None:
    """An operation that raises is rolled back and its own error reaches the caller."""

    def half(c: Connection) -> None:
        c.execute("INSERT INTO rollup_segment VALUES ('f', 'plan')")
        raise KeyError("half way")

    assert isinstance(store.run(half).exception(), KeyError)
    with store.read() as c:
        assert c.execute("SELECT count(feature) FROM rollup_segment").fetchone() == (0,)


def test_a_full_queue_refuses(clock: Clock) -> None:
    """When too much is waiting, a request is refused at once with a time to come back, and nothing else is lost."""
    with Store.open(None, clock=clock, limits=Limits(max_queued_rows=2)) as store:
        gate = Gate(store)
        taken = store.append_samples([make_sample("a"), make_sample("b")])
        refused = store.append_samples([make_sample("c")]).exception()
        gate.open()
        assert isinstance(refused, StoreUnavailable)
        assert taken.result() == [ACCEPTED, ACCEPTED]


def test_the_queue_length_is_known(store: Store) -> None:
    """The requests that wait are counted; the one under way is not."""
    gate = Gate(store)
    waiting = [store.append_samples([make_sample(f"s{n}")]) for n in range(3)]
    assert store.queue_length() == 3
    gate.open()
    assert [future.result() for future in waiting] == [[ACCEPTED]] * 3


def test_a_cancelled_request_does_not_stop_the_writer(store: Store) -> None:
    """A caller that gave up before the commit is skipped; those around it are served."""
    gate = Gate(store)
    given_up = store.append_samples([make_sample("a")])
    kept = store.append_samples([make_sample("b")])
    assert given_up.cancel()
    gate.open()
    assert (kept.result(), stored(store)) == ([ACCEPTED], ["b"])


def test_closing_writes_what_is_queued(clock: Clock) -> None:
    """Closing finishes the queue first; work that comes later is refused."""
    store = Store.open(None, clock=clock)
    waiting = [store.append_samples([make_sample(f"s{n}")]) for n in range(20)]
    store.close()
    assert all(future.result() == [ACCEPTED] for future in waiting)
    assert isinstance(store.append_samples([make_sample("late")]).exception(), StoreUnavailable)


def test_many_threads_write_and_read(store: Store) -> None:
    """Eight threads write and read at once; every sample is stored once."""

    def work(name: int) -> None:
        for n in range(3):
            store.append_samples([make_sample(f"{name}-{n}"), make_sample(f"shared-{n}")]).result()
            with store.read() as c:
                assert len(samples.load(c, [(f"{name}-{n}", NOON), (f"shared-{n}", NOON)])) == 2

    threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stored(store)) == 8 * 3 + 3


def test_seq_grows_over_a_failed_group(store: Store) -> None:
    """Verdict numbers grow from commit to commit, also past a transaction that was rolled back."""

    def fail(c: Connection) -> None:
        raise ValueError

    gate = Gate(store)
    store.append_verdicts([make_verdict("a"), make_verdict("b")])
    store.run(fail)
    gate.open()
    store.append_verdicts([make_verdict("c")]).result()
    with store.read() as c:
        found = c.execute("SELECT sample_id FROM verdict WHERE seq > 0 ORDER BY seq").fetchall()
        distinct = c.execute("SELECT count(DISTINCT seq) FROM verdict").fetchone()
    assert ([name for (name,) in found], distinct) == (["a", "b", "c"], (3,))


def test_a_reader_sees_no_half_group(store: Store) -> None:
    """What a group has written is invisible until its commit."""
    gate = Gate(store)
    future = store.append_samples([make_sample("a")])
    assert stored(store) == []
    gate.open()
    future.result()
    assert stored(store) == ["a"]


def test_a_query_cannot_reach_other_files(store: Store) -> None:
    """SQL that somebody smuggled in could not read a file of the machine."""
    with store.read() as c, pytest.raises(duckdb.PermissionException):
        c.execute("SELECT content FROM read_text('/etc/hostname')")


def test_a_hostile_id_is_a_duplicate_too(store: Store) -> None:
    """An id that had to be cleaned is recognised when it comes again, as a sample and on a verdict."""
    outcomes = [store.append_samples([make_sample("id \ud800")]).result() for _ in range(2)]
    judged = [store.append_verdicts([make_verdict("id \ud800")]).result() for _ in range(2)]
    assert (outcomes, judged) == ([[ACCEPTED], [DUPLICATE]], [[True], [False]])
