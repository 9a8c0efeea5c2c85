"""A file as one side: its rows are judged by the configured judges, in a database that is thrown away afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from evaluator import backfill
from evaluator.backfill import LocalTarget, Tally, Watcher
from evaluator.errors import ConfigError, InputError
from evaluator.gate.sides import Side
from evaluator.intake.files import Row
from evaluator.redact import key as redaction_key
from evaluator.service import Service
from evaluator.settings import SamplingSettings, Settings
from judges.registry import BUILTIN, JudgeConfig
from judges.rubric import RubricConfig
from store import verdicts
from store.database import Connection
from store.records import Outcome
from store.samples import EARLIEST, LATEST
from store.sides import Chosen

KEY = "redaction.key"
MOST_KINDS = 5
"""Kinds of rows left out that are named, those of most rows."""


def for_files(settings: Settings, judges: Sequence[str], folder: Path) -> Settings:
    """The settings with which files are judged: every row, by the named judges (none named: by all).

    A file of a test set was chosen already, so no rate thins it. Both sides hide names by the same key, made in
    `folder`, so that they still match.
    """
    every = [*(BUILTIN[name] for name in settings.judge.builtin if name in BUILTIN), *settings.judges]
    known = {judge.name for judge in every}
    if unknown := [name for name in judges if name not in known]:
        raise InputError(f"no judge is called {', '.join(unknown)}; there is: {', '.join(sorted(known))}")
    # The registry says what is wrong with those.
    unknown_builtin = tuple(name for name in settings.judge.builtin if name not in BUILTIN)
    wanted = [judge for judge in every if not judges or judge.name in judges]
    key = settings.redaction_key or SecretStr(redaction_key.of_file(folder / KEY).decode())
    changed = {
        "sampling": SamplingSettings(),
        "judge": settings.judge.model_copy(update={"builtin": unknown_builtin, "repeat_rate": 0.0}),
        "judges": tuple(judge.model_copy(update=_always(judge)) for judge in wanted),
        "redaction_key": key,
    }
    return settings.model_copy(update=changed)


def _always(judge: JudgeConfig) -> dict[str, object]:
    return {"rate": 1.0, "batch": False} if isinstance(judge, RubricConfig) else {"rate": 1.0}


@asynccontextmanager
async def judged(
    name: str, rows: Iterable[Row], settings: Settings, watcher: Watcher, feature: str | None
) -> AsyncIterator[Side]:
    """The file's side (one feature's, if it is given), as long as the context lasts, in `settings.database`."""
    async with Service(settings, scheduled=False) as service:
        _require_judges(service)
        tally = Tally()
        target = LocalTarget(service)
        left = await backfill.score(rows, target, tally, watcher)
        if not tally.stored:
            raise InputError(f"{name}: no row could be used ({_told(tally) or 'it is empty'})")
        waiting = {(row.feature, row.judge): row.waiting for row in await target.summary(tally.features) if row.waiting}
        with service.store.read() as c:
            notes = (*_notes(name, tally, left), *_spent(name, c))
            yield Side(name=name, chosen=Chosen(feature=feature), c=c, waiting=waiting, notes=notes, of_file=True)


def _require_judges(service: Service) -> None:
    if not service.pipeline.lanes:
        details = "; ".join(f"{entry.name}: {entry.detail}" for entry in service.entries)
        raise ConfigError(f"no judge can judge the files ({details or 'none is configured'})")


def _notes(name: str, tally: Tally, left: str | None) -> list[str]:
    notes = [f"{name}: {told}"] if (told := _told(tally)) else []
    return [*notes, f"{name}: {left}"] if left else notes


def _spent(name: str, c: Connection) -> list[str]:
    """What the judges of a model cost, where that is known."""
    costs = [row.usd for row in verdicts.costs(c, EARLIEST, LATEST) if row.usd]
    return [f"{name}: judging it cost {sum(costs):,.4f} USD"] if costs else []


def _told(tally: Tally) -> str:
    """What did not become a sample."""
    lost = {**tally.as_json(), "left_out": tally.left_out.total()}
    told = [(lost.get(outcome, 0), outcome) for outcome in (Outcome.REJECTED, Outcome.NO_CONTENT, "left_out")]
    kinds = ", ".join(f"{n:,} {what}" for what, n in tally.left_out.most_common(MOST_KINDS))
    return ", ".join(f"{n:,} rows {outcome.replace('_', ' ')}" for n, outcome in told if n) + (kinds and f": {kinds}")


def not_ready(settings: Settings) -> list[str]:
    """The judges that cannot judge as things are, and what to set."""
    return [f"{entry.name}: {entry.detail}" for entry in Service(settings).list_judges() if entry.judge is None]
