"""The console script `leadline`: the evaluator's commands, and the two that show the UI, `up` and `demo`."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from evaluator import process
from evaluator.cli.app import leadline
from evaluator.cli.options import Options, file_options
from evaluator.cli.serve import App, Served, listening_options, plain, run_until_stopped, running, server_flags

if TYPE_CHECKING:
    from fastapi import FastAPI

    from evaluator.demo.story import Findings
    from evaluator.settings import Settings


def with_pages(api: FastAPI, url: str) -> App:
    """The API and the pages on one port; people sign in to them, or are asked for a key, as the API demands."""
    from ui.server import create_app

    return create_app(api, api_url=url, keys=api.state.keys, settings=api.state.settings)


@click.command()
@file_options
@listening_options
@click.pass_obj
def up(options: Options, host: str | None, port: int | None) -> None:
    """Run the whole service: API, judges, scheduler and UI on one port."""
    process.bring_back_pandas()
    run_until_stopped(options.settings(**server_flags(host, port)), with_pages)


@click.command()
@click.option("--no-ui", is_flag=True, help="End with the week: exit 0 if exactly the true regressions were found.")
@click.option("--llm", is_flag=True, help="Let the LLM judge take part, at your cost (needs ANTHROPIC_API_KEY).")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; by default a free one.")
@click.pass_context
def demo(ctx: click.Context, no_ui: bool, llm: bool, port: int) -> None:
    """Watch a scripted week of a support assistant: two regressions, a mix shift that is none, and a quiet day."""
    process.bring_back_pandas()
    environ = dict(os.environ) if llm else {k: v for k, v in os.environ.items() if not k.startswith("ANTHROPIC_")}
    with tempfile.TemporaryDirectory(prefix="leadline-demo-") as folder:
        settings = _demo_settings(Path(folder) / "demo.duckdb", port)
        findings = asyncio.run(_demo(settings, environ, keep_open=not no_ui))
    if findings is None:
        raise KeyboardInterrupt("stopped before the week was over; the demo's database is gone")
    ctx.exit(0 if findings.exact else 1)


def _demo_settings(database: Path, port: int) -> Settings:
    """The demo's own configuration: a demo is the same everywhere, so LEADLINE_… of the environment is left out."""
    from evaluator import config
    from evaluator.demo.traffic import FOLDER, load

    load()
    for name in [name for name in os.environ if name.startswith("LEADLINE_")]:
        del os.environ[name]
    server = {"host": "127.0.0.1", "port": port}
    return config.load(FOLDER / "leadline.toml", database=database, server=server, log_level="error")


async def _demo(settings: Settings, environ: Mapping[str, str], *, keep_open: bool) -> Findings | None:
    """The week, then the UI until Ctrl-C; None when the service was stopped before the week was over."""
    from evaluator.telemetry import configure_logging

    configure_logging(settings.log_level)
    async with running(settings, with_pages if keep_open else plain, environ) as served:
        week = asyncio.create_task(_week(served))
        await asyncio.wait({week, served.ended}, return_when=asyncio.FIRST_COMPLETED)
        # When the service stops, calls of the week may fail first, for nobody answers any more.
        if not week.done() or (served.is_stopping() and week.exception()):
            week.cancel()
            await asyncio.gather(week, return_exceptions=True)
            return None
        findings = week.result()
        if keep_open:
            click.echo(f"\nThe UI shows this week at {served.url} until you press Ctrl-C.")
            await served.ended
        return findings


async def _week(served: Served) -> Findings:
    from evaluator.cli.remote import Remote
    from evaluator.demo import story, traffic

    async with Remote.connect(served.url, None) as remote:
        click.echo(f"Leadline demo: a service on {served.url}, with a database of its own")
        for judge in await remote.get("/v1/judges"):
            if judge["state"] != "ready":
                click.echo(f"judge {judge['name']} is not configured ({judge['detail']}); the demo does without")
        end = datetime.now(UTC) - timedelta(seconds=1)
        return await story.play(remote, traffic.load(), end, click.echo)


leadline.add_command(up)
leadline.add_command(demo)


def main() -> None:
    """Runs the command line. Commands without the UI do without pandas."""
    process.leave_out_pandas()
    leadline(prog_name="leadline")


if __name__ == "__main__":
    main()
