"""Every incident: what is open first, as cards, then what was resolved of late."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from evaluator.api.alert_shapes import AlertView
from evaluator.api.incident_shapes import IncidentView
from ui.components.acting import paged
from ui.components.reader import reader_zone
from ui.incident_words import headline, seen_to, silenced, since, untold, withheld
from ui.moments import moment
from ui.theme import INCIDENT_LOOKS, SEVERITIES, SEVERITY_LOOKS, UNKNOWN, badge

PAGE = "pages/alerts.py"
INCIDENTS = "Incidents"
CHANNELS = "Channels"
"""Sections of the page; the address names them."""
CARDS = 8
ROWS = 8


def incident_list(opened: Sequence[IncidentView], resolved: Sequence[IncidentView], most: int) -> None:
    """What is open, what was resolved; `most` is how many of each were asked for."""
    st.header(summary(opened, most), anchor=False)
    if not opened and not resolved:
        st.text("No incident yet. When a monitor fires, it shows here with what was told, to whom, and what to do.")
        return
    known = {one.alert_id: one for incident in opened for one in incident.alerts}
    for incident in paged(sorted(opened, key=urgency), CARDS, "open_page"):
        incident_card(incident, known)
    if resolved:
        st.subheader("Resolved of late", anchor=False)
        for incident in paged(resolved, ROWS, "resolved_page"):
            resolved_row(incident)


def summary(opened: Sequence[IncidentView], most: int) -> str:
    """How much is open, and how much of it nobody sees to.

    >>> summary([], 9)
    ':green[:material/check_circle:] Nothing is open'
    """
    if not opened:
        return ":green[:material/check_circle:] Nothing is open"
    n, alone = len(opened), sum(one.state == "firing" and not hushed(one) for one in opened)
    least = "at least " if n >= most else ""
    counted = f"{least}{n} incident{'s are' if n > 1 else ' is'} open".capitalize()
    if not alone:
        return f":orange[:material/person_check:] {counted}, none unattended"
    whom = "it" if n == 1 else "any of them" if n == alone else f"{alone} of them"
    return f":red[:material/notifications_active:] {counted}, nobody sees to {whom}"


def hushed(incident: IncidentView) -> bool:
    """Whether nobody was told of it, or a silence covers all that fires of it now."""
    return bool(incident.withheld or incident.silenced_until)


def urgency(incident: IncidentView) -> tuple[bool, bool, int, float]:
    """What nobody sees to comes first, of that what somebody was told of, the worst, the newest."""
    rank = SEVERITIES.index(incident.severity) if incident.severity in SEVERITIES else len(SEVERITIES)
    return bool(incident.acknowledged_by), hushed(incident), rank, -incident.opened_at.timestamp()


def badges(incident: IncidentView) -> str:
    """Severity, state and until when it is silenced, as Markdown."""
    shown = SEVERITY_LOOKS.get(incident.severity, UNKNOWN), INCIDENT_LOOKS.get(incident.state, UNKNOWN)
    until = silenced(incident.silenced_until, reader_zone())
    return " ".join([*(badge(one) for one in shown), *([until] if until else [])])


def incident_card(incident: IncidentView, known: Mapping[str, AlertView]) -> None:
    """One open incident: how bad, what, since when, how much, who sees to it, and the way there."""
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"{badges(incident)} **{headline(incident)}**")
        st.caption(since(incident, reader_zone()))
        n = len(incident.alerts)
        st.caption(f":material/notifications: {n} alert{'s' * (n != 1)} · :material/person: {seen_to(incident)}")
        if why := withheld(incident, known):
            st.caption(f":material/notifications_off: {why}")
        told_to_nobody(incident)
        way_in(incident)


def told_to_nobody(incident: IncidentView) -> None:
    """That no channel was told of it, and the way to mend that; nothing where one was."""
    if why := untold(incident):
        st.markdown(f":orange[:material/notifications_off:] {why}")
        st.page_link(PAGE, label="Set up a channel", icon=":material/cloud_off:", query_params={"show": CHANNELS})


def way_in(incident: IncidentView) -> None:
    """A link to all of it."""
    st.page_link(
        PAGE,
        label="Open the incident",
        icon=":material/arrow_forward:",
        query_params={"incident": incident.incident_id},
    )


def resolved_row(incident: IncidentView) -> None:
    """One that is over: what it was, when, who saw to it."""
    zone = reader_zone()
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"{badges(incident)} {headline(incident)}")
        ended = moment(incident.resolved_at, zone)
        st.caption(f"{moment(incident.opened_at, zone)} to {ended} · :material/person: {seen_to(incident)}")
        way_in(incident)
