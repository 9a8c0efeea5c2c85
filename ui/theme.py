"""Colours, icons and the mark of the pages. The colours hold apart for every common kind of colour vision."""

from __future__ import annotations

from typing import Literal, NamedTuple

LINE = "#1f77b4"
BASELINE = "#7f7f7f"
ONSET = "#e69f00"
FIRED = "#d55e00"
RESOLVED = "#009e73"
MARKER = "#6a3d9a"
ROW_HEIGHT = 36
"""Of tables, in pixels."""

Colour = Literal["red", "orange", "green", "gray", "blue"]


class Look(NamedTuple):
    """How a state is shown: its word, an icon, a colour, and a sign for tables. Never the colour alone."""

    word: str
    icon: str
    colour: Colour
    sign: str


LOOKS = {
    "firing": Look("firing", ":material/notifications_active:", "red", "▲"),
    "acknowledged": Look("seen to", ":material/person_check:", "orange", "▲"),
    "judge_broken": Look("judge broken", ":material/error:", "orange", "▲"),
    "pending": Look("pending", ":material/pending:", "orange", "…"),
    "ok": Look("ok", ":material/check_circle:", "green", "✓"),
    "insufficient": Look("learning", ":material/hourglass_top:", "blue", "…"),
    "no_data": Look("no data", ":material/do_not_disturb_on:", "gray", "–"),
    "superseded": Look("superseded", ":material/history:", "gray", "–"),
}
RULE_LOOKS = {
    "firing": LOOKS["firing"],
    "ok": LOOKS["ok"],
    "no_baseline": LOOKS["insufficient"],
    "insufficient": Look("too few", ":material/hourglass_top:", "blue", "…"),
    "no_data": LOOKS["no_data"],
    "pending": LOOKS["pending"],
}
JUDGE_LOOKS = {
    "ready": Look("ready", ":material/check_circle:", "green", "✓"),
    "not_configured": Look("not configured", ":material/key_off:", "gray", "–"),
    "stopped": Look("stopped", ":material/block:", "red", "▲"),
    "unavailable": Look("unavailable", ":material/cloud_off:", "orange", "…"),
}
PLAN_LOOKS = {
    "small_baseline": Look("small baseline", ":material/visibility_off:", "red", "▲"),
    "traffic": Look("too few votes", ":material/visibility_off:", "red", "▲"),
    "more_votes": Look("judge more", ":material/visibility_off:", "orange", "▲"),
    "no_baseline": Look("learning", ":material/hourglass_top:", "blue", "…"),
    "no_traffic": Look("no votes", ":material/do_not_disturb_on:", "gray", "–"),
    "below_min_drop": Look("too small", ":material/do_not_disturb_on:", "gray", "–"),
    "at_zero": Look("cannot worsen", ":material/do_not_disturb_on:", "gray", "–"),
    "seen": Look("yes", ":material/visibility:", "green", "✓"),
}
OUT_OF_MONEY = Look("no money", ":material/money_off:", "red", "▲")
CIRCUIT_LOOKS = {
    "closed": Look("answers", ":material/check_circle:", "green", "✓"),
    "half_open": Look("on trial", ":material/hourglass_top:", "orange", "…"),
    "open": Look("left alone", ":material/cloud_off:", "orange", "…"),
    "stopped": Look("refuses us", ":material/block:", "red", "▲"),
}
UNKNOWN = Look("unknown", ":material/help:", "gray", "?")
ORDER = tuple(LOOKS)

_MARK = """<g fill="none" stroke="#1f77b4" stroke-width="2.4" stroke-linecap="round">
<path d="M3 8h20"/><path d="M13 8v12"/><path d="M2 28c3-3 5-3 8 0s5 3 8 0 5-3 8 0" stroke="#7f9fb8"/></g>
<path d="M13 18l4 6a4 3 0 0 1-8 0z" fill="#1f77b4"/>"""
ICON = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-3 2 32 32" width="32" height="32">{_MARK}</svg>'
LOGO = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 32" width="150" height="32">{_MARK}
<text x="34" y="22" font-family="sans-serif" font-size="18" font-weight="600" fill="#1f77b4">Leadline</text></svg>"""


def look(state: str) -> Look:
    """How a monitor's state is shown."""
    return LOOKS.get(state, UNKNOWN)


def judge_look(state: str) -> Look:
    """How a judge's state is shown."""
    return JUDGE_LOOKS.get(state, UNKNOWN)
