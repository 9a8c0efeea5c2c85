"""The audit log: who did what, when, and by which way."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.incident_shapes import EntryView
from ui.audit_words import VIA, note, what
from ui.components.acting import paged
from ui.components.history import shown
from ui.components.incident_list import PAGE
from ui.components.reader import reader_zone
from ui.moments import moment
from ui.words import plain

LINES = 15


def audit_list(entries: Sequence[EntryView]) -> None:
    """A card per line of the log, the newest first."""
    st.header("Who did what", anchor=False)
    if not entries:
        st.text("Nothing was done yet. Every action on an alert, a silence or a channel will stand here.")
        return
    st.caption(
        f"The newest {len(entries):,}. Key: the beginning of the hash of the API key that was used. All of it: "
        "`GET /v1/audit`."
    )
    for entry in paged(entries, LINES, "audit_page"):
        _card(entry)


def provenance(entry: EntryView) -> str:
    """When, by which way, with which key, and about what, as Markdown."""
    itself = entry.via == "leadline"
    parts = [
        moment(entry.ts, reader_zone()),
        "" if itself else VIA.get(entry.via) or plain(entry.via, 20),
        f"key {plain(entry.key, 20)}" if entry.key else "",
        f"{plain(entry.subject, 20)} {plain(entry.subject_id, 80)}",
    ]
    return " · ".join(part for part in parts if part)


def _card(entry: EntryView) -> None:
    words = what(entry, plain)
    with st.container(border=True, gap="xxsmall"):
        st.markdown(words if entry.via == "leadline" else f"**{plain(entry.actor, 60)}** {words}")
        if written := note(entry):
            st.text(shown(written))
        st.caption(provenance(entry))
        if entry.subject == "incident":
            st.page_link(PAGE, label="Its incident", query_params={"incident": entry.subject_id})
