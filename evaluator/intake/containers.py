"""How rows lie in a file: JSON lines and CSV, one row in memory at a time; a row that cannot be read is one bad record.

Parquet, whose columns have types and are read by name, is read in evaluator.intake.files.
"""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, cast

from evaluator.errors import InputError
from evaluator.intake import decode

SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}
SPOOL_BYTES = 64_000_000
DAMAGE = (EOFError, zlib.error, gzip.BadGzipFile)
"""What reading a gzip stream that is cut off or damaged raises."""
BOM = b"\xef\xbb\xbf"
OPENERS = (b"[", b"{")


@dataclass(frozen=True, slots=True)
class Record:
    """A row as it lies in the file: its line (or line[element]), then its fields or what is wrong with it."""

    place: int | str
    fields: dict[str, Any] | None = None
    error: InputError | None = None


def unzipped(raw: io.BufferedReader, name: str) -> tuple[io.BufferedReader, str]:
    """The stream and its name without gzip, whatever the file is called."""
    if raw.peek(2)[:2] != b"\x1f\x8b":
        return raw, name
    return io.BufferedReader(cast("Any", gzip.GzipFile(fileobj=raw))), name.removesuffix(".gz")


def sniff(stream: io.BufferedReader) -> str:
    """jsonl or csv, from the first characters."""
    start = stream.peek(512)[:512].removeprefix(BOM).lstrip()
    return "jsonl" if start[:1] in OPENERS or not start else "csv"


def json_lines(stream: io.BufferedReader, max_line_bytes: int) -> Iterator[Record]:
    """An object per line; a line that is an array of objects is several."""
    number = 0
    while line := stream.readline(max_line_bytes + 1):
        number += 1
        if len(line) > max_line_bytes:
            _skip_line(stream, line)
            yield Record(number, error=InputError(f"the line is longer than {max_line_bytes:,} bytes"))
            continue
        if number == 1 and line.removeprefix(BOM).strip() in OPENERS:
            raise InputError("is one JSON document over several lines; write an object per line (jq -c '.[]' does)")
        if line.strip():
            yield from _in_line(number, line.removeprefix(BOM) if number == 1 else line)


def _in_line(number: int, line: bytes) -> Iterator[Record]:
    try:
        value = decode.parsed(line)
    except InputError as error:
        yield Record(number, error=error)
        return
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        yield from (Record(f"{number}[{index}]", one) for index, one in enumerate(value))
    elif isinstance(value, dict):
        yield Record(number, value)
    else:
        told = f"a line must be one JSON object, this is a {type(value).__name__}"
        yield Record(number, error=InputError(told, reason="not_an_object"))


def _skip_line(stream: io.BufferedReader, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = stream.readline(65_536)


@dataclass(slots=True)
class Csv:
    """A CSV file: its column names, then its rows."""

    columns: list[str]
    records: Iterator[Record]
    text: io.TextIOWrapper
    """Held, for it closes the file when it goes."""

    @classmethod
    def open(cls, stream: io.BufferedReader, max_line_bytes: int) -> Csv | None:
        """The file at its first row; None when it is empty, InputError when its first line is no line of names."""
        csv.field_size_limit(max_line_bytes)
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
        header_line = text.readline(max_line_bytes)
        if not header_line:
            return None
        delimiter = max(",;\t|", key=header_line.count)
        columns = _header(header_line, delimiter)
        return cls(columns, _csv_rows(text, columns, delimiter), text)


def _csv_rows(text: io.TextIOWrapper, columns: list[str], delimiter: str) -> Iterator[Record]:
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 2
        try:
            cells = next(reader, None)
            if cells is None:
                return
            if cells:
                yield Record(line, _cells(columns, cells))
        except csv.Error as error:
            yield Record(line, error=InputError(str(error)))
        except InputError as error:
            yield Record(line, error=error)


def _header(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InputError(f"the first line is no line of column names ({error})", reason="damaged") from None


def _cells(columns: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(columns):
        raise InputError(f"{len(cells)} cells under {len(columns)} columns", reason="ragged")
    if any("\udc80" <= char <= "\udcff" for cell in cells for char in cell):
        raise InputError("not UTF-8", reason="not_utf8")
    return dict(zip(columns, cells, strict=True))


def spooled(stream: BinaryIO) -> BinaryIO:
    """A pipe copied to where it can be read from its end, as Parquet is."""
    spool = cast("BinaryIO", tempfile.SpooledTemporaryFile(SPOOL_BYTES))  # noqa: SIM115 - lives as long as its reader
    while block := stream.read(1 << 20):
        spool.write(block)
    spool.seek(0)
    return spool


def begun(records: Iterator[Record], count: int) -> tuple[list[Record], Iterator[Record]]:
    """The first records, and the rest of them; damage among the first comes to light only behind them."""
    head: list[Record] = []
    try:
        for record in islice(records, count):
            head.append(record)  # noqa: PERF402 - what came before the damage stays
    except DAMAGE as error:
        return head, _damaged(error)
    return head, records


def _damaged(error: Exception) -> Iterator[Record]:
    yield from ()
    raise error
