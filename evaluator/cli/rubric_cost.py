"""`leadline rubric cost`: what a rubric would cost per day, before it is switched on."""

from __future__ import annotations

import asyncio
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from evaluator.cli.options import Options, global_options, json_option
from evaluator.cli.output import percent, print_json, print_table, printable
from evaluator.errors import InputError

if TYPE_CHECKING:
    from evaluator.api.shapes import RubricCost, SpanView
    from evaluator.rubrics.cost import Counted
    from evaluator.rubrics.names import Meant
    from evaluator.rubrics.workload import Workload
    from evaluator.settings import Settings

COLUMNS = ("model", ">USD per day", "range", ">in batches", ">USD per 1,000", ">cached")
EXACT_PROMPTS = 20


@click.command("cost")
@global_options
@click.argument("name", metavar="NAME|FILE")
@click.option("--rate", type=click.FloatRange(0, 1), help="Share of sessions in place of the configured rates.")
@click.option("--days", type=click.FloatRange(0.05, 90), default=7.0, show_default=True, help="Days of traffic.")
@click.option("--exact", is_flag=True, help=f"Have the provider count {EXACT_PROMPTS} prompts (free, needs a key).")
@json_option
@click.pass_obj
def cost_command(options: Options, name: str, rate: float | None, days: float, exact: bool, as_json: bool) -> None:
    """Say what a rubric would cost per day, from the traffic that is stored, at the prices of several models."""
    if exact and options.url:
        raise InputError("--exact sends prompts from here, so it works on the file and not with --url")
    if options.url:
        found = asyncio.run(_remote(options, {"rate": rate, "days": days, **_rubric(name)}))
    else:
        found = asyncio.run(_local(options, name, rate, days, exact=exact))
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _show(found)


def _rubric(name: str) -> dict[str, str]:
    """What to send of the rubric: its file's text, or its name."""
    path = Path(name)
    if path.suffix != ".toml":
        return {"name": name}
    from judges.rubric import load

    load(path)  # what is wrong with it is said here, with its name
    return {"toml": path.read_text(encoding="utf-8")}


async def _remote(options: Options, body: dict[str, Any]) -> RubricCost:
    from evaluator.api.shapes import RubricCost

    async with options.remote() as remote:
        return RubricCost.model_validate(await remote.post("/v1/rubrics/cost", body))


async def _local(options: Options, name: str, rate: float | None, days: float, *, exact: bool) -> RubricCost:
    from evaluator.rubrics import names
    from evaluator.rubrics.cost import price
    from evaluator.rubrics.workload import Asked, measure

    settings = options.settings()
    asked = Asked(meant=names.find(settings, name), sampling=settings.sampling, rate=rate)
    async with options.service() as service:
        with service.store.read() as c:
            load = measure(c, asked, now=service.clock(), days=days)
    counted = await _count(settings, asked.meant, load) if exact else None
    return price(asked, load, repeat_rate=settings.judge.repeat_rate, counted=counted)


async def _count(settings: Settings, meant: Meant, load: Workload) -> Counted:
    from evaluator.judge_setup import judge_client
    from evaluator.rubrics.cost import Counted
    from judges.prompt import system_text
    from judges.registry import NOT_CONFIGURED

    client = judge_client(settings, os.environ, random.Random())  # noqa: S311 - jitter, not secrets
    if client is None:
        raise InputError(f"--exact has nobody to ask: {NOT_CONFIGURED}")
    try:
        prompts = load.prompts[:EXACT_PROMPTS] or ("-",)  # an empty message is refused
        samples = [await client.count_tokens(meant.model, "", prompt) for prompt in prompts]
        whole = await client.count_tokens(meant.model, system_text(meant.rubric), prompts[0])
    finally:
        await client.close()
    return Counted(whole - samples[0], samples if load.prompts else [])


def _show(found: RubricCost) -> None:
    rates = found.rates
    shown = percent(rates["default"]) + "".join(
        f", {percent(r)} of {name}" for name, r in rates.items() if name != "default"
    )
    click.echo(printable(f"{found.name} {found.version} at a rate of {shown}"))
    if found.judgements is None or not found.quotes:
        click.echo("There is no cost to tell, as nothing is stored that it could judge:")
    else:
        click.echo(f"about {_number(found.judgements.likely)} judgements per day\n")
        per_day = found.judgements.likely
        print_table(
            COLUMNS, [_row(quote.model, quote.live, quote.batch, quote.hit_rate, per_day) for quote in found.quotes]
        )
        click.echo()
    for source in found.sources:
        click.echo(printable(f"- {source}"))


def _row(
    model: str, live: SpanView | None, batch: SpanView | None, hit_rate: float | None, per_day: float
) -> tuple[str, ...]:
    if live is None or batch is None:
        return (model, "no price", "–", "–", "–", "–")
    per_1000 = _usd(1000 * live.likely / per_day) if per_day else "–"
    cached = "too short" if hit_rate is None else percent(hit_rate)
    return (model, _usd(live.likely), f"{_usd(live.low)} to {_usd(live.high)}", _usd(batch.likely), per_1000, cached)


def _usd(usd: float) -> str:
    """Cents where there are some, else two digits that count."""
    return f"{usd:,.2f}" if usd >= 0.1 or not usd else f"{usd:.2g}"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"
