"""What people do about an incident: see to it, give it to somebody, write, silence, end it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from glob import escape

import streamlit as st

from evaluator.api.alert_shapes import AlertView
from evaluator.api.incident_shapes import IncidentView
from evaluator.monitors.words import what
from ui.client import Api
from ui.components.acting import ask_for_admin_key, attempt, lock, may_act, turn, who_acts
from ui.words import metric_name, one_line

DURATIONS = {
    "1 hour": timedelta(hours=1),
    "4 hours": timedelta(hours=4),
    "1 day": timedelta(days=1),
    "3 days": timedelta(days=3),
    "1 week": timedelta(weeks=1),
}
SHORT = 90
"""Of the field for a comment, in pixels: it grows with the text, and the evidence is not far below."""
RESOLVE = (
    "This ends its alerts now, and those who were told hear that it is over. Its monitors gather evidence anew, "
    "against the same baseline: what still goes on fires again. Most incidents resolve by themselves when the rate "
    "is back."
)


def see_to_it(api: Api, incident: IncidentView) -> None:
    """Who acts, and the button that says that they see to it, or that nobody does any more; none once it is over."""
    key, over, seen = incident.incident_id, incident.state == "resolved", incident.acknowledged_by
    with st.container(horizontal=True, vertical_alignment="bottom"):
        who_acts()
        if over:
            back = ack = False
        else:
            back = bool(seen) and st.button(
                "Take back: nobody sees to it", icon=":material/undo:", key=f"unack-{key}", **lock()
            )
            ack = not seen and st.button(
                "Acknowledge: I see to it", icon=":material/person_check:", type="primary", key=f"ack-{key}", **lock()
            )
    ask_for_admin_key()
    if back:
        _act(api, incident, "unack", "It is open again", note="")
    if ack:
        _act(api, incident, "ack", "You see to it", note="")


def actions(api: Api, incident: IncidentView) -> None:
    """A comment, and beside it, on a phone below it, what is done less often; nothing for who may only look."""
    if not may_act():
        return
    left, right = st.columns([3, 2], gap="large")
    with left:
        comment_form(api, incident)
    with right:
        more_actions(api, incident)


def more_actions(api: Api, incident: IncidentView, own: AlertView | None = None) -> None:
    """What is done less often, folded away; `own` is the alert whose monitor is likely to be silenced."""
    with st.expander("Assign to somebody", icon=":material/person_add:"):
        _assign(api, incident)
    if incident.state == "resolved":
        return
    with st.expander("Silence what matches", icon=":material/notifications_paused:"):
        _silence(api, incident, own)
    with st.expander("Resolve by hand", icon=":material/task_alt:"):
        _resolve(api, incident)


def comment_form(api: Api, incident: IncidentView) -> None:
    """A comment joins the history."""
    form = f"comment-{incident.incident_id}"
    with st.form(form, border=False):
        text = st.text_area(
            "Comment", key=f"{form}-{turn(form)}", height=SHORT, max_chars=4000, placeholder="What you found or did"
        )
        if st.form_submit_button("Comment", icon=":material/chat:"):
            if text and text.strip():
                _act(api, incident, "comment", "Your comment is in the history", form, text=text.strip())
            else:
                st.error("Nothing was done: write the comment first.")


def _assign(api: Api, incident: IncidentView) -> None:
    form = f"assign-{incident.incident_id}"
    with st.form(form, border=False):
        to = st.text_input("Who sees to it from now on; empty: nobody", key=f"{form}-{turn(form)}", max_chars=200)
        if st.form_submit_button("Assign", icon=":material/person_add:"):
            _act(api, incident, "assign", "It is assigned", form, to=(to or "").strip() or None)


def _silence(api: Api, incident: IncidentView, own: AlertView | None) -> None:
    form, choices = f"silence-{incident.incident_id}", matchers(incident.alerts)
    if not choices:
        st.text("It has no alerts.")
        return
    with st.form(form, border=False):
        again = turn(form)
        first = list(choices).index(list(matchers([own]))[-1]) if own else 0
        which = st.selectbox("What", list(choices), index=first, key=f"{form}-what-{again}")
        length = st.selectbox("For how long", list(DURATIONS), index=1, key=f"{form}-length-{again}")
        reason = st.text_input("Reason", key=f"{form}-reason-{again}", max_chars=1000)
        st.caption("Nobody is told of alerts that match. Monitors go on; what still fires at the end is told then.")
        if st.form_submit_button("Silence", icon=":material/notifications_paused:"):
            if not reason or not reason.strip():
                st.error("Nothing was done: write the reason first.")
                return
            ends_at = (datetime.now(UTC) + DURATIONS[length]).isoformat()
            asked = {"matchers": choices[which], "ends_at": ends_at, "reason": reason.strip()}
            if attempt(lambda by: api.silence(by, asked), "The silence holds", form):
                st.rerun()


def _resolve(api: Api, incident: IncidentView) -> None:
    form = f"resolve-{incident.incident_id}"
    with st.form(form, border=False):
        st.caption(RESOLVE)
        note = st.text_input("Why (optional)", key=f"{form}-{turn(form)}", max_chars=4000)
        if st.form_submit_button("Resolve", icon=":material/task_alt:"):
            _act(api, incident, "resolve", "It is over", form, note=(note or "").strip())


def matchers(alerts: Sequence[AlertView]) -> dict[str, dict[str, str]]:
    """What can be silenced of these alerts: a feature, and each thing that is watched of it, with its matchers.

    >>> from tests.incident_views import alert
    >>> matchers([alert("chat", "tone"), alert("a[1]", "", "latency_ms")])["All of a[1]"]
    {'feature': 'a[[]1]'}
    >>> list(matchers([alert("chat", "tone"), alert("chat", "", "latency_ms")]))
    ['All of chat', 'Pass rate of tone on chat', 'Latency on chat']
    """
    found: dict[str, dict[str, str]] = {}
    for feature in dict.fromkeys(one.feature for one in alerts):
        # A matcher is a glob; a name is meant as it is.
        of = {"feature": escape(feature)}
        found[f"All of {one_line(feature)}"] = of
        for one in (one for one in alerts if one.feature == feature):
            watched = one_line(what(one.judge, one.metric))
            told = metric_name(one.metric) + watched.removeprefix(one_line(what("", one.metric)))
            judge = {"judge": escape(one.judge)} if one.judge else {}
            found[f"{told} on {one_line(feature)}"] = {**of, **judge, "metric": escape(one.metric)}
    return found


def _act(api: Api, incident: IncidentView, action: str, done: str, form: str = "", **told: str | None) -> None:
    if attempt(lambda by: api.act(incident.incident_id, action, by, **told), done, form):
        st.rerun()
