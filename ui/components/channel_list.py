"""Channels: whether each takes messages, what waits for it, what was given up, and a message to try it."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.api.alert_shapes import DeliveryView
from evaluator.api.incident_shapes import ChannelView
from ui.client import Api
from ui.components.acting import attempt, lock, paged
from ui.components.deliveries import event_words
from ui.components.incident_list import PAGE
from ui.components.reader import reader_zone
from ui.moments import moment
from ui.theme import CHANNEL_LOOKS, UNKNOWN, badge
from ui.words import one_line, plain

ROWS = 8
WAITING = 5
"""Messages of a channel that are told one by one."""
ANSWER = "channel_answer"
EXAMPLE = """\
[[alerts.channels]]
name = "oncall"
kind = "webhook"                    # signed by Standard Webhooks
url_env = "ONCALL_URL"              # the environment variable that holds the URL
secret_env = "ONCALL_SECRET"        # whsec_ and the base64 of at least 24 random bytes

[[alerts.channels]]
name = "slack"
kind = "apprise"                    # any one URL of https://appriseit.com/services/
url_env = "SLACK_APPRISE_URL"
"""
"""As docs/alerts.md has it."""


def channel_list(
    api: Api, channels: Sequence[ChannelView], waiting: Sequence[DeliveryView], dead: Sequence[DeliveryView]
) -> None:
    """A card per channel, with what waits for it, then what was given up."""
    st.header(summary(channels), anchor=False)
    if not channels:
        st.text("There is no channel. Add one or more to leadline.toml, such as these, and start Leadline again:")
        st.code(EXAMPLE, language="toml", wrap_lines=True)
    for one in paged(channels, ROWS, "channels_page"):
        channel_card(api, one, [owed for owed in waiting if owed.channel == one.name])
    if dead:
        st.subheader("Given up", anchor=False)
        st.caption("Messages that are tried no more, unless they are sent again here.")
        for lost in paged(dead, ROWS, "dead_page"):
            dead_row(api, lost)


def summary(channels: Sequence[ChannelView]) -> str:
    """Whether messages arrive, as a heading.

    >>> summary([])
    ':orange[:material/cloud_off:] Nobody is told of anything'
    """
    used = [one for one in channels if one.state != "removed"]
    if not used:
        return ":orange[:material/cloud_off:] Nobody is told of anything"
    failing = sum(one.state == "failing" for one in used)
    if failing:
        verb = "takes" if failing == 1 else "take"
        return f":red[:material/cloud_off:] {failing} of {len(used)} channels {verb} no messages"
    return ":green[:material/check_circle:] Every channel takes messages"


def channel_card(api: Api, one: ChannelView, waiting: Sequence[DeliveryView]) -> None:
    """One channel, the messages that wait for it, and the button that tries it."""
    with st.container(border=True, gap="xsmall"):
        shown = CHANNEL_LOOKS.get(one.state, UNKNOWN)
        kind = f" ({one_line(one.kind, 20)})" if one.kind else ""
        st.markdown(f"{badge(shown)} **{plain(one.name, 40)}**{kind}")
        for words in standing(one):
            st.caption(words)
        if one.last_error:
            st.text(one_line(one.last_error, 300))
        if waiting:
            waiting_rows(one, waiting)
        if one.state != "removed":
            _try(api, one)


def waiting_rows(one: ChannelView, waiting: Sequence[DeliveryView]) -> None:
    """The messages that it is to take, the oldest first, each with its incident."""
    oldest = sorted(waiting, key=lambda owed: owed.created_at)[:WAITING]
    with st.expander("What waits", icon=":material/schedule:"):
        for owed in oldest:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.caption(f"{event_words(owed.event)}, of {moment(owed.created_at, reader_zone())}")
                if owed.incident_id:
                    st.page_link(PAGE, label="Its incident", query_params={"incident": owed.incident_id})
        if (more := max(one.waiting, len(waiting)) - len(oldest)) > 0:
            st.caption(f"and {more:,} more")


def standing(one: ChannelView) -> list[str]:
    """What it took, what waits, what was given up."""
    zone = reader_zone()
    last = f", the last {moment(one.last_delivered_at, zone)}" if one.last_delivered_at else ""
    lines = [f":material/done_all: Took {one.delivered_last_day:,} in 24 hours{last}"]
    if one.waiting:
        since = f" since {moment(one.oldest_at, zone)}" if one.oldest_at else ""
        lines.append(f":material/schedule: {_messages(one.waiting)} wait{'s' * (one.waiting == 1)}{since}")
    if one.failures:
        due = f"; next attempt {moment(one.retry_at, zone)}" if one.retry_at else ""
        lines.append(f":material/cloud_off: {one.failures:,} failure{'s' * (one.failures != 1)} in a row{due}")
    if one.dead:
        lines.append(f":material/block: {_messages(one.dead)} given up")
    return lines


def dead_row(api: Api, lost: DeliveryView) -> None:
    """One message that was given up: what about, why, and the button that owes it again."""
    with st.container(border=True, gap="xsmall"):
        when = moment(lost.created_at, reader_zone())
        tries = f"{lost.attempts} attempt{'s' * (lost.attempts != 1)}"
        st.markdown(f"{plain(lost.channel, 40)}: {event_words(lost.event)}")
        st.caption(f"Of {when}, given up after {tries}")
        if lost.last_error:
            st.text(one_line(lost.last_error, 300))
        with st.container(horizontal=True, vertical_alignment="center"):
            again = st.button(
                "Send again", icon=":material/send:", key=f"again-{lost.event_id}-{lost.channel}", **lock()
            )
            if lost.incident_id:
                st.page_link(PAGE, label="Its incident", query_params={"incident": lost.incident_id})
        if again:
            _send_again(api, lost)


def _send_again(api: Api, lost: DeliveryView) -> None:
    if attempt(lambda by: api.send_again(lost.event_id, lost.channel, by), "It is owed again"):
        st.rerun()


def _try(api: Api, one: ChannelView) -> None:
    """Sends a test message; its answer stays beside the button until another one is sent."""
    if st.button("Send a test message", icon=":material/send:", key=f"test-{one.name}", **lock()):
        st.session_state.pop(ANSWER, None)
        found = attempt(lambda by: api.try_channel(one.name, by), "The channel was tried")
        if found:
            st.session_state[ANSWER] = found
            st.rerun()
    answer = st.session_state.get(ANSWER)
    if answer and answer.channel == one.name:
        if answer.state == "delivered":
            st.success("It took the test message.", icon=":material/check_circle:")
        else:
            st.error("It did not take the test message:", icon=":material/block:")
            st.text(one_line(answer.last_error or "no reason was given", 400))


def _messages(n: int) -> str:
    return f"{n:,} message{'s' * (n != 1)}"
