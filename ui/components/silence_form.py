"""A new silence or maintenance window: what it matches, when, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from glob import escape
from typing import Any

import streamlit as st

from evaluator.api.incident_shapes import WayView
from evaluator.api.shapes import MonitorBrief
from evaluator.monitors.words import noun
from ui.client import Api
from ui.components.acting import MAY_NOT, attempt, may_act, turn
from ui.components.incident_actions import DURATIONS
from ui.components.reader import reader_zone
from ui.theme import SEVERITIES
from ui.words import one_line

FORM = "silence"
CUSTOM = "until a time of my choice"
REPEATS = {"once": None, "every day": "day", "every week": "week"}
NAMES = {"feature": "Feature", "judge": "Judge", "metric": "Metric", "owner": "Owner", "severity": "Severity"}


def silence_form(api: Api, monitors: Sequence[MonitorBrief], ways: Sequence[WayView]) -> None:
    """Fields for what matches, how long and why; what was typed stays until it is done."""
    if not may_act():
        st.caption(f":material/visibility: {MAY_NOT}")
        return
    again = turn(FORM)
    kind = st.segmented_control(
        "Kind",
        ["silence", "maintenance"],
        default="silence",
        required=True,
        format_func={"silence": "Silence, from now", "maintenance": "Maintenance window"}.__getitem__,
        key=f"kind-{again}",
    )
    matchers = _matchers(known(monitors, ways), again)
    with st.container():
        # What comes and goes has a place of its own: a field after it would be a new one, without what was typed.
        when = _window(again) if kind == "maintenance" else _length(again)
    reason = st.text_input("Reason", key=f"reason-{again}", max_chars=1000, placeholder="Why nobody need be told")
    word = "Plan the window" if kind == "maintenance" else "Silence"
    if st.button(word, icon=":material/notifications_paused:", type="primary", key="set_silence"):
        if problem := lacking(matchers, reason):
            st.error(f"Nothing was done: {problem}")
            return
        asked = {"kind": kind, "matchers": matchers, "reason": (reason or "").strip(), **when}
        if attempt(lambda by: api.silence(by, asked), "It is set", FORM):
            st.rerun()


def known(monitors: Sequence[MonitorBrief], ways: Sequence[WayView]) -> dict[str, list[str]]:
    """Every value that a label is known to have."""
    found = {
        "feature": {*(one.feature for one in monitors), *(one.feature for one in ways if one.feature[:1] != "(")},
        "judge": {one.judge for one in monitors},
        "metric": {one.metric for one in monitors},
        "owner": {one.owner for one in ways},
    }
    return {**{name: sorted(values - {""}) for name, values in found.items()}, "severity": list(SEVERITIES)}


def lacking(matchers: Mapping[str, str], reason: str | None) -> str:
    """What is still to be filled in, as the end of a sentence; empty when nothing is."""
    if not matchers:
        return "choose at least one of feature, judge, metric, owner and severity."
    return "" if reason and reason.strip() else "write the reason first."


def glob(given: str, values: Sequence[str]) -> str:
    """A known name means itself, whatever its characters; what was typed may be a pattern.

    >>> glob("a[1]", ["a[1]"]), glob("support-*", ["a[1]"])
    ('a[[]1]', 'support-*')
    """
    return escape(given) if given in values else given


def _matchers(values: Mapping[str, list[str]], again: int) -> dict[str, str]:
    chosen = {}
    with st.container(horizontal=True):
        for name, label in NAMES.items():
            picked = st.selectbox(
                label,
                values[name],
                index=None,
                placeholder="any",
                accept_new_options=name != "severity",
                format_func=(lambda one: one_line(noun(one))) if name == "metric" else one_line,
                key=f"match-{name}-{again}",
                width=230,
            )
            if picked:
                chosen[name] = glob(picked, values[name])
    st.caption("All that is chosen must match. Type a pattern such as `support-*` for many at once.")
    return chosen


def _length(again: int) -> dict[str, Any]:
    picked = st.selectbox("Until", [*DURATIONS, CUSTOM], index=1, key=f"length-{again}", width=230)
    if picked == CUSTOM:
        ends_at = _moment("Ends at", timedelta(hours=4), again)
        st.caption(f"Times in {reader_zone()}.")
        return {"ends_at": ends_at}
    return {"ends_at": (datetime.now(UTC) + DURATIONS[picked]).isoformat()}


def _window(again: int) -> dict[str, Any]:
    with st.container(horizontal=True):
        starts_at = _moment("Starts at", timedelta(hours=1), again)
        ends_at = _moment("Ends at", timedelta(hours=2), again)
        every = st.selectbox("Repeats", list(REPEATS), key=f"every-{again}", width=230)
    st.caption(f"Times in {reader_zone()}. Repeated windows hold at the same time UTC, until they are ended.")
    return {"starts_at": starts_at, "ends_at": ends_at, "every": REPEATS[every]}


def _moment(label: str, ahead: timedelta, again: int) -> str:
    zone = reader_zone()
    given = st.datetime_input(
        label, quarter(datetime.now(zone) + ahead), key=f"{label}-{again}", required=True, width=230
    )
    return in_zone(given or datetime.now(zone) + ahead, zone)


def quarter(at: datetime) -> datetime:
    """The full quarter hour before, without its zone, as a field shows it.

    >>> quarter(datetime(2026, 11, 20, 12, 44, 3, tzinfo=UTC))
    datetime.datetime(2026, 11, 20, 12, 30)
    """
    return at.replace(minute=at.minute // 15 * 15, second=0, microsecond=0, tzinfo=None)


def in_zone(given: datetime, zone: tzinfo) -> str:
    """What a field shows is the reader's time."""
    return given.replace(tzinfo=zone).isoformat()
