"""Log files as rows of the public shape: JSON lines, CSV and Parquet, in it already or in the format of another tool.

A row that cannot be read is a Row with its error; reading goes on behind it. Only a file that cannot be read at all
(missing, unknown format, a mapped column that is not there) raises InputError.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO, cast

from evaluator.errors import InputError
from evaluator.intake import public
from evaluator.intake.columns import NO_ZONE, Columns, Item, to_item
from evaluator.intake.containers import DAMAGE, SUFFIXES, Csv, Record, begun, json_lines, sniff, spooled, unzipped
from evaluator.intake.formats import CONTAINERS, registry
from evaluator.intake.formats.registry import Format
from evaluator.intake.formats.requests import Requests
from evaluator.intake.formats.told import NAMING, LeftOut
from evaluator.intake.own_rows import WHOLE_FILE, OwnRows

PARQUET_ROWS = 1000
LOOK_AT = 5
Read = Callable[[Item], Item]
Gather = Callable[[Iterable[Item], Sequence[str]], Iterator[Item | InputError]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `where` is file:line; an item, the error that says why there is none, or what is left out on purpose."""

    where: str
    item: Item | None = None
    error: InputError | None = None
    left_out: str | None = None


def _named(row: Row, repeats: public.Repeats) -> Row:
    """The row with an id of its content; a row that cannot be a sample stays as it is and is rejected later."""
    try:
        fields = public.cleaned(row.item)
    except InputError:
        return row
    return replace(row, item={**fields, "id": repeats.numbered(public.content_id(fields))})


