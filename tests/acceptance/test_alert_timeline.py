"""Alerts as a timeline: what happens at which hour, and what is heard between which hours."""

from __future__ import annotations

from pathlib import Path

import pytest

from evaluator.markers import keep, read
from evaluator.settings_alerts import RouteSettings
from store import monitors
from tests.acceptance.timeline import ANA, playing
from tests.conftest import Clock

pytestmark = pytest.mark.slow


async def test_told_when_it_begins_and_when_it_is_over(tmp_path: Path, clock: Clock) -> None:
    """A fall at hour 8 is told within two hours, its end at hour 14 within seven, and nothing else."""
    async with playing(tmp_path, clock) as play:
        await play.goes(8, rate=0.95)
        await play.goes(6, rate=0.5)
        await play.goes(8, rate=0.95)
        play.expect("firing", between=(8.5, 10))
        play.expect("resolved", between=(14.5, 21))
        play.expect_nothing_but("firing", "resolved")


async def test_told_again_each_day_until_somebody_sees_to_it(tmp_path: Path, clock: Clock) -> None:
    """What goes on is told again after repeat_hours, here 6; after an acknowledgement only its end is."""
    async with playing(tmp_path, clock, repeat_hours=6) as play:
        await play.goes(8, rate=0.95)
        await play.goes(9, rate=0.5)
        first = play.expect("firing", between=(8.5, 10))
        again = play.expect("updated", between=(first.at + 6, first.at + 6.5))
        assert again.data["update"] == {"why": "still going on"}
        await play.acknowledge()
        await play.goes(10, rate=0.5)
        await play.goes(10, rate=0.95)
        play.expect_nothing_but("firing", "updated", "resolved")


async def test_worse_is_told(tmp_path: Path, clock: Clock) -> None:
    """A fall that doubles is told again, though somebody sees to it."""
    async with playing(tmp_path, clock, repeat_hours=1000) as play:
        await play.goes(8, rate=0.95)
        await play.goes(4, rate=0.75)
        await play.acknowledge()
        await play.goes(12, rate=0.1)
        worse = [one for one in play.heard if one.event == "updated"]
        assert worse
        assert worse[0].data["update"]["why"] in ("worse", "more severe")
        assert worse[0].data["incident"]["acknowledged_by"] == "ana"


async def test_silenced_until_the_silence_ends(tmp_path: Path, clock: Clock) -> None:
    """What fires in a silence is told when it ends and the fall goes on."""
    async with playing(tmp_path, clock) as play:
        await play.goes(8, rate=0.95)
        await play.silence(6, feature="ch*")
        await play.goes(8, rate=0.5)
        play.expect("firing", between=(14, 14.5))
        play.expect_nothing_but("firing")


async def test_quiet_hours(tmp_path: Path, clock: Clock) -> None:
    """The timeline begins at noon UTC: a fall at 20:00 waits until 7:00, hour 19, unless it is over by then."""
    night = RouteSettings(name="night", channels=("hook",), quiet="20:00-07:00", quiet_except=())
    async with playing(tmp_path, clock, routes=(night,)) as play:
        await play.goes(8, rate=0.95)
        await play.goes(12, rate=0.5)
        play.expect("firing", between=(19, 19.5))
        play.expect_nothing_but("firing")


async def test_over_before_the_quiet_hours_were(tmp_path: Path, clock: Clock) -> None:
    """What began and ended in quiet hours is one message in the morning, that it is over."""
    night = RouteSettings(name="night", channels=("hook",), quiet="20:00-07:00", quiet_except=())
    async with playing(tmp_path, clock, routes=(night,)) as play:
        await play.goes(8, rate=0.95)
        await play.goes(3, rate=0.5)
        await play.goes(9, rate=0.95)
        assert play.expect("resolved", between=(19, 19.5)).data["fired_at"] is not None
        play.expect_nothing_but("resolved")


async def test_a_channel_that_is_down_hears_everything_in_order(tmp_path: Path, clock: Clock) -> None:
    """While the receiver is down, nothing is lost; when it is back, all that it missed arrives in order."""
    async with playing(tmp_path, clock, repeat_hours=4) as play:
        play.down.add("hook")
        await play.goes(8, rate=0.95)
        await play.goes(11, rate=0.5)
        await play.goes(13, rate=0.95)
        assert play.heard == []
        play.down.clear()
        await play.goes(2, rate=0.95)
        events = [one.event for one in play.heard]
        assert (events[0], events[-1], set(events[1:-1])) == ("firing", "resolved", {"updated"})
        assert len({one.event_id for one in play.heard}) == len(play.heard)


async def test_a_restart_repeats_nothing_and_forgets_nothing(tmp_path: Path, clock: Clock) -> None:
    """A service that restarts while an alert fires tells its end, and not its beginning again."""
    async with playing(tmp_path, clock) as play:
        await play.goes(8, rate=0.95)
        await play.goes(3, rate=0.5)
        await play.restart()
        await play.goes(3, rate=0.5)
        await play.goes(8, rate=0.95)
        play.expect_nothing_but("firing", "resolved")


async def test_one_deploy_is_one_message(tmp_path: Path, clock: Clock) -> None:
    """Two features that fall with one deploy are one incident, told once, and over once."""
    async with playing(tmp_path, clock) as play:
        await play.goes(8, chat=0.95, search=0.95)
        assert play.service is not None
        await keep(play.service.store, [read({"name": "api 4.2", "kind": "deploy"}, clock(), "api")], lambda _: ANA)
        await play.goes(6, chat=0.5, search=0.5)
        await play.goes(10, chat=0.95, search=0.95)
        play.expect_nothing_but("firing", "resolved")
        listed = play.heard[-1].data["incident"]["alerts"]
        assert sorted(one["feature"] for one in listed) == ["chat", "search"]


async def test_two_causes_are_two_messages(tmp_path: Path, clock: Clock) -> None:
    """Features that fall at different times without anything in common are told apart."""
    async with playing(tmp_path, clock) as play:
        await play.goes(8, chat=0.95, search=0.95)
        await play.goes(6, chat=0.5, search=0.95)
        await play.goes(4, chat=0.5, search=0.5)
        play.expect("firing", between=(8.5, 10))
        play.expect("firing", between=(14.5, 16))
        play.expect_nothing_but("firing", "firing")


async def test_pending_before_it_fires(tmp_path: Path, clock: Clock) -> None:
    """On its way to the threshold a monitor is pending, and nobody is told."""
    async with playing(tmp_path, clock) as play:
        await play.goes(8, rate=0.95)
        await play.goes(6, rate=0.75)
        assert play.service is not None
        with play.service.store.read() as c:
            (monitor,) = [one for one in monitors.monitors(c) if one.state != "off"]
            states = [check.state for check in monitors.checks(c, monitor.monitor_id)]
        first = states.index("pending")
        assert set(states[:first]) == {"ok"}
        assert states.index("firing") > first
        play.expect_nothing_but("firing")
