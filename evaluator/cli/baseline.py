"""`leadline baseline`: which window each monitor compares with."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import click

from evaluator.cli.acting import by_option, request
from evaluator.cli.check import aware, by_kind
from evaluator.cli.options import Options, global_options, json_option
from evaluator.cli.output import bounds, interval, moment, percent, print_json, print_table, printable
from evaluator.monitors.words import noun, of_view, what

if TYPE_CHECKING:
    from evaluator.api.baseline_shapes import BaselineView
    from evaluator.api.shapes import MonitorView

COLUMNS = (
    "feature", "judge", "version", "pass rate [95 %]", "with the unscored", ">n", "from (UTC)", "to (UTC)", "origin",
)  # fmt: skip
OTHERS = ("feature", "metric", "share [95 %]", ">n", "from (UTC)", "to (UTC)", "origin", "share of what")
HISTORY = (
    "feature", "judge", "metric", "judge version", "baseline", "from (UTC)", "to (UTC)", ">votes", ">rate", "origin",
    "why", "made (UTC)",
)  # fmt: skip


@click.group()
def baseline() -> None:
    """Reference windows: by default the first one with enough votes."""


@baseline.command("list")
@global_options
@click.option("--all", "history", is_flag=True, help="Every baseline there ever was, with its origin and why.")
@json_option
@click.pass_obj
def list_(options: Options, history: bool, as_json: bool) -> None:
    """List the monitors with their baselines."""
    if history:
        _print_history(asyncio.run(_history(options)), as_json=as_json)
        return
    views = asyncio.run(_views(options))
    if as_json:
        print_json([_as_json(view) for view in views])
        return
    rates, others = by_kind(views)
    print_table(COLUMNS, [_cells(view) for view in rates])
    if others:
        click.echo("\nOther metrics:")
        print_table(OTHERS, [_other_cells(view) for view in others])


@baseline.command("set")
@global_options
@click.argument("feature")
@click.argument("judge", default="")
@click.option("--metric", help="Only this metric of the judge, or of the feature. Default: all of them.")
@click.option("--start", metavar="ISO", help="First moment, e.g. 2026-11-01T00:00:00Z. Default: the first vote.")
@click.option("--end", metavar="ISO", help="End (exclusive) of the range, or of the time since the marker.")
@click.option("--release", help="The time in which this release was the newest.")
@click.option("--prompt-version", help="The time in which this prompt version was the newest.")
@click.option("--model", help="The time in which this model was the newest.")
@click.option("--since-marker", metavar="NAME_OR_ID", help="What the present judge version said since this marker.")
@click.option("--why", "--note", "note", default="", help="Why; kept with the baseline.")
@by_option
@json_option
@click.pass_obj
def set_(options: Options, /, *, as_json: bool, **given: Any) -> None:
    """Give the monitors of JUDGE on FEATURE another baseline; without JUDGE, those of the feature's own metrics.

    Name a range, a release, a prompt version, a model or a marker. The old baseline is kept in the history.
    """
    for name in ("start", "end"):
        given[name] = given[name] and aware(given[name], f"--{name}")
    _report(asyncio.run(_set(options, given)), as_json=as_json)


@baseline.command("reset")
@global_options
@click.argument("feature")
@click.argument("judge", default="")
@click.option("--metric", help="Only this metric. Default: all of them.")
@click.option("--why", "--note", "note", default="", help="Why; kept with the baseline.")
@by_option
@json_option
@click.pass_obj
def reset(options: Options, /, *, as_json: bool, **given: Any) -> None:
    """Go back to the baseline that nobody chose: the configured one, else the first window with enough votes."""
    _report(asyncio.run(_set(options, {**given, "automatic": True})), as_json=as_json)


def _report(found: list[BaselineView], *, as_json: bool) -> None:
    if as_json:
        print_json([view.model_dump(mode="json") for view in found])
        return
    for view in found:
        window = f"from {moment(view.start_at)} to {moment(view.end_at)} UTC"
        told = f"baseline {window}, version {view.version} of monitor {view.monitor_id}"
        click.echo(printable(f"{of_view(view)}: {told}"))
        click.echo(f"  {view.in_words}")


def _print_history(found: list[BaselineView], *, as_json: bool) -> None:
    if as_json:
        print_json([view.model_dump(mode="json") for view in found])
        return
    print_table(
        HISTORY,
        [
            (
                view.feature,
                view.judge or "–",
                view.metric,
                view.judge_version or "–",
                f"{view.version}{'' if view.in_use else ', replaced'}",
                moment(view.start_at),
                moment(view.end_at),
                f"{view.votes:.0f}",
                percent(view.rate),
                view.origin,
                view.note or "–",
                moment(view.created_at),
            )
            for view in found
        ],
        styles=["" if view.in_use else "dim" for view in found],
    )


def _cells(view: MonitorView) -> tuple[str, ...]:
    without = bounds(view.baseline) if view.baseline else "–"
    return (view.feature, view.judge, view.judge_version, interval(view.baseline), without, *_window(view))


def _other_cells(view: MonitorView) -> tuple[str, ...]:
    says = "–" if view.says == noun(view.metric) else view.says
    return (view.feature, what(view.judge, view.metric), interval(view.baseline), *_window(view), says)


def _window(view: MonitorView) -> tuple[str, ...]:
    n = f"{view.baseline.n:.0f}" if view.baseline else "–"
    return (n, moment(view.baseline_start), moment(view.baseline_end), view.baseline_origin or "none yet")


def _as_json(view: MonitorView) -> dict[str, Any]:
    names = {"monitor_id", "feature", "judge", "judge_version", "metric", "says", "bad"}
    names |= {"baseline", "baseline_start", "baseline_end", "baseline_origin"}
    return view.model_dump(mode="json", include=names)


async def _views(options: Options) -> list[MonitorView]:
    from evaluator.api.shapes import MonitorView

    if options.url:
        async with options.remote() as remote:
            return [MonitorView.model_validate(view) for view in await remote.get("/v1/monitors")]
    from evaluator.monitors import views

    async with options.service() as service:
        with service.store.read() as c:
            return views.views(c, views.Showing(service.settings, service.waiting.in_spans), service.clock())


async def _history(options: Options) -> list[BaselineView]:
    from evaluator.api.baseline_shapes import BaselineView

    if options.url:
        async with options.remote() as remote:
            found = await remote.get("/v1/baselines", history="true")
            return [BaselineView.model_validate(view) for view in found]
    from evaluator.monitors.history import listed

    async with options.service() as service:
        with service.store.read() as c:
            return listed(c, service.settings, service.clock(), lambda _: True, replaced=True)


async def _set(options: Options, given: dict[str, Any]) -> list[BaselineView]:
    from evaluator.alerts import by_hand
    from evaluator.alerts.actions import COMMAND, UNKNOWN, Actor
    from evaluator.api.baseline_shapes import BaselineRequest, BaselineView

    asked = request(BaselineRequest, **given)
    if options.url:
        async with options.remote() as remote:
            found = await remote.post("/v1/baselines", asked.model_dump(mode="json", exclude_defaults=True))
            return [BaselineView.model_validate(view) for view in found]
    async with options.service() as service:
        return await by_hand.set_baseline(service, asked, Actor(asked.by or UNKNOWN, COMMAND))
