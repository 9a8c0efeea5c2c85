"""The first line of the overview."""

from __future__ import annotations

from collections import Counter

import pytest

from ui.components.health import summary


@pytest.mark.parametrize(
    ("states", "says"),
    [
        ({"ok": 2}, "Healthy: nothing is firing"),
        ({"ok": 2, "no_data": 1}, "Healthy: nothing is firing, 1 monitor without data"),
        ({"no_data": 9}, "Nothing to judge of late: 9 monitors without data"),
        ({"no_data": 9, "insufficient": 1}, "Learning what normal is: no baseline yet"),
        ({"judge_broken": 1, "ok": 3}, "Nothing is firing, but a judge fails: 1 monitor blind"),
        ({}, "Samples arrive, no verdicts yet"),
    ],
)
def test_the_state_of_everything_in_a_line(states: dict[str, int], says: str) -> None:
    """What sees nothing is never called healthy, and stands beside what is."""
    assert summary(Counter(states), 0, 0)[1] == says
