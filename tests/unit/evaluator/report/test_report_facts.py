"""What a report knows of a store: rates, incidents, coverage, costs, judges and deliveries of its time alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from evaluator.report import rates
from evaluator.report.asked import Asked, asked
from evaluator.report.facts import collect
from evaluator.report.shapes import ReportFacts
from evaluator.service import Service
from store import alerts, incidents, markers, outbox
from store.incidents import Incident, Member
from store.records import Alert, Delivery, Marker, MarkerKind
from tests.builders import NOON, make_sample, make_verdict
from tests.fake_api import monitor
from tests.unit.evaluator.report.conftest import version_of
from tests.voting import PART, vote

DAY = timedelta(days=1)
TODAY = Asked(NOON - DAY, NOON)


def told(service: Service, start: datetime = NOON - 7 * DAY, end: datetime = NOON, feature: str = "*") -> ReportFacts:
    return collect(service, Asked(start, end, feature))


def evidence(**fields: Any) -> dict[str, Any]:
    drop = {"at_alarm": {"size": 0.13, "lo": 0.1, "hi": 0.16}}
    onset = {"at": "2026-11-19T02:00:00Z", "lo_at": "2026-11-19T01:00:00Z", "hi_at": "2026-11-19T03:00:00Z"}
    monitor = {"monitor_id": "m1", "feature": "support-chat", "judge": "tone", "metric": "pass_rate"}
    rates = {"value": {"rate": 0.82}, "baseline": {"rate": 0.95}}
    return {"monitor": monitor, "says": "pass rate", "bad": "down", "drop": drop, "onset": onset, **rates, **fields}


def alert(name: str = "alert_1", fired: timedelta = DAY, resolved: timedelta | None = None, **fields: Any) -> Alert:
    return Alert(
        alert_id=name,
        monitor_id="m1",
        state="firing" if resolved is None else "resolved",
        fired_at=NOON - fired,
        resolved_at=None if resolved is None else NOON - resolved,
        evidence=evidence(**fields),
    )


def keep(service: Service, *found: Alert) -> None:
    for one in found:
        service.store.run(lambda c, one=one: alerts.save(c, one)).result()  # type: ignore[misc]


async def test_an_empty_store_has_an_empty_report(service: Service) -> None:
    """No error, no feature, no figure."""
    facts = told(service)
    assert (facts.features, facts.incidents, facts.coverage, facts.costs.judges) == ((), (), (), ())
    assert (facts.counts.watched, facts.shifts.monitors) == (0, 0)


async def test_a_steady_rate_is_told_with_its_interval_and_baseline(service: Service) -> None:
    """The rate of the time, n, the interval, the baseline, the change and its interval, and the course."""
    vote(service.store, [0.95] * 14, judge_version=version_of(service))
    await service.monitors.check()
    (feature,) = told(service, NOON - DAY).features
    (rate,) = feature.rates
    assert (rate.state, rate.now.n, round(rate.now.rate or 0, 2)) == ("ok", 480, 0.95)
    assert rate.baseline is not None
    assert rate.change is not None
    assert rate.change.lo < rate.change.size < rate.change.hi
    assert (len(rate.points), rate.step_hours) == (24, 1)


async def test_votes_of_the_baseline_are_not_compared_with_it(service: Service) -> None:
    """A time that ends with the baseline has a rate, but no change."""
    vote(service.store, [0.95] * 5, start=NOON - 5 * PART, judge_version=version_of(service))
    await service.monitors.check()
    (feature,) = told(service, NOON - 5 * PART, NOON - 2 * PART).features
    assert (feature.rates[0].now.n, feature.rates[0].change) == (180, None)


async def test_a_rate_without_a_baseline_says_how_far_it_is(service: Service) -> None:
    """It has a rate, no change, and what its first baseline still lacks."""
    vote(service.store, [0.95], start=NOON - PART, judge_version=version_of(service))
    await service.monitors.check()
    (feature,) = told(service).features
    (rate,) = feature.rates
    assert (rate.state, rate.change, rate.detectable) == ("insufficient", None, ())
    assert "60 of 200 votes" in rate.collecting


async def test_an_open_alert_is_a_regression(service: Service) -> None:
    """With its rates, drop and onset; an alert that is in no incident is told as one of its own."""
    keep(service, alert())
    facts = told(service)
    (one,) = facts.incidents
    (only,) = one.alerts
    assert (one.is_open, only.before, only.now) == (True, 0.95, 0.82)
    assert only.drop is not None
    assert (only.drop.size, only.is_at_alarm) == (0.13, True)
    assert only.began is not None
    assert only.began.likely == NOON - timedelta(hours=34)
    assert (facts.counts.open, facts.counts.resolved) == (1, 0)


async def test_only_the_incidents_of_the_time_are_told(service: Service) -> None:
    """Not what was over before it, nor what came after it; what resolved within it counts as resolved."""
    over = alert("over", 5 * DAY, 3 * DAY)
    within = alert("within", 5 * DAY, timedelta(hours=3))
    keep(service, over, within, alert("later", timedelta(0)))
    facts = told(service, NOON - DAY, NOON)
    assert [(one.incident_id, one.is_open) for one in facts.incidents] == [("within", False)]
    assert (facts.counts.open, facts.counts.resolved) == (0, 1)


async def test_a_report_of_the_past_does_not_know_what_came_later(service: Service) -> None:
    """What was resolved after its end is open in it."""
    keep(service, alert("one", 5 * DAY, timedelta(hours=3)))
    assert [one.is_open for one in told(service, NOON - 6 * DAY, NOON - 4 * DAY).incidents] == [True]


async def test_alerts_of_an_incident_are_told_together(service: Service) -> None:
    """The one that explains the others first, with who has it."""
    keep(service, alert("lead", 2 * DAY), alert("first", 3 * DAY))
    one = Incident(
        incident_id="inc_1", state="acknowledged", severity="critical", opened_at=NOON - 3 * DAY,
        acknowledged_at=NOON - DAY, acknowledged_by="ana", assignee="bo",
    )  # fmt: skip
    lead, first = (
        Member(alert_id=name, incident_id="inc_1", joined_at=NOON, severity="critical", explained_by="lead")
        for name in ("lead", "first")
    )
    service.store.run(lambda c: incidents.save(c, [one])).result()
    service.store.run(lambda c: incidents.save_members(c, [lead, first])).result()
    (found,) = told(service).incidents
    assert (found.severity, found.who, found.acknowledged) == ("critical", "bo", True)
    assert [(each.alert_id, each.explained) for each in found.alerts] == [("lead", False), ("first", True)]


async def test_what_a_new_rule_found_in_the_past_is_not_told(service: Service) -> None:
    """It was told to nobody, and is no regression of the time."""
    keep(service, alert(told=False))
    assert told(service).incidents == ()


async def test_features_are_chosen_by_a_glob(service: Service) -> None:
    """Incidents, coverage and rates of others are left out."""
    vote(service.store, [0.95] * 2, judge_version=version_of(service))
    await service.monitors.check()
    keep(service, alert())
    facts = told(service, feature="search-*")
    assert (facts.incidents, facts.features, facts.coverage) == ((), (), ())
    assert told(service, feature="support-*").features


async def test_coverage_tells_what_waits_and_failed(service: Service) -> None:
    """Each feature and judge: what arrived, was judged, failed by reason, and waits."""
    samples = [make_sample(f"s{n}", ts=NOON - timedelta(hours=2), received_at=NOON) for n in range(6)]
    service.store.append_samples(samples).result()
    version = version_of(service)
    verdicts = [make_verdict(f"s{n}", ts=NOON - timedelta(hours=2), judge_version=version) for n in range(3)]
    failed = make_verdict("s3", ts=NOON - timedelta(hours=2), judge_version=version, passed=None)
    service.store.append_verdicts([*verdicts, failed]).result()
    (row,) = told(service).coverage
    assert (row.arrived, row.judged, row.errors, row.waiting) == (6, 3, {"timeout": 1}, 2)
    (judge,) = told(service).judges
    assert (judge.judge, judge.state, judge.judged, judge.errors) == ("tone", "ready", 3, {"timeout": 1})


async def test_costs_are_those_of_the_time(service: Service) -> None:
    """By judge and day; a judge that calls no model costs nothing and is left out, an unknown price is none."""
    times = [NOON - timedelta(hours=2), NOON - 2 * DAY, NOON - 30 * DAY]
    service.store.append_samples([make_sample(f"s{n}", ts=ts) for n, ts in enumerate(times)]).result()
    verdicts = [
        make_verdict(f"s{n}", ts=ts, judge=judge, **cost)
        for n, ts in enumerate(times)
        for judge, cost in (("paid", {"cost_usd": 0.5}), ("check", {}), ("unknown", {"input_tokens": 10}))
    ]
    service.store.append_verdicts(verdicts).result()
    found = told(service).costs
    assert [(one.judge, one.usd, one.verdicts) for one in found.judges] == [("paid", 1.0, 2), ("unknown", None, 2)]
    assert [(one.day.isoformat(), one.usd) for one in found.days] == [("2026-11-18", 0.5), ("2026-11-20", 0.5)]


async def test_markers_of_the_time_are_told(service: Service) -> None:
    """What went out, newest first."""
    made = [
        Marker(marker_id=name, ts=NOON - age, created_at=NOON, kind=MarkerKind.RELEASE, name=name)
        for name, age in (("old", 30 * DAY), ("first", 2 * DAY), ("second", DAY))
    ]
    service.store.run(lambda c: markers.append(c, made)).result()
    assert [one.name for one in told(service).markers] == ["second", "first"]


async def test_deliveries_that_died_in_the_time_are_told(service: Service) -> None:
    """Not those that were given up before, nor those that still wait."""
    rows = [
        Delivery(
            event_id=name, channel="oncall", event="firing", state=state, created_at=NOON - age,
            next_attempt_at=NOON - age, attempts=3, last_error="410",
        )
        for name, state, age in (("a", "dead", DAY), ("b", "dead", 30 * DAY), ("c", "pending", DAY))
    ]  # fmt: skip
    service.store.run(lambda c: outbox.owe(c, rows)).result()
    assert [(one.channel, one.error, one.attempts) for one in told(service).dead] == [("oncall", "410", 3)]


def test_the_last_seven_days_are_asked_for() -> None:
    """Unless something else is said."""
    assert asked(NOON, None, None, None) == Asked(NOON - 7 * DAY, NOON, "*")


@pytest.mark.parametrize(
    ("state", "told_as"),
    [("acknowledged", "firing"), ("pending", "ok"), ("judge_broken", "judge_broken"), ("ok", "ok")],
)
def test_a_regression_that_somebody_sees_to_is_a_regression(state: str, told_as: str) -> None:
    """A report knows no acknowledged and no pending monitors; every other state is told as it is."""
    view = rates.read(monitor("chat", "tone", state=state))
    counted = rates.counts([view], (), 0)
    assert view.state == told_as
    assert counted.firing + counted.steady + counted.judge_broken == counted.watched == 1