@dataclass(slots=True)
class File:
    """A file of rows, or standard input when the name is `-`. `position` says how many of its `size` bytes are read.

    `format` names a format or a container (formats.NAMES, formats.CONTAINERS); without it, content and suffix tell.
    `requests` is the file that holds the requests of a batch, `naming` are metadata keys that name the feature.
    `read_as` is the format that was found, None for the public shape.
    """

    name: str
    columns: Columns = field(default_factory=Columns)
    stdin: BinaryIO | None = None
    format: str | None = None
    requests: str | None = None
    naming: Sequence[str] = NAMING
    max_line_bytes: int = 2_048_000
    position: int = 0
    read_as: str | None = None

    @property
    def note(self) -> str | None:
        """What the reader of a report should know about how the file was read."""
        if self.read_as is None:
            return None
        alone = registry.FORMATS[self.read_as].joined and not self.requests
        without = ", answers without what was asked; give the file of requests by --requests" if alone else ""
        return f"{self.name}: read as {self.read_as}{without}"

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
        """A gzip stream that is cut off or damaged ends the file; what came before it stays."""
        with self._open() as raw:
            try:
                yield from self._contained(raw)
            except DAMAGE as error:
                told = f"the gzip data is damaged here ({error}); the rows before it were read"
                yield self._bad("end", InputError(told))

    def _contained(self, raw: io.BufferedReader) -> Iterator[Row]:
        stream, name = unzipped(raw, self.name)
        kind = self.format if self.format in CONTAINERS else SUFFIXES.get(Path(name).suffix.lower()) or sniff(stream)
        if kind == "parquet" or stream.peek(4)[:4] == b"PAR1":
            yield from self._parquet(stream)
            return
        for row in self._table(stream) if kind == "csv" else self._lines(stream):
            self.position = raw.tell() if raw.seekable() else 0
            yield row

    def _open(self) -> io.BufferedReader:
        if self.name == "-":
            if self.stdin is None:
                raise InputError("- reads standard input, and there is none", reason="no_file")
            return io.BufferedReader(cast("Any", self.stdin))
        try:
            return Path(self.name).open("rb")
        except OSError as error:
            raise InputError(f"{self.name}: cannot be read ({error.strerror})", reason="no_file") from None

    def _bad(self, place: int | str, error: InputError) -> Row:
        where = f"{self.name}:{place}"
        return Row(where, error=InputError(f"{where}: {error}", reason=error.reason))

    def _about(self, error: InputError) -> InputError:
        """The error of a whole file, with its name in front."""
        return InputError(f"{self.name}: {error}", reason=error.reason)

    def _lines(self, stream: io.BufferedReader) -> Iterator[Row]:
        records = json_lines(stream, self.max_line_bytes)
        yield from self._read(records, lambda: OwnRows(self.columns, self.name).from_json)

    def _table(self, stream: io.BufferedReader) -> Iterator[Row]:
        try:
            table = Csv.open(stream, self.max_line_bytes)
        except InputError as error:
            raise self._about(error) from None
        if table is not None:
            yield from self._read(table.records, lambda: self._by_plan(table.columns))

    def _read(self, records: Iterator[Record], plain: Callable[[], Read]) -> Iterator[Row]:
        """Rows of the format that the first records are in; `plain` reads those of the public shape or of columns."""
        try:
            head, rest = begun(records, LOOK_AT)
            found = self._format([record.fields for record in head if record.fields is not None])
        except InputError as error:
            raise self._about(error) from None
        self.read_as = found.name if found else None
        every = chain(head, rest)
        if found and found.gathered:
            try:
                yield from self._gathered(found.gathered, every)
            except InputError as error:
                raise self._about(error) from None
            return
        read = self._by_format(found) if found else plain()
        for record in every:
            yield self._row(record, read)

    def _gathered(self, gather: Gather, records: Iterator[Record]) -> Iterator[Row]:
        """The calls that all records together tell of; what is no record of theirs is rejected at its place."""
        bad: list[Row] = []

        def rows() -> Iterator[Item]:
            for record in records:
                if record.fields is None:
                    bad.append(self._row(record, dict))
                else:
                    yield record.fields

        for number, item in enumerate(gather(rows(), self.naming)):
            yield from bad
            bad.clear()
            if isinstance(item, InputError):
                left_out = isinstance(item, LeftOut)
                yield Row(f"{self.name}:call {number}", left_out=str(item)) if left_out else self._bad("record", item)
            else:
                yield self._row(Record(f"call {number}", item), self._with_fixed)
        yield from bad

    def _row(self, record: Record, read: Read) -> Row:
        if record.fields is None:
            return self._bad(record.place, record.error or InputError("nothing there"))
        try:
            return Row(f"{self.name}:{record.place}", read(record.fields))
        except LeftOut as left:
            return Row(f"{self.name}:{record.place}", left_out=str(left))
        except InputError as error:
            if error.reason == WHOLE_FILE:
                raise
            return self._bad(record.place, error)

    def _format(self, rows: list[Item]) -> Format | None:
        if self.format not in (None, *CONTAINERS):
            if self.columns.names:
                raise InputError(f"--map is for rows of your own; those of {self.format} are read as they are")
            return registry.named(str(self.format), rows)
        return None if self.columns.names else registry.detect(rows)

    def _by_format(self, found: Format) -> Read:
        """Rows of a format; --set holds for them too. Without their requests, results are answers alone."""
        if self.requests and not found.joined:
            raise InputError(f"{self.name}: --requests is for batches; this is {found.name}", reason="bad_option")
        given: list[Any] = [self.naming] if found.named else []
        if self.requests:
            given.append(Requests.open(self.requests, self.max_line_bytes).of)

        def read(fields: Item) -> Item:
            return self._with_fixed(found.item(fields, *given))

        return read

    def _with_fixed(self, item: Item) -> Item:
        return {**item, **to_item({}, {}, self.columns)} if self.columns.fixed else item

    def _by_plan(self, columns: Sequence[str]) -> Read:
        return OwnRows(self.columns, self.name, self.columns.plan(columns)).from_columns

    def _parquet(self, stream: io.BufferedReader) -> Iterator[Row]:
        import pyarrow as pa
        import pyarrow.parquet as pq

        if self.format not in (None, *CONTAINERS):
            raise InputError(f"{self.name}: {self.format} is read from JSON lines or CSV, and this is Parquet")
        try:
            file = pq.ParquetFile(stream if self.name != "-" else spooled(stream))
            plan = self.columns.plan(file.schema_arrow.names)
            self._refuse_zoneless(file.schema_arrow, plan)
            number, read = 0, self._by_plan(file.schema_arrow.names)
            for batch in file.iter_batches(batch_size=PARQUET_ROWS, columns=sorted(set(plan.values()))):
                for row in batch.to_pylist():
                    number += 1
                    yield self._row(Record(number, row), read)
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
