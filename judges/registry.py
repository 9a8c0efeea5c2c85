"""All judges a configuration asks for, by name: the built-in ones and the user's own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from judges import checks, schema, smell
from judges.checks import AnswerConfig, MaxLengthConfig, MustMatchConfig, MustNotMatchConfig, NotTruncatedConfig
from judges.errors import JudgeConfigError
from judges.judge import Judge
from judges.models import require_pinned
from judges.rubric import RubricConfig, load, shipped
from judges.schema import SchemaConfig
from judges.smell import SmellHeuristicConfig

if TYPE_CHECKING:
    from judges.client import ClaudeClient

JudgeConfig = Annotated[
    SchemaConfig
    | MustMatchConfig
    | MustNotMatchConfig
    | AnswerConfig
    | MaxLengthConfig
    | NotTruncatedConfig
    | SmellHeuristicConfig
    | RubricConfig,
    Field(discriminator="kind"),
]
"""The definition of a judge in leadline.toml, told apart by `kind`."""

BUILTIN: dict[str, JudgeConfig] = {
    "smell_heuristic": SmellHeuristicConfig(kind="smell_heuristic", name="smell_heuristic"),
    "not_truncated": NotTruncatedConfig(kind="not_truncated", name="not_truncated"),
    "smell_test": RubricConfig(kind="rubric", name="smell_test"),
}
NOT_CONFIGURED = "set ANTHROPIC_API_KEY, or judge.base_url for a server of your own"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A judge as listed. `judge` is None when it is not configured; `detail` then says what to set."""

    name: str
    kind: str
    features: tuple[str, ...]
    rate: float
    judge: Judge | None
    detail: str = ""


def build(
    configs: Sequence[JudgeConfig],
    *,
    builtin: Sequence[str],
    llm_rate: float,
    model: str,
    client: ClaudeClient | None,
) -> list[Entry]:
    """The built-in judges named in `builtin`, then the user's; JudgeConfigError says which cannot be used and why."""
    wanted = [*_builtins(builtin), *configs]
    _require_distinct([config.name for config in wanted])
    return [_entry(config, llm_rate=llm_rate, model=model, client=client) for config in wanted]


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


def _entry(config: JudgeConfig, *, llm_rate: float, model: str, client: ClaudeClient | None) -> Entry:
    judge: Judge
    if isinstance(config, RubricConfig):
        return _rubric_entry(config, llm_rate=llm_rate, model=model, client=client)
    if isinstance(config, SchemaConfig):
        judge = schema.build(config)
    elif isinstance(config, SmellHeuristicConfig):
        judge = smell.build(config)
    else:
        judge = checks.build(config)
    return Entry(name=judge.name, kind=judge.kind, features=judge.features, rate=judge.rate, judge=judge)


def _rubric_entry(config: RubricConfig, *, llm_rate: float, model: str, client: ClaudeClient | None) -> Entry:
    """Rubric and model are looked at without a client too, so that a mistake in them shows before the key is there."""
    rubric = load(config.file) if config.file else shipped(config.name)
    pinned = require_pinned(config.model or rubric.model or model)
    rate = llm_rate if config.rate is None else config.rate
    listed = Entry(name=config.name, kind="llm", features=config.features, rate=rate, judge=None, detail=NOT_CONFIGURED)
    if client is None:
        return listed
    from judges.llm import LlmJudge

    named = rubric.model_copy(update={"name": config.name})
    judge = LlmJudge(named, client, features=config.features, rate=rate, model=pinned, incomplete=config.incomplete)
    return replace(listed, judge=judge, detail="")
