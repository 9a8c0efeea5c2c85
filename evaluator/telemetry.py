"""Logs (structlog to stderr) and metrics (one Prometheus registry per service). Never a sample's text, never a key."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from evaluator.readings import JUDGE_GAUGES, LOOK_GAUGES, MONITOR_GAUGES, SERVICE_GAUGES, Described, Reading
from judges.breaker import State
from judges.client import Watcher

if TYPE_CHECKING:
    from evaluator.api.shapes import Bounded, MonitorView


def configure_logging(level: str) -> None:
    """Writes one line per event to stderr: coloured on a terminal, JSON elsewhere."""
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if sys.stderr.isatty():
        renderer = structlog.dev.ConsoleRenderer()
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


class CallMetrics(Watcher):
    """What became of the judges' calls to models, by provider."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._calls = Counter(
            "leadline_model_calls", "Calls to models by how they ended.", ["provider", "outcome"], registry=registry
        )
        self._waits = Counter(
            "leadline_rate_limit_wait_seconds",
            "Time that calls waited for their turn under the rate limits.",
            ["provider"],
            registry=registry,
        )
        self._circuits = Gauge(
            "leadline_circuit", "1 for the state a provider's circuit is in.", ["provider", "state"], registry=registry
        )

    def called(self, provider: str, outcome: str) -> None:
        self._calls.labels(provider=provider, outcome=outcome).inc()

    def waited(self, provider: str, seconds: float) -> None:
        self._waits.labels(provider=provider).inc(seconds)

    def turned(self, provider: str, state: State) -> None:
        for one in State:
            self._circuits.labels(provider=provider, state=one).set(one is state)


class Gauges(Collector):
    """Gauges that are replaced as a whole, so that no scrape sees a half of them."""

    def __init__(self, registry: CollectorRegistry, described: Described) -> None:
        self.shown = False
        self._described = described
        self._told = tuple(self._families().values())
        registry.register(self)

    def show(self, readings: Iterable[Reading]) -> None:
        """Tells these and nothing else from now on: a judge or feature that is gone is gone here too."""
        told = self._families()
        for one in readings:
            told[one.gauge].add_metric(one.labels, one.value)
        self._told = tuple(told.values())
        self.shown = True

    def _families(self) -> dict[str, GaugeMetricFamily | CounterMetricFamily]:
        return {
            name: (CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily)(
                f"leadline_{name}", what, labels=labels
            )
            for name, (what, labels) in self._described.items()
        }

    def collect(self) -> Iterable[Metric]:
        return self._told


PASS_RATES = {
    "": "Pass rate of the last 24 hours.",
    "_lower": "That rate had all the unscored failed.",
    "_upper": "That rate had all the unscored passed.",
}


OUTCOMES = ("delivered", "failed", "dead")
"""How an attempt at a delivery ends: dead is the failure after which it is given up."""


