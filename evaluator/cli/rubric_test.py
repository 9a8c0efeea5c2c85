"""`leadline rubric test`: how well a rubric agrees with people, on samples that they have labelled."""

from __future__ import annotations

import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from evaluator.cli.options import file_options, json_option
from evaluator.cli.output import console, printable
from evaluator.cli.rubric_report import tell
from evaluator.errors import InputError

if TYPE_CHECKING:
    from evaluator.rubrics.labelled import Labelled
    from evaluator.rubrics.trial import Trial
    from evaluator.settings import Settings
    from judges.llm import LlmJudge
    from judges.rubric import Rubric, RubricConfig

ASK_ABOVE_USD = 0.50
SHOWN_REJECTS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to try, and what it may cost: the definition, the samples, and the command's options."""

    settings: Settings
    config: RubricConfig
    samples: Sequence[Labelled]
    concurrency: int
    max_usd: float | None
    yes: bool


@click.command("test")
@file_options
@click.argument("name", metavar="NAME|FILE")
@click.argument("labelled", metavar="LABELLED.jsonl")
@click.option("--label-field", default="label", show_default=True, help="Field that holds the person's label.")
@click.option("--limit", type=click.IntRange(min=1), metavar="N", help="Only the first N usable rows.")
@click.option("--concurrency", type=click.IntRange(1, 256), help="Samples asked about at once; judge.concurrency.")
@click.option("--model", help="A pinned model id in place of the rubric's.")
@click.option("--max-usd", type=click.FloatRange(min=0, min_open=True), help="Stop before more than this is spent.")
@click.option("--yes", is_flag=True, help=f"Do not ask when it may cost more than {ASK_ABOVE_USD:.2f} USD.")
@click.option("--disagreements", type=click.Path(path_type=Path), help="Write every disagreement here, as JSON lines.")
@json_option
@click.pass_context
def test_command(
    ctx: click.Context, /, name: str, labelled: str, disagreements: Path | None, as_json: bool, **given: Any
) -> None:
    """Judge labelled samples and say how well the judge agrees with people.

    Each row of LABELLED.jsonl is a sample of the public shape with a label beside it: one of the rubric's, or true (it
    passes) or false. It costs what judging costs, nothing is stored. A judge's errors are counted apart. Exit code 1
    when samples were left unjudged.
    """
    from evaluator.rubrics import names

    settings = ctx.obj.settings()
    meant = names.find(settings, name)
    samples, rejected = _read(settings, meant.rubric, labelled, given["label_field"], given["limit"])
    wanted = Wanted(
        settings=settings,
        config=_with_model(meant.config, given["model"]),
        samples=samples,
        concurrency=given["concurrency"] or settings.judge.concurrency,
        max_usd=given["max_usd"],
        yes=given["yes"],
    )
    with _writable(disagreements) if disagreements else nullcontext() as file:
        trial, interrupted = _run(wanted)
        tell(trial, rows=len(samples) + len(rejected), rejected=len(rejected), file=file, as_json=as_json)
    if interrupted:
        raise KeyboardInterrupt("interrupted: the report is about what was judged until then")
    ctx.exit(1 if trial.unjudged or not trial.cases else 0)


def _with_model(config: RubricConfig, model: str | None) -> RubricConfig:
    from judges.models import require_pinned

    return config.model_copy(update={"model": require_pinned(model)}) if model else config


def _read(
    settings: Settings, rubric: Rubric, name: str, label_field: str, limit: int | None
) -> tuple[list[Labelled], list[InputError]]:
    """The samples with labels, and what is wrong with the other rows; the first of those are said."""
    from evaluator.redact.redactor import Redactor
    from evaluator.rubrics.labelled import Labelled, Reader
    from evaluator.service import utc_now

    # Nothing of this is stored, so the key of its hashes need not be the instance's.
    redactor = Redactor.build(settings.redaction, os.urandom(32))
    reader = Reader(rubric, redactor, utc_now(), label_field, settings.server.max_item_kb * 1000)
    rows = list(reader.rows(name))
    rejected = [row for row in rows if isinstance(row, InputError)]
    for error in rejected[:SHOWN_REJECTS]:
        click.echo(f"rejected {printable(error)}", err=True)
    if len(rejected) > SHOWN_REJECTS:
        click.echo(f"… and {len(rejected) - SHOWN_REJECTS:,} more", err=True)
    samples = [row for row in rows if isinstance(row, Labelled)]
    if not samples:
        raise InputError(f"{name}: no row can be used; a row is a sample with a {label_field!r} beside it")
    return samples[:limit], rejected


