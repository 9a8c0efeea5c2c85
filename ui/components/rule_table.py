"""The plain rules in one table: what each shows, what it is held against, and the false alarms it costs."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.rule_shapes import RuleView
from ui.components.monitor_table import explained
from ui.components.table import Column, name, number, share, state, table, when
from ui.theme import RULE_LOOKS, UNKNOWN, Look, rank
from ui.words import count

ROWS_SHOWN = 8


def rule_table(rules: Sequence[RuleView]) -> None:
    """One row per rule and what it is held against, the firing ones first; nothing without rules."""
    if not rules:
        return
    st.subheader("Plain rules", anchor=False)
    shown = ordered(rules)
    alt = "State, limit and false alarms of every plain rule"
    table(shown, columns(shown), key="rules", alt=alt, most=ROWS_SHOWN)
    st.caption(
        "A rule on a drop fires at its limit, the others above it. False alarms: how often a rule would fire in 30 "
        "days on this traffic with nothing wrong, and what 90 % of months lie between."
    )


def ordered(rules: Sequence[RuleView]) -> list[RuleView]:
    """What fires comes first."""
    return sorted(rules, key=lambda one: (rank(one.state), one.name, one.feature, one.judge))


def columns(rules: Sequence[RuleView]) -> list[Column[RuleView]]:
    """Shares and quantiles are no numbers of one kind, so they have columns of their own; empty ones are left out."""
    fires = any(rule.fired_at for rule in rules)
    told = [
        state("State", rule_look, RULE_LOOKS.values(), 84, explained(RULE_LOOKS.values())),
        name("Rule", lambda one: f"{one.name}: {one.in_words}", 250 if fires else 330),
        name("Feature", lambda one: one.feature, 112),
        name("Judge", lambda one: one.judge or None, 112),
        share("Now", lambda one: None if is_quantile(one) else one.value, 66, "What the window shows"),
        share("Limit", lambda one: None if is_quantile(one) else one.limit, 66, "The rule fires here; –: no baseline"),
        number("Quantile", lambda one: one.value if is_quantile(one) else None, 76, "In its own unit"),
        number("Its limit", lambda one: one.limit if is_quantile(one) else None, 76, "The rule fires above it"),
        number("n", lambda one: one.n, 56, "Votes or requests in the window"),
        number("Least n", lambda one: one.min_n, 66, "With fewer it neither fires nor resolves"),
        number("False alarms", expected, 92, "In 30 days with nothing wrong; –: not known yet", "%.1f"),
        name("In 90 % of months", months, 120),
        when("Firing since", lambda one: one.fired_at, 150),
    ]
    optional = ("Now", "Limit", "Quantile", "Its limit", "Firing since")
    return [one for one in told if one.title not in optional or any(one.of(rule) is not None for rule in rules)]


def rule_look(rule: RuleView) -> Look:
    """Without a baseline a drop has nothing to compare with; that is another lack than that of votes."""
    return RULE_LOOKS.get(rule.reason if rule.state == "insufficient" else rule.state, UNKNOWN)


def is_quantile(rule: RuleView) -> bool:
    """Whether its value is in a unit of its own; else it is a share."""
    return rule.kind == "quantile"


def expected(rule: RuleView) -> float | None:
    """False alarms in a month."""
    return rule.false_alarms_per_30_days.mean if rule.false_alarms_per_30_days else None


def months(rule: RuleView) -> str | None:
    """Between how many false alarms 90 % of months lie."""
    told = rule.false_alarms_per_30_days
    return f"{count(round(told.lo))} to {count(round(told.hi))}" if told else None
