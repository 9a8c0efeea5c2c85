"""`leadline doctor`: what keeps the service from watching well, and what to do about it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from evaluator.cli.options import Options, global_options, json_option
from evaluator.cli.output import print_json, printable

if TYPE_CHECKING:
    from evaluator.api.shapes import Finding

MARKS = {"ok": ("ok     ", "green"), "hint": ("hint   ", "yellow"), "problem": ("PROBLEM", "red")}


@click.command()
@global_options
@json_option
@click.pass_context
def doctor(ctx: click.Context, as_json: bool) -> None:
    """Say what keeps the service from watching well: missing text, judges that cannot run; exit 1 on a problem."""
    findings = asyncio.run(_examine(ctx.obj))
    if as_json:
        print_json([finding.model_dump() for finding in findings])
    else:
        _show(findings)
    ctx.exit(1 if any(finding.level == "problem" for finding in findings) else 0)


async def _examine(options: Options) -> list[Finding]:
    from evaluator.api.shapes import Finding

    if options.url:
        async with options.remote() as remote:
            return [Finding.model_validate(finding) for finding in await remote.get("/v1/doctor")]
    from evaluator.doctor import examine

    async with options.service(creates=True) as service:
        return await asyncio.to_thread(examine, service)


def _show(findings: list[Finding]) -> None:
    for finding in findings:
        mark, colour = MARKS[finding.level]
        click.echo(f"{click.style(mark, fg=colour)}  {printable(finding.area)}: {printable(finding.what)}")
        if finding.fix:
            click.echo(f"         → {printable(finding.fix)}")
    problems = sum(finding.level == "problem" for finding in findings)
    click.echo(f"\n{problems} problem{'s' * (problems != 1)}, {len(findings)} things looked at")
