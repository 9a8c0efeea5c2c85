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
    store.append_verdicts([make_verdict("a", passed=None), make_verdict("b")]).result()
    counted(store)
    late = make_verdict("a", judged_at=NOON + timedelta(hours=3))
    store.run_numbered(lambda c, after: (None, repeats.put(c, late, after))).result()
    counted(store)
    with store.read() as c:
        assert verdicts.by_judge(c) == {("tone", Status.OK): 2}
        assert [one.verdicts for one in usage.judging_costs(c, NOON, NOON + timedelta(days=1))] == [2]
