"""Which clients send what, and what to change at those whose text does not arrive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from evaluator.api.shapes import IntakeView, SourceView
from evaluator.intake import hints
from store import parts as part_store
from store import samples as sample_store
from store.database import Connection
from store.samples import SourceRow

WINDOW = timedelta(hours=24)
FEW = 0.05
"""A share of samples below this is not worth a hint: single calls go wrong everywhere."""


def intake(c: Connection, now: datetime, unfolded: int = 0) -> IntakeView:
    """The clients of the last day, and what of theirs waits to be put together; `unfolded` is not in the store yet."""
    waiting, oldest = part_store.waiting(c)
    return IntakeView(
        hours=WINDOW.total_seconds() / 3600,
        sources=views(sample_store.sources(c, now - WINDOW)),
        parts_waiting=waiting + unfolded,
        oldest_part_seconds=None if oldest is None else (now - oldest).total_seconds(),
    )


def views(rows: Iterable[SourceRow]) -> list[SourceView]:
    """One view per feature and source."""
    groups: dict[tuple[str, str], list[SourceRow]] = defaultdict(list)
    for row in rows:
        groups[row.feature, row.source].append(row)
    return [_view(feature, source, group) for (feature, source), group in groups.items()]


def _view(feature: str, source: str, rows: list[SourceRow]) -> SourceView:
    samples = sum(row.n for row in rows)
    without_text = sum(row.without_text for row in rows)
    incomplete = {
        row.incomplete: row.n - row.without_text for row in rows if row.incomplete and row.n > row.without_text
    }
    return SourceView(
        feature=feature,
        source=source,
        samples=samples,
        without_text=without_text,
        incomplete=incomplete,
        last_at=max(row.last_at for row in rows),
        hints=list(_hints(source, samples, without_text, incomplete)),
    )


def _hints(source: str, samples: int, without_text: int, incomplete: dict[str, int]) -> Iterator[str]:
    if without_text > FEW * samples:
        yield f"{without_text:,} of {samples:,} came without text: {hints.for_missing_text(source)}"
    for reason, n in incomplete.items():
        if n > FEW * samples and (told := hints.for_incomplete(reason)):
            yield f"{n:,} of {samples:,} came incomplete ({reason}): {told}"
