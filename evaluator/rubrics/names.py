"""Rubrics as commands name them: a configured judge, one that is shipped, or a file that no configuration knows yet."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from evaluator.errors import InputError
from evaluator.settings import Settings
from judges import registry
from judges.models import require_pinned
from judges.prompt import TEMPLATE
from judges.rubric import Rubric, RubricConfig, load


@dataclass(frozen=True, slots=True, kw_only=True)
class Meant:
    """A rubric with the definition it has or would have as a judge, its pinned model and its rate."""

    config: RubricConfig
    rubric: Rubric
    model: str
    rate: float

    @property
    def version(self) -> str:
        """The version that its verdicts carry."""
        return self.rubric.version(model=self.model, template=TEMPLATE)


def find(settings: Settings, name: str) -> Meant:
    """What a name or a file means. InputError and JudgeConfigError: nothing, or a file that is no rubric."""
    path = Path(name)
    if path.suffix == ".toml":
        return drafted(settings, load(path), path)
    return named(settings, name)


def named(settings: Settings, name: str) -> Meant:
    """The configured or shipped rubric of this name."""
    known = shipped() | configured(settings)
    if name in known:
        return meant(settings, known[name], registry.rubric_of(known[name]))
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    told = f"no rubric is called {name[:60]!r}; {hint}There is: {', '.join(known)}; or give a file that ends in .toml"
    raise InputError(told, reason="unknown_rubric")


def drafted(settings: Settings, rubric: Rubric, file: Path | None = None) -> Meant:
    """A rubric of a file: as the configured judge of its name is, when there is one, else as a new judge."""
    config = configured(settings).get(rubric.name) or RubricConfig(kind="rubric", name=rubric.name)
    return meant(settings, config.model_copy(update={"file": file}), rubric)


def meant(settings: Settings, config: RubricConfig, rubric: Rubric) -> Meant:
    """The rubric as a judge: what its definition leaves open the rubric says, then the settings."""
    rates = (config.rate, rubric.rate, settings.judge.llm_rate)
    return Meant(
        config=config,
        rubric=rubric,
        model=require_pinned(config.model or rubric.model or settings.judge.model),
        rate=next(rate for rate in rates if rate is not None),
    )


def configured(settings: Settings) -> dict[str, RubricConfig]:
    """The rubrics of [[judges]], by name."""
    return {one.name: one for one in settings.judges if isinstance(one, RubricConfig)}


def shipped() -> dict[str, RubricConfig]:
    """The rubrics that come with Leadline, by name."""
    return {name: one for name, one in registry.BUILTIN.items() if isinstance(one, RubricConfig)}


def is_on(settings: Settings, name: str) -> bool:
    """Whether a judge of this name judges live traffic."""
    return name in configured(settings) or name in settings.judge.builtin
