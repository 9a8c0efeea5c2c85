"""How far back a page looks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import streamlit as st

CHOICES = {1: "Today", 7: "7 days", 30: "30 days"}
MOST_DAYS = max(CHOICES)


def choose_days() -> int:
    """How many days back, as the reader chooses; a week unless they do. The address remembers it."""
    picked = st.segmented_control(
        "Time, in days of UTC",
        list(CHOICES),
        default=7,
        format_func=lambda days: CHOICES[days],
        required=True,
        key="days",
        bind="query-params",
    )
    return int(picked or 7)


def days_ago(days: int) -> datetime:
    """When the first of so many days began in UTC, the last of them being today: no day but today is cut."""
    return datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days - 1)
