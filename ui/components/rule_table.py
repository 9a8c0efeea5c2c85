"""The plain rules in one table: what each shows, what it is held against, and the false alarms it costs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

import streamlit as st

from evaluator.api.rule_shapes import FalseAlarms, RuleView
from ui.components.monitor_table import rank, state_column
from ui.components.reader import reader_zone
from ui.moments import moment
from ui.theme import ROW_HEIGHT, RULE_LOOKS, UNKNOWN, Look
from ui.words import cell, count, percent

ROWS_SHOWN = 8
SINCE = "Firing since"


def rule_table(rules: Sequence[RuleView]) -> None:
    """One row per rule and what it is held against, the firing ones first; nothing without rules."""
    if not rules:
        return
    st.subheader("Plain rules", anchor=False)
    zone = reader_zone()
    st.dataframe(
        table(rules, zone),
        column_config=_columns(fires=any(rule.fired_at for rule in rules)),
        hide_index=True,
        row_height=ROW_HEIGHT,
        height="content" if len(rules) <= ROWS_SHOWN else ROW_HEIGHT * (ROWS_SHOWN + 1),
        key="rules",
        alt="State, limit and false alarms of every plain rule",
    )
    st.caption(
        "False alarms: how often a rule would fire in 30 days on this traffic with nothing wrong, and what 90 % of "
        "months lie between."
    )


def table(rules: Sequence[RuleView], zone: tzinfo) -> list[dict[str, Any]]:
    """The rows, what fires first; while nothing fires, without the time since when."""
    rows = [row(rule, zone) for rule in ordered(rules)]
    if any(told[SINCE] for told in rows):
        return rows
    return [{name: told for name, told in one.items() if name != SINCE} for one in rows]


def ordered(rules: Sequence[RuleView]) -> list[RuleView]:
    """What fires comes first."""
    return sorted(rules, key=lambda one: (rank(one.state), one.name, one.feature, one.judge))


def row(rule: RuleView, zone: tzinfo) -> dict[str, Any]:
    """A rule as a row of text; foreign names cannot act as formulas in a download."""
    shown = _look(rule)
    return {
        "State": [f"{shown.sign} {shown.word}"],
        "Rule": cell(f"{rule.name}: {rule.in_words}", 200),
        "Feature": cell(rule.feature),
        "Judge": cell(rule.judge),
        "Now": _figure(rule, rule.value),
        "Limit": _limit(rule),
        "n (least)": f"{count(rule.n)} ({count(rule.min_n)})",
        "False alarms": _expected(rule.false_alarms_per_30_days),
        SINCE: moment(rule.fired_at, zone) if rule.fired_at else "",
    }


def _look(rule: RuleView) -> Look:
    """Without a baseline a drop has nothing to compare with; that is another lack than that of votes."""
    return RULE_LOOKS.get(rule.reason if rule.state == "insufficient" else rule.state, UNKNOWN)


def _figure(rule: RuleView, value: float | None) -> str:
    """A quantile in its own unit, else a share."""
    return percent(value) if rule.kind != "quantile" or value is None else f"{value:,.0f}"


def _limit(rule: RuleView) -> str:
    """The side of the limit on which the rule fires: a drop fires at it, the others above it."""
    if rule.limit is None:
        return "no baseline"
    return f"{'≤' if rule.kind == 'drop' else '>'} {_figure(rule, rule.limit)}"


def _expected(told: FalseAlarms | None) -> str:
    return "unknown" if told is None else f"{told.mean:,.1f} [{told.lo:,.0f}, {told.hi:,.0f}]"


def _columns(*, fires: bool) -> dict[str, Any]:
    text = st.column_config.TextColumn
    return {
        "State": state_column(RULE_LOOKS.values(), 84),
        "Rule": text(width=316 if fires else 420),
        "Feature": text(width=112),
        "Judge": text(width=112),
        "Now": text(help="What the window shows now", width=58, alignment="right"),
        "Limit": text(help="The rule fires here", width=80, alignment="right"),
        "n (least)": text(
            help="Votes or requests in the window; with fewer than the least it neither fires nor resolves",
            width=80,
            alignment="right",
        ),
        "False alarms": text(
            help="In 30 days with nothing wrong; unknown before there are a baseline and a day of traffic",
            width=90,
            alignment="right",
        ),
        SINCE: text(width=188),
    }
