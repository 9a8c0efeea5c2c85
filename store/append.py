"""Samples, traffic counts, verdicts and parts of calls of one commit group into the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from store import queries, rows
from store.parts import PartRow
from store.records import Opinion, Outcome, Sample, TrafficCount, Verdict
from store.text import clean, dump
from store.verdicts import known as known_verdicts

if TYPE_CHECKING:
    from store.database import Connection

# A retry of a sample without a timestamp is stamped later by us; it is looked for this far around.
RETRY_WINDOW = timedelta(hours=24)

_TEXTS = ("request", "response")
_PAYLOAD = ("sample_id", "ts", "reference")
_SAMPLE = [field.name for field in fields(Sample) if field.name not in (*_TEXTS, "reference", "ts_given")]
_VERDICT = [field.name for field in fields(Verdict) if field.name != "opinions"]
_OPINION = [field.name for field in fields(Opinion)]
_OF_VERDICT = ("sample_id", "ts", "judged_at", "judge", "judge_version")
_TRAFFIC = [field.name for field in fields(TrafficCount)]
_PART = [field.name for field in fields(PartRow)]


def append_samples(c: Connection, samples: Sequence[Sample], after: int) -> list[Outcome]:
    """Store the samples that are new, numbered from `after` + 1; what became of each, in order."""
    fresh, outcomes = [], []
    known = _known_times(c, samples)
    for sample in samples:
        times = known[clean(sample.sample_id)]
        repeated = sample.ts in times if sample.ts_given else any(abs(ts - sample.ts) <= RETRY_WINDOW for ts in times)
        outcomes.append(Outcome.DUPLICATE if repeated else Outcome.ACCEPTED)
        if not repeated:
            times.add(sample.ts)
            fresh.append(sample)
    if fresh:
        numbers = {"seq": range(after + 1, after + 1 + len(fresh))}
        with rows.incoming_once(c, _columns(fresh, _SAMPLE) | numbers):
            queries.run(c, "insert_samples")
        texts = {name: [dump(getattr(sample, name)) for sample in fresh] for name in _TEXTS}
        with rows.incoming_once(c, _columns(fresh, _PAYLOAD) | texts):
            queries.run(c, "insert_payloads")
    return outcomes


def append_verdicts(c: Connection, verdicts: Sequence[Verdict], after: int) -> list[bool]:
    """Store the verdicts that are new, numbered from `after` + 1; True for each that was."""
    fresh, stored = [], []
    known = known_verdicts(c, [(verdict.sample_id, verdict.ts) for verdict in verdicts])
    for verdict in verdicts:
        identity = (clean(verdict.sample_id), verdict.ts, clean(verdict.judge), clean(verdict.judge_version))
        stored.append(identity not in known)
        if stored[-1]:
            known.add(identity)
            fresh.append(verdict)
    if fresh:
        numbers = {"seq": range(after + 1, after + 1 + len(fresh))}
        with rows.incoming_once(c, _columns(fresh, _VERDICT) | numbers):
            queries.run(c, "insert_verdicts")
        _append_opinions(c, [verdict for verdict in fresh if verdict.opinions])
    return stored


def _append_opinions(c: Connection, verdicts: Sequence[Verdict]) -> None:
    """Store the single answers behind these verdicts, numbered within each."""
    told = [(verdict, place, one) for verdict in verdicts for place, one in enumerate(verdict.opinions)]
    if told:
        given = {name: [getattr(verdict, name) for verdict, _, _ in told] for name in _OF_VERDICT}
        places = {"position": [place for _, place, _ in told]}
        with rows.incoming_once(c, given | places | _columns([one for _, _, one in told], _OPINION)):
            queries.run(c, "insert_opinions")


def append_traffic(c: Connection, traffic: Sequence[TrafficCount]) -> None:
    """Add to the traffic counts."""
    if traffic:
        with rows.incoming_once(c, _columns(traffic, _TRAFFIC)):
            queries.run(c, "insert_traffic")


def append_parts(c: Connection, parts: Sequence[PartRow], after: int) -> None:
    """Store the parts, numbered from `after` + 1, also when one came before: who settles them tells."""
    if parts:
        numbers = {"seq": range(after + 1, after + 1 + len(parts)), "size": [len(part.body) for part in parts]}
        with rows.incoming_once(c, _columns(parts, _PART) | numbers):
            queries.run(c, "insert_parts")


def _known_times(c: Connection, samples: Sequence[Sample]) -> dict[str, set[datetime]]:
    """At which times the ids of these samples are stored already, as far as they could be the same samples."""
    known: dict[str, set[datetime]] = defaultdict(set)
    if samples:
        reaches = [timedelta(0) if sample.ts_given else RETRY_WINDOW for sample in samples]
        bounds = {
            "from_ts": min(sample.ts - reach for sample, reach in zip(samples, reaches, strict=True)),
            "until_ts": max(sample.ts + reach for sample, reach in zip(samples, reaches, strict=True)),
        }
        with rows.incoming_once(c, {"sample_id": list({sample.sample_id for sample in samples})}):
            for row in queries.rows(c, "known_samples", **bounds):
                known[row["sample_id"]].add(row["ts"])
    return known


def _columns(records: Sequence[Any], names: Iterable[str]) -> dict[str, Sequence[Any]]:
    return {name: [getattr(record, name) for record in records] for name in names}
