"""What is close to trouble, as lines with a sign, a number and the page that helps: pure, from what the API told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import exp

from evaluator.api.judge_shapes import BudgetView, JudgeView
from evaluator.api.overview_shapes import OverviewView
from evaluator.api.rule_shapes import RuleView
from evaluator.api.shapes import MonitorView
from ui.budget_words import shares, together
from ui.moments import waited
from ui.theme import CHANNEL_LOOKS, CIRCUIT_LOOKS, LOOKS, OUT_OF_MONEY, SILENCED, Look, judge_look
from ui.words import percent, plain, subject, usd

MOST_SPENT = 0.8
"""Of a budget."""
LIVE_SECONDS, BATCH_SECONDS = 900, 26 * 3600
"""How long a sample may wait for a judge that judges as samples come, and for one that judges once a day."""
NEAR = 0.9
"""Of the limit of a rule that fires above it; one that fires below is near when a point is left."""
POINT = 0.01
GB = 1e9
LOW_DISK = Look("disk", ":material/hard_drive:", "orange", "▲")
FULL_DISK = Look("disk full", ":material/hard_drive:", "red", "▲")
LATE = Look("waits", ":material/schedule:", "orange", "…")
THINNED = Look("thinned", ":material/savings:", "orange", "…")
SPENDING = Look("budget", ":material/savings:", "orange", "…")
LOST = Look("given up", ":material/block:", "red", "▲")
NEAR_RULE = Look("near", ":material/straighten:", "orange", "…")
REGRESSION, JUDGES, ALERTS, COSTS = (f"pages/{name}.py" for name in ("regression", "judges", "alerts", "costs"))


@dataclass(frozen=True, slots=True)
class Near:
    """One thing near its limit: how it looks, what it is in Markdown (foreign names are `plain`), and where to go."""

    look: Look
    words: str
    page: str | None
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def urgent(self) -> bool:
        return self.look.colour == "red"


def near(seen: OverviewView) -> list[Near]:
    """All of it, what cannot go on first."""
    found = [
        *_disk(seen),
        *(one for judge in seen.judges for one in _judge(judge)),
        *_together(seen),
        *_providers(seen),
        *_channels(seen),
        *_silences(seen),
        *(_monitor(one) for one in seen.monitors if one.state in ("pending", "judge_broken")),
        *(line for rule in seen.rules if (line := _rule(rule, seen))),
    ]
    return sorted(found, key=lambda one: not one.urgent)


def _disk(seen: OverviewView) -> Iterator[Near]:
    disk = seen.usage.disk
    if disk is None:
        return
    size = f"{disk.free_bytes / GB:,.1f} GB of the disk are free"
    if disk.full:
        yield Near(FULL_DISK, f"{size}: samples are refused until there is more room", None)
    elif disk.free_bytes < 4 * disk.least_bytes:
        yield Near(LOW_DISK, f"{size}; below {disk.least_bytes / GB:,.1f} GB samples are refused", None)


def _judge(judge: JudgeView) -> Iterator[Near]:
    who = f"Judge {plain(judge.name, 60)}"
    if judge.state in ("stopped", "unavailable"):
        why = f": {plain(judge.reason, 60)}" if judge.reason else ""
        yield Near(judge_look(judge.state), f"{who} does not judge{why}", JUDGES)
    if judge.state != "not_configured" and judge.budget:
        yield from _spent(who, judge.budget)
    if judge.factor < 1:
        left = percent(judge.factor)
        yield Near(THINNED, f"{who} judges {left} of its rate: its budget would not last", COSTS)
    longest = BATCH_SECONDS if judge.batch else LIVE_SECONDS
    if judge.oldest_waiting_seconds is not None and judge.oldest_waiting_seconds > longest:
        oldest = waited(judge.oldest_waiting_seconds)
        yield Near(LATE, f"{judge.pending:,} samples wait for {plain(judge.name, 60)}, the oldest for {oldest}", JUDGES)


def _together(seen: OverviewView) -> Iterator[Near]:
    if total := together(seen.judges):
        yield from _spent("All judges together", total)


def _spent(who: str, budget: BudgetView) -> Iterator[Near]:
    for one in shares(budget):
        if one.gone or one.spent >= MOST_SPENT * one.limit:
            told = f"{who}: {usd(one.spent)} of {usd(one.limit)} {one.period} are spent"
            yield Near(OUT_OF_MONEY if one.gone else SPENDING, told, COSTS)


def _providers(seen: OverviewView) -> Iterator[Near]:
    for one in seen.providers:
        if one.stopped:
            yield Near(CIRCUIT_LOOKS["stopped"], f"Provider {plain(one.name, 60)} refuses us", JUDGES)
        elif one.circuit != "closed":
            known = CIRCUIT_LOOKS.get(one.circuit, CIRCUIT_LOOKS["open"])
            yield Near(known, f"Provider {plain(one.name, 60)} fails", JUDGES)


def _channels(seen: OverviewView) -> Iterator[Near]:
    asked = {"show": "Channels"}
    for one in seen.channels:
        if one.state == "failing":
            words = f"Channel {plain(one.name, 60)} takes no messages, {one.waiting:,} wait"
            yield Near(CHANNEL_LOOKS["failing"], words, ALERTS, asked)
        if one.dead:
            messages, were = ("messages", "were") if one.dead != 1 else ("message", "was")
            yield Near(LOST, f"{one.dead:,} {messages} to {plain(one.name, 60)} {were} given up", ALERTS, asked)


def _silences(seen: OverviewView) -> Iterator[Near]:
    covering = [one for one in seen.silences if one.covers]
    if covering:
        n, hidden = len(covering), max(one.covers for one in covering)
        told = f"{n} silence{'s' * (n != 1)} mute{'s' * (n == 1)} what fires: {hidden:,} alert{'s' * (hidden != 1)}"
        yield Near(SILENCED, told if n == 1 else f"{told} and more", ALERTS, {"show": "Silences"})


def _monitor(one: MonitorView) -> Near:
    words = subject(one)
    if one.state == "judge_broken":
        return Near(LOOKS["judge_broken"], f"{words}: its judge fails", REGRESSION, {"monitor": one.monitor_id})
    if one.log_evidence is not None and one.log_threshold is not None:
        words += f": {percent(min(exp(one.log_evidence - one.log_threshold), 1))} of the evidence that fires"
    return Near(LOOKS["pending"], words, REGRESSION, {"monitor": one.monitor_id})


def _rule(rule: RuleView, seen: OverviewView) -> Near | None:
    """A rule that does not fire yet, and would with little more."""
    if rule.state != "ok" or rule.value is None or rule.limit is None:
        return None
    close = (
        rule.value - rule.limit <= POINT if rule.kind == "drop" else rule.value >= NEAR * rule.limit * (1 - 1e-9) > 0
    )
    if not close:
        return None
    shown = percent if rule.kind != "quantile" else lambda value: f"{value:,.0f}"
    words = f"Rule {plain(rule.name, 60)} on {plain(rule.feature, 60)}: {shown(rule.value)}, limit {shown(rule.limit)}"
    ids = [one.monitor_id for one in seen.monitors if (one.feature, one.judge) == (rule.feature, rule.judge)]
    return Near(NEAR_RULE, words, REGRESSION if ids else None, {"monitor": ids[0]} if ids else {})
