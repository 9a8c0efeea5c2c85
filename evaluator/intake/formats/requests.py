"""The request file of a batch, looked up by custom_id: only names and places are held in memory."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast

from evaluator.errors import InputError
from evaluator.intake import decode
from evaluator.intake.containers import spooled
from evaluator.intake.formats.told import Item

MAX_REQUESTS = 500_000
TWICE = -1


@dataclass(slots=True)
class Requests:
    """A file of requests with where each one begins. A line is read from disk when its answer comes along."""

    name: str
    file: BinaryIO
    max_line_bytes: int
    _places: dict[str, int] = field(default_factory=dict)

    @classmethod
    def open(cls, name: str, max_line_bytes: int = 2_048_000) -> Requests:
        """The file with its index; InputError when it cannot be read, is none of a batch, or is too large a one."""
        made = cls(name, _opened(name), max_line_bytes)
        for place, line in made._lines():
            row = _object(line)
            known = row.get("custom_id") if row else None
            if isinstance(known, str):
                made._places[known] = TWICE if known in made._places else place
            if len(made._places) > MAX_REQUESTS:
                raise InputError(f"--requests {name}: more than {MAX_REQUESTS:,} requests; split the files")
        if not made._places:
            raise InputError(f"--requests {name}: no line of it has a custom_id", reason="wrong_file")
        return made

    def of(self, custom_id: object) -> Item:
        """The request with this id; InputError when there is none or several."""
        place = self._places.get(custom_id) if isinstance(custom_id, str) else None
        if place is None:
            raise InputError(f"custom_id {str(custom_id)[:60]!r} is not in {self.name}", reason="no_request")
        if place == TWICE:
            raise InputError(f"custom_id {str(custom_id)[:60]!r} is twice in {self.name}", reason="two_requests")
        self.file.seek(place)
        return _object(self.file.readline(self.max_line_bytes + 1)) or {}

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Where each line begins, and the line; one beyond the limit is passed over piece by piece."""
        place, whole = 0, True
        while line := self.file.readline(self.max_line_bytes + 1):
            if whole and len(line) <= self.max_line_bytes:
                yield place, line
            place += len(line)
            whole = line.endswith(b"\n")


def _opened(name: str) -> BinaryIO:
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - lives as long as its reader
    except OSError as error:
        raise InputError(f"--requests {name}: cannot be read ({error.strerror})", reason="no_file") from None
    if file.peek(2)[:2] != b"\x1f\x8b":
        return file
    try:
        with file, gzip.GzipFile(fileobj=file) as packed:
            return spooled(cast("BinaryIO", packed))
    except (EOFError, OSError, zlib.error) as error:
        raise InputError(f"--requests {name}: the gzip data is damaged ({error})", reason="damaged") from None


def _object(line: bytes) -> Item | None:
    try:
        value = decode.parsed(line.removeprefix(b"\xef\xbb\xbf"))
    except InputError:
        return None
    return value if isinstance(value, dict) else None
