"""Logs (structlog to stderr) and metrics (one Prometheus registry per service). Never a sample's text, never a key."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

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


class Reading(NamedTuple):
    """One value of one of `JUDGE_GAUGES`; `labels` in the order given there."""

    gauge: str
    labels: tuple[str, ...]
    value: float


JUDGE_GAUGES = {
    "coverage": ("Samples of the last 24 hours by how far they came.", ("feature", "judge", "what")),
    "unscored": ("Samples of the last 24 hours without a verdict, by reason.", ("feature", "judge", "what", "reason")),
    "judge_pending": ("Samples that the judge owes a verdict.", ("judge",)),
    "judge_oldest_seconds": ("How long the oldest of them has waited.", ("judge",)),
    "judge_cost_usd": ("USD spent this UTC day.", ("judge",)),
    "judge_flip_rate": ("Share of repeated verdicts decided otherwise.", ("judge",)),
    "judge_cache_hit_rate": ("Share of prompt tokens from the provider's cache.", ("judge",)),
    "judge_sampling_factor": ("What a budget multiplies the judge's rate by.", ("judge",)),
    "budget_left_usd": ("USD left of a budget.", ("judge", "period")),
}


class JudgeGauges(Collector):
    """What is told of every judge. It is replaced as a whole, so that no scrape sees a half of it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.show(())
        registry.register(self)

    def show(self, readings: Iterable[Reading]) -> None:
        """Tells these and nothing else from now on: a judge or feature that is gone is gone here too."""
        told = {
            name: GaugeMetricFamily(f"leadline_{name}", what, labels=labels)
            for name, (what, labels) in JUDGE_GAUGES.items()
        }
        for one in readings:
            told[one.gauge].add_metric(one.labels, one.value)
        self._told = tuple(told.values())

    def collect(self) -> Iterable[Metric]:
        return self._told


PASS_RATES = {
    "": "Pass rate of the last 24 hours.",
    "_lower": "That rate had all the unscored failed.",
    "_upper": "That rate had all the unscored passed.",
}


class Metrics:
    """What `/metrics` exposes; docs/metrics.md lists every name."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.samples = Counter(
            "leadline_samples", "Incoming items by what became of them.", ["outcome"], registry=self.registry
        )
        self.records = Counter(
            "leadline_otlp_records",
            "OTLP records by signal and what became of them.",
            ["signal", "outcome"],
            registry=self.registry,
        )
        self.lost = Counter(
            "leadline_parts_lost",
            "What could not become part of a sample, by reason.",
            ["what"],
            registry=self.registry,
        )
        self.slow_patterns = Gauge(
            "leadline_redaction_timeouts", "Texts replaced whole: a pattern was too slow.", registry=self.registry
        )
        self.feedback = Counter(
            "leadline_feedback", "Feedback by what became of it.", ["outcome"], registry=self.registry
        )
        self.refused = Counter(
            "leadline_refused_bodies", "Ingest requests not taken, by status.", ["status"], registry=self.registry
        )
        self.intake_bytes = Gauge("leadline_intake_bytes", "Bytes of bodies under way.", registry=self.registry)
        self.verdicts = Counter(
            "leadline_verdicts", "Judgements by judge and status.", ["judge", "status"], registry=self.registry
        )
        self.calls = CallMetrics(self.registry)
        self.checks = Counter("leadline_drift_checks", "Looks at monitors.", registry=self.registry)
        self.deliveries = Counter("leadline_deliveries", "Alert events delivered.", registry=self.registry)
        self.exported = Counter(
            "leadline_exported_verdicts",
            "Exported verdicts by what became of them.",
            ["outcome"],
            registry=self.registry,
        )
        self.export_waiting = Gauge(
            "leadline_export_waiting", "Verdicts that wait to be exported.", registry=self.registry
        )
        self.firing = Gauge("leadline_alerts_firing", "Alerts that fire now.", registry=self.registry)
        self.pass_rates = {
            which: Gauge(f"leadline_pass_rate{which}", what, ["feature", "judge"], registry=self.registry)
            for which, what in PASS_RATES.items()
        }
        self.shares = Gauge(
            "leadline_share",
            "Share that a metric's monitor tells, of the last 24 hours.",
            ["feature", "judge", "metric", "share"],
            registry=self.registry,
        )
        self.queue = Gauge("leadline_writer_queue", "Writes that wait for a commit.", registry=self.registry)
        self.in_batches = Gauge(
            "leadline_batch_samples", "Samples in batches that have not ended.", ["judge"], registry=self.registry
        )
        self.backlog = Gauge("leadline_judge_queue", "Samples that wait for the judges.", registry=self.registry)
        self.judging = JudgeGauges(self.registry)

    def count_items(self, outcomes: Mapping[str, int]) -> None:
        """Adds items by what became of them."""
        for outcome, n in outcomes.items():
            self.samples.labels(outcome=outcome).inc(n)

    def count_records(self, signal: str, *, taken: int, ignored: int, rejected: int) -> None:
        """Adds the records of one OTLP body."""
        for outcome, n in {"taken": taken, "ignored": ignored, "rejected": rejected}.items():
            self.records.labels(signal=signal, outcome=outcome).inc(n)

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
        return int(self.registry.get_sample_value("leadline_refused_bodies_total", {"status": str(status)}) or 0)

    def count_lost(self, what: str, n: int) -> None:
        """Adds what assembling calls had to give up."""
        self.lost.labels(what=what).inc(n)

    def count_feedback(self, outcome: str, n: int) -> None:
        """Adds feedback by what became of it."""
        self.feedback.labels(outcome=outcome).inc(n)

    def render(self) -> bytes:
        """The Prometheus text format."""
        return generate_latest(self.registry)
