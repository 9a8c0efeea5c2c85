"""Monitors, baselines and checks in and out of the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from store import monitors
from store.records import Baseline, DriftCheck, Monitor, Series
from store.store import Store
from tests.builders import NOON

HOUR = timedelta(hours=1)
MONITOR = Monitor(
    monitor_id="m1",
    series=Series(feature="support-chat", judge="tone", judge_version="v1"),
    created_at=NOON,
    kind="llm",
    state="ok",
    checked_until=NOON + HOUR,
    restart_at=NOON - HOUR,
)
BASELINE = Baseline(
    monitor_id="m1",
    version=1,
    origin="first_window",
    start_at=NOON,
    end_at=NOON + HOUR,
    created_at=NOON + 2 * HOUR,
    note="the week before the launch",
)
CHECK = DriftCheck(
    monitor_id="m1",
    looked_at=NOON,
    state="firing",
    reason="drift",
    votes=512.5,
    log_evidence=9.25,
    log_threshold=8.0,
    p_ref=0.95,
    p_now=0.85,
    drop=0.1,
    drop_lo=0.05,
    drop_hi=0.15,
    onset_at=NOON - HOUR,
    onset_lo_at=NOON - 2 * HOUR,
    onset_hi_at=NOON,
    flags=("few_fails", "minor_shift"),
)
NO_DATA = replace(CHECK, log_evidence=None, p_ref=None, p_now=None, drop=None, onset_at=None, flags=())


def test_a_monitor_comes_back(store: Store) -> None:
    """Monitors with every field and with none are read back equal, by series."""
    bare = Monitor(monitor_id="m0", series=Series(feature="a", judge="b", judge_version="c"), created_at=NOON)
    store.run(lambda c: monitors.save_monitors(c, [MONITOR, bare])).result()
    with store.read() as c:
        assert monitors.monitors(c) == [bare, MONITOR]


def test_saving_a_monitor_replaces_it(store: Store) -> None:
    """A monitor that is saved again stands once, as it was saved last; others stay."""
    other = replace(MONITOR, monitor_id="m2", created_at=NOON + HOUR)
    store.run(lambda c: monitors.save_monitors(c, [MONITOR, other])).result()
    store.run(lambda c: monitors.save_monitors(c, [replace(MONITOR, state="firing")])).result()
    with store.read() as c:
        assert monitors.monitors(c) == [replace(MONITOR, state="firing"), other]


def test_saving_no_monitors_changes_nothing(store: Store) -> None:
    """An empty list is fine."""
    store.run(lambda c: monitors.save_monitors(c, [])).result()
    with store.read() as c:
        assert monitors.monitors(c) == []


def test_the_newest_baseline_counts(store: Store) -> None:
    """Of several baselines the one with the highest version is read, for every monitor."""
    second, other = replace(BASELINE, version=2, origin="command"), replace(BASELINE, monitor_id="m2", note="")
    for baseline in (second, BASELINE, other):
        store.run(lambda c, added=baseline: monitors.append_baselines(c, [added])).result()  # type: ignore[misc]
    with store.read() as c:
        assert monitors.baselines(c) == [second, other]


def test_checks_come_back_in_order(store: Store) -> None:
    """The checks of one monitor come oldest first, with every field or with none, since a time when asked."""
    later = replace(NO_DATA, looked_at=NOON + HOUR)
    store.run(lambda c: monitors.append_checks(c, [later, CHECK, replace(CHECK, monitor_id="m2")])).result()
    with store.read() as c:
        assert monitors.checks(c, "m1") == [CHECK, later]
        assert monitors.checks(c, "m1", NOON + HOUR) == [later]


def test_the_last_check_of_each_monitor(store: Store) -> None:
    """The newest look counts; of two looks at the same time, the one stored last."""
    again, other = replace(CHECK, state="ok"), replace(CHECK, monitor_id="m2")
    store.run(lambda c: monitors.append_checks(c, [replace(CHECK, looked_at=NOON - HOUR), CHECK, other])).result()
    store.run(lambda c: monitors.append_checks(c, [again])).result()
    with store.read() as c:
        assert monitors.last_checks(c) == {"m1": again, "m2": other}


def test_the_last_look_is_that_of_any_monitor(store: Store) -> None:
    """The newest of all, and none before the first."""
    with store.read() as c:
        assert monitors.last_look(c) is None
    older = replace(MONITOR, monitor_id="m2", checked_until=NOON)
    store.run(lambda c: monitors.save_monitors(c, [MONITOR, older])).result()
    with store.read() as c:
        assert monitors.last_look(c) == NOON + HOUR
