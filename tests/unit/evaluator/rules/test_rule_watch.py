"""Plain rules held against a store: what they say, the alerts they raise, and what they tell."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from evaluator.alerts.incidents import Incidents
from evaluator.alerts.wording import render_text, title
from evaluator.monitors.watch import Monitors
from evaluator.rules.watch import Rules
from evaluator.settings import DriftSettings, Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from evaluator.telemetry import Metrics
from store import alerts, incidents, outbox
from store.records import Alert
from store.store import Store
from tests.alerting import OF_THE_EVENT, promised
from tests.builders import NOON, make_sample, make_verdict
from tests.conftest import Clock
from tests.voting import FALL, PART, START, nobody_waits, vote

DROP = {"name": "ten", "kind": "drop", "points": 10, "window_votes": 40, "min_n": 40}
SLOW = {"name": "slow", "kind": "quantile", "of": "latency_ms", "limit": 10_000, "window_minutes": 60, "min_n": 10}
ERRORS = {"name": "errs", "kind": "rate", "of": "errors", "limit": 0.02, "min_n": 10}
JUDGE = {"name": "judge", "kind": "rate", "of": "judge_errors", "limit": 0.02, "min_n": 10}
Look = Callable[..., Any]


@pytest.fixture
def looking(store: Store, clock: Clock) -> Look:
    """One look at monitors and rules; answers with the rules' views."""

    async def look(*rules: dict[str, Any], closes: bool = False) -> Any:
        channel = ChannelSettings(name="pager", kind="webhook", url_env="PAGER_URL")
        settings = Settings.model_validate(
            {
                # The monitors need baselines, which rules compare with, and raise no alarm of their own here.
                "drift": DriftSettings(baseline_votes=200, baseline_hours=6, min_drop=0.9),
                "alerts": AlertSettings(channels=(channel,)),
                "rules": rules,
            }
        )
        await Monitors(store, settings, clock, Metrics(), {}, waiting=nobody_waits, quiet=True).check()
        held = Rules(store, settings, clock, closes=closes)
        await held.look(clock())
        await Incidents(store, settings, clock).settle()
        return await held.views(clock())

    return look


def raised(store: Store) -> list[Alert]:
    """The rules' alerts, the oldest first."""
    with store.read() as c:
        return [one for one in reversed(alerts.find(c)) if "rule" in one.evidence]


def owed(store: Store, alert: Alert) -> list[str]:
    """The events of this alert that the channel has to hear of."""
    with store.read() as c:
        member = incidents.member(c, alert.alert_id)
        assert member is not None
        return [one.event for one in outbox.of_incident(c, member.incident_id)]


async def test_a_fall_fires_once_and_is_owed_to_every_channel(store: Store, looking: Look) -> None:
    """Two looks at the same fall raise one alert, with one delivery."""
    vote(store, FALL)
    views = await looking(DROP)
    await looking(DROP)
    (alert,) = raised(store)
    assert (views[0].state, views[0].alert_id, owed(store, alert)) == ("firing", alert.alert_id, ["firing"])
    assert START + 8 * PART < alert.fired_at <= START + 9 * PART


async def test_a_new_rule_tells_of_the_past_only_what_still_fires(store: Store, looking: Look, clock: Clock) -> None:
    """Its first look keeps both falls of the past; the channels hear of the one that lasts, and later of its end."""
    vote(store, [0.95] * 8 + [0.65, 0.95, 0.95, 0.65] + [0.65] * 2)
    await looking(DROP)
    first, last = raised(store)
    assert (first.state, owed(store, first)) == ("resolved", [])
    assert (last.state, owed(store, last)) == ("firing", ["firing"])
    assert (first.evidence["told"], last.evidence["told"]) == (False, True)
    vote(store, [0.95], start=NOON, prefix="later")
    clock.now += PART
    await looking(DROP)
    assert owed(store, last) == ["firing", "resolved"]


async def test_a_new_rule_says_nothing_of_a_past_that_ended(store: Store, looking: Look) -> None:
    """What fired and resolved before its first look is kept, and owed to no channel."""
    vote(store, [0.95] * 8 + [0.65] * 2 + [0.95] * 4)
    await looking(DROP)
    assert [(one.state, owed(store, one)) for one in raised(store)] == [("resolved", [])]


