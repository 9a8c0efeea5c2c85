"""The report as short plain text, for a message: what is open, what moved, and what cannot be told.

Foreign names are made harmless for whatever shows them: no markup, no mention, no link (evaluator.alerts.plain).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from evaluator.alerts.plain import plain
from evaluator.monitors.words import what
from evaluator.report import words
from evaluator.report.page import share_of
from evaluator.report.shapes import AlertFact, FeatureFact, IncidentFact, RateFact, ReportFacts, ShiftFact

MOST_LINES = 40
MOST_INCIDENTS, MOST_SHIFTS, MOST_RATES, MOST_DEAD = 6, 5, 12, 2
NAME_LETTERS = 60


def render(facts: ReportFacts) -> str:
    """What stands below the title, in at most 40 lines."""
    parts = (_regressions(facts), _shifts(facts), _rates(facts.features), _rest(facts))
    lines = [words.headline(facts.counts), *chain.from_iterable(parts)]
    return "\n".join(lines[:MOST_LINES])


def titled(facts: ReportFacts) -> str:
    """The same below its title."""
    return f"{words.title(facts)}\n\n{render(facts)}"


def _name(text: str) -> str:
    return plain(text, NAME_LETTERS)


def _section(head: str, lines: Sequence[str], most: int) -> list[str]:
    """A part with its head and at most so many of its lines; nothing where there are none."""
    if not lines:
        return []
    more = [f"- and {len(lines) - most} more, in the report"] if len(lines) > most else []
    return ["", head, *lines[:most], *more]


def _regressions(facts: ReportFacts) -> list[str]:
    return _section("Regressions", [_incident(one, facts.time_zone) for one in facts.incidents], MOST_INCIDENTS)


def _incident(one: IncidentFact, zone: str) -> str:
    lead = one.alerts[0]
    others = len(one.alerts) + one.more - 1
    state = "open" if one.is_open else "resolved"
    more = f" and {others} more" if others else ""
    return f"- {state}: {_alert(lead)}{more}, since {_since(lead, zone)}{_beside(lead)}{_who(one)}"


def _alert(one: AlertFact) -> str:
    drop = one.drop and f", {words.points(one.drop, one.bad)} ({words.points_span(one.drop, one.bad)})"
    rates = f"{words.percent(one.before)} → {words.percent(one.now)}"
    return f"{_name(one.feature)} / {plain(share_of(one), 100)}: {rates}{drop or ''}"


def _since(one: AlertFact, zone: str) -> str:
    return words.moment(one.began.likely if one.began else one.fired_at, zone)


def _beside(one: AlertFact) -> str:
    return f"; {plain(one.marker, 120)}" if one.marker else ""


def _who(one: IncidentFact) -> str:
    if one.who:
        return f"; {_name(one.who)} {'has' if one.is_open else 'had'} it"
    return "; nobody has it yet" if one.is_open and not one.acknowledged else ""


def _shifts(facts: ReportFacts) -> list[str]:
    share = f"{100 * facts.shifts.fdr:.0f} %"
    head = f"Minor shifts (no alert; on average at most {share} of this list is false)"
    return _section(head, [_shift(one) for one in facts.shifts.found], MOST_SHIFTS)


def _shift(one: ShiftFact) -> str:
    called = what(one.judge, one.metric) if one.metric == "pass_rate" else one.says
    moved = f"{words.points(one.change, one.bad)} ({words.points_span(one.change, one.bad)})"
    return f"- {_name(one.feature)} / {plain(called, 100)}: {moved}"


def _rates(features: Sequence[FeatureFact]) -> list[str]:
    lines = [_rate(one.feature, rate) for one in features for rate in one.rates]
    return _section("Pass rates (95 % interval; change against the baseline)", lines, MOST_RATES)


def _rate(feature: str, one: RateFact) -> str:
    named = f"{_name(feature)} / {_name(one.judge)}"
    if one.now.rate is None:
        return f"- {named}: no votes"
    moved = f", {words.points(one.change, 'down')}" if one.change else ", no baseline yet" if not one.baseline else ""
    return f"- {named}: {words.percent(one.now.rate)} ({words.span(one.now)}, n = {words.count(one.now.n)}){moved}"


def _rest(facts: ReportFacts) -> Iterator[str]:
    yield ""
    arrived, judged = _most_arrived(facts), sum(one.judged for one in facts.coverage)
    if arrived:
        yield f"Judged: {judged:,} verdicts on {arrived:,} samples that arrived; {_unscored(facts)}."
    else:
        yield "No samples arrived."
    yield f"Cost of judging: {_spent(facts)}." if facts.costs.judges else "Judging cost nothing."
    ill = [one for one in facts.judges if one.state != "ready"]
    if ill:
        yield f"Judges that cannot judge: {', '.join(_name(one.judge) for one in islice(ill, 5))}."
    yield from (
        f"Not delivered: {one.event} to {_name(one.channel)}: {plain(one.error, 100)}" for one in facts.dead[:MOST_DEAD]
    )
    if facts.link:
        yield facts.link


def _most_arrived(facts: ReportFacts) -> int:
    """Each feature's samples once, although several judges look at them."""
    most: dict[str, int] = {**facts.without_judge}
    for one in facts.coverage:
        most[one.feature] = max(most.get(one.feature, 0), one.arrived)
    return sum(most.values())


def _unscored(facts: ReportFacts) -> str:
    errors = sum(sum(one.errors.values()) for one in facts.coverage)
    waiting = sum(one.waiting + one.overdue for one in facts.coverage)
    return f"{errors:,} failed, {waiting:,} wait"


def _spent(facts: ReportFacts) -> str:
    known = [one.usd for one in facts.costs.judges if one.usd is not None]
    unknown = len(facts.costs.judges) - len(known)
    return words.usd(sum(known)) + (f", and {unknown} judges without a known price" if unknown else "")
