"""What `leadline score` shows while it works: a bar by the bytes read, rows a second, and rows it could not read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import click

from evaluator.cli.output import console, usd

if TYPE_CHECKING:
    from rich.progress import Progress, ProgressColumn

    from evaluator.backfill import Reject, Tally
    from evaluator.batches import Standing
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
    standing: Standing | None = None
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

    def waiting(self, standing: Standing) -> None:
        """How far the batches are; from then on the bar shows them, and a pipe gets a line."""
        first, self.standing = self.standing is None, standing
        if self._bar is None or not standing.batches:
            return
        if first and self._bar.disable:
            click.echo(standing_line(standing), err=True)
        self._bar.columns = _batch_columns()
        done = standing.done + standing.errored
        self._bar.update(self._bar.tasks[0].id, total=standing.requests, completed=done, told=standing_line(standing))

    def interrupted(self) -> str:
        """What is done when somebody stops it, and how it goes on."""
        if self.standing and self.standing.open:
            return (
                f"interrupted: {standing_line(self.standing)}; the open batches go on at the provider. Run the same "
                "command again to take their results in, or start a service on this file: it does so by itself"
            )
        stored = f"{self.tally.stored:,} of {self.tally.rows:,} rows read are stored"
        told = f"interrupted: {stored}, and judged but for the last"
        return f"{told}; run the same command again, it goes on from here"

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
            bar.add_task("", total=None, rows=0, rate=0.0, told="")
            self._bar = bar
            yield

    def _total(self) -> int | None:
        """The size of all files; None as soon as one is a pipe."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size or 0 for size in sizes)


def standing_line(standing: Standing) -> str:
    """How far batches are, and what they cost."""
    return (
        f"{standing.batches:,} batch{'es' * (standing.batches > 1)}, {standing.open:,} under way: "
        f"{standing.done:,} of {standing.requests:,} requests judged, {standing.errored:,} failed; "
        f"{usd(standing.spent_usd)} of about {usd(standing.estimate_usd)} USD spent, at half the price"
    )


def _batch_columns() -> tuple[ProgressColumn, ...]:
    from rich import progress as parts

    return (parts.TextColumn("{task.fields[told]}"), parts.BarColumn(), parts.TimeElapsedColumn())
