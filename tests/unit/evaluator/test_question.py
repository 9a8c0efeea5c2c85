"""Which two times are compared when it is asked what happened."""

from __future__ import annotations

from datetime import datetime, timedelta

from evaluator.explanation.question import question
from store.records import Baseline, DriftCheck, Monitor, Series
from tests.builders import NOON

DAY = timedelta(days=1)
NOW = (NOON - DAY, NOON)


def before(base_end: datetime, restart_at: datetime) -> tuple[datetime, datetime]:
    """The time before, of a monitor with a baseline of a day and this restart, since when nothing fired."""
    base = Baseline(
        monitor_id="m", version=1, origin="config", start_at=base_end - DAY, end_at=base_end, created_at=base_end
    )
    monitor = Monitor(monitor_id="m", series=Series(feature="f"), created_at=base_end, restart_at=restart_at)
    figures = dict.fromkeys(("p_ref", "p_now", "drop", "drop_lo", "drop_hi", "log_evidence"))
    onset = dict.fromkeys(("onset_at", "onset_lo_at", "onset_hi_at"))
    check = DriftCheck(
        monitor_id="m", looked_at=NOON, state="ok", reason="below_threshold", votes=1.0, log_threshold=9.0,
        **figures, **onset,
    )  # fmt: skip
    asked = question(monitor, base, check, now=NOW, firing=False, bad="down")
    assert asked is not None
    return asked.before


def test_clean_votes_after_the_baseline_belong_to_the_time_before() -> None:
    """Without a recovery all that came before now is looked back at, also where an old baseline ends within a quarter
    hour and its evidence begins with the next one."""
    uneven = NOON - 20 * DAY + timedelta(minutes=7)
    for end, restart in ((NOON - 20 * DAY, NOON - 20 * DAY), (uneven, NOON - 20 * DAY + timedelta(minutes=15))):
        assert before(end, restart)[1] == NOW[0]


def test_a_recovery_parts_the_baseline_from_what_came_after() -> None:
    """After an alarm and its recovery only the baseline is the time before."""
    assert before(NOON - 20 * DAY, NOON - 10 * DAY)[1] == NOON - 20 * DAY
