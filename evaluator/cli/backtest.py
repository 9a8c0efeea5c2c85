"""`leadline backtest`: history once more, look by look, and the alarms it would have raised."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evaluator.cli.check import aware
from evaluator.cli.options import Options, database_option, json_option, service_options
from evaluator.cli.output import console, moment, print_json, print_table, printable
from evaluator.cli.rule_table import print_rules
from evaluator.monitors.words import RATE_OF_JUDGE, what

if TYPE_CHECKING:
    from evaluator.api.rule_shapes import BacktestReport, BacktestRow, Episode
    from evaluator.backtest.report import Progress

PATIENCE_SECONDS = 6 * 3600.0
"""How long a running service may take for its answer."""


@click.command()
@database_option
@service_options
@click.option("--since", required=True, metavar="ISO", help="Report alarms from this time on, e.g. 2026-11-01T00:00Z.")
@click.option("--until", metavar="ISO", help="… up to this time, knowing no more than was known then. Default: now.")
@click.option(
    "--config", "other", type=click.Path(path_type=Path), help="Another configuration, replayed beside the present one."
)
@click.option("--feature", default="*", metavar="GLOB", help="Report these features only.")
@json_option
@click.pass_obj
def backtest(options: Options, /, since: str, until: str | None, as_json: bool, **given: Any) -> None:
    """Replay history as the scheduler would have seen it, and print the alarms of monitors and plain rules.

    The present configuration is the one in front of the command: leadline --config FILE backtest …
    """
    span = (aware(since, "--since"), aware(until, "--until") if until else None)
    report = asyncio.run(_ask(options, span, given["feature"], given["other"]))
    if as_json:
        print_json(report.model_dump(mode="json"))
        return
    _show(report)


async def _ask(
    options: Options, span: tuple[datetime, datetime | None], feature: str, other: Path | None
) -> BacktestReport:
    from evaluator import config
    from evaluator.api.rule_shapes import BacktestReport
    from evaluator.backtest.report import Question, answer, changed, tables

    wanted = tables(config.load(other)) if other else None
    if options.url:
        body = {"since": span[0].isoformat(), "until": span[1] and span[1].isoformat(), "feature": feature}
        async with options.remote() as remote:
            found = await remote.post("/v1/backtest", body | {"config": wanted}, patience_seconds=PATIENCE_SECONDS)
            return BacktestReport.model_validate(found)
    async with options.service() as service:
        settings = service.settings
        question = Question(
            settings=settings,
            since=span[0],
            until=min(span[1] or service.clock(), service.clock()),
            feature=feature,
            other=changed(settings, wanted) if wanted else None,
        )
        with _bar() as progress:
            return await answer(service.store, question, progress)


@contextmanager
def _bar() -> Iterator[Progress]:
    """How far the replay is, on stderr, when that is a terminal."""
    from rich import progress as parts

    columns = (parts.SpinnerColumn(), parts.TextColumn("{task.description}"), parts.TimeElapsedColumn())
    screen = console(stderr=True)
    with parts.Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("reading the history")

        def told(which: str, at: datetime, looks: int) -> None:
            bar.update(task, description=f"{which} configuration, {moment(at)} UTC, {looks:,} looks by themselves")

        yield told


def _show(report: BacktestReport) -> None:
    click.echo(f"Replayed as known up to {moment(report.until)} UTC; alarms since {moment(report.since)} UTC\n")
    if report.rows:
        print_table(_columns(report), [_cells(row, report.other_config) for row in report.rows])
    else:
        click.echo("No alarm on the features that were asked for: neither replayed nor live.")
    for title, rules in (("Plain rules", report.rules), ("Plain rules of the other one", report.other_rules)):
        if rules:
            click.echo(f"\n{title}")
            print_rules(rules)
    for note in report.notes:
        click.echo(printable(f"Note: {note}"), err=True)
    click.echo(f"\n{_counted(report)}")


def _counted(report: BacktestReport) -> str:
    replayed, other, live = (
        sum(getattr(row, column) is not None for row in report.rows) for column in ("replayed", "other", "live")
    )
    beside = f", {other} with the other configuration" if report.other_config else ""
    return f"{replayed} replayed{beside}, {live} live"


def _columns(report: BacktestReport) -> tuple[str, ...]:
    other = ("other: fired (UTC)", "other: resolved") if report.other_config else ()
    shown = ("feature", "judge, metric or rule", "version", "fired (UTC)", ">points", "began (UTC)", "resolved (UTC)")
    return (*shown, *other, "live: fired (UTC)", "live: resolved")


def _cells(row: BacktestRow, other: bool) -> tuple[str, ...]:
    found = row.replayed
    drop = "–" if found is None or found.drop is None else f"{100 * found.drop:.1f}"
    name = f"{row.rule} ({row.judge})" if row.rule and row.judge else row.rule or row.judge
    if not row.rule and row.metric not in (None, RATE_OF_JUDGE):
        name = what(row.judge, row.metric)
    mine = (_fired(found), drop, moment(found.onset) if found else "–", _resolved(found))
    beside = (_fired(row.other), _resolved(row.other)) if other else ()
    return (row.feature, name, row.judge_version, *mine, *beside, _fired(row.live), _resolved(row.live))


def _fired(episode: Episode | None) -> str:
    return moment(episode.fired_at) if episode else "not"


def _resolved(episode: Episode | None) -> str:
    if episode is None:
        return "–"
    return moment(episode.resolved_at) if episode.resolved_at else "fires still"
