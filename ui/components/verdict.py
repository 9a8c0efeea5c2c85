"""What one monitor says, in a sentence and a few numbers."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from evaluator.alerts.alarm import WHOLE
from evaluator.api.alert_shapes import AlertView
from evaluator.api.baseline_shapes import Collecting, Predecessor
from evaluator.api.shapes import MonitorView
from ui.components.alarms import figures, state_badges
from ui.components.markers import nearest_words
from ui.components.reader import reader_zone
from ui.moments import moment, onset_words
from ui.theme import HELP
from ui.told import Told, read
from ui.words import count, headline, one_line, percent, plain, points

FLAGS = {
    "minor_shift": "A real but small shift, below the change that raises an alert.",
    "few_fails": "Too few votes of the bad kind to tell.",
    "no_votes": "No votes in the tested window.",
    "new_stratum": "Part of the traffic is of a kind that the baseline has not seen.",
}
LONGEST = 500
NOTABLE = 0.02
ORIGINS = {
    "first_window": "the first window with enough votes",
    "config": "set in the configuration",
    "command": "set by hand",
    "release": "the time of a release",
    "prompt_version": "the time of a prompt version",
    "model": "the time of a model",
    "marker": "the time since a marker",
}


def verdict(monitor: MonitorView, alerts: Sequence[AlertView]) -> None:
    """What a reader at night needs first: state, sentence, and of what fires how much, since when, and why."""
    st.markdown(state_badges(monitor))
    st.subheader(headline(monitor), anchor=False)
    if not monitor.fires:
        return
    zone = reader_zone()
    told = read(next((one.evidence for one in alerts if one.alert_id == monitor.alert_id), {}))
    with st.container(gap="xsmall"):
        if monitor.drop is not None:
            st.markdown(f":material/trending_down: {size_words(monitor, told)}")
        if monitor.onset:
            since = onset_words(monitor.onset, monitor.onset_lo, monitor.onset_hi, zone)
            st.markdown(f":material/schedule: {since}")
        if monitor.marker:
            st.markdown(nearest_words(monitor))
        likely(told)


def size_words(monitor: MonitorView, told: Told) -> str:
    """How much worse it is, between which bounds, and how sure that is, as Markdown."""
    rise = monitor.bad == "up"
    drops = (monitor.drop_lo, monitor.drop_hi) if rise else (monitor.drop_hi, monitor.drop_lo)
    ends = " to ".join(points(drop, rise=rise, unit=False) for drop in drops)
    sure = one_line(told.evidence.in_words.partition(" against ")[0], 60)
    evidence = f"; {plain(sure)}" if sure else ""
    return f"**{points(monitor.drop, rise=rise)}** at the same mix (95 %: {ends}){evidence}"


def likely(told: Told) -> None:
    """What the alarm knew of the cause: one sentence, and the part of the traffic that explains it best."""
    if told.why:
        st.text(one_line(told.why, LONGEST))
    part = next(iter(told.where), None)
    if part and part.name != WHOLE:
        went = f"{percent(part.rate_before)} → {percent(part.rate_now)}"
        st.markdown(f":material/filter_alt: Most in {plain(part.name, 80)}: {went} (n = {count(round(part.n_now))})")


def details(monitor: MonitorView, alerts: Sequence[AlertView]) -> None:
    """Figures with n and interval, what the baseline is, and what became of its alerts."""
    zone = reader_zone()
    figures(monitor)
    if monitor.state in HELP and monitor.baseline and not monitor.fires:
        st.caption(f":material/info: {HELP[monitor.state]}")
    if mix_shifted(monitor):
        rise = monitor.bad == "up"
        same = f"not at the same mix of traffic ({points(monitor.drop, rise=rise)})"
        st.caption(f":material/balance: {'Higher' if rise else 'Lower'} than the baseline, but {same}.")
    for flag in monitor.flags:
        st.caption(f":material/info: {FLAGS.get(flag) or plain(flag)}")
    version = f" Judge version {plain(monitor.judge_version)}." if monitor.judge else ""
    st.caption(f"{baseline_words(monitor)} Last look {moment(monitor.checked_until, zone)}.{version}")
    if monitor.predecessor:
        st.caption(f":material/content_cut: {cut_words(monitor.predecessor)}")
    for alert in alerts[:3]:
        st.caption(alert_words(alert))


def mix_shifted(monitor: MonitorView) -> bool:
    """Whether the plain rate got worse by what would matter, while at the same mix of traffic it did not."""
    now, before = monitor.current, monitor.baseline
    if monitor.fires or monitor.drop is None or now.rate is None or before is None or before.rate is None:
        return False
    fell = before.rate - now.rate
    return (-fell if monitor.bad == "up" else fell) >= NOTABLE > monitor.drop


def baseline_words(monitor: MonitorView) -> str:
    """What the baseline is and where it comes from."""
    if not monitor.baseline or not monitor.baseline_start or not monitor.baseline_end:
        return collecting_words(monitor.collecting)
    zone = reader_zone()
    origin = ORIGINS.get(monitor.baseline_origin or "", "")
    dates = f"{moment(monitor.baseline_start, zone)} to {moment(monitor.baseline_end, zone)}"
    return f"Baseline: {dates}{', ' + origin if origin else ''}."


def collecting_words(so_far: Collecting | None) -> str:
    """How far the first baseline is.

    >>> collecting_words(None)
    'No baseline yet: the first window with enough votes becomes the reference.'
    """
    if so_far is None:
        return "No baseline yet: the first window with enough votes becomes the reference."
    votes = f"{count(so_far.votes)} of {count(so_far.votes_needed)} votes"
    hours = f"{so_far.hours:.3g} of {so_far.hours_needed:.3g} hours"
    since = f" since {moment(so_far.since, reader_zone())}" if so_far.since else ""
    return f"No baseline yet: {votes} and {hours}{since}."


def cut_words(before: Predecessor) -> str:
    """Which judge version voted before, when it was replaced, and why; as Markdown."""
    why = f" ({plain(before.why)})" if before.why else ""
    return (
        f"It replaced judge version {plain(before.judge_version)} on {moment(before.cut_at, reader_zone())}{why}: "
        "verdicts of two versions are never mixed, so the series and its baseline begin anew."
    )


def alert_words(alert: AlertView) -> str:
    """One alert: when it fired, when it resolved, and who was told."""
    zone = reader_zone()
    words = f":material/notifications: Alert fired {moment(alert.fired_at, zone)}"
    if alert.resolved_at:
        words += f", resolved {moment(alert.resolved_at, zone)}"
    told = sorted({delivery.channel for delivery in alert.deliveries if delivery.state == "delivered"})
    return words + (f", sent to {', '.join(plain(channel) for channel in told)}" if told else "")
