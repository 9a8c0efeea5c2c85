"""`leadline gate`: is a candidate no worse than a baseline? A verdict for CI, with an exit code."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from evaluator import process
from evaluator.cli.options import Options, global_options, json_option
from evaluator.cli.output import percent, print_json, print_table, printable
from evaluator.cli.reading import opened, reading_options
from evaluator.errors import InputError

if TYPE_CHECKING:
    from evaluator.api.gate_shapes import GateReport, GateResult, GateSlice
    from evaluator.gate.comparison import Plan
    from evaluator.gate.sides import Side
    from evaluator.service import Service

EXITS = {"pass": 0, "fail": 1, "undecided": 3}
STYLES = {"fail": "bold red", "pass": "green", "undecided": "yellow"}
COLUMNS = (
    "verdict", "feature", "judge", ">baseline", ">candidate", ">difference [95 %]", ">compared", ">p (no change)",
)  # fmt: skip
SMALLEST_P = 1e-6
HOW_WITH_FILES = (
    "compare two stored sides with it, or two files without it; to compare a file with a stored side, stop the service "
    "and leave --url out"
)
A_SIDE = "A file, release:NAME, prompt_version:NAME, model:NAME or START..END."


class _Share(click.FloatRange):
    """A share, whose errors tell what it is to somebody who wrote points."""

    def fail(self, message: str, param: click.Parameter | None = None, ctx: click.Context | None = None) -> NoReturn:
        super().fail(f"{message} It is a share: 0.02 is 2 points.", param, ctx)


@click.command()
@global_options
@click.option("--baseline", required=True, metavar="A", help=A_SIDE)
@click.option("--candidate", required=True, metavar="B", help="What is to be no worse; named like the baseline.")
@click.option("--feature", metavar="NAME", help="The feature; required for what is stored.")
@click.option("--judge", "judges", multiple=True, metavar="NAME", help="Only this judge; may be repeated.")
@click.option(
    "--slice", "slices", multiple=True, metavar="KEY", help="Look at each value of this metadata key or field."
)
@click.option(
    "--margin",
    type=_Share(0, 0.5),
    help="Tolerated fall of the pass rate; 0.02 is 2 points. Default: drift.min_drop.",
)
@click.option("--unpaired", is_flag=True, help="Compare the pass rates alone, whatever samples are on both sides.")
@click.option("--undecided", type=click.Choice(["pass", "fail"]), help="Exit with 0 or 1 instead of 3 when undecided.")
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE", help="Write the verdicts as JUnit XML.")
@click.option("--markdown", type=click.Path(path_type=Path), metavar="FILE", help="Write a comment for a pull request.")
@reading_options
@json_option
@click.pass_context
def gate(ctx: click.Context, /, **given: Any) -> None:
    """Compare a candidate with a baseline: exit 0 (no worse), 1 (worse), 3 (too little to say).

    Files are judged by the configured judges, every row, in a database that is thrown away. What is stored already is
    compared by its verdicts: release:NAME, prompt_version:NAME, model:NAME, or a time START..END.
    """
    paths = [given[name] for name in ("junit", "markdown") if given[name]]
    for path in paths:
        if not path.parent.is_dir():
            raise InputError(f"{path}: {path.parent} is no directory")
    report = asyncio.run(_compare(ctx.obj, given))
    _write(report, given)
    if given["as_json"]:
        print_json(report.model_dump(mode="json"))
    else:
        _show(report)
    outcome = str(report.outcome)
    ctx.exit(EXITS[given["undecided"] or outcome] if outcome == "undecided" else EXITS[outcome])


async def _compare(options: Options, given: dict[str, Any]) -> GateReport:
    from evaluator.gate.sides import stored

    words = (given["baseline"], given["candidate"])
    if words[0] == words[1]:
        raise InputError(f"baseline and candidate are the same: {words[0]}")
    chosen = [stored(word, given["feature"]) for word in words]
    if any(chosen) and not given["feature"]:
        raise InputError("--feature is needed for what is stored: a release or a time may hold several features")
    if options.url:
        return await _remote(options, given, all(chosen))
    async with AsyncExitStack() as stack:
        sides = await _sides(options, given, stack)
        from evaluator.gate.comparison import compare

        return await asyncio.to_thread(compare, *sides, _plan(options, given))


async def _remote(options: Options, given: dict[str, Any], all_stored: bool) -> GateReport:
    from evaluator.api.gate_shapes import GateReport

    if not all_stored:
        raise InputError(f"--url compares what the service has stored, and judges no files; {HOW_WITH_FILES}")
    names = ("baseline", "candidate", "feature", "judges", "slices", "margin", "unpaired")
    async with options.remote() as remote:
        return GateReport.model_validate(await remote.post("/v1/gate", {name: given[name] for name in names}))


async def _sides(options: Options, given: dict[str, Any], stack: AsyncExitStack) -> tuple[Side, Side]:
    """Both sides, open until the stack is closed. The database file is opened only for what is stored."""
    from evaluator.gate.sides import Side, stored

    words = (given["baseline"], given["candidate"])
    chosen = [stored(word, given["feature"]) for word in words]
    connection = None
    if any(chosen):
        service = await _service(options, stack, mixed=not all(chosen))
        connection = stack.enter_context(service.store.read())
    judge = await _judging(options, given, stack) if not all(chosen) else None
    found = list[Side]()
    for word, which in zip(words, chosen, strict=True):
        if which is not None and connection is not None:
            found.append(Side(name=word, chosen=which, c=connection))
        elif judge is not None:
            found.append(await judge(word, f"side{len(found)}"))
    return found[0], found[1]


async def _service(options: Options, stack: AsyncExitStack, *, mixed: bool) -> Service:
    """The database of what is stored. DatabaseLocked: a service has it; beside a file, --url is no way out."""
    from store.errors import DatabaseLocked

    try:
        return await stack.enter_async_context(options.service())
    except DatabaseLocked as error:
        if not mixed:
            raise
        raise DatabaseLocked(f"{error}. But --url judges no files: {HOW_WITH_FILES}") from None


async def _judging(options: Options, given: dict[str, Any], stack: AsyncExitStack) -> Callable[..., Any]:
    """How a file becomes a side: judged in a folder that goes when the stack is closed."""
    from evaluator.backfill import Tally
    from evaluator.cli.progress import Watch
    from evaluator.gate import files
    from evaluator.telemetry import configure_logging

    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leadline-gate-")))
    configured = options.settings()
    configure_logging("error" if configured.log_level == "info" else configured.log_level)
    settings = files.for_files(configured, given["judges"], folder)
    for line in files.not_ready(settings):
        click.echo(f"not judging: {printable(line)}", err=True)
    process.tune()

    async def judge(name: str, database: str) -> Side:
        (file,) = opened(options, [name], given)
        watch = Watch([file], Tally())
        own = settings.model_copy(update={"database": folder / f"{database}.duckdb"})
        try:
            with watch.bar():
                side = files.judged(name, file.rows(), own, watch, given["feature"])
                return await stack.enter_async_context(side)
        finally:
            for reject in watch.rejects:
                click.echo(f"rejected {printable(reject.error)}", err=True)

    return judge


def _plan(options: Options, given: dict[str, Any]) -> Plan:
    from evaluator.gate.comparison import planned

    settings = options.settings()
    how = {name: given[name] for name in ("judges", "slices", "margin", "unpaired")}
    return planned(settings, **how)


def _write(report: GateReport, given: dict[str, Any]) -> None:
    if given["junit"]:
        from evaluator.api.gate_shapes import Outcome
        from evaluator.gate.junit import junit

        _save(given["junit"], junit(report, Outcome(given["undecided"] or "undecided")))
    if given["markdown"]:
        from evaluator.gate.markdown import markdown

        _save(given["markdown"], markdown(report))


def _save(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from None


def _show(report: GateReport) -> None:
    for note in report.notes:
        click.echo(f"note: {printable(note)}", err=True)
    margin = f"{100 * report.margin:.1f} points are tolerated"
    click.echo(printable(f"{report.candidate} against {report.baseline}: {margin}.") + "\n")
    print_table(COLUMNS, [_cells(one, one.judge) for one in report.results], styles=_styles(report.results))
    click.echo()
    for one in report.results:
        click.echo(printable(f"  {one.feature} / {one.judge}: {one.text}"))
    if report.slices:
        click.echo(f"\nslices with something to say, of {report.slices_tested:,} looked at:\n")
        rows = [_cells(one, f"{one.judge}, {one.key} = {one.value[:80]}") for one in report.slices]
        print_table(COLUMNS, rows, styles=_styles(report.slices))
    click.echo(f"\n{str(report.outcome).upper()}")


def _styles(rows: Sequence[GateResult | GateSlice]) -> list[str]:
    return [STYLES[str(one.outcome)] for one in rows]


def _cells(one: GateResult | GateSlice, name: str) -> tuple[str, ...]:
    from evaluator.gate.markdown import difference
    from evaluator.gate.wording import size

    rates = (percent(one.baseline), percent(one.candidate))
    return (str(one.outcome), one.feature, name, *rates, difference(one), size(one), _chance(one.p_changed))


def _chance(p: float | None) -> str:
    if p is None:
        return "–"
    return f"{p:.2g}" if p >= SMALLEST_P else f"<{SMALLEST_P:g}"
