"""Log files as rows: JSON lines, CSV and Parquet, gzipped or not, one row in memory at a time.

A row that cannot be read is a Row with its error; reading goes on behind it. Only a file that cannot be read at all
(missing, unknown format, a mapped column that is not there) raises InputError.
"""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, BinaryIO, cast

from evaluator.errors import InputError
from evaluator.intake import decode, public
from evaluator.intake.columns import NO_ZONE, Columns, Item, known_field, to_item

SUFFIXES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
}
PARQUET_ROWS = 1000
SPOOL_BYTES = 64_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `where` is file:line; either an item or the error that says why there is none."""

    where: str
    item: Item | None = None
    error: InputError | None = None


def _named(row: Row, repeats: public.Repeats) -> Row:
    """The row with an id of its content; a row that cannot be a sample stays as it is and is rejected later."""
    try:
        fields = public.cleaned(row.item)
    except InputError:
        return row
    return replace(row, item={**fields, "id": repeats.numbered(public.content_id(fields))})


@dataclass(slots=True)
class File:
    """A file of rows, or standard input when the name is `-`. `position` says how many of its `size` bytes are read."""

    name: str
    columns: Columns = field(default_factory=Columns)
    stdin: BinaryIO | None = None
    format: str | None = None
    max_line_bytes: int = 2_048_000
    position: int = 0

    @property
    def size(self) -> int | None:
        """Bytes of the file; None for standard input and for a file that cannot be seen."""
        path = Path(self.name)
        return path.stat().st_size if self.name != "-" and path.is_file() else None

    def rows(self) -> Iterator[Row]:
        """The rows in file order, each with an id; InputError when the file as a whole cannot be read."""
        repeats = public.Repeats()
        for row in self._rows():
            yield row if row.item is None or row.item.get("id") not in (None, "") else _named(row, repeats)

    def _rows(self) -> Iterator[Row]:
        with self._open() as raw:
            stream, name = self._unzipped(raw)
            kind = self.format or SUFFIXES.get(Path(name).suffix.lower()) or _sniff(stream)
            if kind == "parquet" or stream.peek(4)[:4] == b"PAR1":
                yield from self._parquet(stream)
            else:
                yield from self._guarded(self._csv(stream) if kind == "csv" else self._jsonl(stream), raw)

    def _open(self) -> io.BufferedReader:
        if self.name == "-":
            if self.stdin is None:
                raise InputError("- reads standard input, and there is none", reason="no_file")
            return io.BufferedReader(cast("Any", self.stdin))
        try:
            return Path(self.name).open("rb")
        except OSError as error:
            raise InputError(f"{self.name}: cannot be read ({error.strerror})", reason="no_file") from None

    def _unzipped(self, raw: io.BufferedReader) -> tuple[io.BufferedReader, str]:
        if raw.peek(2)[:2] != b"\x1f\x8b":
            return raw, self.name
        return io.BufferedReader(cast("Any", gzip.GzipFile(fileobj=raw))), self.name.removesuffix(".gz")

    def _guarded(self, rows: Iterator[Row], raw: io.BufferedReader) -> Iterator[Row]:
        """A gzip stream that is cut off or damaged ends the file; what came before it stays."""
        try:
            for row in rows:
                self.position = raw.tell() if raw.seekable() else 0
                yield row
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            yield self._bad("end", InputError(f"the gzip data is damaged here ({error}); the rows before it were read"))

    def _bad(self, line: int | str, error: InputError) -> Row:
        return Row(f"{self.name}:{line}", error=InputError(f"{self.name}:{line}: {error}", reason=error.reason))

    def _jsonl(self, stream: io.BufferedReader) -> Iterator[Row]:
        number = 0
        while line := stream.readline(self.max_line_bytes + 1):
            number += 1
            if len(line) > self.max_line_bytes:
                _skip_line(stream, line)
                yield self._bad(number, InputError(f"the line is longer than {self.max_line_bytes:,} bytes"))
            elif line.strip():
                yield self._json_row(number, line)

    def _json_row(self, number: int, line: bytes) -> Row:
        try:
            item = _json_object(line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line)
            if not self.columns.identity:
                item = self._from_json(item)
        except InputError as error:
            return self._bad(number, error)
        return Row(f"{self.name}:{number}", item)

    def _from_json(self, item: Item) -> Item:
        """Mapped columns of a JSON line may be dotted paths into it: --map response=output.text."""
        flat = dict(item)
        for path in self.columns.names.values():
            flat.setdefault(path, _at(item, path))
        plan = {**{key: key for key in item if known_field(key)}, **self.columns.names}
        if self.columns.metadata_rest:
            taken = {path.partition(".")[0] for path in self.columns.names.values()}
            plan |= {f"metadata.{key}": key for key in item if key not in taken and not known_field(key)}
        return to_item(flat, plan, self.columns)

    def _csv(self, stream: io.BufferedReader) -> Iterator[Row]:
        csv.field_size_limit(self.max_line_bytes)
        text = io.TextIOWrapper(stream, "utf-8-sig", errors="surrogateescape", newline="")
        header_line = text.readline(self.max_line_bytes)
        if not header_line:
            return
        delimiter = max(",;\t|", key=header_line.count)
        header = _header(self.name, header_line, delimiter)
        plan = self.columns.plan(header)
        reader = csv.reader(text, delimiter=delimiter, strict=True)
        number = 0
        while True:
            line = reader.line_num + 2
            try:
                cells = next(reader, None)
                if cells is None:
                    return
                if not cells:
                    continue
                number += 1
                yield self._column_row(number, line, _cells(header, cells), plan)
            except (csv.Error, InputError) as error:
                if isinstance(error, InputError) and error.reason == "no_zone" and number == 1:
                    raise
                yield self._bad(line, error if isinstance(error, InputError) else InputError(str(error)))

    def _column_row(self, number: int, line: int, row: Mapping[str, Any], plan: Mapping[str, str]) -> Row:
        """A first row without a time zone stops the file, for all others will lack it too; later ones are rejected."""
        try:
            return Row(f"{self.name}:{line}", to_item(row, plan, self.columns))
        except InputError as error:
            if error.reason == "no_zone" and number == 1:
                raise InputError(f"{self.name}: {error}", reason="no_zone") from None
            return self._bad(line, error)

    def _parquet(self, stream: io.BufferedReader) -> Iterator[Row]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            file = pq.ParquetFile(stream if self.name != "-" else _spooled(stream))
            plan = self.columns.plan(file.schema_arrow.names)
            self._refuse_zoneless(file.schema_arrow, plan)
            number = 0
            for batch in file.iter_batches(batch_size=PARQUET_ROWS, columns=sorted(set(plan.values()))):
                for row in batch.to_pylist():
                    number += 1
                    yield self._column_row(number, number, row, plan)
                self.position = (self.size or 0) * number // file.metadata.num_rows
        except pa.ArrowException as error:
            raise InputError(f"{self.name}: cannot be read as Parquet ({str(error)[:200]})", reason="damaged") from None

    def _refuse_zoneless(self, schema: Any, plan: Mapping[str, str]) -> None:
        import pyarrow as pa

        column = plan.get("timestamp")
        if column is None or self.columns.zone is not None:
            return
        kind = schema.field(column).type
        if pa.types.is_timestamp(kind) and kind.tz is None:
            raise InputError(f"{self.name}: column {column!r} {NO_ZONE}", reason="no_zone")


def _sniff(stream: io.BufferedReader) -> str:
    start = stream.peek(512)[:512].removeprefix(b"\xef\xbb\xbf").lstrip()
    return "jsonl" if start[:1] in (b"{", b"[") or not start else "csv"


def _header(name: str, line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise InputError(f"{name}: the first line is no line of column names ({error})", reason="damaged") from None


def _skip_line(stream: io.BufferedReader, line: bytes) -> None:
    while line and not line.endswith(b"\n"):
        line = stream.readline(65_536)


def _json_object(line: bytes) -> Item:
    value = decode.parsed(line)
    if not isinstance(value, dict):
        raise InputError(f"a line must be one JSON object, this is a {type(value).__name__}", reason="not_an_object")
    return value


def _at(item: Any, path: str) -> Any:
    for part in path.split("."):
        item = item.get(part) if isinstance(item, Mapping) else None
    return item


def _cells(header: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) != len(header):
        raise InputError(f"{len(cells)} cells under {len(header)} columns", reason="ragged")
    if any("\udc80" <= char <= "\udcff" for cell in cells for char in cell):
        raise InputError("not UTF-8", reason="not_utf8")
    return dict(zip(header, cells, strict=True))


def _spooled(stream: BinaryIO) -> BinaryIO:
    """Parquet is read from its end, so a pipe is copied first."""
    spool = cast("BinaryIO", tempfile.SpooledTemporaryFile(SPOOL_BYTES))  # noqa: SIM115 - lives as long as its reader
    while block := stream.read(1 << 20):
        spool.write(block)
    spool.seek(0)
    return spool
