"""History in the order in which it became known, for whoever goes through it once more in a store of its own.

A sample is known from its arrival on, a verdict from when it was given on a sample that had arrived, a marker from when
it was written down, a count of traffic from the end of its quarter hour. Texts stay where they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from store import queries, rows
from store.rollup import Counted
from store.store import Store

if TYPE_CHECKING:
    from store.database import Connection

CHUNK = 20_000
MICROSECOND = timedelta(microseconds=1)
INSERTS = {
    "replay_samples": "insert_samples",
    "replay_verdicts": "insert_verdicts",
    "replay_traffic": "insert_traffic",
    "replay_markers": "insert_markers",
    "replay_hours": "replay_insert_hours",
}
"""By the query that finds rows, oldest first, the one that stores them. A verdict's sample goes before it."""


class Late(NamedTuple):
    """A look at a series that must be taken before what came next, because that belongs to an earlier quarter hour.

    The judge of what belongs to the feature alone is ''.
    """

    look: datetime
    feature: str
    judge: str
    judge_version: str


class First(NamedTuple):
    """When one kind of fact of a series was known first and last; `kind` is the judge's, '' without one."""

    feature: str
    judge: str
    judge_version: str
    known_at: datetime
    last_at: datetime
    kind: str


class Command(NamedTuple):
    """A reference window that a command chose for one metric of a judge, or of the feature alone, whatever named it."""

    feature: str
    judge: str
    metric: str
    start_at: datetime
    end_at: datetime
    known_at: datetime
    note: str


def start(c: Connection) -> datetime | None:
    """When the first fact became known, before which there is nothing to replay; None while there is none."""
    first: datetime | None = queries.rows(c, "replay_start")[0]["first_at"]
    return first


def late(c: Connection, after: datetime, until: datetime, origin: datetime, every: timedelta) -> list[Late]:
    """The looks of the grid `origin` + k `every` that rows known in (after, until] came too late for, in order."""
    parameters = {"origin": _micros(origin), "every": every // MICROSECOND}
    return [Late(**row) for row in queries.rows(c, "replay_late", after=after, until=until, **parameters)]


def firsts(c: Connection) -> list[First]:
    """When each kind of fact of each series became known."""
    return [First(**row) for row in queries.rows(c, "replay_firsts")]


def marked(c: Connection, after: datetime, until: datetime) -> list[datetime]:
    """When markers were written down in (after, until]."""
    return [row["known_at"] for row in queries.rows(c, "replay_markers", after=after, until=until)]


def unscored(c: Connection, start: datetime, end: datetime) -> list[Counted]:
    """What was counted as unscored, or scored, in the quarter hours of [start, end)."""
    return [Counted(**row) for row in queries.rows(c, "replay_unscored", from_at=start, until_at=end)]


def first_unscored(c: Connection) -> list[datetime]:
    """The first quarter hour of each series of unscored samples."""
    return [row["bucket"] for row in queries.rows(c, "replay_first_unscored")]


def commands(c: Connection) -> list[Command]:
    """Every reference window that a command chose, in the order of their choosing."""
    return [Command(**row) for row in queries.rows(c, "replay_commands")]


class Feed:
    """What became known in (after, until], brought into another store step by step; `numbered` is its last number."""

    def __init__(self, source: Store, target: Store, after: datetime, until: datetime, numbered: int) -> None:
        self.numbered = numbered
        self._target = target
        self._open = ExitStack()
        self._streams = {name: _Stream(self._open.enter_context(source.read()), name, after, until) for name in INSERTS}

    def __enter__(self) -> Feed:
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def bring(self, until: datetime) -> None:
        """Stores all that was known by `until`."""
        for name, stream in self._streams.items():
            for columns in stream.known_by(until):
                self._target.run(_insertion(INSERTS[name], columns, self.numbered)).result()
                self.numbered += len(columns["known_at"])


class _Stream:
    """The answer of one query, in order of `known_at`, taken piece by piece."""

    def __init__(self, c: Connection, name: str, after: datetime, until: datetime) -> None:
        self._answer = queries.run(c, name, after=after, until=until)
        self._names = [column[0] for column in self._answer.description or ()]
        self._known = self._names.index("known_at")
        self._rows: list[tuple[Any, ...]] = []
        self._place = 0

    def known_by(self, until: datetime) -> Iterator[dict[str, Sequence[Any]]]:
        while piece := self._piece(until):
            yield dict(zip(self._names, zip(*piece, strict=True), strict=True))

    def _piece(self, until: datetime) -> list[tuple[Any, ...]]:
        if self._place == len(self._rows):
            self._rows, self._place = self._answer.fetchmany(CHUNK), 0
        start = self._place
        while self._place < len(self._rows) and queries.aware(self._rows[self._place][self._known]) <= until:
            self._place += 1
        return self._rows[start : self._place]


def _insertion(name: str, columns: dict[str, Sequence[Any]], after: int) -> Any:
    count = len(columns["known_at"])

    def insert(c: Connection) -> None:
        with rows.incoming_once(c, columns | {"seq": range(after + 1, after + 1 + count)}):
            queries.run(c, name)

    return insert


def _micros(moment: datetime) -> int:
    return (moment - datetime(1970, 1, 1, tzinfo=moment.tzinfo)) // MICROSECOND