@contextmanager
def _writable(path: Path) -> Iterator[IO[str]]:
    try:
        file = path.open("w", encoding="utf-8")
    except OSError as error:
        raise InputError(f"--disagreements {path}: cannot be written ({error.strerror})") from None
    with file:
        yield file


def _run(wanted: Wanted) -> tuple[Trial, bool]:
    """The trial, and whether it was interrupted: what was paid for until then is told all the same."""
    begun: list[Trial] = []
    try:
        asyncio.run(_try(wanted, begun))
    except KeyboardInterrupt:
        if not begun:
            raise
        return begun[0], True
    return begun[0], False


async def _try(wanted: Wanted, begun: list[Trial]) -> None:
    from evaluator.rubrics.trial import Trial, estimate_usd

    async with _judge(wanted) as judge:
        _agree(estimate_usd(judge, wanted.samples), wanted)
        with _bar(len(wanted.samples)) as advance:
            trial = Trial(judge, wanted.concurrency, on_case=advance)
            begun.append(trial)
            await trial.run(wanted.samples)


@asynccontextmanager
async def _judge(wanted: Wanted) -> AsyncIterator[LlmJudge]:
    """The rubric's judge with a client of its own, its spending bounded for this trial alone."""
    from evaluator.judge_setup import judge_client, judge_resources
    from evaluator.redact.detection import detection
    from evaluator.service import utc_now
    from judges import registry
    from judges.budget import Budgets, Limit
    from judges.llm import LlmJudge

    settings, config = wanted.settings, wanted.config
    client = judge_client(settings, os.environ, random.Random())  # noqa: S311 - jitter, not secrets
    resources = judge_resources(settings, client, utc_now)
    if client is None or resources is None:
        raise InputError(f"an LLM judge has nobody to ask: {registry.NOT_CONFIGURED}")
    limits = (wanted.max_usd, settings.judge.usd_per_day, settings.judge.usd_per_week, config.usd_per_day)
    most = min((usd for usd in (*limits, config.usd_per_week) if usd is not None), default=None)
    budgets = Budgets(Limit(usd_per_week=most), {}, utc_now)
    (entry,) = registry.build(
        [config],
        builtin=(),
        llm_rate=settings.judge.llm_rate,
        model=settings.judge.model,
        resources=replace(resources, budgets=budgets, repeat_rate=0.0),
        detection=detection(settings.redaction),
    )
    try:
        if isinstance(entry.judge, LlmJudge):
            yield entry.judge
    finally:
        await client.close()


def _agree(usd: float | None, wanted: Wanted) -> None:
    """Says what it will cost, and asks when that is much or not known."""
    many = f"{len(wanted.samples):,} samples"
    told = f"about {usd:.4f} USD for {many}, nothing taken from a cache" if usd is not None else f"no price for {many}"
    click.echo(f"estimate: {told}", err=True)
    if wanted.yes or (usd is not None and (usd <= ASK_ABOVE_USD or wanted.max_usd is not None)):
        return
    if not sys.stdin.isatty():
        limit = " or --max-usd" if usd is not None else ""
        raise InputError(f"nobody can be asked whether to spend that; give --yes{limit}")
    click.confirm("Go on?", abort=True, err=True)


@contextmanager
def _bar(total: int) -> Iterator[Callable[[], None]]:
    """A bar on stderr, when that is a terminal."""
    from rich.progress import Progress

    screen = console(stderr=True)
    with Progress(console=screen, transient=True, disable=not screen.is_terminal) as bar:
        task = bar.add_task("judging", total=total)
        yield lambda: bar.advance(task)
