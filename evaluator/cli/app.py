"""The group `leadline`: global options, and errors as one clear line with a promised exit code."""

from __future__ import annotations

import logging
import os
from typing import Any

import click

from evaluator.cli.alert import alert
from evaluator.cli.backtest import backtest
from evaluator.cli.baseline import baseline
from evaluator.cli.check import check
from evaluator.cli.doctor import doctor
from evaluator.cli.gate import gate
from evaluator.cli.inspect import config_command, judges, version_command
from evaluator.cli.key import key
from evaluator.cli.mark import mark
from evaluator.cli.options import Options, global_options
from evaluator.cli.plan import plan
from evaluator.cli.report import report
from evaluator.cli.rubric import rubric
from evaluator.cli.score import score
from evaluator.cli.serve import serve
from evaluator.errors import LeadlineError
from judges.errors import JudgeError
from store.errors import StoreError


class Failure(click.ClickException):
    """What an operator can mend: exit 2, like a wrong option."""

    exit_code = 2


class Interrupted(click.ClickException):
    """Ctrl-C: exit 130, as shells expect."""

    exit_code = 130

    def show(self, file: Any = None) -> None:
        click.echo(self.message, err=True, file=file)


class Group(click.Group):
    """Turns the packages' errors into messages; anything else is a bug and keeps its traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except (LeadlineError, StoreError, JudgeError) as error:
            raise Failure(str(error)) from None
        except KeyboardInterrupt as stop:
            raise Interrupted(str(stop) or "interrupted") from None


@click.group(cls=Group, context_settings={"help_option_names": ["-h", "--help"]})
@global_options
@click.version_option(package_name="leadline", message="leadline %(version)s")
@click.pass_context
def leadline(ctx: click.Context) -> None:
    """Watch the quality of LLM features in production.

    Leadline samples request/response pairs, judges them, and says, with a stated false-alarm rate, when quality fell,
    by how much and since when.
    """
    logging.captureWarnings(True)
    # The database, its log and its key hold what people wrote: they are for this user alone.
    os.umask(0o077)
    ctx.obj = ctx.obj or Options()


COMMANDS = (
    serve, score, check, alert, gate, mark, plan, report, backtest, doctor, judges, baseline, rubric, key,
    config_command, version_command,
)  # fmt: skip
for command in COMMANDS:
    leadline.add_command(command)
