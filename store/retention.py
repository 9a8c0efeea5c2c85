"""Deleting texts: of samples, of what was said about them, and of what alerts quote of them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from store import queries, rows
from store.records import Sample, TextState
from store.text import dump, parse

if TYPE_CHECKING:
    from store.database import Connection
    from store.samples import Key

QUOTED = ("request", "response", "explanation")
"""What an example in an alert's evidence quotes."""


@dataclass(frozen=True, slots=True)
class Passable:
    """A sample whose text nobody needs for a failure, without that text; `judged_by` are judges and their versions."""

    sample: Sample
    judged_by: frozenset[tuple[str, str]]


def texts_before(c: Connection, features: Sequence[str], before: datetime, limit: int) -> list[Key]:
    """Samples of these features that have text and arrived before then, first received first."""
    found = queries.rows(c, "texts_before", features=list(features), before=before, limit=limit)
    return [(row["sample_id"], row["ts"]) for row in found]


def passable(c: Connection, features: Sequence[str], after: tuple[datetime, str], limit: int) -> list[Passable]:
    """Samples of these features with text that nobody found bad, received after that (moment, id), in that order."""
    parameters = {"features": list(features), "after_at": after[0], "after_id": after[1], "limit": limit}
    return [_passable(row) for row in queries.rows(c, "texts_not_of_failures", **parameters)]


def delete_texts(c: Connection, keys: Sequence[Key], state: TextState) -> int:
    """Take the texts of these samples away, and what judges and people said of them; how many samples."""
    wanted: dict[str, list[Any]] = {"sample_id": [sample_id for sample_id, _ in keys], "ts": [ts for _, ts in keys]}
    bounds = {"from_ts": min(wanted["ts"]), "until_ts": max(wanted["ts"])}
    with rows.incoming(c, wanted):
        queries.run(c, "empty_payloads", **bounds)
        queries.run(c, "empty_explanations", **bounds)
        queries.run(c, "empty_opinions", **bounds)
        queries.run(c, "empty_comments")
        queries.run(c, "empty_notes")
        queries.run(c, "mark_texts", **bounds, state=state.value)
    return len(keys)


def delete_explanations(c: Connection, features: Sequence[str], before: datetime, limit: int) -> int:
    """Take away what judges said of samples of these features before then; how many, at most `limit`."""
    found = queries.rows(c, "explanations_before", features=list(features), before=before, limit=limit)
    if found:
        with rows.incoming(c, {"seq": [row["seq"] for row in found]}):
            queries.run(c, "empty_explanations_of")
            queries.run(c, "empty_opinions_of")
    return len(found)


def delete_comments(c: Connection, before: datetime) -> int:
    """Take away what people said before then; how many."""
    return int((queries.run(c, "empty_comments_before", before=before).fetchone() or (0,))[0])


def quoting_alerts(c: Connection) -> dict[str, dict[str, Any]]:
    """By alert, the evidence without its quotes, for alerts that quote samples whose text is gone."""
    told = {row["alert_id"]: parse(row["evidence"]) for row in queries.rows(c, "alerts_with_examples")}
    quoted = {key for evidence in told.values() for example in _quoting(evidence) if (key := _key(example))}
    if not quoted:
        return {}
    wanted: dict[str, list[Any]] = {"sample_id": [sample_id for sample_id, _ in quoted], "ts": [ts for _, ts in quoted]}
    with rows.incoming(c, wanted):
        gone = {(row["sample_id"], row["ts"]) for row in queries.rows(c, "samples_without_text")}
    return {
        alert_id: _unquoted(evidence, gone)
        for alert_id, evidence in told.items()
        if any(_key(example) in gone for example in _quoting(evidence))
    }


def set_evidence(c: Connection, alert_id: str, evidence: dict[str, Any]) -> None:
    """Let the alert say this."""
    queries.run(c, "set_evidence", alert_id=alert_id, evidence=dump(evidence))


def free_bytes(c: Connection) -> int:
    """Bytes of the file that belong to nothing: deleted texts can still stand in them."""
    return int(next(iter(queries.rows(c, "free_space")), {"free_bytes": 0})["free_bytes"] or 0)


def fill(c: Connection, pieces: Sequence[bytes]) -> None:
    """Write bytes without meaning where the file has room."""
    queries.run(c, "make_filler")
    with rows.incoming(c, {"bytes": pieces}):
        queries.run(c, "insert_filler")


def drop_filler(c: Connection) -> None:
    """Give the room back."""
    queries.run(c, "drop_filler")


def _passable(row: dict[str, Any]) -> Passable:
    judged_by: Collection[str] = row.pop("judged_by") or ()
    return Passable(Sample(**row), frozenset(_judge(name) for name in judged_by))


def _judge(told: str) -> tuple[str, str]:
    name, _, version = told.partition("\n")
    return name, version


def _quoting(evidence: dict[str, Any]) -> Iterator[dict[str, Any]]:
    return (example for example in evidence.get("examples", ()) if any(example.get(name) for name in QUOTED))


def _key(example: dict[str, Any]) -> Key | None:
    try:
        return str(example["sample_id"]), datetime.fromisoformat(str(example["ts"]))
    except (KeyError, ValueError):
        return None


def _unquoted(evidence: dict[str, Any], gone: Collection[Key]) -> dict[str, Any]:
    empty = dict.fromkeys(QUOTED, "")
    examples = [example | empty if _key(example) in gone else example for example in evidence["examples"]]
    return {**evidence, "examples": examples}
