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

if TYPE_CHECKING:
    from store.database import Connection

# A retry of a sample without a timestamp is stamped later by us; it is looked for this far around.
RETRY_WINDOW = timedelta(hours=24)

_PAYLOAD = ("request", "response")
_SAMPLE = [field.name for field in fields(Sample) if field.name not in (*_PAYLOAD, "ts_given")]
_VERDICT = [field.name for field in fields(Verdict) if field.name != "opinions"]
_OPINION = [field.name for field in fields(Opinion)]
_OF_VERDICT = ("sample_id", "ts", "judged_at", "judge", "judge_version")
_TRAFFIC = [field.name for field in fields(TrafficCount)]
_PART = [field.name for field in fields(PartRow)]


def append_samples(c: Connection, samples: Sequence[Sample]) -> list[Outcome]:
    """Store the samples that are new; what became of each, in order."""
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
        payload = {name: [dump(getattr(sample, name)) for sample in fresh] for name in _PAYLOAD}
        with rows.incoming(c, _columns(fresh, _SAMPLE) | payload):
            queries.run(c, "insert_samples")
            queries.run(c, "insert_payloads")
    return outcomes


def append_verdicts(c: Connection, verdicts: Sequence[Verdict], after: int) -> list[bool]:
    """Store the verdicts that are new, numbered from `after` + 1; True for each that was."""
    fresh, stored = [], []
    known = _known_verdicts(c, verdicts)
    for verdict in verdicts:
        identity = (clean(verdict.sample_id), verdict.ts, clean(verdict.judge), clean(verdict.judge_version))
        stored.append(identity not in known)
        if stored[-1]:
            known.add(identity)
            fresh.append(verdict)
    if fresh:
        numbers = {"seq": range(after + 1, after + 1 + len(fresh))}
        with rows.incoming(c, _columns(fresh, _VERDICT) | numbers):
            queries.run(c, "insert_verdicts")
        _append_opinions(c, [verdict for verdict in fresh if verdict.opinions])
    return stored


def _append_opinions(c: Connection, verdicts: Sequence[Verdict]) -> None:
    """Store the single answers behind these verdicts, numbered within each."""
    told = [(verdict, place, one) for verdict in verdicts for place, one in enumerate(verdict.opinions)]
    if told:
        given = {name: [getattr(verdict, name) for verdict, _, _ in told] for name in _OF_VERDICT}
        places = {"position": [place for _, place, _ in told]}
        with rows.incoming(c, given | places | _columns([one for _, _, one in told], _OPINION)):
            queries.run(c, "insert_opinions")


def append_traffic(c: Connection, traffic: Sequence[TrafficCount]) -> None:
    """Add to the traffic counts."""
    if traffic:
        with rows.incoming(c, _columns(traffic, _TRAFFIC)):
            queries.run(c, "insert_traffic")


def append_parts(c: Connection, parts: Sequence[PartRow], after: int) -> None:
    """Store the parts, numbered from `after` + 1, also when one came before: who settles them tells."""
    if parts:
        numbers = {"seq": range(after + 1, after + 1 + len(parts)), "size": [len(part.body) for part in parts]}
        with rows.incoming(c, _columns(parts, _PART) | numbers):
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
        for row in queries.rows(c, "known_samples", sample_ids=[sample.sample_id for sample in samples], **bounds):
            known[row["sample_id"]].add(row["ts"])
    return known


def _known_verdicts(c: Connection, verdicts: Sequence[Verdict]) -> set[tuple[str, datetime, str, str]]:
    """The identities of the verdicts that are stored on these samples."""
    if not verdicts:
        return set()
    ids, times = [verdict.sample_id for verdict in verdicts], [verdict.ts for verdict in verdicts]
    found = queries.rows(c, "known_verdicts", sample_ids=ids, from_ts=min(times), until_ts=max(times))
    return {(row["sample_id"], row["ts"], row["judge"], row["judge_version"]) for row in found}


def _columns(records: Sequence[Any], names: Iterable[str]) -> dict[str, Sequence[Any]]:
    return {name: [getattr(record, name) for record in records] for name in names}
