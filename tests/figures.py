"""The table at the end of `make bench`: what the detector must show, each target beside its figure.

A test takes the fixture `figures` and records what it measured; tests/statistics/__init__.py says how. The figures go
with the test's report (so they survive pytest's workers), are printed as one table when all tests are done, and with
`--figures FILE` written there as Markdown. What must be shown and was not measured in this run is named below it, and
so is every test that was skipped: a figure may be missing for want of its data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

import pytest

MUST_SHOW = {
    "1": "false alarms within the promise",
    "2": "delay beside an oracle",
    "3": "mix, onset, recovery",
    "4": "slices",
    "5": "llm_drift: real answers of successive model versions",
    "6": "speed and repeatability of a look",
    "types": "continuous, ordinal, categorical",
    "peers": "side by side with Evidently, river and plain rules",
    "gate": "gate for CI",
    "plan": "planned and measured",
    "rules": "plain rules: estimated and counted false alarms",
    "markers": "markers",
    "happened": "what happened: split, level, true rate, requests",
    "points": "change points that people annotated",
    "checked": "numbers against an independent source",
    "report": "the report: its list of minor shifts, its time and size",
    "scale": "500 monitors over 10 million verdicts",
    "pages": "the pages over 10 million verdicts and a million samples",
    "limits": "known limits",
    "judges": "judges and checks on real data",
    "labels": "people's labels: unbiased, and their intervals cover",
}
PROPERTY = "figure"
LOGGED = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d ")
HEADS = ("", "what", "target", "measured", "", "note")


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: a key of MUST_SHOW, what was measured, its target and value as they read, and whether it holds."""

    of: str
    what: str
    target: str
    measured: str
    ok: bool | None
    note: str

    @property
    def cells(self) -> tuple[str, ...]:
        word = {True: "ok", False: "MISSED", None: ""}[self.ok]
        return self.of, self.what, self.target, self.measured, word, self.note


class Figures:
    """What one test measured."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    def record(
        self, of: str, what: str, measured: str, *, target: str = "", ok: bool | None = None, note: str = ""
    ) -> bool:
        """A figure in words. `ok` None: there is no target, it only informs. True unless the target is missed."""
        if of not in MUST_SHOW:
            raise ValueError(f"{of!r} is nothing that must be shown; choose one of {', '.join(MUST_SHOW)}")
        figure = Figure(of, what, target, measured, ok, note)
        self._item.user_properties.append((PROPERTY, asdict(figure)))
        print(f"\n{'; '.join(cell for cell in figure.cells[1:] if cell)}", end="")
        return ok is not False

    def at_most(
        self, of: str, what: str, measured: float, target: float, *, form: str = "{:.3g}", note: str = ""
    ) -> bool:
        """A number that must not exceed its target; both are written in `form`. Whether it holds."""
        ok = bool(measured <= target)
        words = form.format(measured), f"<= {form.format(target)}"
        return self.record(of, what, words[0], target=words[1], ok=ok, note=note)

    def at_least(
        self, of: str, what: str, measured: float, target: float, *, form: str = "{:.3g}", note: str = ""
    ) -> bool:
        """A number that must reach its target; both are written in `form`. Whether it holds."""
        ok = bool(measured >= target)
        words = form.format(measured), f">= {form.format(target)}"
        return self.record(of, what, words[0], target=words[1], ok=ok, note=note)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """Where a test records what it measured."""
    item = request.node
    assert isinstance(item, pytest.Item)
    return Figures(item)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--figures", metavar="FILE", help="write the table of figures there as Markdown, and all of it")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Prints the table of this run, and writes it where `--figures` says."""
    if lines := list(_printed(terminalreporter)):
        terminalreporter.section("printed")
        terminalreporter.write_line("\n".join(lines))
    told = sorted(_recorded(terminalreporter), key=_place)
    file = config.getoption("--figures")
    if not told and not file:
        return
    missing = _missing(told, terminalreporter)
    terminalreporter.section("figures")
    terminalreporter.write_line("\n".join([*_columns(told), *missing]))
    if file:
        path = config.rootpath / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_markdown(told, missing), encoding="utf-8")


def _missing(told: Iterable[Figure], reporter: pytest.TerminalReporter) -> list[str]:
    """Two lines: what must be shown and was not measured in this run, and the tests that were skipped."""
    measured = {one.of for one in told}
    keys = [f"{key} ({words})" for key, words in MUST_SHOW.items() if key not in measured]
    skipped = sorted(report.nodeid for report in reporter.stats.get("skipped", []))
    return [f"Not measured: {', '.join(keys) or 'nothing'}.", f"Skipped: {', '.join(skipped) or 'nothing'}."]


def _place(figure: Figure) -> int:
    """Rows follow the order of MUST_SHOW, and of the run within each (sorting is stable)."""
    return list(MUST_SHOW).index(figure.of)


def _recorded(reporter: pytest.TerminalReporter) -> Iterator[Figure]:
    """The figures of all tests that ran, failed ones too."""
    for report in _reports(reporter, "passed", "failed"):
        yield from (Figure(**value) for name, value in report.user_properties if name == PROPERTY)


def _printed(reporter: pytest.TerminalReporter) -> Iterator[str]:
    """What tests without figures wrote that passed, but for logs; of those that failed, pytest itself tells it."""
    for report in _reports(reporter, "passed"):
        if all(name != PROPERTY for name, _ in report.user_properties):
            yield from (line for line in report.capstdout.splitlines() if line and not LOGGED.match(line))


def _reports(reporter: pytest.TerminalReporter, *kinds: str) -> list[pytest.TestReport]:
    """Those of the tests themselves, by name."""
    found = [report for kind in kinds for report in reporter.stats.get(kind, [])]
    return sorted((one for one in found if getattr(one, "when", None) == "call"), key=lambda one: one.nodeid)


def _columns(told: Iterable[Figure]) -> list[str]:
    rows = [HEADS, *(one.cells for one in told)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADS) - 1)]
    padded = ([cell.ljust(width) for cell, width in zip(row, widths, strict=False)] + [row[-1]] for row in rows)
    return ["  ".join(cells).rstrip() for cells in padded]


def _markdown(told: list[Figure], missing: list[str]) -> str:
    lines = ["# Figures", "", "What the detector must show, as measured by `make bench`.", ""]
    for key, words in MUST_SHOW.items():
        rows = [one.cells[1:] for one in told if one.of == key]
        if rows:
            lines += [f"## {key}: {words}", "", _row(HEADS[1:]), _row(["---"] * 5), *map(_row, rows), ""]
    return "\n".join([*lines, *(f"{line}\n" for line in missing)])


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"
