"""How far back a page looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

CHOICES = (1, 7, 30)


def choose_days() -> int:
    """How many days back, as the reader chooses; a week unless they do."""
    picked = st.segmented_control(
        "Time", CHOICES, default=7, format_func=lambda days: f"{days} days" if days > 1 else "24 hours", required=True
    )
    return int(picked or 7)


def days_ago(days: int) -> datetime:
    """The moment so many days ago, to the minute."""
    return datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(days=days)
