"""Who serves the judges' models, and whether they can be asked."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.judge_shapes import ProviderView
from ui.moments import waited
from ui.theme import CIRCUIT_LOOKS, UNKNOWN
from ui.words import one_line, percent, plain


def provider_list(providers: Sequence[ProviderView]) -> None:
    """A line for each provider, in the order in which they are asked; nothing without any."""
    for provider in providers:
        shown = CIRCUIT_LOOKS.get("stopped" if provider.stopped else provider.circuit, UNKNOWN)
        with st.container(gap=None):
            with st.container(horizontal=True, vertical_alignment="center"):
                st.badge(shown.word, icon=shown.icon, color=shown.colour)
                st.markdown(f"Provider {plain(provider.name)}", width="content")
                st.caption(facts(provider), width="content")
            for why in provider.stopped or ([provider.why] if provider.circuit != "closed" else []):
                st.text(one_line(why, 400))


def facts(provider: ProviderView) -> str:
    """How long its circuit is as it is, its errors, when it is tried again, and who waits for it."""
    told = [f"for {waited(provider.circuit_for_seconds)}"]
    if provider.error_rate is not None:
        told.append(f"{percent(provider.error_rate)} of its last calls failed")
    if provider.next_probe_in_seconds is not None:
        told.append(f"tried again in {waited(provider.next_probe_in_seconds)}")
    if provider.waiting:
        told.append(f"{provider.waiting:,} calls wait for its rate limit")
    return ", ".join(told)
