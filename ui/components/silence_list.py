"""Silences and maintenance windows: what each mutes, until when, who set it and why."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.incident_shapes import SilenceView
from ui.audit_words import meant
from ui.client import Api
from ui.components.acting import attempt, lock, paged
from ui.components.reader import reader_zone
from ui.moments import moment
from ui.theme import SILENCE_LOOKS, UNKNOWN, badge
from ui.words import one_line, plain

CARDS = 8
KINDS = {"silence": "Silence", "maintenance": "Maintenance window"}


def silence_list(api: Api, silences: Sequence[SilenceView]) -> None:
    """Those that hold or will as cards, those that are over below."""
    live = [one for one in silences if one.state != "over"]
    st.header(summary(live), anchor=False)
    for one in paged(live, CARDS, "silences_page"):
        silence_card(api, one)
    past = [one for one in silences if one.state == "over"]
    if past:
        with st.expander(f"{len(past)} {'are' if len(past) > 1 else 'is'} over", icon=":material/history:"):
            for one in paged(past, CARDS, "past_silences_page"):
                silence_card(api, one)


def summary(live: Sequence[SilenceView]) -> str:
    """How much is silenced, as a heading.

    >>> summary([])
    'Nothing is silenced.'
    """
    active = [one for one in live if one.state == "active"]
    if not active:
        return "Nothing is silenced now." if live else "Nothing is silenced."
    muted = sum(one.covers for one in active)
    counted = "1 silence mutes" if len(active) == 1 else f"{len(active)} silences mute"
    return f":orange[:material/notifications_paused:] {counted} {muted or 'no'} alert{'s' * (muted != 1)} now"


def silence_card(api: Api, one: SilenceView) -> None:
    """One of them, with the button that ends it."""
    with st.container(border=True, gap="xsmall"):
        shown = SILENCE_LOOKS.get(one.state, UNKNOWN)
        kind = KINDS.get(one.kind) or plain(one.kind, 20)
        st.markdown(f"{badge(shown)} **{kind}** of {matched(one)}")
        st.text(one_line(one.reason, 1000))
        st.caption(f":material/schedule: {times(one)}")
        muted = f" It mutes {one.covers} alert{'s' * (one.covers != 1)} now." if one.state == "active" else ""
        st.caption(
            f":material/person: Set by {plain(one.created_by, 60)}, {moment(one.created_at, reader_zone())}.{muted}"
        )
        if one.state != "over" and not one.concerns:
            st.caption(":material/warning: No monitor and no rule that is known now matches it.")
        if one.state != "over" and _ends(one):
            done = "It is ended; what it held back and still fires is told"
            if attempt(lambda by: api.end_silence(one.silence_id, by), done):
                st.rerun()


def _ends(one: SilenceView) -> bool:
    return st.button("End now", icon=":material/notifications_active:", key=one.silence_id, **lock())


def matched(one: SilenceView) -> str:
    """What it matches, as Markdown."""
    return " and ".join(
        f"{one_line(name, 20)} {plain(meant(name, glob), 80)}" for name, glob in sorted(one.matchers.items())
    )


def times(one: SilenceView) -> str:
    """From when to when, how often, and when it was ended."""
    zone = reader_zone()
    if one.ended_at:
        by = f" by {plain(one.ended_by, 60)}" if one.ended_by else ""
        return f"Ended {moment(one.ended_at, zone)}{by}"
    span = f"{moment(one.starts_at, zone)} to {moment(one.ends_at, zone)}"
    return f"{span}, again every {one_line(one.every, 10)} at the same time UTC" if one.every else span
