"""Plain rules of leadline.toml: thresholds on windows, for those who insist on them. See docs/rules.md."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from evaluator.settings_group import Group

MAX_MINUTES = 43_200


class PlainRule(Group):
    """What every kind of rule has. The window is a time or a number of votes, counted in whole quarter hours."""

    name: str = Field(description="Name of the rule in alerts.", pattern=r"^[A-Za-z0-9_ .%-]{1,60}$")
    feature: str = Field("*", description="Glob of the features it looks at, each by itself.")
    window_minutes: int | None = Field(
        None, ge=15, le=MAX_MINUTES, multiple_of=15, description="Length of the window; without any window, 60."
    )
    window_votes: int | None = Field(
        None, ge=1, description="Or: as many of the newest quarter hours as hold so many votes, at most 30 days."
    )
    min_n: int = Field(100, ge=1, description="With fewer in the window the rule is insufficient and never fires.")
    for_looks: int = Field(
        1,
        ge=1,
        le=96,
        description="Quarter hours in a row that must be over the limit to fire, within it to resolve.",
    )

    @model_validator(mode="after")
    def _one_window(self) -> Self:
        if self.window_minutes is not None and self.window_votes is not None:
            raise ValueError("a rule has window_minutes or window_votes, not both")
        if self.window_votes is not None and self.min_n > self.window_votes:
            raise ValueError(f"min_n ({self.min_n}) is more than window_votes ({self.window_votes}): lower it")
        return self

    @property
    def minutes(self) -> int | None:
        """The window's length; None when it is a number of votes."""
        return None if self.window_votes is not None else self.window_minutes or 60


class DropRule(PlainRule):
    """The pass rate of a judge is down by so many points against the baseline."""

    kind: Literal["drop"]
    judge: str = Field("*", description="Glob of the judges whose pass rate is looked at, each by itself.")
    points: float = Field(gt=0, lt=100, description="Fires when the pass rate is this many points below the baseline.")


class RateRule(PlainRule):
    """A share is above a limit."""

    kind: Literal["rate"]
    of: Literal["errors", "judge_errors"] = Field(
        description="errors: requests that ended in an error; judge_errors: sessions that a judge could not decide."
    )
    judge: str = Field("*", description="Glob of the judges, for judge_errors.")
    limit: float = Field(ge=0, lt=1, description="Fires when the share (0.02 is 2 %) is above it.")


class QuantileRule(PlainRule):
    """A quantile of what requests take is above a limit."""

    kind: Literal["quantile"]
    of: Literal["latency_ms", "input_tokens", "output_tokens"] = Field(description="The figure of each request.")
    quantile: float = Field(0.95, gt=0, lt=1, description="Which quantile: 0.95 is p95.")
    limit: float = Field(ge=0, description="Fires when more than 1 - quantile of the requests are above it.")


AnyRule = DropRule | RateRule | QuantileRule


def _distinct(rules: tuple[AnyRule, ...]) -> tuple[AnyRule, ...]:
    names = [rule.name for rule in rules]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two rules are called {', '.join(sorted(twice))}; give each a name of its own")
    return rules


RuleSettings = Annotated[
    tuple[Annotated[AnyRule, Field(discriminator="kind")], ...],
    AfterValidator(_distinct),
]
