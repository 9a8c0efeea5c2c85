"""Which alarms are one incident."""

from __future__ import annotations

from datetime import timedelta

import pytest

from evaluator.alerts.alarm import alarm
from evaluator.alerts.grouping import Group, group, linked
from evaluator.alerts.severity import Severity
from tests.alerting import alert, iso
from tests.builders import NOON

DEPLOY = ("deploy", "api 4.2")


def one(monitor_id="m1", feature="chat", **told):
    found = alert(monitor_id, monitor={"feature": feature, **told.pop("monitor", {})}, **told)
    return alarm(found, owner="", severity=Severity.WARNING)


@pytest.mark.parametrize(
    ("left", "right", "together"),
    [
        ({}, {}, True),
        ({}, {"onset": (30, 29)}, False),
        ({}, {"feature": "mail"}, False),
        ({"marker": DEPLOY}, {"feature": "mail", "marker": DEPLOY}, True),
        ({"marker": DEPLOY}, {"feature": "mail", "marker": ("deploy", "api 4.3")}, False),
        ({"marker": DEPLOY}, {"feature": "mail", "marker": DEPLOY, "onset": (30, 29)}, False),
        ({"where": "language=de"}, {"feature": "mail", "where": "language=de"}, True),
        ({"where": "language=de"}, {"where": "language=fr"}, False),
        ({"where": "language=de", "marker": DEPLOY}, {"where": "language=fr", "marker": DEPLOY}, True),
        ({"where": "language=de"}, {"where": "whole traffic"}, True),
        ({"where": "language=de"}, {"feature": "mail"}, False),
    ],
)
def test_linked(left, right, together):
    """Linked is what began together and shares a marker, a slice, or a feature whose slices do not differ."""
    assert linked(one("a", **left), one("b", **right)) is together
    assert linked(one("b", **right), one("a", **left)) is together


@pytest.mark.parametrize(
    ("fit", "hours", "binds"),
    [("inside", 1.5, True), ("before", 2.9, True), ("before", 3.1, False), ("after", 1, False)],
)
def test_a_marker_that_fits_poorly_binds_nothing(fit, hours, binds):
    """Only a marker inside the onset's interval, or an hour before it, is a cause that alarms can share."""
    marker = {"kind": "deploy", "name": "api", "fit": fit, "ts": iso(NOON - timedelta(hours=hours)), "in_words": ""}
    found = [alert(name, monitor={"feature": name}) for name in ("a", "b")]
    for each in found:
        each.evidence["marker"] = marker
    assert linked(*(alarm(each, owner="", severity=Severity.WARNING) for each in found)) is binds


def test_a_plain_rule_began_shortly_before_it_fired():
    """A rule knows no onset; it belongs to what began in the hour before."""
    rule = alert("rule", onset=(2, 1))
    rule.evidence["onset"] = {"at": None, "lo_at": None, "hi_at": None}
    found = alarm(rule, owner="", severity=Severity.WARNING)
    assert (found.began_lo, found.began_hi) == (NOON - timedelta(hours=1), NOON)


def ids(groups):
    return [(has.incident_id, [each.alert.monitor_id for each in has.alarms]) for has in groups]


def test_new_alarms_join_or_open():
    """An alarm joins the incident that it is linked with, else it opens one; those that follow join that."""
    known = [Group("i1", [one("old")])]
    new = [one("a"), one("b", feature="mail"), one("c", feature="mail")]
    assert ids(group(new, known, storm=5)) == [("i1", ["a"]), (None, ["b", "c"])]


def test_the_incident_that_was_there_keeps_its_alarms():
    """What is given is left as it was; the groups that come back hold the new alarms only."""
    known = [Group("i1", [one("old")])]
    group([one("a")], known, storm=5)
    assert ids(known) == [("i1", ["old"])]


def test_a_storm_is_one_incident():
    """More new incidents than allowed, begun at one time, are one; as many as allowed stay apart."""
    new = [one(f"m{n}", feature=f"f{n}") for n in range(6)]
    assert len(group(new[:5], [], storm=5)) == 5
    (all_of_them,) = group(new, [], storm=5)
    assert sorted(each.alert.monitor_id for each in all_of_them.alarms) == [f"m{n}" for n in range(6)]


def test_what_began_at_another_time_is_no_part_of_a_storm():
    """A storm joins only what may have begun together."""
    new = [one(f"m{n}", feature=f"f{n}") for n in range(6)] + [one("other", feature="z", onset=(40, 39))]
    assert sorted(len(has.alarms) for has in group(new, [], storm=5)) == [1, 6]


@pytest.mark.parametrize(("minutes", "onset", "joins"), [(15, (2, 1), "storm"), (15, (0, 0), None), (90, (2, 1), None)])
def test_a_storm_takes_in_what_the_next_looks_see_of_it(minutes, onset, joins):
    """What began with a storm joins it for an hour; what began later, or is found later, is by itself."""
    storm = Group("storm", [one(f"m{n}", feature=f"f{n}") for n in range(6)])
    late = one("late", feature="z", at=NOON + timedelta(minutes=minutes), onset=onset)
    assert [found.incident_id for found in group([late], [storm], storm=5)] == [joins]