async def test_a_rule_that_looked_before_tells_all_that_it_missed(store: Store, looking: Look, clock: Clock) -> None:
    """Only the first look keeps quiet: a fall that came and went between two looks is told, when it is over."""
    vote(store, [0.95] * 14)
    await looking(DROP)
    vote(store, [0.65] * 2 + [0.95] * 2, start=NOON, prefix="later")
    clock.now += 4 * PART
    await looking(DROP)
    assert [owed(store, one) for one in raised(store)] == [["resolved"]]


async def test_its_evidence_has_the_names_that_are_promised(store: Store, looking: Look) -> None:
    """A rule's alert has every name of docs/alerts.md, or null or nothing in its place, and no other."""
    vote(store, FALL)
    await looking(DROP)
    evidence = raised(store)[0].evidence
    listed = promised()
    of_the_event = OF_THE_EVENT | {f"recovery.{name}" for name in evidence["value"]}
    of_the_event |= {f"drop.refreshed.{name}" for name in ("size", "lo", "hi")}
    assert {name for name in names(evidence) if is_told(evidence, name)} - listed == set()
    assert {name for name in listed - of_the_event if not has(evidence, name)} == set()


def has(value: Any, name: str) -> bool:
    """Whether the evidence has this dotted name, or null or an empty list on the way to it."""
    for part in name.split("."):
        if not value:
            return value is None or value == []
        if part not in value:
            return False
        value = value[part]
    return True


def is_told(value: Any, name: str) -> bool:
    """Whether what has this name is more than null in place of several names."""
    for part in name.split("."):
        value = value[part]
    return value is not None


def names(value: Any, path: str = "") -> set[str]:
    """Every key of nested JSON as a dotted path, but for empty lists."""
    if isinstance(value, dict):
        return {name for key, inner in value.items() for name in names(inner, f"{path}.{key}".lstrip("."))}
    return set() if value == [] else {path}


async def test_it_resolves_when_the_rate_is_back(store: Store, looking: Look) -> None:
    """The alert ends once, and says what the rate was then."""
    vote(store, [0.95] * 8 + [0.65] * 2 + [0.95] * 4)
    views = await looking(DROP)
    (alert,) = raised(store)
    assert (views[0].state, alert.state) == ("ok", "resolved")
    assert alert.evidence["recovery"]["rate"] > 0.85


async def test_the_view_shows_rate_limit_and_false_alarms(store: Store, looking: Look) -> None:
    """What it shows now, what it is held against, and how often it would fire for nothing."""
    vote(store, [0.95] * 14)
    (view,) = await looking(DROP)
    assert (view.state, round(view.value, 2), round(view.limit, 2)) == ("ok", 0.95, 0.85)
    assert view.false_alarms_per_30_days.lo <= view.false_alarms_per_30_days.mean <= view.false_alarms_per_30_days.hi
    assert view.false_alarms_per_30_days.mean > 1


async def test_the_view_shows_what_it_needs_and_since_when_it_fires(store: Store, looking: Look, clock: Clock) -> None:
    """How many the window must hold, and the time of its alert; none while nothing fires."""
    vote(store, [0.95] * 14)
    (quiet,) = await looking(DROP)
    vote(store, [0.65] * 2, start=NOON, prefix="later")
    clock.now += 2 * PART
    (fires,) = await looking(DROP)
    assert (quiet.min_n, quiet.fired_at) == (40, None)
    assert (fires.min_n, fires.fired_at) == (40, raised(store)[0].fired_at)


async def test_rules_are_shown_as_the_last_look_left_them(store: Store, clock: Clock) -> None:
    """Whoever asks gets what the last look at the present saw; a look back changes nothing of it."""
    vote(store, [0.95] * 14)
    settings = Settings.model_validate({"drift": DriftSettings(baseline_votes=200, baseline_hours=6), "rules": [DROP]})
    monitors, rules = (
        Monitors(store, settings, clock, Metrics(), {}, waiting=nobody_waits),
        Rules(store, settings, clock),
    )
    await rules.reported(await monitors.check())
    (noted,) = await rules.noted()
    vote(store, [0.65], start=NOON, prefix="later")
    clock.now += PART
    await rules.reported(await monitors.check(NOON))
    assert await rules.noted() == [noted]
    await rules.reported(await monitors.check())
    (fallen,) = await rules.noted()
    assert (noted.state, fallen.state) == ("ok", "firing")


