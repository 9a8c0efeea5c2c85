"""What is told of monitors as gauges, and of how many."""

from __future__ import annotations

from evaluator.api.shapes import MonitorView
from evaluator.monitors.gauges import watched
from evaluator.readings import MOST_NAMES, OTHERS
from tests.fake_api import firing, monitor

Told = dict[tuple[str, ...], float]


def told(*monitors: MonitorView) -> Told:
    """Every reading by the gauge and its labels."""
    return {(one.gauge, *one.labels): one.value for one in watched(monitors)}


def test_every_state_is_counted() -> None:
    """Also states in which no monitor is; what is no longer watched is not told."""
    found = told(firing("chat", "tone"), monitor("chat", "old", state="superseded"))
    counts = {labels[1]: n for labels, n in found.items() if labels[0] == "monitors"}
    quiet = dict.fromkeys(("insufficient", "ok", "pending", "no_data", "judge_broken", "acknowledged"), 0)
    assert counts == {**quiet, "firing": 1}
    assert [labels for labels in found if labels[0] == "monitor_state"] == [
        ("monitor_state", "chat", "tone", "pass_rate", "firing")
    ]


def test_the_drop_is_the_newest_that_is_known() -> None:
    """Since the alarm where that can be said, else as it was at the alarm."""
    since = {"drop_refreshed": 0.2, "drop_refreshed_lo": 0.1, "drop_refreshed_hi": 0.3}
    nothing = dict.fromkeys(since)
    ends = ("monitor_drop_interval_low", "monitor_drop", "monitor_drop_interval_high")
    new, old = firing("chat", "tone").model_copy(update=since), firing("chat", "tone").model_copy(update=nothing)
    assert [told(new)[end, "chat", "tone", "pass_rate"] for end in ends] == [0.1, 0.2, 0.3]
    assert [told(old)[end, "chat", "tone", "pass_rate"] for end in ends] == [old.drop_lo, old.drop, old.drop_hi]


def test_what_somebody_sees_to_is_still_told() -> None:
    """An acknowledged monitor has its drop and its rate as before; one near the threshold its rate."""
    seen_to = told(firing("chat", "tone").model_copy(update={"state": "acknowledged"}))
    assert seen_to["monitors", "acknowledged"] == 1
    assert {("monitor_drop", "chat", "tone", "pass_rate"), ("pass_rate_votes", "chat", "tone")} <= set(seen_to)
    near = told(monitor("chat", "tone", state="pending"), monitor("mail", "tone", state="judge_broken"))
    assert {("pass_rate_votes", "chat", "tone"), ("pass_rate_votes", "mail", "tone")} <= set(near)


def test_what_does_not_fire_has_no_drop() -> None:
    """A monitor that is well tells evidence, rate and baseline, and no change."""
    found = {labels[0] for labels in told(monitor("chat", "tone"))}
    assert {"monitor_log_evidence", "pass_rate_interval_low", "pass_rate_baseline"} <= found
    assert not {name for name in found if name.startswith(("monitor_drop", "monitor_onset"))}


def test_names_are_bounded_and_no_monitor_is_lost() -> None:
    """However many features there are, so many are told by name; of the others, how many monitors are in each state."""
    crowd = [monitor(f"f{n}", "tone", votes_per_day=float(n)) for n in range(200)]
    found = told(*crowd, firing("rare", "tone").model_copy(update={"votes_per_day": 0.0}))
    states = {labels: n for labels, n in found.items() if labels[0] == "monitor_state"}
    assert states["monitor_state", OTHERS, "tone", "pass_rate", "firing"] == 1
    assert states["monitor_state", OTHERS, "tone", "pass_rate", "ok"] == 200 - MOST_NAMES
    assert (len(states), sum(states.values())) == (MOST_NAMES + 2, 201)
    assert ("pass_rate_votes", "f199", "tone") in found
    assert ("pass_rate_votes", "f0", "tone") not in found
