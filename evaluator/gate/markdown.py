"""The report as Markdown, for a comment on a pull request. Names come from outside and are made harmless."""

from __future__ import annotations

from collections.abc import Iterator

from evaluator.alerts.plain import plain
from evaluator.api.gate_shapes import Difference, GateReport, GateResult, GateSlice, Outcome
from evaluator.gate.wording import points, size

SIGNS = {Outcome.PASS: "✅ pass", Outcome.FAIL: "❌ fail", Outcome.UNDECIDED: "❔ undecided"}
HEAD = "| | {what} | baseline | candidate | difference [95 %] | compared |\n|---|---|--:|--:|--:|--:|"


def markdown(report: GateReport) -> str:
    """Title, a table of the judges, their sentences, the slices and the notes."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: GateReport) -> Iterator[str]:
    yield f"### Leadline gate: {SIGNS[report.outcome]}"
    yield ""
    yield f"{plain(report.candidate)} against {plain(report.baseline)}; {points(report.margin)} points are tolerated."
    yield ""
    yield HEAD.format(what="judge")
    yield from (_row(one, _judge(one)) for one in report.results)
    yield ""
    yield from (f"- {_judge(one)}: {one.text}" for one in report.results)
    if report.slices:
        yield f"\n**Slices** (of {report.slices_tested:,} looked at)\n"
        yield HEAD.format(what="judge and slice")
        yield from (_row(one, f"{_judge(one)}: {plain(one.key)} = {plain(one.value, 80)}") for one in report.slices)
    if report.notes:
        yield ""
        yield from (f"> {plain(note)}  " for note in report.notes)


def _judge(one: GateResult | GateSlice) -> str:
    return f"{plain(one.feature, 80)} / {plain(one.judge, 80)}"


def _row(one: GateResult | GateSlice, name: str) -> str:
    cells = (SIGNS[one.outcome], name, _rate(one.baseline), _rate(one.candidate), difference(one), size(one))
    return f"| {' | '.join(cells)} |"


def _rate(rate: float | None) -> str:
    return "–" if rate is None else f"{100 * rate:.1f} %"


def difference(one: Difference) -> str:
    """The difference in points with its interval: −3.1 [−5.0, −1.2]."""
    if one.difference is None or one.lo is None or one.hi is None:
        return "–"
    text = f"{100 * one.difference:+.1f} [{100 * one.lo:+.1f}, {100 * one.hi:+.1f}]"
    return text.replace("-", "−")
