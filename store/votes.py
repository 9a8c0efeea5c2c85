"""Votes and requests of two windows as columns: what tells where a rate fell, and whether other requests came."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

import duckdb

from store import queries
from store.rollup import asked
from store.text import parse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from store.database import Connection
    from store.records import Series, Share

MOST_VOTES = 20_000
"""Of a window; more are thinned by a hash, the same ones every time."""
MOST_REQUESTS = 2_000
EACH_QUARTER = 80
LONGEST_REQUEST = 256 * 1024
MOST_TEXT = 16 * 1024 * 1024
"""Bytes of requests that are read of a window."""
MOST_AT_ONCE = 50_000
"""Of so many samples the texts are read through; beyond, they are looked up."""
QUARTER = timedelta(minutes=15)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_HOURS = range(24)
OF_JUDGES = frozenset({"pass_rate", "score", "label", "judge_errors"})
OF_NO_SAMPLE = frozenset({"volume", "unscored"})
"""Metrics that no single sample has."""

Span = tuple[datetime, datetime]
KeepKeys = Callable[[Sequence["Key"]], Sequence[str]]
"""Chooses the metadata keys whose values are read."""


@dataclass(frozen=True, slots=True)
class Key:
    """A metadata key: how many of the votes have it, and with how many values."""

    name: str
    n: int
    n_values: int


@dataclass(frozen=True, slots=True)
class Voted:
    """Votes before and since (`is_current`), one array element each; `total` is how many there are, before and now.

    `y` is the share of the outcome that is counted; `text` holds model, prompt_version and release, `values` those of
    metadata keys, "" where a vote has none. `keys` are all the metadata keys that were seen.
    """

    is_current: NDArray[Any]
    y: NDArray[Any]
    sample_id: NDArray[Any]
    ts: NDArray[Any]
    input_tokens: NDArray[Any]
    text: Mapping[str, NDArray[Any]]
    values: Mapping[str, NDArray[Any]]
    keys: Sequence[Key]
    total: tuple[int, int]


def votes(c: Connection, series: Series, share: Share, spans: tuple[Span, Span], keep: KeepKeys) -> Voted:
    """The votes of the series before and since, the outcome being `share`; `keep` chooses the metadata keys to read.

    ValueError: the metric is one that no single sample has.
    """
    if series.metric in OF_NO_SAMPLE:
        raise ValueError(f"{series.metric} belongs to no single sample: it has no votes to look into")
    of_judge = series.metric in OF_JUDGES
    told = {
        "feature": series.feature,
        "metric": series.metric,
        **asked(share),
        "most": MOST_VOTES,
    }
    if of_judge:
        told |= {"judge": series.judge, "judge_version": series.judge_version}
    queries.run(c, "make_voted")
    name = "insert_votes_of_judge" if of_judge else "insert_votes_of_samples"
    for is_current, (start, end) in enumerate(spans):
        _fill(c, name, **told, is_current=bool(is_current), start_at=start, end_at=end)
    return _voted(c, keep)


def requests(c: Connection, feature: str, spans: tuple[Span, Span], hours: Sequence[int], keep: KeepKeys) -> Voted:
    """Requests of the feature before and since, one per session; before, only of these hours of the day."""
    queries.run(c, "make_voted")
    for is_current, (start, end) in enumerate(spans):
        _fill(
            c,
            "insert_requests",
            feature=feature,
            start_at=start,
            end_at=end,
            is_current=bool(is_current),
            hours=list(DAY_HOURS if is_current else hours),
            each=EACH_QUARTER,
            most=MOST_REQUESTS,
        )
    return _voted(c, keep)


def texts(c: Connection, chosen: Sequence[tuple[datetime, str]], among: int) -> Iterator[dict[str, Any]]:
    """The requests of these samples as far as they are kept; very long ones, and those beyond a limit, are left out.

    `among` so many samples they are: of many, only the quarter hours in which they lie are read.
    """
    left = MOST_TEXT
    ordered = sorted(chosen)
    for group in _quarters(ordered) if among > MOST_AT_ONCE else [ordered]:
        for row in _requests_of(c, group, min(LONGEST_REQUEST, left)):
            left -= len(row["request"])
            if left < 0:
                return
            yield parse(row["request"])


def _quarters(ordered: Sequence[tuple[datetime, str]]) -> Iterator[list[tuple[datetime, str]]]:
    for _, group in groupby(ordered, key=lambda one: (one[0] - EPOCH) // QUARTER):
        yield list(group)


def _requests_of(c: Connection, group: Sequence[tuple[datetime, str]], longest: int) -> list[dict[str, Any]]:
    if not group:
        return []
    ids = [sample_id for _, sample_id in group]
    bounds = {"from_ts": group[0][0], "until_ts": group[-1][0]}
    return queries.rows(c, "requests_of", **bounds, sample_ids=ids, longest=longest)


def _fill(c: Connection, name: str, /, **parameters: object) -> None:
    """Runs an insert; MemoryError when it needs more than there is, so that what hangs on it can do without."""
    try:
        queries.run(c, name, **parameters)
    except duckdb.OutOfMemoryException as error:
        raise MemoryError("the votes of this time do not fit into memory") from error


def _voted(c: Connection, keep: KeepKeys) -> Voted:
    columns = queries.run(c, "voted_columns").fetchnumpy()
    keys = [Key(row["key"], row["n"], row["n_values"]) for row in queries.rows(c, "voted_keys")]
    current, votes = columns["is_current"], columns["votes"]
    voted = Voted(
        is_current=current,
        y=columns["y"],
        sample_id=columns["sample_id"],
        ts=columns["ts"],
        input_tokens=columns["input_tokens"],
        text={name: columns[name] for name in ("model", "prompt_version", "release")},
        values=_values(c, keep(keys), len(current)),
        keys=keys,
        total=(int(votes[~current].max(initial=0)), int(votes[current].max(initial=0))),
    )
    queries.run(c, "drop_voted")
    return voted


def _values(c: Connection, keys: Sequence[str], rows: int) -> dict[str, NDArray[Any]]:
    import numpy as np

    if not keys:
        return {}
    long = queries.run(c, "voted_values", keys=list(keys)).fetchnumpy()
    found = {}
    for key in keys:
        column = np.full(rows, "", dtype=object)
        chosen = long["key"] == key
        column[long["place"][chosen]] = long["value"][chosen]
        found[key] = column
    return found


def moments(ts: NDArray[Any]) -> list[datetime]:
    """Times of a column as aware ones."""
    return [moment.replace(tzinfo=UTC) for moment in ts.astype("datetime64[us]").tolist()]
