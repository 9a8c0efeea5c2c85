"""What channels were owed: how far each message got, and why it got no further."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.alert_shapes import DeliveryView
from ui.components.acting import paged
from ui.components.reader import reader_zone
from ui.moments import moment
from ui.theme import DELIVERY_LOOKS, UNKNOWN, badge
from ui.words import one_line, plain

ROWS = 10
EVENTS = {
    "firing": "it fires",
    "updated": "it goes on",
    "resolved": "it is over",
    "test": "a test",
    "digest": "a report",
}


def delivery_list(deliveries: Sequence[DeliveryView]) -> None:
    """One row per message and channel, the newest first."""
    if not deliveries:
        st.text("No message about it went to any channel.")
    newest = sorted(deliveries, key=lambda one: (one.created_at, one.channel), reverse=True)
    for one in paged(newest, ROWS, "deliveries_page"):
        delivery(one)


def delivery(one: DeliveryView) -> None:
    """Which channel, what about, how far it got, and the last error."""
    shown = DELIVERY_LOOKS.get(one.state, UNKNOWN)
    with st.container(gap=None):
        st.markdown(f"{badge(shown)} {plain(one.channel, 40)}: {event_words(one.event)}")
        st.caption(progress(one))
        if one.last_error:
            st.text(one_line(one.last_error, 300))


def event_words(event: str) -> str:
    """What a message is about."""
    return EVENTS.get(event) or plain(event, 40)


def progress(one: DeliveryView) -> str:
    """When, and after how many attempts."""
    zone = reader_zone()
    tries = f"{one.attempts} attempt{'s' * (one.attempts != 1)}"
    if one.state == "delivered":
        return f"{moment(one.delivered_at, zone)}, {tries}"
    if one.state == "pending":
        return f"Next attempt {moment(one.next_attempt_at, zone)}, {tries} so far"
    if one.state == "skipped":
        return f"Of {moment(one.created_at, zone)}, not sent"
    return f"Of {moment(one.created_at, zone)}, {tries}"
