"""Rows as the bytes of a CSV, JSON-lines or Parquet file, a piece at a time."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from evaluator.samples.export import USAGE, Judged, flat, item
from evaluator.spreadsheet import inert
from store.records import Sample
from store.samples import EARLIEST

if TYPE_CHECKING:
    import pyarrow as pa

FRACTIONS = ("latency_ms", "sampling_probability", "cost_usd")
COUNTS = ("length", *(f"usage.{name}" for name in USAGE))
TIMES = ("timestamp", "received_at")
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "parquet": "application/vnd.apache.parquet",
}


def written(kind: str, chunks: Iterable[Sequence[Judged]], judges: Sequence[str]) -> Iterator[bytes]:
    """The samples as a file of this kind: csv, jsonl or parquet. Also a file of no samples has its columns."""
    if kind == "jsonl":
        return _lines(chunks)
    return _csv(chunks, judges) if kind == "csv" else _parquet(chunks, judges)


def columns(judges: Sequence[str]) -> list[str]:
    """The names of the columns of CSV and Parquet files, in order."""
    nothing = Sample(sample_id="", ts=EARLIEST, received_at=EARLIEST, feature="")
    return list(flat(Judged(nothing, []), judges))


def _lines(chunks: Iterable[Sequence[Judged]]) -> Iterator[bytes]:
    for chunk in chunks:
        yield "".join(f"{json.dumps(item(one), ensure_ascii=False)}\n" for one in chunk).encode()


def _csv(chunks: Iterable[Sequence[Judged]], judges: Sequence[str]) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow(map(_cell, columns(judges)))
    yield buffer.getvalue().encode()
    for chunk in chunks:
        buffer.seek(0)
        buffer.truncate()
        writer.writerows(map(_cell, flat(one, judges).values()) for one in chunk)
        yield buffer.getvalue().encode()


def _cell(value: object) -> object:
    """A value that no spreadsheet takes for a formula: text that begins like one gets an apostrophe."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat()
    return inert(value) if isinstance(value, str) else value


def _parquet(chunks: Iterable[Sequence[Judged]], judges: Sequence[str]) -> Iterator[bytes]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = _schema(judges)
    sink = _Sink()
    with pq.ParquetWriter(pa.PythonFile(sink, mode="w"), schema, compression="zstd") as writer:
        for chunk in chunks:
            writer.write_table(pa.Table.from_pylist([flat(one, judges) for one in chunk], schema=schema))
            yield sink.taken()
    yield sink.taken()


def _schema(judges: Sequence[str]) -> pa.Schema:
    import pyarrow as pa

    def kind(name: str) -> Any:
        if name in TIMES:
            return pa.timestamp("us", tz="UTC")
        if name in FRACTIONS:
            return pa.float64()
        if name in COUNTS:
            return pa.int64()
        return pa.bool_() if name.startswith("passed.") else pa.string()

    return pa.schema([(name, kind(name)) for name in columns(judges)])


class _Sink(io.RawIOBase):
    """A file that is taken away as it grows."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, piece: Any) -> int:
        self._pieces.append(bytes(piece))
        return len(self._pieces[-1])

    def taken(self) -> bytes:
        """What was written since it was last taken."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