async def test_a_glimpse_of_rules_waits_for_no_rehearsal(store: Store, clock: Clock) -> None:
    """Before the first look rules are shown at once, without their false alarms; after it, as the look left them."""
    vote(store, [0.95] * 14)
    settings = Settings.model_validate({"drift": DriftSettings(baseline_votes=200, baseline_hours=6), "rules": [DROP]})
    monitors, rules = (
        Monitors(store, settings, clock, Metrics(), {}, waiting=nobody_waits),
        Rules(store, settings, clock),
    )
    report = await monitors.check()
    (glimpsed,) = await rules.glimpsed()
    (seen,) = await rules.noted()
    assert glimpsed.false_alarms_per_30_days is None
    assert seen.false_alarms_per_30_days is not None
    assert glimpsed == seen.model_copy(update={"false_alarms_per_30_days": None})
    await rules.reported(report)
    assert await rules.glimpsed() == await rules.noted()


async def test_requests_that_take_long(store: Store, looking: Look, clock: Clock) -> None:
    """p95 above 10 s: more than one in twenty requests of the last hour took longer; the quantile is shown."""
    times = [NOON - timedelta(minutes=n) for n in range(1, 41)]
    slow = [20_000.0 if n % 10 == 0 else 900.0 for n in range(40)]
    samples = [make_sample(f"s{n}", ts=ts, latency_ms=slow[n]) for n, ts in enumerate(times)]
    store.append_samples(samples).result()
    (view,) = await looking(SLOW)
    assert (view.state, view.value, view.limit, view.n) == ("firing", 20_000.0, 10_000.0, 40.0)
    (alert,) = raised(store)
    assert alert.evidence["value"]["rate"] == pytest.approx(0.1, abs=0.03)
    assert "p95 of latency_ms above 10,000" in title(alert.evidence)


async def test_errors_count_by_what_they_stand_for(store: Store, looking: Look) -> None:
    """Where all errors are kept and one in a hundred of the rest, 10 errors among 20 are about 1 %, not 50 %."""
    for n in range(20):
        kept = {"error": "overloaded", "sampling_probability": 1.0, "sampling_class": "errors"}
        rest = {"sampling_probability": 0.01}
        sample = make_sample(f"s{n}", ts=NOON - timedelta(minutes=2 + n), **(kept if n % 2 else rest))
        store.append_samples([sample]).result()
    (view,) = await looking(ERRORS)
    assert (view.state, view.n, round(view.value, 4)) == ("ok", 20.0, 0.0099)


async def test_a_judge_that_cannot_decide(store: Store, looking: Look) -> None:
    """Judge errors are counted beside the votes, as a share of both."""
    times = [NOON - timedelta(minutes=2 + n) for n in range(40)]
    store.append_samples([make_sample(f"s{n}", ts=ts) for n, ts in enumerate(times)]).result()
    found = [make_verdict(f"s{n}", ts=ts, passed=None if n % 4 == 0 else True) for n, ts in enumerate(times)]
    store.append_verdicts(found).result()
    (view,) = await looking(JUDGE)
    assert (view.state, view.value, view.n) == ("firing", 0.25, 40.0)


async def test_below_min_n_it_is_insufficient(store: Store, looking: Look) -> None:
    """A rule with too few votes says so."""
    vote(store, [0.95] * 14)
    (view,) = await looking(DROP | {"window_votes": None, "window_minutes": 15})
    assert (view.state, view.reason, view.n) == ("insufficient", "insufficient", 5.0)


async def test_only_a_service_ends_alerts_of_rules_that_are_gone(store: Store, looking: Look) -> None:
    """A command without the configuration leaves them alone."""
    vote(store, FALL)
    await looking(DROP)
    await looking()
    before = raised(store)[0].state
    await looking(closes=True)
    assert (before, raised(store)[0].state) == ("firing", "resolved")


async def test_the_message_says_what_the_rule_costs(store: Store, looking: Look) -> None:
    """Name, rule, pass rate, baseline and false alarms a month; no mark of its name is markup."""
    vote(store, FALL)
    await looking(DROP | {"name": "10 % off"})
    text = render_text(raised(store)[0].evidence)
    assert "Plain rule ‘10 % off’: pass rate down 10 points over the last 40 votes" in text
    assert "Baseline 95.0 %" in text
    assert "false alarms per 30 days here" in text
