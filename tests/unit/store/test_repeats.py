"""A verdict in place of one that failed: every count knows it, and knows the other no more."""

from __future__ import annotations

from datetime import timedelta

from store import repeats, usage, verdict_hours, verdicts
from store.records import Status
from store.store import Store
from tests.builders import NOON, make_verdict


def counted(store: Store) -> None:
    """As the service counts every minute."""
    store.run(usage.refresh).result()
    store.run(verdict_hours.refresh).result()


def test_what_is_replaced_is_counted_no_more(store: Store) -> None:
    """The failure was counted by the hour; the verdict in its place counts once, and the failure not at all."""
    failed = make_verdict("a", passed=None)
    store.append_verdicts([failed, make_verdict("b")]).result()
    counted(store)
    late = make_verdict("a", judged_at=NOON + timedelta(hours=3))
    store.run_numbered(lambda c, after: (None, repeats.put(c, late, after, failed))).result()
    counted(store)
    with store.read() as c:
        assert verdicts.by_judge(c) == {("tone", Status.OK): 2}
        assert [one.verdicts for one in usage.judging_costs(c, NOON, NOON + timedelta(days=1))] == [2]


def test_the_verdict_of_one_time_stands(store: Store) -> None:
    """Of a sample id that was used again the verdict on the sample of the time that is asked for is given."""
    given = [make_verdict("a", ts=NOON + timedelta(minutes=i)) for i in range(3)]
    store.append_verdicts(given).result()
    with store.read() as c:
        found = [repeats.standing(c, "a", NOON + timedelta(minutes=i), ("tone", "v1")) for i in range(4)]
    assert [one and one.ts for one in found] == [*(one.ts for one in given), None]
