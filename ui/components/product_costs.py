"""What the product's own calls cost, by feature: an estimate where only a part of them is kept."""

from __future__ import annotations

import streamlit as st

from evaluator.api.usage_shapes import UsageView
from ui.components.driver_table import columns
from ui.components.table import table
from ui.usage_words import drivers, known_sum, priced
from ui.words import count

ROWS = 10


def product_costs(usage: UsageView, days: int) -> None:
    """One row per feature, the dearest first; what is estimated and what has no price is said."""
    st.subheader("What the product's own calls cost", anchor=False)
    found = sorted(drivers(usage.days), key=lambda one: -(one.usd or 0.0))
    if not found:
        st.caption("No calls came in this time.")
        return
    estimated = any(one.estimated for one in usage.days)
    total = priced(known_sum(one.usd for one in found), estimated=estimated)
    told = f"{total[:1].upper()}{total[1:]} in {days} day{'s' * (days != 1)} ({usage.zone}), at list price"
    why = ", an estimate: each kept call stands for 1 / its probability of being kept" if estimated else ""
    st.markdown(f"**{told}**{why}.")
    table(found, columns(), key="product_costs", alt="Calls and cost of every feature", most=ROWS)
    if unpriced := sum(one.unpriced for one in usage.days):
        st.caption(
            f":material/help: {count(unpriced)} kept calls are of models without a known price: they are left out."
        )
