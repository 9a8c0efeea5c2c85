"""The audit log: who did what, when, and by which way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from evaluator.api.incident_shapes import EntryView
from ui.audit_words import VIA, note, quoted, what
from ui.components.reader import reader_zone
from ui.moments import moment
from ui.theme import ROW_HEIGHT
from ui.words import cell

ROWS_SHOWN = 20


def audit_table(entries: Sequence[EntryView]) -> None:
    """One row per line of the log, the newest first."""
    st.header("Who did what", anchor=False)
    if not entries:
        st.text("Nothing was done yet. Every action on an alert, a silence or a channel will stand here.")
        return
    st.dataframe(
        [row(entry) for entry in entries],
        column_config=_columns(),
        hide_index=True,
        row_height=ROW_HEIGHT,
        height="content" if len(entries) <= ROWS_SHOWN else ROW_HEIGHT * (ROWS_SHOWN + 1),
        key="audit",
        alt="The audit log",
    )
    st.caption(
        f"The newest {len(entries):,}. Key: the beginning of the hash of the API key that was used. All of it: "
        "`GET /v1/audit`."
    )


def row(entry: EntryView) -> dict[str, Any]:
    """One line; foreign texts cannot act as formulas in a download."""
    itself = entry.via == "leadline"
    return {
        "When": moment(entry.ts, reader_zone()),
        "Who": "Leadline itself" if itself else cell(entry.actor, 60),
        "What": cell(what(entry, quoted), 300),
        "In words": cell(note(entry), 300),
        "About": cell(f"{entry.subject} {entry.subject_id}", 80),
        "How": "" if itself else VIA.get(entry.via) or cell(entry.via, 20),
        "Key": cell(entry.key or ""),
    }


def _columns() -> dict[str, Any]:
    text = st.column_config.TextColumn
    widths = {"When": 188, "Who": 110, "What": 285, "In words": 215, "About": 150, "How": 92, "Key": 80}
    return {name: text(width=width) for name, width in widths.items()}
