"""The question that people answer when they label: the judge's own, so that both answer the same one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from evaluator.errors import InputError
from judges import registry
from judges.rubric import RubricConfig

if TYPE_CHECKING:
    from collections.abc import Iterable

    from evaluator.settings import Settings
    from judges.registry import Entry, JudgeConfig
    from judges.rubric import Rubric

COMMON = {"kind", "name", "features", "rate", "incomplete"}
UNKNOWN = "Is the response good by the criterion that this judge stands for? It is not configured any more."


@dataclass(frozen=True, slots=True)
class Choice:
    """One label of a rubric, what it means, and whether it passes."""

    label: str
    meaning: str
    passes: bool


@dataclass(frozen=True, slots=True)
class Criterion:
    """What is asked. Without `choices` the answer is pass or fail; `details` are a check's own settings."""

    question: str
    instructions: str = ""
    choices: tuple[Choice, ...] = ()
    details: Mapping[str, str] = field(default_factory=dict)

    def passes(self, label: str) -> tuple[str, bool]:
        """The choice that was meant, upper and lower case aside, and whether it passes. InputError: there is none."""
        for choice in self.choices:
            if choice.label.casefold() == label.strip().casefold():
                return choice.label, choice.passes
        known = ", ".join(choice.label for choice in self.choices) or "none: say passed, true or false"
        raise InputError(f"label: {label[:40]!r} is no label of this judge's rubric (it has {known}).")


def criterion(settings: Settings, entry: Entry | None) -> Criterion:
    """What this judge asks; of a judge that is not configured (any more) only that it asks something."""
    if entry is None:
        return Criterion(UNKNOWN)
    if entry.rubric is not None:
        return _of_rubric(entry.rubric)
    config = next((one for one in _configs(settings) if one.name == entry.name), None)
    return Criterion(UNKNOWN) if config is None or isinstance(config, RubricConfig) else _of_check(config)


def _configs(settings: Settings) -> Iterable[JudgeConfig]:
    yield from settings.judges
    yield from registry.BUILTIN.values()


def _of_rubric(rubric: Rubric) -> Criterion:
    choices = tuple(Choice(label, meaning, rubric.passes(label)) for label, meaning in rubric.choices.items())
    return Criterion(rubric.question.strip(), rubric.instructions.strip(), choices)


def _of_check(config: JudgeConfig) -> Criterion:
    """Pass, when what the definition says of its kind holds."""
    says = type(config).model_fields["kind"].description or config.kind
    given = config.model_dump(mode="json", exclude=COMMON, exclude_defaults=True)
    details = {name: told if isinstance(told, str) else json.dumps(told) for name, told in given.items()}
    return Criterion(f"Does this hold? {says}", details=details)
