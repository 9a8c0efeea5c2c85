"""`leadline report`: what happened in a time, as one HTML file or as text."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evaluator.cli.check import aware
from evaluator.cli.options import Options, global_options, json_option
from evaluator.cli.output import print_json
from evaluator.errors import LeadlineError
from evaluator.report.asked import DAYS, MOST_DAYS

if TYPE_CHECKING:
    from evaluator.report.shapes import ReportFacts

FILE = "leadline-report.html"


@click.command()
@global_options
@click.option("--from", "start", metavar="ISO", help="Begin here, e.g. 2026-11-13T00:00:00Z.")
@click.option("--until", metavar="ISO", help="End here. Default: now.")
@click.option(
    "--days", type=click.FloatRange(0, MOST_DAYS, min_open=True), help=f"So many days up to the end. Default: {DAYS}."
)
@click.option("--feature", metavar="GLOB", help="Only features that fit. Default: all of them.")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help=f"The file to write. Default: {FILE}; - is stdout."
)
@click.option("--text", "as_text", is_flag=True, help="Short plain text instead of HTML; on stdout unless -o is given.")
@json_option
@click.pass_obj
def report(options: Options, /, *, as_text: bool, as_json: bool, output: Path | None, **given: Any) -> None:
    """Write a report: regressions, health per feature, minor shifts, coverage, cost, judges, what would be noticed."""
    if given["start"] and given["days"]:
        raise click.UsageError("Give either --from or --days.")
    if as_text and as_json:
        raise click.UsageError("Give either --text or --json.")
    facts = asyncio.run(_facts(options, given))
    if as_json and output is None:
        print_json(facts.model_dump(mode="json"))
        return
    made = facts.model_dump_json(indent=2) if as_json else _rendered(facts, as_text=as_text)
    if str(output) == "-" or (as_text and output is None):
        click.echo(made)
        return
    file = output or Path(FILE)
    try:
        file.write_text(made, encoding="utf-8")
    except OSError as error:
        raise LeadlineError(f"{file} cannot be written ({error.strerror}); name another file with -o.") from None
    click.echo(f"wrote {click.format_filename(file)} ({len(made.encode()) / 1000:,.0f} kB)")


def _rendered(facts: ReportFacts, *, as_text: bool) -> str:
    from evaluator.report import page, text

    return text.titled(facts) if as_text else page.render(facts)


async def _facts(options: Options, given: dict[str, Any]) -> ReportFacts:
    from evaluator.report.shapes import ReportFacts

    start = aware(given["start"], "--from") if given["start"] else None
    until = aware(given["until"], "--until") if given["until"] else None
    if options.url:
        told = {
            "until": until and until.isoformat(),
            "feature": given["feature"],
            "days": given["days"],
            "format": "json",
        }
        told["from"] = start and start.isoformat()
        async with options.remote() as remote:
            return ReportFacts.model_validate(await remote.get("/v1/report", **told))
    from evaluator.report.asked import asked
    from evaluator.report.facts import collect

    async with options.service() as service:
        await service.monitors.count()
        wanted = asked(service.clock(), start, until, given["feature"], given["days"] or DAYS)
        return await asyncio.to_thread(collect, service, wanted)
