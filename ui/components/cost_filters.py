"""Which costs are shown, in the address of the page: ?days=30 days&feature=…&judge=…&by=Judge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import streamlit as st

from evaluator.api.judge_shapes import CostRow
from ui.components.addressed import Choice, choose_in_address
from ui.components.span import choose_days
from ui.words import one_line

ALL = "All"
BY = ("Judge", "Feature")


class Chosen(NamedTuple):
    """What the reader wants to see."""

    days: int
    feature: str | None
    judge: str | None
    by: str

    def of(self, rows: Iterable[CostRow]) -> list[CostRow]:
        """The rows of the feature and judge."""
        return [one for one in rows if self.feature in (None, one.feature) and self.judge in (None, one.judge)]


def choose_costs(rows: Sequence[CostRow]) -> Chosen:
    """The time; where something cost money a feature, a judge, and what the bars are parted by."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        days = choose_days()
        if not rows:
            return Chosen(days, None, None, BY[0])
        feature = _one_of("Feature", sorted({one.feature for one in rows if one.feature}), "feature")
        judge = _one_of("Judge", sorted({one.judge for one in rows}), "judge")
        by = st.segmented_control("Bars by", BY, default=BY[0], required=True, key="by", bind="query-params")
    return Chosen(days, feature, judge, str(by or BY[0]))


def _one_of(label: str, known: Sequence[str], key: str) -> str | None:
    """One of the names, or all of them; a name that the address has and nothing costs is said."""
    asked = st.query_params.get(key)
    if asked is not None and asked not in known:
        st.warning(f"Nothing was spent on the {key} in this address.", icon=":material/search_off:")
    shown = asked if asked in known else None
    choice = Choice(name=key, label=label, told=lambda name: one_line(name, 60) if name else ALL, width=230)
    choose_in_address(choice, ["", *known], shown or "")
    return shown
