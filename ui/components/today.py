"""Today against yesterday and last week: calls, errors, cost and pass rates, with no more certainty than there is."""

from __future__ import annotations

import streamlit as st

from evaluator.api.shapes import MonitorView
from evaluator.api.usage_shapes import UsageView
from evaluator.monitors.words import RATE_OF_JUDGE
from ui.components.alarms import figure
from ui.components.near_limits import linked
from ui.components.reader import reader_zone
from ui.moments import clock
from ui.usage_words import Amount, Moved, about, beside, compared_with, error_share, moved, priced, short
from ui.words import percent, plain, points

MOVED = 3
NO_ALARM = (
    "A pass rate counts as different when the votes alone do not explain it: Newcombe's intervals, which hold for all "
    "pass rates together with 95 %. That is no alarm: days differ. Alarms compare with the baseline."
)


def today(usage: UsageView, monitors: list[MonitorView]) -> None:
    """Four figures, each with its change by the same time of day, and the pass rates that differ beyond chance."""
    with st.container(border=True, gap="xsmall", height="stretch"):
        until = clock(usage.until, reader_zone())
        whole, weekday = usage.total, f"{usage.today:%A}"
        st.markdown(f"**Today**, compared up to {until}" if whole.by_now else "**Today**, which just began")
        with st.container(horizontal=True, gap="medium"):
            _figure("Calls", short(whole.today.calls), usage, lambda use: use.calls)
            failed = error_share(whole.today)
            _figure("Errors", "–" if failed is None else percent(failed), usage, lambda use: use.errors)
            _figure("Cost of calls", about(whole.today, whole.today.usd), usage, lambda use: use.usd)
            _figure("Judging", priced(whole.today.judging_usd), usage, lambda use: use.judging_usd)
        _rates(usage, monitors, weekday)


def _figure(label: str, value: str, usage: UsageView, amount: Amount) -> None:
    note = beside(usage.total.by_now, amount, f"{usage.today:%A}")
    figure(label, value, note, EXPLAINED.get(label))


EXPLAINED = {
    "Calls": "All that arrived, kept or not.",
    "Errors": "Share of calls that failed; below it, how their number changed.",
    "Cost of calls": "The product's own calls at list price, as far as prices are known; ≈: estimated from the kept.",
    "Judging": "What the judges cost, as far as prices are known.",
}


def _rates(usage: UsageView, monitors: list[MonitorView], weekday: str) -> None:
    """Which pass rates differ, as links; or that none does."""
    compared = sum(bool(one.since_yesterday or one.since_last_week) for one in usage.rates)
    if not compared:
        st.caption("No pass rate to compare yet.", help=NO_ALARM)
        return
    found = moved(usage.rates, weekday)
    if not found:
        then = " or ".join(f"{name}'s" for name in compared_with(usage.rates, weekday))
        st.caption(
            f":material/check: No pass rate of {compared} differs from {then} by more than chance.", help=NO_ALARM
        )
        return
    verb = "differs" if len(found) == 1 else "differ"
    st.caption(f"{len(found)} of {compared} pass rates {verb} by more than chance, which is no alarm:", help=NO_ALARM)
    known = {(one.feature, one.judge, one.judge_version): one for one in monitors if one.metric == RATE_OF_JUDGE}
    for one in found[:MOVED]:
        own = known.get((one.rates.feature, one.rates.judge, one.rates.judge_version))
        _moved(one, own.monitor_id if own else None)
    if len(found) > MOVED:
        st.caption(f"and {len(found) - MOVED} more: see the columns of the table below")


def _moved(one: Moved, monitor_id: str | None) -> None:
    gap = one.difference
    sign = "▼" if gap.change < 0 else "▲"
    ends = f"{points(-gap.lo, unit=False)} to {points(-gap.hi, unit=False)}"
    words = (
        f"{sign} {plain(one.rates.judge, 40)} on {plain(one.rates.feature, 40)}: {percent(one.rates.today.rate)}, "
        f"{points(-gap.change)} ({ends}) from {one.since}"
    )
    linked(words, "pages/regression.py" if monitor_id else None, {"monitor": monitor_id or ""})
