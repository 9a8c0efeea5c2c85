"""The settings in effect: found by a word, and each with its value, where that was read, and what it does."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.status_shapes import SettingView
from ui.components import table
from ui.words import one_line, plain

DEFAULT = "default"
SOURCES = {"file": "leadline.toml", "environment": "environment", "flag": "command line", DEFAULT: DEFAULT}


def choose_settings(settings: Sequence[SettingView]) -> list[SettingView]:
    """Those that the reader looks for; both choices are in the address."""
    st.subheader("Settings", anchor=False)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        asked = st.text_input(
            "Find a setting", key="find", bind="query-params", max_chars=100, placeholder="Name or meaning", width=320
        )
        changed = st.toggle("Only what was set", key="changed", bind="query-params")
    return [one for one in settings if fits(one, asked or "") and (one.source != DEFAULT or not changed)]


def fits(one: SettingView, asked: str) -> bool:
    """Whether every word that was typed stands in its name, its value or its meaning.

    >>> port = SettingView(name="server.port", value="8321", source="default", secret=False, about="Port of the API")
    >>> fits(port, "PORT api"), fits(port, "port of call")
    (True, False)
    """
    told = f"{one.name} {one.value} {one.about}".lower()
    return all(word in told for word in asked.lower().split())


def setting_table(settings: Sequence[SettingView]) -> None:
    """A row for each setting; one that is picked is shown in full below."""
    if not settings:
        st.text("No setting fits. Try a part of its name, such as port or baseline.")
        return
    picked = table.picking_table(
        settings,
        [
            table.name("Setting", lambda one: one.name, 240),
            table.name("Value", value, 160),
            table.name("Read from", lambda one: SOURCES.get(one.source, one.source), 110),
            table.name("What it does", lambda one: one.about),
        ],
        key="settings",
        alt="The settings in effect: name, value, where it was read, what it does",
    )
    st.caption("Pick a row to read it in full. Of secrets nothing shows but whether they are set.")
    if picked:
        setting(picked)


def value(one: SettingView) -> str:
    """Its value as people write it."""
    return "not set" if one.value == "null" else one.value


def setting(one: SettingView) -> None:
    """One setting in full."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{plain(one.name, 300)}**, from {plain(SOURCES.get(one.source, one.source))}")
        st.code(value(one), language=None, wrap_lines=True)
        st.text(one_line(one.about, 1000))
