"""What the API tells and takes long to count: kept until something comes (evaluator.remembered)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from evaluator.api.shapes import MonitorView
from evaluator.lane import Lane
from evaluator.monitors.views import Make, Showing
from evaluator.owed import Span
from evaluator.service import Service
from evaluator.waiting import Span as WaitingSpan
from store import judging, rollup
from store.contents import contents
from store.coverage import FateRow
from store.database import Connection
from store.judging import Figures, Version

T = TypeVar("T")
MINUTE = timedelta(minutes=1)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def kept(service: Service, c: Connection, key: tuple[object, ...], make: Callable[[], T], *more: object) -> T:
    """What `make` says, or said of the same rows, of the same state of `more`, in the same minute."""
    return service.remembered.get(key, _state(service, c, *more), make)


def _state(service: Service, c: Connection, *more: object) -> tuple[object, ...]:
    return contents(c), (service.clock() - BEGINNING) // MINUTE, *more


def pending(service: Service, lane: Lane) -> tuple[int, datetime | None]:
    """How many samples wait for the judge, and when the oldest of them arrived."""
    with service.store.read() as c:
        return service.backlog.count(c, lane, Span(service.pipeline.window_start(), service.clock()))


def fates(
    service: Service, c: Connection, lanes: Iterable[Lane], span: tuple[datetime, datetime], minutes: int
) -> list[tuple[Lane, list[FateRow]]]:
    """What became of the kept samples of a span at each judge, in steps of so many minutes."""
    slid, state = _sliding(service, *span), _state(service, c)

    def of(lane: Lane) -> list[FateRow]:
        make = partial(service.waiting.fates, c, lane, *span, minutes)
        return service.remembered.get(("fates", lane.judge.name, slid, minutes), state, make)

    return [(lane, of(lane)) for lane in lanes]


def figures(service: Service, c: Connection, since: datetime) -> dict[Version, Figures]:
    """Of every LLM judge version with verdicts since then."""
    key = ("figures", _sliding(service, since, service.clock()))
    return kept(service, c, key, lambda: judging.figures(c, since))


def showing(service: Service) -> Showing:
    """What monitors are shown with: what waits for them, and what was made of them as they are now."""

    def keep(c: Connection, key: int, until: datetime, make: Make) -> list[MonitorView]:
        if abs(service.clock() - until) > MINUTE:
            return make()
        return kept(service, c, ("monitors", key), make, rollup.extent(c))

    return Showing(service.settings, _in_spans(service), keep)


def _in_spans(service: Service) -> Callable[[Connection, Sequence[WaitingSpan]], Sequence[int]]:
    """How many samples wait in each span of a series, of all spans that are asked for at once."""

    def waiting(c: Connection, spans: Sequence[WaitingSpan]) -> Sequence[int]:
        # Its hash alone is kept: hundreds of spans are asked for at once.
        key = hash(tuple((series, _sliding(service, start, end)) for series, start, end in spans))
        return kept(service, c, ("in spans", key), lambda: service.waiting.in_spans(c, spans))

    return waiting


def _sliding(service: Service, start: datetime, end: datetime) -> tuple[object, object]:
    """A span as a key: up to now, it stays the same while time passes, by its length or by the hour it begins at."""
    now = service.clock()
    if abs(now - end) > MINUTE:
        return start, end
    is_whole = not (start.minute or start.second or start.microsecond)
    return (start if is_whole else round((end - start) / MINUTE)), "now"
