"""What a broken judge or an outage accounts for."""

from __future__ import annotations

import pytest

from evaluator.alerts.alarm import alarm
from evaluator.alerts.inhibition import explains, explanation
from evaluator.alerts.severity import Severity
from tests.alerting import alert
from tests.builders import NOON


def one(metric, *, rate=0.8, baseline=0.95, judge="tone", ended=None, **told):
    known = {"value": {"n": 600.0, "rate": rate}, "baseline": {"n": 1000.0, "rate": baseline}}
    found = alert(metric, ended=ended, monitor={"metric": metric, "judge": judge}, **known, **told)
    return alarm(found, owner="", severity=Severity.WARNING)


def lacking(metric="judge_errors", rate=0.2, **told):
    return one(metric, rate=rate, baseline=0.01, bad="up", **told)


@pytest.mark.parametrize(
    ("source", "of", "accounts"),
    [
        (lacking(rate=0.2), one("pass_rate", rate=0.93), True),
        (lacking(rate=0.2), one("pass_rate", rate=0.80), False),
        (lacking(rate=0.8), one("pass_rate", rate=0.80), True),
        (lacking(rate=0.8), one("pass_rate", rate=0.80, judge="other"), False),
        (lacking(rate=0.8), one("pass_rate", rate=0.80, onset=(40, 39)), False),
        (lacking(rate=0.8), one("latency_ms", rate=0.3, judge=""), False),
        (lacking("unscored", rate=0.8), one("score", rate=0.3, baseline=0.1, bad="up"), True),
        (lacking("errors", rate=0.3, judge=""), one("latency_ms", judge=""), True),
        (lacking("errors", rate=0.05, judge=""), one("latency_ms", rate=0.6, baseline=0.1, judge="", bad="up"), False),
        (one("judge_errors", rate=0.35, baseline=0.3, bad="up"), one("pass_rate", rate=0.75), False),
        (one("judge_errors", rate=0.35, baseline=None, bad="up"), one("pass_rate", rate=0.93), True),
        (lacking("errors", rate=0.3, judge=""), one("pass_rate", rate=0.94), True),
        (lacking("errors", rate=0.05, judge=""), one("pass_rate", rate=0.60), False),
        (one("pass_rate", rate=0.2), one("score", rate=0.3), False),
        (one("latency_ms", judge=""), one("pass_rate"), False),
    ],
)
def test_explains(source, of, accounts):
    """A lack of verdicts or answers explains what it is large enough for: had all that is lacking been good."""
    assert explains(source, of) is accounts


def test_what_is_over_explains_nothing_new():
    """Only a firing alarm is an explanation."""
    over, fall = lacking(rate=0.8, ended=NOON), one("pass_rate")
    assert explanation(fall, [over]) is None
    assert explanation(fall, [lacking(rate=0.8), over]).alert.monitor_id == "judge_errors"


def test_another_feature_explains_nothing():
    """An outage of one feature says nothing of another."""
    elsewhere = alert("m2", monitor={"metric": "latency_ms", "judge": "", "feature": "mail"})
    assert not explains(lacking("errors", judge=""), alarm(elsewhere, owner="", severity=Severity.WARNING))
