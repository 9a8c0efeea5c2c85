"""What is compared: the words that name stored verdicts, and the verdicts behind them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from evaluator.errors import InputError
from store import segments, sides
from store.records import Series
from store.samples import EARLIEST, LATEST, Key
from store.sides import Chosen, Judged, Said

if TYPE_CHECKING:
    from store.database import Connection

STORED = "release:NAME, prompt_version:NAME, model:NAME or START..END"
OF_FILE = "write a file with .. in its name as ./NAME"
Pair = tuple[str, str]
"""A feature and a judge's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side, read through an open connection. `waiting` counts samples that a judge still owes a verdict.

    A side `of_file` is a set that somebody chose; any other may be live traffic.
    """

    name: str
    chosen: Chosen
    c: Connection
    waiting: Mapping[Pair, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    of_file: bool = False

    def whole(self) -> Side:
        """The same with all its features."""
        return replace(self, chosen=replace(self.chosen, feature=None))

    def judged(self) -> list[Judged]:
        """The judge versions with verdicts on this side."""
        return sides.judged(self.c, self.chosen)

    def verdicts(self, series: Series) -> list[Said]:
        """What one of them said, sample by sample, oldest first."""
        return sides.verdicts(self.c, series, self.chosen)

    def segments(self, feature: str) -> tuple[str, ...]:
        """The metadata keys by which the store chose to cut the feature."""
        return segments.chosen(self.c).get(feature, ())

    def asked(self, said: Sequence[Said]) -> dict[Key, str]:
        """A hash of what each of these samples was asked."""
        return sides.requests(self.c, [(one.sample_id, one.ts) for one in said])


def stored(word: str, feature: str | None) -> Chosen | None:
    """Which stored samples a word names; None when it names a file. InputError: a range that is none.

    >>> stored("release:2026-11", "chat").release, stored("answers.jsonl", None) is None
    ('2026-11', True)
    >>> stored("2026-11-01..2026-11-08T12:00:00Z", "chat").end_at.isoformat()
    '2026-11-08T12:00:00+00:00'
    """
    kind, colon, name = word.partition(":")
    if colon and kind in ("release", "prompt_version", "model"):
        if not name:
            raise InputError(f"{word} names nothing; write {kind}:NAME")
        return Chosen(
            feature=feature,
            release=name if kind == "release" else None,
            prompt_version=name if kind == "prompt_version" else None,
            model=name if kind == "model" else None,
        )
    if ".." not in word or "/" in word or "\\" in word:
        return None
    start, _, end = word.partition("..")
    start_at, end_at = _moment(start, word, EARLIEST), _moment(end, word, LATEST)
    if not (start or end) or start_at >= end_at:
        raise InputError(f"{word}: a range needs a start before its end, e.g. 2026-11-01..2026-11-08; {OF_FILE}")
    return Chosen(feature=feature, start_at=start_at, end_at=end_at)


def _moment(text: str, word: str, otherwise: datetime) -> datetime:
    if not text:
        return otherwise
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{word}: {text!r} is no date or time; write 2026-11-01 or 2026-11-01T12:00:00Z; {OF_FILE}"
        ) from None
    if not 1970 <= moment.year <= 9000:
        raise InputError(f"{word}: {text} must lie between the years 1970 and 9000")
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    if len(text) > len("2026-11-01"):
        raise InputError(f"{word}: {text} has no time zone; write {text}Z for UTC")
    return moment.replace(tzinfo=UTC)
