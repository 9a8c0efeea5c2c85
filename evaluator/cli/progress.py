"""What `leadline score` shows while it works: a bar by the bytes read, rows a second, and rows it could not read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from evaluator.cli.output import console

if TYPE_CHECKING:
    from rich.progress import Progress

    from evaluator.backfill import Reject, Tally
    from evaluator.intake.files import File

SHOWN_REJECTS = 10


@dataclass(slots=True)
class Watch:
    """Keeps the first rejected rows to show (all of them with `keep_all`) and writes each into `file`."""

    files: Sequence[File]
    tally: Tally
    keep_all: bool = False
    file: IO[str] | None = None
    rejects: list[Reject] = field(default_factory=list)
    _bar: Progress | None = None

    def rejected(self, reject: Reject) -> None:
        if self.keep_all or len(self.rejects) < SHOWN_REJECTS:
            self.rejects.append(reject)
        if self.file:
            self.file.write(json.dumps(reject._asdict(), ensure_ascii=False) + "\n")

    def progress(self) -> None:
        if self._bar:
            task = self._bar.tasks[0]
            rate = self.tally.rows / (task.elapsed or 1e-9)
            done = sum(file.position for file in self.files)
            self._bar.update(task.id, total=self._total(), completed=done, rows=self.tally.rows, rate=rate)

    @contextmanager
    def bar(self) -> Iterator[None]:
        """The bar on stderr, when that is a terminal."""
        from rich import progress as parts

        columns = (
            parts.TextColumn("{task.fields[rows]:,} rows"),
            parts.BarColumn(),
            parts.TaskProgressColumn(),
            parts.TextColumn("{task.fields[rate]:,.0f} rows/s, left"),
            parts.TimeRemainingColumn(),
            parts.TextColumn("elapsed"),
            parts.TimeElapsedColumn(),
        )
        screen = console(stderr=True)
        with parts.Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
            bar.add_task("", total=None, rows=0, rate=0.0)
            self._bar = bar
            yield

    def _total(self) -> int | None:
        """The size of all files; None as soon as one is a pipe."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size or 0 for size in sizes)
