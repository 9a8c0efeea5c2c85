"""Alerts of several replays side by side."""

from __future__ import annotations

from datetime import datetime, timedelta

from evaluator.backtest.report import side_by_side
from store.records import Alert
from tests.builders import NOON


def alert(name: str, hours: tuple[float, float | None], monitor: str = "m") -> Alert:
    """An alert that fired and, unless None, resolved so many hours after noon."""

    def at(hour: float | None) -> datetime | None:
        return None if hour is None else NOON + timedelta(hours=hour)

    evidence = {
        "monitor": {"feature": "f", "judge": "tone", "judge_version": "v1"},
        "onset": {"at": None, "lo_at": None, "hi_at": None},
        "drop": {"at_alarm": {"size": 0.1}},
    }
    fired, resolved = at(hours[0]), at(hours[1])
    assert fired is not None
    return Alert(alert_id=name, monitor_id=monitor, state="", fired_at=fired, resolved_at=resolved, evidence=evidence)


def shape(columns: dict[str, list[Alert]]) -> list[str]:
    """Which columns each row has."""
    rows = side_by_side(columns)
    return ["".join(name[0] for name in ("replayed", "other", "live") if getattr(row, name)) for row in rows]


def test_the_same_alert_stands_in_one_row() -> None:
    """Alerts that overlap are one, though one of them fired later and resolved later."""
    assert shape({"replayed": [alert("a", (0, 5))], "live": [alert("b", (1, 9))]}) == ["rl"]


def test_alerts_apart_in_time_stand_in_two_rows() -> None:
    """What ended before the other began is another one."""
    assert shape({"replayed": [alert("a", (0, 1))], "live": [alert("b", (2, None))]}) == ["r", "l"]


def test_two_alerts_beside_one_long_one() -> None:
    """The long one stands beside the first of them."""
    two = [alert("a", (0, 1)), alert("b", (2, 3))]
    assert shape({"replayed": two, "other": [alert("c", (0.5, 9))]}) == ["ro", "r"]


def test_monitors_are_kept_apart() -> None:
    """Alerts of two monitors at the same time are two."""
    assert len(side_by_side({"replayed": [alert("a", (0, 5))], "live": [alert("b", (0, 5), "n")]})) == 2
