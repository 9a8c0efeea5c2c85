"""`leadline score FILE…`: judge historical logs, from files or standard input, here or in a running service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import click

from evaluator import process
from evaluator.cli.options import Options, global_options, json_option
from evaluator.cli.output import bounds, interval, print_json, print_table, printable
from evaluator.cli.progress import Watch, standing_line
from evaluator.cli.reading import opened, reading_options
from evaluator.errors import InputError

if TYPE_CHECKING:
    from evaluator.api.shapes import SummaryRow
    from evaluator.backfill import Target
    from evaluator.intake.files import File, Row

COLUMNS = ("feature", "judge", ">n", "pass rate [95 %]", "with the unscored", ">errors", ">waiting", ">skipped")


class How(NamedTuple):
    """Whether LLM judges judge by batches, and whether these are waited for."""

    batch: bool
    wait: bool


@click.command()
@global_options
@click.argument("names", metavar="FILE…", nargs=-1, required=True)
@reading_options
@click.option(
    "--rejects", "rejects_path", type=click.Path(path_type=Path), help="Write rejected rows here, as JSON lines."
)
@click.option("--batch", is_flag=True, help="LLM judges judge by batches: half the price, within a day.")
@click.option("--no-wait", is_flag=True, help="With --batch: do not wait for the batches.")
@json_option
@click.pass_context
def score(
    ctx: click.Context, /, names: tuple[str, ...], rejects_path: Path | None, as_json: bool, **given: Any
) -> None:
    """Judge the samples in FILE… (JSON lines, CSV, Parquet, gzipped or not; - is standard input).

    Rows have the public shape of POST /v1/samples, columns named by --map, or the format of another tool, which is
    found out. Rows that cannot be read are rejected one by one. Running it again scores nothing twice, and goes on
    where an interrupted run stopped.
    """
    how = _how(ctx.obj, given)
    from evaluator.backfill import Tally

    files = opened(ctx.obj, names, given)
    with _writable(rejects_path) if rejects_path else nullcontext() as out:
        watch = Watch(files, Tally(), keep_all=as_json, file=out)
        try:
            summary, left = asyncio.run(_run(ctx.obj, watch, how))
        except KeyboardInterrupt:
            raise KeyboardInterrupt(watch.interrupted()) from None
    _report(watch, summary, left, as_json)
    ctx.exit(0 if watch.tally.stored or not watch.tally.rows else 1)


def _how(options: Options, given: dict[str, Any]) -> How:
    """How LLM judges judge."""
    if given["no_wait"] and not given["batch"]:
        raise InputError("--no-wait goes with --batch")
    if given["batch"] and options.url:
        raise InputError(
            "--batch works on the file, not with --url; a service judges by batches, every night, where a rubric or "
            "[[judges]] entry says batch = true"
        )
    return How(batch=given["batch"], wait=not given["no_wait"])


@contextmanager
def _writable(path: Path) -> Iterator[IO[str]]:
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise InputError(f"--rejects {path}: cannot be written ({error.strerror})") from None
    with file:
        yield file


async def _run(options: Options, watch: Watch, how: How) -> tuple[list[SummaryRow], str | None]:
    if options.url:
        from evaluator.cli.remote import RemoteTarget

        async with options.remote() as remote:
            return await _score(watch, RemoteTarget(remote))
    from evaluator.backfill import LocalTarget

    async with options.service(batched=how.batch, creates=True) as service:
        process.tune()
        if not how.batch:
            return await _score(watch, LocalTarget(service))
        from evaluator.batches.target import BatchTarget

        return await _score(watch, BatchTarget(service, watch, wait=how.wait))


async def _score(watch: Watch, target: Target) -> tuple[list[SummaryRow], str | None]:
    from evaluator.backfill import score as send_all

    with watch.bar():
        left = await send_all(_rows(watch.files), target, watch.tally, watch)
    return await target.summary(watch.tally.features), left


def _rows(files: Sequence[File]) -> Iterator[Row]:
    for file in files:
        yield from file.rows()


def _report(watch: Watch, summary: Sequence[SummaryRow], left: str | None, as_json: bool) -> None:
    if as_json:
        rows = {"rows": watch.tally.as_json(), "summary": [row.model_dump(mode="json") for row in summary]}
        if watch.standing:
            rows["batches"] = asdict(watch.standing)
        print_json({**rows, "rejects": [reject._asdict() for reject in watch.rejects], "unfinished": left})
        return
    _say_rows(watch)
    if watch.standing and watch.standing.batches:
        click.echo(f"{standing_line(watch.standing)}\n")
    cells = [_cells(row) for row in summary]
    if cells:
        print_table(COLUMNS, cells)
    if left:
        click.echo(left, err=True)


def _cells(row: SummaryRow) -> tuple[str, ...]:
    unscored = (f"{row.errors:,}", f"{row.waiting:,}", f"{row.skipped:,}")
    return (row.feature, row.judge, f"{row.n:,.0f}", interval(row), bounds(row), *unscored)


def _say_rows(watch: Watch) -> None:
    for file in watch.files:
        if file.note:
            click.echo(printable(file.note), err=True)
    parts = [f"{n:,} {outcome.replace('_', ' ')}" for outcome, n in watch.tally.as_json().items() if outcome != "read"]
    left_out = ", ".join(f"{n:,} {printable(what)}" for what, n in watch.tally.left_out.most_common(5))
    click.echo(f"{watch.tally.rows:,} rows: {', '.join(parts) or 'nothing to do'}{left_out and f' ({left_out})'}\n")
    for reject in watch.rejects:
        click.echo(f"rejected {printable(reject.error)}", err=True)
    more = watch.tally.outcomes["rejected"] - len(watch.rejects)
    if more > 0:
        click.echo(f"… and {more:,} more; --rejects FILE writes all of them", err=True)
