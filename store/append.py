"""Samples, traffic counts and verdicts of one commit group into the database, each identity once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from store import queries, rows
from store.records import Outcome, Sample, TrafficCount, Verdict
from store.text import dump

if TYPE_CHECKING:
    from store.database import Connection

# A retry of a sample without a timestamp is stamped later by us; it is looked for this far around.
RETRY_WINDOW = timedelta(hours=24)

_PAYLOAD = ("request", "response")
_SAMPLE = [field.name for field in fields(Sample) if field.name not in (*_PAYLOAD, "ts_given")]
_VERDICT = [field.name for field in fields(Verdict)]
_TRAFFIC = [field.name for field in fields(TrafficCount)]


def append_samples(c: Connection, samples: Sequence[Sample]) -> list[Outcome]:
    """Store the samples that are new; what became of each, in order."""
    fresh = _first_samples(samples)
    stored = set(fresh)
    if fresh:
        data = _sample_columns([samples[place] for place in fresh])
        with rows.incoming(c, {"place": fresh, **data}):
            bounds = {"from_ts": min(data["from_ts"]), "until_ts": max(data["until_ts"])}
            known = [row["place"] for row in queries.rows(c, "known_samples", **bounds)]
            stored -= set(known)
            if stored:
                queries.run(c, "insert_samples", known=known)
                queries.run(c, "insert_payloads", known=known)
    return [Outcome.ACCEPTED if place in stored else Outcome.DUPLICATE for place in range(len(samples))]


def append_verdicts(c: Connection, verdicts: Sequence[Verdict], after: int) -> list[bool]:
    """Store the verdicts that are new, numbered upwards from `after` with gaps; True for each that was."""
    fresh = _first_verdicts(verdicts)
    stored = set(fresh)
    if fresh:
        data = _columns([verdicts[place] for place in fresh], _VERDICT)
        with rows.incoming(c, {"place": fresh, **data}):
            bounds = {"from_ts": min(data["ts"]), "until_ts": max(data["ts"])}
            known = [row["place"] for row in queries.rows(c, "known_verdicts", **bounds)]
            stored -= set(known)
            if stored:
                queries.run(c, "insert_verdicts", known=known, after=after)
    return [place in stored for place in range(len(verdicts))]


def append_traffic(c: Connection, traffic: Sequence[TrafficCount]) -> None:
    """Add to the traffic counts."""
    if traffic:
        with rows.incoming(c, _columns(traffic, _TRAFFIC)):
            queries.run(c, "insert_traffic")


def _first_samples(samples: Sequence[Sample]) -> list[int]:
    """The places of the samples that do not repeat an earlier one of the same list."""
    seen: dict[str, list[datetime]] = {}
    fresh = []
    for place, sample in enumerate(samples):
        earlier = seen.setdefault(sample.sample_id, [])
        start, end = _span(sample)
        if not any(start <= ts <= end for ts in earlier):
            earlier.append(sample.ts)
            fresh.append(place)
    return fresh


def _first_verdicts(verdicts: Sequence[Verdict]) -> list[int]:
    """The places of the verdicts that do not repeat an earlier one of the same list."""
    first: dict[tuple[str, datetime, str, str], int] = {}
    for place, verdict in enumerate(verdicts):
        first.setdefault((verdict.sample_id, verdict.ts, verdict.judge, verdict.judge_version), place)
    return list(first.values())


def _span(sample: Sample) -> tuple[datetime, datetime]:
    """Where in time an equal sample would lie."""
    reach = timedelta(0) if sample.ts_given else RETRY_WINDOW
    return sample.ts - reach, sample.ts + reach


def _sample_columns(samples: Sequence[Sample]) -> dict[str, list[Any]]:
    spans = [_span(sample) for sample in samples]
    payload = {name: [dump(getattr(sample, name)) for sample in samples] for name in _PAYLOAD}
    bounds = {"from_ts": [start for start, _ in spans], "until_ts": [end for _, end in spans]}
    return _columns(samples, _SAMPLE) | payload | bounds


def _columns(records: Sequence[Any], names: Iterable[str]) -> dict[str, list[Any]]:
    return {name: [getattr(record, name) for record in records] for name in names}
