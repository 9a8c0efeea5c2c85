"""`leadline plan`: what every monitor would see, how soon, and what it takes to see more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from evaluator.cli.check import aware
from evaluator.cli.options import Options, global_options, json_option
from evaluator.cli.output import percent, print_json, print_table, printable, usd
from evaluator.errors import InputError
from evaluator.monitors.metrics import METRICS
from evaluator.monitors.words import RATE_OF_JUDGE, of_view

if TYPE_CHECKING:
    from evaluator.api.plan_shapes import PlanView

COLUMNS = ("feature", "judge or share", ">baseline", ">votes/day", ">in 1 day", ">in 3 days", ">in 7 days")
STYLES = {"seen": "green", "more_votes": "yellow", "traffic": "red", "small_baseline": "red"}


@click.command()
@global_options
@click.option(
    "--drop", type=click.FloatRange(0, 100, min_open=True, max_open=True), default=5.0, show_default=True,
    help="The fall of the pass rate to see, in points.",
)  # fmt: skip
@click.option(
    "--days", type=click.FloatRange(0.05, 365), default=1.0, show_default=True, help="Within how many days to see it."
)
@click.option("--feature", help="Only this feature.")
@click.option("--judge", help="Only this judge.")
@click.option("--metric", default="pass_rate", show_default=True, help="Of which metric; `all` for every monitor.")
@click.option("--now", metavar="ISO", help="Plan as of this time, such as the end of a history that was scored.")
@json_option
@click.pass_obj
def plan(options: Options, /, as_json: bool, drop: float, days: float, **chosen: str | None) -> None:
    """Say what every monitor would notice, how soon, and what it takes to notice a given drop in a given time.

    Monitors that would miss it come first, each with what to do about it.
    """
    now = chosen.pop("now")
    if (metric := chosen["metric"]) not in (*METRICS, "all"):
        raise InputError(f"There is no metric {metric!r}; there are: {', '.join(METRICS)}, and all.")
    asked = {"drop": drop / 100, "days": days, **chosen, "now": aware(now, "--now").isoformat() if now else None}
    found = asyncio.run(_plans(options, asked))
    if as_json:
        print_json([view.model_dump(mode="json") for view in found])
    else:
        _show(found, drop, days, [f"--{name} {value}" for name, value in chosen.items() if value])


async def _plans(options: Options, asked: dict[str, Any]) -> list[PlanView]:
    from datetime import datetime

    from evaluator.api.plan_shapes import PlanView

    if options.url:
        async with options.remote() as remote:
            return [PlanView.model_validate(view) for view in await remote.get("/v1/plan", **asked)]
    from evaluator.api.plan import Wanted, plans
    from evaluator.planning import Asked

    async with options.service() as service:
        now = datetime.fromisoformat(asked["now"]) if asked["now"] else service.clock()
        wanted = Wanted(now, asked["feature"], asked["judge"], metric=asked["metric"])
        return await asyncio.to_thread(plans, service, Asked(asked["drop"], asked["days"]), wanted)


def _show(found: list[PlanView], drop: float, days: float, wanted: Sequence[str]) -> None:
    if not found:
        asked = printable(" ".join(wanted))
        said = "monitors appear with the first verdicts. `leadline check --all` lists those there are"
        click.echo(f"No monitor to plan for with {asked}: {said}.")
        return
    within = f"{days:g} day{'s' * (days != 1)}"
    asked = f"−{drop:g} points in {within}"
    columns = (*COLUMNS, f">votes/day for {asked}", ">judge rate", ">USD/day")
    print_table(columns, [_cells(view) for view in found], styles=[STYLES.get(view.reason, "dim") for view in found])
    seen = sum(view.reason == "seen" for view in found)
    click.echo(f"\n{seen} of {len(found)} monitors would notice a drop of {drop:g} points within {within}\n")
    for view in found:
        click.echo(printable(f"  {of_view(view)}: {view.advice}"))
    if all(view.reason == "no_traffic" for view in found):
        click.echo("\nFor a history that was scored, plan as of its end: --now 2026-11-20T12:00:00Z")
    click.echo("\nIn 1, 3, 7 days: the smallest drop, in points, noticed half of the time. Arrows: from now to needed.")


def _cells(view: PlanView) -> tuple[str, ...]:
    drops = {one.days: one.drop for one in view.detectable}
    return (
        view.feature,
        view.judge if view.metric == RATE_OF_JUDGE else ": ".join(filter(None, (view.judge, view.says))),
        percent(view.baseline_rate),
        _number(view.votes_per_day),
        *(_points(drops.get(days)) for days in (1, 3, 7)),
        _number(view.votes_per_day_needed),
        _arrow(_rate(view.rate), _rate(view.rate_needed)),
        _arrow(_usd(view.usd_per_day), _usd(view.usd_per_day_needed)),
    )


def _arrow(now: str, needed: str) -> str:
    return now if now == needed or needed == "–" else f"{now} → {needed}"


def _rate(rate: float | None) -> str:
    return "–" if rate is None else f"{rate:.2g}"


def _usd(amount: float | None) -> str:
    return "–" if amount is None else usd(amount)


def _points(drop: float | None) -> str:
    return "–" if drop is None else f"{100 * drop:.1f}"


def _number(votes: float | None) -> str:
    if votes is None:
        return "–"
    return f"{votes:,.0f}" if votes >= 10 or not votes else f"{votes:.2g}"
