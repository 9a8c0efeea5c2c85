"""`leadline baseline`: which window each monitor compares with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from evaluator.cli.check import aware
from evaluator.cli.options import Options, global_options, json_option
from evaluator.cli.output import bounds, interval, moment, print_json, print_table

if TYPE_CHECKING:
    from evaluator.api.shapes import MonitorView
    from store.records import Baseline

COLUMNS = (
    "feature", "judge", "version", "pass rate [95 %]", "with the unscored", ">n", "from (UTC)", "to (UTC)", "origin",
)  # fmt: skip


@click.group()
def baseline() -> None:
    """Reference windows: by default the first one with enough votes."""


@baseline.command("list")
@global_options
@json_option
@click.pass_obj
def list_(options: Options, as_json: bool) -> None:
    """List the monitors with their baselines."""
    views = asyncio.run(_views(options))
    if as_json:
        print_json([_as_json(view) for view in views])
        return
    print_table(COLUMNS, [_cells(view) for view in views])


@baseline.command("set")
@global_options
@click.argument("feature")
@click.argument("judge")
@click.option(
    "--start", metavar="ISO", help="First moment of the window, e.g. 2026-11-01T00:00:00Z; else the first vote."
)
@click.option("--end", required=True, metavar="ISO", help="End of the window (exclusive).")
@click.option("--note", default="", help="Why; kept with the baseline.")
@click.pass_obj
def set_(options: Options, feature: str, judge: str, start: str | None, end: str, note: str) -> None:
    """Give the monitors of FEATURE and JUDGE another baseline; the old one is kept in the history."""
    given = {"feature": feature, "judge": judge, "start": start and aware(start, "--start"), "end": aware(end, "--end")}
    for found in asyncio.run(_set(options, {**given, "note": note})):
        window = f"from {moment(found.start_at)} to {moment(found.end_at)} UTC"
        click.echo(f"{feature} / {judge}: baseline {window}, version {found.version} of monitor {found.monitor_id}")


def _cells(view: MonitorView) -> tuple[str, ...]:
    n = f"{view.baseline.n:.0f}" if view.baseline else "–"
    window = (moment(view.baseline_start), moment(view.baseline_end), view.baseline_origin or "none yet")
    rate = (interval(view.baseline), bounds(view.baseline) if view.baseline else "–")
    return (view.feature, view.judge, view.judge_version, *rate, n, *window)


def _as_json(view: MonitorView) -> dict[str, Any]:
    names = {"monitor_id", "feature", "judge", "judge_version", "baseline", "baseline_start", "baseline_end"}
    return view.model_dump(mode="json", include=names | {"baseline_origin"})


async def _views(options: Options) -> list[MonitorView]:
    from evaluator.api.shapes import MonitorView

    if options.url:
        async with options.remote() as remote:
            return [MonitorView.model_validate(view) for view in await remote.get("/v1/monitors")]
    from evaluator.monitors import views

    async with options.service() as service:
        with service.store.read() as c:
            return views.views(c, service.settings, service.clock(), service.waiting.in_spans)


async def _set(options: Options, given: dict[str, Any]) -> list[Baseline]:
    from pydantic import TypeAdapter

    from store.records import Baseline

    if options.url:
        async with options.remote() as remote:
            return TypeAdapter(list[Baseline]).validate_python(await remote.post("/v1/baselines", given))
    async with options.service() as service:
        window = (given["start"], given["end"])
        return await service.monitors.set_baseline(given["feature"], given["judge"], window, note=given["note"])
