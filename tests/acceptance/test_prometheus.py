"""The shipped alert rules and dashboard, held against a real /metrics, promtool and Prometheus."""

from __future__ import annotations

import asyncio
import json
import re
import socket
import subprocess
import time
import urllib.request
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from evaluator.api.app import create_app
from evaluator.api.auth import Role, new_key
from evaluator.api.gauges import measure
from evaluator.intake.decode import Item
from evaluator.service import Service
from evaluator.settings import DriftSettings, JudgeSettings, Settings
from evaluator.settings_alerts import AlertSettings, ChannelSettings
from store import incidents, outbox
from store.incidents import Incident
from store.records import Clock, Delivery
from tests.builders import NOON
from tests.conftest import Clock as StandingClock
from tests.fake_api import serving
from tests.fakes import FakeClaude
from tests.in_process import client_of
from tests.prometheus import binary
from tests.prometheus.promql import expressions, groupings, legends, panels, selectors, variables
from tests.voting import ALONE

pytestmark = pytest.mark.slow

DOCS = Path(__file__).resolve().parents[2] / "docs"
RULES, TESTS = DOCS / "prometheus" / "leadline-rules.yml", DOCS / "prometheus" / "leadline-rules-test.yml"
DASHBOARD = DOCS / "grafana" / "leadline.json"
ALERTS = re.findall(r"- alert: (\w+)", RULES.read_text(encoding="utf-8"))
SCRAPED = {"job", "instance"}
"""Labels that Prometheus adds."""
ENVIRON = {"HOOK": "http://127.0.0.1:9/", "SECRET": "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
SECONDS = 60
Feed = Callable[..., AbstractAsyncContextManager[Service]]


@pytest.fixture
def fed(tmp_path: Path) -> Feed:
    """A service that was sent six days of samples, the last one bad, and has looked at them."""

    @asynccontextmanager
    async def open_(clock: Clock, **given: Any) -> AsyncIterator[Service]:
        channel = ChannelSettings(name="hook", kind="webhook", url_env="HOOK", secret_env="SECRET", allow_private=True)
        settings = Settings(
            database=tmp_path / "a.duckdb",
            drift=DriftSettings(baseline_votes=200),
            alerts=AlertSettings(channels=(channel,)),
            monitors=ALONE,
            **{"judge": JudgeSettings(builtin=("smell_heuristic",)), **given},
        )
        with FakeClaude() as claude:
            environ = {"ANTHROPIC_API_KEY": "sk-test", "ANTHROPIC_BASE_URL": claude.url, **ENVIRON}
            async with Service(settings, clock=clock, environ=environ, scheduled=False) as service:
                await service.intake.accept(samples(clock(), 0.95, 0.95, 0.95, 0.95, 0.95, 0.5))
                await service.pipeline.drain()
                await service.look()
                await measure(service)
                yield service

    return open_


def samples(now: datetime, *rates: float) -> list[Item]:
    """A day of samples per rate, one every four minutes; a bad one is empty."""
    times = [now - timedelta(days=len(rates)) + timedelta(minutes=4 * i) for i in range(360 * len(rates))]
    good = [(i * 7) % 20 < 20 * rates[i // 360] for i in range(len(times))]
    answers = ["Here it is." if ok else "" for ok in good]
    return [
        Item(i, {"id": f"s{i}", "timestamp": ts.isoformat(), "feature": "chat", "response": answer})
        for i, (ts, answer) in enumerate(zip(times, answers, strict=True))
    ]


def exposed(text: str) -> dict[str, set[str]]:
    """The labels of each sample of /metrics, by its name."""
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def promtool(*arguments: object, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """What promtool says."""
    command = [binary("promtool"), *map(str, arguments)]
    return subprocess.run(command, input=text, capture_output=True, text=True, timeout=60, check=False)


def rules_found(file: Path) -> int:
    """How many valid rules promtool finds; what it says where one is not."""
    answer = promtool("check", "rules", file)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    return int(re.findall(r"(\d+) rules found", answer.stdout)[0])


def test_promtool_takes_the_rules() -> None:
    """The shipped rules are valid."""
    answer = promtool("check", "rules", RULES)
    assert (answer.returncode, f"{len(ALERTS)} rules found" in answer.stdout) == (0, True), (
        answer.stdout + answer.stderr
    )


def test_each_rule_fires_when_it_should() -> None:
    """promtool plays the histories beside the rules and sees the alerts they expect, word for word."""
    answer = promtool("test", "rules", TESTS)
    assert answer.returncode == 0, answer.stdout + answer.stderr


@pytest.mark.parametrize("alert", ALERTS)
def test_each_rule_is_tested_and_explained(alert: str) -> None:
    """It has a history that fires it, one that does not, and a section of the runbook, to which it links."""
    told, runbook = TESTS.read_text(encoding="utf-8"), (DOCS / "runbook.md").read_text(encoding="utf-8")
    assert f"alertname: {alert}\n        exp_alerts:\n          - exp_labels" in told
    assert f"alertname: {alert}\n        exp_alerts: []" in told
    assert f"## {alert}\n" in runbook
    assert f"runbook_url: docs/runbook.md#{alert.lower()}\n" in RULES.read_text(encoding="utf-8")


def test_the_scrape_configuration_of_the_docs_is_valid(tmp_path: Path) -> None:
    """What docs/metrics.md shows of prometheus.yml is taken by promtool."""
    assert promtool("check", "config", configured(tmp_path, "127.0.0.1:8321", "key")).returncode == 0


async def test_metrics_are_named_by_the_rules_of_prometheus(fed: Feed, clock: StandingClock) -> None:
    """promtool finds nothing to say about a /metrics with data, and every sample is named once."""
    async with fed(clock) as service:
        text = service.metrics.render().decode()
    answer = promtool("check", "metrics", text=text)
    assert (answer.returncode, answer.stdout, answer.stderr) == (0, "", "")
    lines = [line.rsplit(" ", 1)[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(lines) == len(set(lines))


async def test_a_fall_is_told_with_all_its_figures(fed: Feed, clock: StandingClock) -> None:
    """The monitor fires, its evidence is beyond the threshold, and the rate, drop and onset have their intervals."""
    async with fed(clock) as service:
        told = service.metrics.registry.get_sample_value
        rate = {"feature": "chat", "judge": "smell_heuristic"}
        monitor = {**rate, "metric": "pass_rate"}
        low, high = (told(f"leadline_pass_rate_interval_{end}", rate) or 0.0 for end in ("low", "high"))
        now, before = (told(f"leadline_pass_rate{which}", rate) or 0.0 for which in ("", "_baseline"))
        drop = [told(f"leadline_monitor_drop{end}", monitor) or 0.0 for end in ("_interval_low", "", "_interval_high")]
        evidence, threshold = (
            told(f"leadline_monitor_log_{what}", monitor) or 0.0 for what in ("evidence", "threshold")
        )
        onset = told("leadline_monitor_onset_timestamp_seconds", monitor)
    assert told("leadline_monitor_state", {**monitor, "state": "firing"}) == 1
    assert told("leadline_monitors", {"state": "firing"}) == told("leadline_alerts", {"state": "firing"}) == 1
    assert 0 < low < now < high < before < 1
    assert drop == sorted(drop)
    assert drop[0] > 0.3
    assert evidence > threshold > 0
    assert abs((onset or 0.0) - (NOON - timedelta(days=1)).timestamp()) < 3600
    assert told("leadline_last_look_timestamp_seconds") == NOON.timestamp()


async def test_dashboard_and_rules_name_what_is_there(fed: Feed, clock: StandingClock, tmp_path: Path) -> None:
    """Every metric and label of every expression, legend and variable is exposed by a service that has them all."""
    judge = JudgeSettings(builtin=("smell_heuristic", "smell_test"), llm_rate=0.05, usd_per_day=5.0)
    async with fed(clock, judge=judge) as service:
        async with client_of(service) as client:
            assert (await client.post("/v1/samples", content=b"no JSON")).status_code == 400
        names = exposed(service.metrics.render().decode())
    variable = [(query, {label}) for query, label in variables(DASHBOARD)]
    for text, shown in [*legends(DASHBOARD), *variable, (RULES.read_text(encoding="utf-8"), set())]:
        found = dict(selectors(text))
        assert set(found) <= set(names)
        for name, selected in selectors(text):
            assert selected <= names[name] | SCRAPED, name
        offered = {label for name in found for label in names[name]} | SCRAPED
        assert shown | groupings(text) <= offered, text


def test_promtool_takes_every_expression_of_the_dashboard(tmp_path: Path) -> None:
    """Each parses, written as a recording rule; every panel with data has a target, a title and a description."""
    shown = [one for one in panels(DASHBOARD) if one["type"] != "row"]
    assert all(one["targets"] and one["title"] and one["description"] for one in shown)
    rules = [{"record": f"panel:{n}", "expr": one} for n, one in enumerate(expressions(DASHBOARD))]
    file = tmp_path / "panels.yml"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    assert rules_found(file) == len(rules) > 0


async def test_the_queue_of_a_channel_is_told(fed: Feed, clock: StandingClock) -> None:
    """Messages that wait, since when, those given up, and whether the channel failed last; put off is not old."""
    hour = timedelta(hours=1)
    plain: dict[str, Any] = {"channel": "hook", "event": "firing", "created_at": NOON - 2 * hour}
    rows = [
        Delivery(event_id="a", state="dead", attempts=3, next_attempt_at=NOON - hour, **plain),
        Delivery(event_id="b", state="pending", attempts=1, next_attempt_at=NOON + hour, **plain),
        Delivery(event_id="c", state="pending", next_attempt_at=NOON + hour, **plain | {"created_at": NOON - 9 * hour}),
    ]
    async with fed(clock) as service:
        service.store.run(lambda c: outbox.owe(c, rows)).result()
        service.metrics.count_delivery("hook", "dead")
        await measure(service)
        told = {name: value(service, name) for name in ("waiting", "oldest_seconds", "dead")}
        tried = [value(service, "attempts_total", "delivery", outcome=how) for how in ("delivered", "failed", "dead")]
        failing = value(service, "failing", "channel")
        service.store.run(lambda c: outbox.save(c, [delivered(service, "b")])).result()
        await measure(service)
        mended = value(service, "failing", "channel")
    assert (told["oldest_seconds"], told["dead"], tried) == (7200, 1, [0, 0, 1])
    assert (told["waiting"] or 0) >= 2
    assert (failing, mended) == (1, 0)


def delivered(service: Service, event_id: str) -> Delivery:
    """This delivery, arrived."""
    with service.store.read() as c:
        found = outbox.get(c, event_id, "hook")
    assert found is not None
    return replace(found, state="delivered", delivered_at=NOON)


def value(service: Service, name: str, of: str = "deliveries", **labels: str) -> float | None:
    """A metric of the channel `hook`."""
    return service.metrics.registry.get_sample_value(f"leadline_{of}_{name}", {"channel": "hook", **labels})


async def test_incidents_are_counted_by_state_and_severity(fed: Feed, clock: StandingClock) -> None:
    """Open and past ones, and 0 where there is none, so that nothing has to be there before an alert can use it."""
    added = [
        Incident(incident_id=f"i{n}", state=state, severity="info", opened_at=NOON)
        for n, state in enumerate(("acknowledged", "resolved", "resolved"))
    ]
    async with fed(clock) as service:
        service.store.run(lambda c: incidents.save(c, added)).result()
        await measure(service)
        told = service.metrics.registry.get_sample_value
        counts = [
            told("leadline_incidents", {"state": state, "severity": "info"})
            for state in ("firing", "acknowledged", "resolved")
        ]
    assert counts == [0, 1, 2]


async def test_a_service_that_has_just_started_tells_how_it_was(fed: Feed, clock: StandingClock) -> None:
    """After a restart, before its first look, a monitor that fires is told as such: an alert on it stays."""
    async with fed(clock) as service:
        settings = service.settings
    async with Service(settings, clock=clock, environ=ENVIRON, scheduled=False) as again:
        await measure(again)
        told = again.metrics.registry.get_sample_value
        place = {"feature": "chat", "judge": "smell_heuristic"}
    assert told("leadline_monitor_state", {**place, "metric": "pass_rate", "state": "firing"}) == 1
    assert told("leadline_alerts_firing") == 1
    assert (told("leadline_pass_rate", place) or 1.0) < 0.6
    assert told("leadline_last_look_timestamp_seconds") is None


async def test_prometheus_fires_the_alert(fed: Feed, tmp_path: Path) -> None:
    """A real Prometheus scrapes the service with a read key, as the docs say, and fires the rule for the regression."""
    key, entry = new_key(Role.READ)
    async with fed(lambda: datetime.now(UTC), keys=(entry,)) as service:
        with serving(create_app(service)) as url:
            file = configured(tmp_path, url.removeprefix("http://"), key)
            with prometheus(file, tmp_path / "tsdb") as address:
                firing = await asyncio.to_thread(alerts, address, lambda found: any(map(is_regression, found)))
    (fall,) = filter(is_regression, firing)
    assert (fall["labels"]["feature"], fall["labels"]["judge"]) == ("chat", "smell_heuristic")
    assert fall["annotations"]["summary"].startswith("chat: pass_rate of smell_heuristic got ")


def are_right(firing: list[dict[str, Any]]) -> bool:
    """The regression fires, and nothing else: before the first scrape it looks as if nobody were there."""
    return bool(firing) and all(map(is_regression, firing))


def is_regression(alert: dict[str, Any]) -> bool:
    name: str = alert["labels"]["alertname"]
    return name.startswith("LeadlineRegression")


def configured(folder: Path, target: str, key: str) -> Path:
    """The configuration of the docs for this target and key; rules fire at once, and all is done every second."""
    (shown,) = re.findall(r"```yaml\n(.*?)```", (DOCS / "metrics.md").read_text(encoding="utf-8"), re.DOTALL)
    rules = re.sub(r"^ +(keep_firing_)?for: .*\n", "", RULES.read_text(encoding="utf-8"), flags=re.MULTILINE)
    (folder / RULES.name).write_text(rules, encoding="utf-8")
    (folder / "leadline.key").write_text(key, encoding="utf-8")
    often = "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
    placed = shown.replace("/etc/prometheus/", f"{folder}/").replace("127.0.0.1:8321", target)
    file = folder / "prometheus.yml"
    file.write_text(often + placed, encoding="utf-8")
    return file


@contextmanager
def prometheus(configuration: Path, data: Path) -> Iterator[str]:
    """A running Prometheus; gives its address. Its own words are in a file beside its data."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [binary("prometheus"), f"--config.file={configuration}", f"--storage.tsdb.path={data}"]
    with data.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen([*command, f"--web.listen-address=127.0.0.1:{port}"], stdout=log, stderr=log)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def alerts(address: str, enough: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
    """The alerts that fire, as soon as they are enough."""
    until, found = time.monotonic() + SECONDS, list[dict[str, Any]]()
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}/api/v1/alerts", timeout=5) as answer:
                told = json.load(answer)["data"]["alerts"]
        except OSError:
            told = []  # it does not listen yet
        found = [one for one in told if one["state"] == "firing"]
        if enough(found):
            return found
        time.sleep(0.1)
    raise AssertionError(f"after {SECONDS} s these fire: {found}")
