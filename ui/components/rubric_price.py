"""What a draft would cost per day, from the stored traffic."""

from __future__ import annotations

import streamlit as st

from evaluator.api.shapes import QuoteView, RubricCost
from ui.client import Api, RefusedError
from ui.components.table import Column, money, name, share, table
from ui.words import count, one_line, percent


def rubric_price(api: Api, draft: str) -> None:
    """Counted anew; what is wrong with the draft says so."""
    try:
        with st.spinner("The stored samples that it would judge are counted.", show_time=True):
            found = api.rubric_cost(draft)
    except RefusedError as error:
        st.warning("This has no price yet.", icon=":material/edit_note:")
        st.text(one_line(error, 800))
        return
    cost_figures(found)


def cost_figures(found: RubricCost) -> None:
    """USD per day with its own model and with others, and where the figures come from."""
    if not found.quotes:
        st.caption("No sample of the last days is one that it would judge, so there is nothing to go by.")
        return
    rate = found.rates.get("default", next(iter(found.rates.values()), 0.0))
    per_day = f"about {count(round(found.judgements.likely))} judgements a day" if found.judgements else ""
    st.caption(f"At a rate of {percent(rate)}: {per_day}. USD per day:")
    table(found.quotes, QUOTES, key="rubric_price", alt="Cost per day by model")
    st.text("\n".join(one_line(source, 200) for source in found.sources))


QUOTES: list[Column[QuoteView]] = [
    name("Model", lambda one: one.model, 220),
    money("Likely", lambda one: one.live.likely if one.live else None, 90),
    money("Low", lambda one: one.live.low if one.live else None, 90),
    money("High", lambda one: one.live.high if one.live else None, 90),
    money("In batches", lambda one: one.batch.likely if one.batch else None, 95, "Half the price, a day later"),
    share("Prefix cached", lambda one: one.hit_rate, 105, "Calls that find the rubric in the provider's cache"),
]
