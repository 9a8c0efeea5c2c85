"""All judges a configuration asks for, by name: the built-in ones and the user's own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from judges import definition, kinds
from judges.budget import Limit
from judges.checks import NotTruncatedConfig
from judges.errors import JudgeConfigError
from judges.judge import Judge
from judges.kinds import PlainConfig
from judges.leaks import Detection
from judges.models import require_pinned
from judges.rubric import Rubric, RubricConfig, load, shipped, shipped_texts
from judges.smell import SmellHeuristicConfig

if TYPE_CHECKING:
    from judges.llm import Resources

JudgeConfig = Annotated[PlainConfig | RubricConfig, Field(discriminator="kind")]
"""The definition of a judge in leadline.toml, told apart by `kind`."""

BUILTIN: dict[str, JudgeConfig] = {
    "smell_heuristic": SmellHeuristicConfig(kind="smell_heuristic", name="smell_heuristic"),
    "not_truncated": NotTruncatedConfig(kind="not_truncated", name="not_truncated"),
    **{name: RubricConfig(kind="rubric", name=name) for name in shipped_texts()},
}
NOT_CONFIGURED = "set ANTHROPIC_API_KEY, or judge.base_url for a server of your own"


NO_LIMIT = Limit()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A judge as listed. `judge` is None when it is not configured; `detail` then says what to set.

    `applies_to` names fields and globs that a sample must match. A judge with `quiet_minutes` takes whole conversations
    that were quiet for so long. `batch` judges wait for the next batch. `limit` is what the judge may spend.
    `definition` tells people what decides its verdicts; nothing in it is a secret.
    """

    name: str
    kind: str
    features: tuple[str, ...]
    rate: float
    judge: Judge | None
    detail: str = ""
    applies_to: Mapping[str, str] = field(default_factory=dict)
    quiet_minutes: float | None = None
    batch: bool = False
    limit: Limit = NO_LIMIT
    rubric: Rubric | None = None
    model: str | None = None
    definition: str = ""


def build(
    configs: Sequence[JudgeConfig],
    *,
    builtin: Sequence[str],
    llm_rate: float,
    model: str,
    resources: Resources | None,
    detection: Detection,
    environ: Mapping[str, str] = os.environ,
) -> list[Entry]:
    """The built-in judges named in `builtin`, then the user's; JudgeConfigError says which cannot be used and why.

    `detection` is what redaction finds, for judges of leaks.
    """
    wanted = [*_builtins(builtin), *configs]
    _require_distinct([config.name for config in wanted])
    made = partial(kinds.build, detection=detection, environ=environ)
    return [_entry(config, made, llm_rate=llm_rate, model=model, resources=resources) for config in wanted]


def _builtins(names: Sequence[str]) -> Iterator[JudgeConfig]:
    for name in names:
        if name not in BUILTIN:
            near = get_close_matches(name, BUILTIN, n=1, cutoff=0)[0]
            known = ", ".join(BUILTIN)
            raise JudgeConfigError(f"No built-in judge is called {name!r}. Did you mean {near!r}? There is: {known}.")
        yield BUILTIN[name]


def _require_distinct(names: Sequence[str]) -> None:
    for position, name in enumerate(names):
        if name in names[:position]:
            raise JudgeConfigError(f"Two judges are called {name!r}. Rename one, or take it out of judge.builtin.")


def _entry(
    config: JudgeConfig,
    made: Callable[[PlainConfig], Judge],
    *,
    llm_rate: float,
    model: str,
    resources: Resources | None,
) -> Entry:
    if isinstance(config, RubricConfig):
        return _rubric_entry(config, llm_rate=llm_rate, model=model, resources=resources)
    judge = made(config)
    return Entry(
        name=judge.name,
        kind=judge.kind,
        features=judge.features,
        rate=judge.rate,
        judge=judge,
        definition=definition.of_judge(judge),
    )


def _rubric_entry(config: RubricConfig, *, llm_rate: float, model: str, resources: Resources | None) -> Entry:
    """Rubric and model are looked at without a client too, so that a mistake in them shows before the key is there."""
    rubric = rubric_of(config)
    pinned = require_pinned(config.model or rubric.model or model)
    rates = (rate for rate in (config.rate, rubric.rate, llm_rate) if rate is not None)
    listed = Entry(
        name=config.name,
        kind="llm",
        features=config.features,
        rate=next(rates),
        judge=None,
        detail=NOT_CONFIGURED,
        applies_to=rubric.applies_to,
        quiet_minutes=rubric.quiet_minutes if rubric.conversation else None,
        batch=rubric.batch if config.batch is None else config.batch,
        limit=Limit(usd_per_day=config.usd_per_day, usd_per_week=config.usd_per_week),
        rubric=rubric,
        model=pinned,
        definition=definition.of_rubric(rubric, pinned),
    )
    if resources is None:
        return listed
    from judges.llm import LlmJudge

    judge = LlmJudge(
        rubric, resources, features=config.features, rate=listed.rate, model=pinned, incomplete=config.incomplete
    )
    return replace(listed, judge=judge, detail="")


def limits(configs: Sequence[JudgeConfig]) -> dict[str, Limit]:
    """What each judge may spend, where its definition says so."""
    rubrics = (config for config in configs if isinstance(config, RubricConfig))
    return {one.name: Limit(usd_per_day=one.usd_per_day, usd_per_week=one.usd_per_week) for one in rubrics}


def rubric_of(config: RubricConfig) -> Rubric:
    """The rubric of a definition, from its file or from those shipped, under the definition's name."""
    rubric = load(config.file) if config.file else shipped(config.name)
    return rubric.model_copy(update={"name": config.name})
