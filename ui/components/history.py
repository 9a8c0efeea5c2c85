"""What happened to an incident: people's words as a conversation, between the lines of what else was done."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.incident_shapes import EntryView
from ui.audit_words import COMMENT, VIA, note, what
from ui.components.acting import paged
from ui.components.reader import reader_zone
from ui.moments import moment
from ui.words import one_line, plain

LINES = 20
LONGEST = 4000


def history(entries: Sequence[EntryView]) -> None:
    """Every line, the newest first."""
    if not entries:
        st.text("Nothing was done yet.")
    for entry in paged(entries, LINES, "history_page"):
        line(entry)


def line(entry: EntryView) -> None:
    """One thing that was done; what somebody wrote stands in a box of its own."""
    when, words = moment(entry.ts, reader_zone()), what(entry, plain)
    if entry.via == "leadline":
        st.caption(f"{when} · {words}")
        return
    who = f"{when} · **{plain(entry.actor, 60)}** {words} {VIA.get(entry.via, '') if entry.action != COMMENT else ''}"
    written = note(entry)
    if not written:
        st.caption(f":material/person: {who}")
        return
    icon = ":material/chat:" if entry.action == COMMENT else ":material/person:"
    with st.container(border=True, gap="small"):
        st.caption(f"{icon} {who}")
        st.text(shown(written))


def shown(text: str) -> str:
    """What somebody wrote, line by line, without control characters and marks of direction.

    >>> shown("a\\n\\n\\n\\x1b[31mb")
    'a\\n\\n[31mb'
    """
    lines = [one_line(one, LONGEST) for one in text.splitlines()]
    kept = [one for place, one in enumerate(lines) if one or (place and lines[place - 1])]
    return "\n".join(kept)
