"""Who is looking: the reader's time zone."""

from __future__ import annotations

from datetime import tzinfo

import streamlit as st

from ui.moments import zone_of


def reader_zone() -> tzinfo:
    """The browser's time zone; UTC when it does not say."""
    return zone_of(st.context.timezone)
