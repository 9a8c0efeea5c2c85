"""What keeps this service from watching well, in words, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from evaluator.alerts.findings import alert_findings
from evaluator.api import coverage as covered
from evaluator.api import judges as judged
from evaluator.api import sources
from evaluator.api.judge_shapes import CoverageRow, CoverageView
from evaluator.api.shapes import Finding, IntakeView
from evaluator.batches.findings import batch_findings
from evaluator.causes.findings import findings
from evaluator.causes.words import hint, ok, problem
from evaluator.export.exporter import Standing
from evaluator.service import Service
from evaluator.settings import ServerSettings, Settings
from evaluator.telemetry import Metrics
from judges.cost import prices_of

DAY = timedelta(hours=24)
STALE_PART_SECONDS = 900.0
REFUSED = {
    400: ("could not be read", "the answer says why; docs/clients.md has the formats"),
    401: ("had no known API key", "give the client a key with the role ingest: `leadline key new ingest`"),
    403: ("had a key of another role", "give the client a key with the role ingest: `leadline key new ingest`"),
    413: ("were too large", "raise server.max_body_mb, or have the client send smaller batches"),
}


def examine(service: Service) -> list[Finding]:
    """Every finding about a started service: store, settings, clients of the last day, judges."""
    now = service.clock()
    with service.store.read() as c:
        arriving = sources.intake(c, now, service.store.unfolded_parts())
        exporting = service.exporter.standing(c) if service.exporter else None
        alerting = list(alert_findings(c, service.settings.alerts, now, service.courier.unready))
    coverage = covered.view(service, now - DAY, now, by_day=True)
    return [
        *_store(service),
        *_settings(service.settings),
        *alerting,
        *_clients(arriving, coverage),
        *_refused(service.metrics),
        *_unpriced(service),
        *findings(judged.views(service), coverage, arriving),
        *batch_findings(service),
        *(_export(exporting, service.settings.server) if exporting else ()),
    ]


def _store(service: Service) -> Iterator[Finding]:
    free = service.store.free_bytes()
    room = "in memory" if free is None else f"{free / 1e9:,.1f} GB free"
    if service.store.nearly_full():
        yield problem(
            area="store", what=f"the disk is nearly full ({room}), nothing is accepted", fix="free some space"
        )
    else:
        yield ok(area="store", what=f"{service.settings.database}: can be written, {room}")


def _refused(metrics: Metrics) -> Iterator[Finding]:
    """What came to the door since the start and was not let in: those clients show nowhere else."""
    for status, (what, fix) in REFUSED.items():
        if n := metrics.refused_with(status):
            yield problem(area="clients", what=f"{n:,} requests {what} since the start", fix=fix)


def _unpriced(service: Service) -> Iterator[Finding]:
    """Judges whose budget holds nobody back, because nobody knows what their model costs."""
    total = (service.settings.judge.usd_per_day, service.settings.judge.usd_per_week)
    for entry in service.entries:
        limits = (*total, entry.limit.usd_per_day, entry.limit.usd_per_week)
        if entry.judge and entry.model and not prices_of(entry.model) and any(limits):
            yield hint(
                area=f"judge {entry.name}",
                what=f"no price of {entry.model} is known, so no budget holds for it",
                fix="take a model whose price is known (docs/costs.md), or watch the bill of whoever runs it",
            )


def _settings(settings: Settings) -> Iterator[Finding]:
    if not settings.redaction.enabled:
        yield hint(
            area="redaction",
            what="redaction is off: personal data and keys are stored as they come",
            fix='set redaction.enabled = true, or text.keep = "none"',
        )


def _clients(arriving: IntakeView, coverage: CoverageView) -> Iterator[Finding]:
    for source in arriving.sources:
        area = f"{source.feature} via {source.source}"
        for told in source.hints:
            what, _, fix = told.partition(": ")
            yield problem(area=area, what=what, fix=fix)
        if not source.hints:
            yield ok(area=area, what=f"{source.samples:,} samples came in the last 24 hours, with their text")
    if (arriving.oldest_part_seconds or 0) > STALE_PART_SECONDS:
        yield problem(
            area="clients",
            what=f"{arriving.parts_waiting:,} parts of calls wait to be put together for over 15 minutes",
            fix="see the service's log for a scheduled job that fails",
        )
    yield from _rejected(coverage.traffic)


def _rejected(traffic: Iterable[CoverageRow]) -> Iterator[Finding]:
    for row in traffic:
        if row.outcome == "rejected":
            yield problem(
                area=row.feature,
                what=f"{row.n:,} items were rejected in the last 24 hours",
                fix="the answer to each request names the reason; docs/samples.md has the fields",
            )


def _export(standing: Standing, server: ServerSettings) -> Iterator[Finding]:
    since = f", the oldest of {standing.oldest_at:%Y-%m-%d %H:%M} UTC" if standing.oldest_at else ""
    owed = f"{standing.waiting:,} verdicts wait to be exported{since}"
    if standing.host in {f"{name}:{server.port}" for name in (server.host, "localhost", "127.0.0.1", "[::1]")}:
        yield problem(
            area="export",
            what="export.endpoint is this service itself, which takes none of its own events in",
            fix="set export.endpoint to your own backend or collector",
        )
    elif standing.why:
        again = "a restart sends them again" if standing.passed_over else "it is tried again and again"
        yield problem(
            area="export",
            what=f"{owed}: {standing.host}: {standing.why}",
            fix=f"check export.endpoint and the headers of export.headers_env; {again}",
        )
    elif standing.refused:
        yield hint(
            area="export",
            what=f"{standing.host} refused {standing.refused:,} verdicts for what they hold; they were left out",
            fix="see that server's log",
        )
    else:
        yield ok(area="export", what=f"{standing.host}: {standing.sent:,} verdicts sent since the start; {owed}")
