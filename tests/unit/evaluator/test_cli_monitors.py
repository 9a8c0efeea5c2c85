"""What `leadline check` and `leadline baseline list` print of monitors of every metric."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner, Result
from fastapi import FastAPI

from evaluator.api.alert_shapes import AlertView
from evaluator.api.shapes import CheckReport, MonitorView
from evaluator.cli.app import leadline
from evaluator.cli.rule_table import print_rules
from tests.fake_api import NOW, bounded, firing, monitor, other_metrics, serving, unlearned
from tests.rule_views import rule

SLOWER = "latency slower than the baseline's p90 (812 ms)"
SLOW = firing(
    "chat", "", metric="latency_ms", says=SLOWER, bad="up", current=bounded(98, 501), baseline=bounded(100, 1000)
)

WHERE = {"name": "plan=pro", "rate_before": 0.01, "rate_now": 0.09, "n_now": 44.0}
ALERT: dict[str, Any] = {
    "alert_id": "alert_1", "feature": "chat", "state": "firing", "fired_at": NOW, "resolved_at": None, "deliveries": [],
}  # fmt: skip


@contextmanager
def service(monitors: list[MonitorView], alerts: Sequence[AlertView] = ()) -> Iterator[str]:
    """A running service with these monitors; its address."""
    api = FastAPI()

    @api.post("/v1/checks")
    def check() -> CheckReport:
        return CheckReport(looked_at=NOW, monitors=monitors, firing=list(alerts), fired=[], resolved=[])

    @api.get("/v1/monitors")
    def every() -> list[MonitorView]:
        return monitors

    with serving(api) as url:
        yield url


def run(monitors: list[MonitorView], *arguments: str, alerts: Sequence[AlertView] = ()) -> Result:
    with service(monitors, alerts) as url:
        return CliRunner().invoke(leadline, ["--url", url, *arguments])


def test_pass_rates_come_first_and_other_metrics_say_what_is_counted() -> None:
    """Two tables: the pass rates, and below them each other metric with its share in words."""
    result = run([SLOW, monitor("chat", "tone")], "check")
    rates, others = result.stdout.split("Other metrics:")
    assert result.exit_code == 1
    assert ("tone" in rates, "latency" in rates) == (True, False)
    assert all(words in others for words in ("latency", "19.6 %", "10.0 %", SLOWER))
    assert f"  chat / latency: {SLOWER}: rose by 9.1 points [6.2, 12.1], since 2026-11-17 13:15" in result.stdout


def test_a_fall_of_a_pass_rate_reads_as_one() -> None:
    """Of a rate whose fall is worse, the sentence says so."""
    assert "  chat / tone: pass rate fell by 9.1 points [6.2, 12.1]" in run([firing("chat", "tone")], "check").stdout


def test_where_it_fell_is_told_as_of_the_alarm_and_of_its_share() -> None:
    """The numbers of a slice are older than those beside them, and may be of another share: both are said."""
    evidence = {"says": "latency slower than the baseline's p99 (2 s)", "where": [WHERE]}
    firing_alert = AlertView(**ALERT, metric="latency_ms", judge="", monitor_id=SLOW.monitor_id, evidence=evidence)
    said = run([SLOW], "check", alerts=[firing_alert]).stdout
    assert "where, at the alarm: plan=pro, 1.0 % → 9.0 %, n = 44 (latency slower than the baseline's p99 (2 s))" in said


@pytest.mark.parametrize(
    ("state", "reason", "said"),
    [("no_data", "no_data", "no data"), ("firing", "over", "firing"), ("insufficient", "no_baseline", "no baseline")],
)
def test_a_rule_tells_its_state_once(state: str, reason: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A reason that says the same as the state is not said beside it."""
    print_rules([rule("five", state=state, reason=reason)])
    words = capsys.readouterr().out
    assert said in words
    assert f"{said}, " not in words


def test_many_healthy_metrics_are_one_line() -> None:
    """Three features with a dozen metrics each: what fires is listed, the rest is counted; --all lists it too."""
    views = [view for feature in "abc" for view in (monitor(feature, "tone"), *other_metrics(feature))]
    short, whole = run([SLOW, *views], "check"), run([SLOW, *views], "check", "--all")
    assert len([line for line in short.stdout.splitlines() if line.startswith(("a ", "b ", "c ", "chat "))]) == 4
    assert "more monitors of other metrics: 33 ok, 3 without a baseline yet (" in short.stdout
    assert "--all lists them" in short.stdout
    assert "more monitors" not in whole.stdout
    assert whole.stdout.count("\na ") == 13


def test_few_metrics_are_listed_whole() -> None:
    """One feature shows everything that is watched."""
    result = run([monitor("a", "tone"), *other_metrics("a")], "check")
    assert (result.exit_code, result.stdout.count("\na ")) == (0, 13)


def test_json_holds_every_monitor() -> None:
    """Programs get all of them, whatever people are shown."""
    views = [view for feature in "abc" for view in other_metrics(feature)]
    told = json.loads(run(views, "check", "--json").stdout)["monitors"]
    assert [view["metric"] for view in told] == [view.metric for view in views]


@pytest.mark.parametrize("command", [("check", "--all"), ("baseline", "list")])
def test_labels_cannot_steer_a_terminal(command: tuple[str, ...]) -> None:
    """A label comes from samples and stands in the share's words: its control characters are shown as marks."""
    evil = firing("chat", "", metric="stop_reason", says="with stop reason \x1b[2J\u202eevil", bad="up")
    shown = run([evil], *command).stdout
    assert "with stop reason ?[2J?evil" in shown
    assert not {"\x1b", "\u202e"} & set(shown)


def test_baselines_of_other_metrics_have_a_table_of_their_own() -> None:
    """Each with its window and what its share is of; the JSON names the metric."""
    views = [monitor("chat", "tone"), SLOW, unlearned("chat", "").model_copy(update={"metric": "volume"})]
    rates, others = run(views, "baseline", "list").stdout.split("Other metrics:")
    assert ("tone" in rates, SLOWER in rates) == (True, False)
    assert all(words in others for words in ("latency", SLOWER, "10.0 %", "traffic", "none yet"))
    told = json.loads(run(views, "baseline", "list", "--json").stdout)
    assert [(row["metric"], row["bad"]) for row in told][:2] == [("pass_rate", "down"), ("latency_ms", "up")]
