"""What judging cost, against its budgets, what it comes to, and what the product's own calls cost."""

from datetime import UTC

import streamlit as st

from ui.components.cost_bars import cost_bars
from ui.components.cost_filters import choose_costs
from ui.components.costs import all_costs, budget_section, costs_summary, judge_costs, no_costs, no_use
from ui.components.notices import first_sample, guarded
from ui.components.product_costs import product_costs
from ui.components.reader import reader_zone
from ui.components.span import days_ago
from ui.cost_words import DAY, day_limit, since

DAYS = 31

with guarded() as api:
    # A forecast of the month needs all of it, and this reaches back to its first day.
    costs, judges = api.costs(start=days_ago(DAYS)), api.judges()
    chosen = choose_costs(costs)
    usage = api.usage(str(reader_zone()), chosen.days)
    if not costs and not usage.days:
        # Judges there always are: checks come with the service.
        if api.facets().features:
            no_use(chosen.days)
        else:
            first_sample(api.url)
        st.stop()
    today, own = usage.now.astimezone(UTC).date(), chosen.of(costs)
    shown = since(own, today - (chosen.days - 1) * DAY)
    if costs:
        costs_summary(shown, own, today, chosen.days)
    else:
        no_costs(DAYS)
    if shown:
        cost_bars(shown, chosen, today, day_limit(judges, chosen.feature, chosen.judge))
    budget_section(judges)
    if shown:
        judge_costs(shown, judges)
        all_costs(shown)
    product_costs(usage, chosen.days)
