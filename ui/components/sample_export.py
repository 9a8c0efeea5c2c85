"""The selection as a file."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from ui.client import Api
from ui.components.sample_filters import Wanted
from ui.sign_in import reach_later

MOST = 10_000
KINDS = {
    "csv": ("CSV", "text/csv"),
    "parquet": ("Parquet", "application/vnd.apache.parquet"),
    "jsonl": ("JSON lines", "application/x-ndjson"),
}


def export_buttons(wanted: Wanted) -> None:
    """A button for each kind of file; the file is made when it is clicked."""
    later = reach_later()
    st.subheader("Download what matches", anchor=False)
    st.caption(
        f"The newest {MOST:,} samples at most, with texts and verdicts. JSON lines can be scored again with "
        "`leadline score`. For more, up to 100,000, ask the API: `GET /v1/search/export`."
    )
    with st.container(horizontal=True):
        for kind, (label, mime) in KINDS.items():
            st.download_button(
                label,
                data=file_of(later, wanted, kind),
                file_name=f"samples.{kind}",
                mime=mime,
                icon=":material/download:",
                key=f"export-{kind}",
                on_click="ignore",
            )


def file_of(later: Callable[[], Api], wanted: Wanted, kind: str) -> Callable[[], bytes]:
    """Makes the file, with the token of the moment when it is asked for: that of the page may be over by then."""
    return lambda: later().export(wanted, kind, MOST)