class Metrics:
    """What `/metrics` exposes; docs/metrics.md lists every name."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.measured_since: datetime | None = None
        self._count_what_comes()
        self._count_what_is_done()
        self.firing = self._gauge("alerts_firing", "Alerts that fire now.")
        self.pass_rates = {
            which: self._gauge(f"pass_rate{which}", what, "feature", "judge") for which, what in PASS_RATES.items()
        }
        share = "Share that a metric's monitor tells, of the last 24 hours."
        self.shares = self._gauge("share", share, "feature", "judge", "metric", "share")
        self.queue = self._gauge("writer_queue", "Writes that wait for a commit.")
        self.in_batches = self._gauge("batch_samples", "Samples in batches that have not ended.", "judge")
        self.backlog = self._gauge("judge_queue", "Samples that wait for the judges.")
        self.judging = Gauges(self.registry, JUDGE_GAUGES)
        self.watching = Gauges(self.registry, MONITOR_GAUGES)
        self.looking = Gauges(self.registry, LOOK_GAUGES)
        self.serving = Gauges(self.registry, SERVICE_GAUGES)

    def _count_what_comes(self) -> None:
        self.samples = self._counter("samples", "Incoming items by what became of them.", "outcome")
        self.records = self._counter(
            "otlp_records", "OTLP records by signal and what became of them.", "signal", "outcome"
        )
        self.lost = self._counter("parts_lost", "What could not become part of a sample, by reason.", "what")
        self.slow_patterns = self._gauge("redaction_timeouts", "Texts replaced whole: a pattern was too slow.")
        self.feedback = self._counter("feedback", "Feedback by what became of it.", "outcome")
        self.refused = self._counter("refused_bodies", "Ingest requests not taken, by status.", "status")
        self.intake_bytes = self._gauge("intake_bytes", "Bytes of bodies under way.")

    def _count_what_is_done(self) -> None:
        self.verdicts = self._counter("verdicts", "Judgements by judge and status.", "judge", "status")
        self.calls = CallMetrics(self.registry)
        self.checks = self._counter("drift_checks", "Looks at monitors.")
        self.deliveries = self._counter("deliveries", "Alert events delivered.")
        tried = "Attempts at deliveries by channel and how they ended."
        self.attempts = self._counter("delivery_attempts", tried, "channel", "outcome")
        self.exported = self._counter("exported_verdicts", "Exported verdicts by what became of them.", "outcome")
        self.export_waiting = self._gauge("export_waiting", "Verdicts that wait to be exported.")

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"leadline_{name}", what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str, *labels: str) -> Gauge:
        return Gauge(f"leadline_{name}", what, labels, registry=self.registry)

    def count_items(self, outcomes: Mapping[str, int]) -> None:
        """Adds items by what became of them."""
        for outcome, n in outcomes.items():
            self.samples.labels(outcome=outcome).inc(n)

    def count_records(self, signal: str, *, taken: int, ignored: int, rejected: int) -> None:
        """Adds the records of one OTLP body."""
        for outcome, n in {"taken": taken, "ignored": ignored, "rejected": rejected}.items():
            self.records.labels(signal=signal, outcome=outcome).inc(n)

    def count_delivery(self, channel: str, outcome: str) -> None:
        """Adds one attempt at a delivery; `outcome` is one of `OUTCOMES`."""
        self.attempts.labels(channel=channel, outcome=outcome).inc()

    def expect_deliveries(self, channels: Iterable[str]) -> None:
        """Tells that nothing has been tried yet: what begins with its first failure never seems to have grown."""
        for channel in channels:
            for outcome in OUTCOMES:
                self.attempts.labels(channel=channel, outcome=outcome)

    def looked(self, began_at: datetime, ended_at: datetime) -> None:
        """Tells when the last look ended, and how long it took."""
        self.looking.show(
            [
                Reading("last_look_timestamp_seconds", (), ended_at.timestamp()),
                Reading("last_look_duration_seconds", (), (ended_at - began_at).total_seconds()),
            ]
        )

    def show_rate(self, feature: str, judge: str, rate: Bounded) -> None:
        """Sets a pass rate and its bounds; what there is no data for is not told."""
        for which, value in (("", rate.rate), ("_lower", rate.worst), ("_upper", rate.best)):
            if value is None:
                self.pass_rates[which].remove_by_labels({"feature": feature, "judge": judge})
            else:
                self.pass_rates[which].labels(feature=feature, judge=judge).set(value)

    def show_shares(self, monitors: Iterable[MonitorView]) -> None:
        """Tells the shares of these monitors and no other: with an alarm, a monitor may speak of another share."""
        self.shares.clear()
        for one in monitors:
            if one.current.rate is not None:
                labels = {"feature": one.feature, "judge": one.judge, "metric": one.metric, "share": one.says}
                self.shares.labels(**labels).set(one.current.rate)

    def show_batches(self, waiting: Mapping[str, int]) -> None:
        """Sets how many samples wait in batches, by judge."""
        self.in_batches.clear()
        for judge, n in waiting.items():
            self.in_batches.labels(judge=judge).set(n)

    def refused_with(self, status: int) -> int:
        """How many bodies were not taken with this status since the start."""
        counted = (one for metric in self.refused.collect() for one in metric.samples if one.name.endswith("_total"))
        return int(sum(one.value for one in counted if one.labels["status"] == str(status)))

    def count_lost(self, what: str, n: int) -> None:
        """Adds what assembling calls had to give up."""
        self.lost.labels(what=what).inc(n)

    def count_feedback(self, outcome: str, n: int) -> None:
        """Adds feedback by what became of it."""
        self.feedback.labels(outcome=outcome).inc(n)

    def render(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)
