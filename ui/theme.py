"""Colours, icons and the mark of the pages. The colours hold apart for every common kind of colour vision."""

from __future__ import annotations

from typing import Literal, NamedTuple

LINE = "#1f77b4"
BASELINE = "#7f7f7f"
ONSET = "#e69f00"
FIRED = "#d55e00"
RESOLVED = "#009e73"
MARKER = "#9467bd"
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
HELP = {
    "pending": "Near its threshold: the evidence would do for a budget of false alarms ten times as large. "
    "Nobody is told.",
    "acknowledged": "Somebody sees to it: it is told again only when it gets worse, and when it is over.",
    "judge_broken": "Its judge fails or has stopped answering, so this monitor sees nothing now.",
    "insufficient": "No baseline yet, so there is nothing to compare with.",
}
"""What a state means, where its word alone does not say it."""
SEVERITY_LOOKS = {
    "critical": Look("critical", ":material/emergency_home:", "red", "▲"),
    "warning": Look("warning", ":material/warning:", "orange", "▲"),
    "info": Look("info", ":material/info:", "blue", "▲"),
}
INCIDENT_LOOKS = {
    "firing": LOOKS["firing"],
    "acknowledged": LOOKS["acknowledged"],
    "resolved": Look("resolved", ":material/task_alt:", "green", "✓"),
}
SILENCED = Look("silenced", ":material/notifications_paused:", "orange", "▲")
SILENCE_LOOKS = {
    "active": Look("holds now", ":material/notifications_paused:", "orange", "▲"),
    "waiting": Look("waits", ":material/schedule:", "blue", "…"),
    "over": Look("over", ":material/history:", "gray", "–"),
}
CHANNEL_LOOKS = {
    "ok": Look("takes messages", ":material/check_circle:", "green", "✓"),
    "failing": Look("failing", ":material/cloud_off:", "red", "▲"),
    "removed": Look("removed", ":material/delete:", "gray", "–"),
}
DELIVERY_LOOKS = {
    "pending": Look("waits", ":material/schedule:", "blue", "…"),
    "delivered": Look("delivered", ":material/check_circle:", "green", "✓"),
    "dead": Look("given up", ":material/block:", "red", "▲"),
    "skipped": Look("skipped", ":material/skip_next:", "gray", "–"),
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
VERSION_LOOKS = {
    True: Look("present", ":material/check_circle:", "green", "✓"),
    False: Look("earlier", ":material/history:", "gray", "–"),
}
BATCH_LOOKS = {
    "submitting": Look("being sent", ":material/upload:", "blue", "…"),
    "in_progress": Look("under way", ":material/hourglass_top:", "blue", "…"),
    "ended": Look("ended", ":material/check_circle:", "green", "✓"),
    "failed": Look("failed", ":material/error:", "red", "▲"),
}
VERDICT_LOOKS = {
    "passed": Look("passed", ":material/check_circle:", "green", "✓"),
    "failed": Look("failed", ":material/cancel:", "red", "✗"),
    "undecided": Look("neither", ":material/remove_circle:", "gray", "–"),
    "error": Look("judge error", ":material/error:", "orange", "!"),
    "skipped": Look("skipped", ":material/skip_next:", "gray", "–"),
}
LABEL_LOOKS = {
    "agrees": Look("agrees", ":material/check_circle:", "green", "✓"),
    "differs": Look("differs", ":material/compare_arrows:", "orange", "≠"),
    "skipped": Look("not said", ":material/help:", "gray", "–"),
}
FINDING_LOOKS = {
    "problem": Look("problem", ":material/error:", "red", "▲"),
    "hint": Look("hint", ":material/lightbulb:", "orange", "…"),
    "ok": LOOKS["ok"],
}
JOB_LOOKS = {
    "ok": LOOKS["ok"],
    "failed": Look("failed", ":material/error:", "red", "▲"),
    "waits": Look("not yet", ":material/schedule:", "blue", "…"),
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
SEVERITIES = tuple(SEVERITY_LOOKS)

_MARK = """<g fill="none" stroke="#1f77b4" stroke-width="2.4" stroke-linecap="round">
<path d="M3 8h20"/><path d="M13 8v12"/><path d="M2 28c3-3 5-3 8 0s5 3 8 0 5-3 8 0" stroke="#7f9fb8"/></g>
<path d="M13 18l4 6a4 3 0 0 1-8 0z" fill="#1f77b4"/>"""
ICON = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="-3 2 32 32" width="32" height="32">{_MARK}</svg>'
LOGO = f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 150 32" width="150" height="32">{_MARK}
<text x="34" y="22" font-family="sans-serif" font-size="18" font-weight="600" fill="#1f77b4">Leadline</text></svg>"""


def look(state: str) -> Look:
    """How a monitor's state is shown."""
    return LOOKS.get(state, UNKNOWN)


def rank(state: str) -> int:
    """Where a monitor's state comes among others: the troubled first."""
    return ORDER.index(state) if state in ORDER else len(ORDER)


def badge(shown: Look, word: str | None = None) -> str:
    """A look as a badge in Markdown; `word` must be ours.

    >>> badge(LOOKS["ok"], "3 ok")
    ':green-badge[:material/check_circle: 3 ok]'
    """
    return f":{shown.colour}-badge[{shown.icon} {word or shown.word}]"


def judge_look(state: str) -> Look:
    """How a judge's state is shown."""
    return JUDGE_LOOKS.get(state, UNKNOWN)
