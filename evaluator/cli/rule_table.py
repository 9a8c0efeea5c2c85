"""Plain rules as a table: what each shows, where it stands, and the false alarms a month it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from evaluator.cli.output import STATE_STYLES, percent, print_table

if TYPE_CHECKING:
    from evaluator.api.rule_shapes import FalseAlarms, RuleView

COLUMNS = ("rule", "feature", "judge", "state", ">now", ">limit", ">n", ">false alarms in 30 days [90 %]")


def print_rules(rules: Sequence[RuleView]) -> None:
    """A row for each rule and what it is held against; those that fire come first."""
    ordered = sorted(rules, key=lambda one: (one.state != "firing", one.name, one.feature, one.judge))
    print_table(COLUMNS, [_cells(one) for one in ordered], styles=[STATE_STYLES.get(one.state, "") for one in ordered])


def _cells(one: RuleView) -> tuple[str, ...]:
    told = (one.state.replace("_", " "), one.reason.replace("_", " "))
    state = told[0] if one.state == "ok" or one.reason in (one.state, "over") else ", ".join(told)
    figures = (_figure(one, one.value), _figure(one, one.limit), f"{one.n:,.0f}")
    return (f"{one.name}: {one.in_words}", one.feature, one.judge or "–", state, *figures, _expected(one))


def _figure(one: RuleView, value: float | None) -> str:
    if value is None or one.kind != "quantile":
        return percent(value)
    return f"{value:,.0f}"


def _expected(one: RuleView) -> str:
    told = one.false_alarms_per_30_days
    return "unknown: no baseline yet" if told is None else expected_text(told)


def expected_text(told: FalseAlarms) -> str:
    """The mean and what 90 % of months lie between: 7.5 [2, 14]."""
    return f"{told.mean:,.1f} [{told.lo:,.0f}, {told.hi:,.0f}]"
