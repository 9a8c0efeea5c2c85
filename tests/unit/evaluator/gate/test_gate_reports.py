"""JUnit and Markdown: right for their readers, and harmless whatever the names are."""

from __future__ import annotations

import re
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.api.gate_shapes import GateReport, GateResult, GateSlice, Outcome, Reason
from evaluator.gate.junit import junit
from evaluator.gate.markdown import markdown

NUMBERS: dict[str, Any] = {
    "matched_by": "id", "n_baseline": 40, "n_candidate": 40, "baseline": 0.9, "candidate": 0.8, "difference": -0.1,
    "lo": -0.2, "hi": 0.0, "p_changed": 0.1,
}  # fmt: skip
EVIL = "</testcase>|<img src=x onerror=alert(1)> @everyone [x](http://evil.example) `\x1b[2J\x00\u202e\ud800\ufffe\n# h"


def result(outcome: Outcome, judge: str = "tone", feature: str = "chat") -> GateResult:
    return GateResult(
        **NUMBERS,
        feature=feature,
        judge=judge,
        judge_version="v1",
        outcome=outcome,
        reason=Reason.TOO_FEW,
        missing_baseline=0,
        missing_candidate=0,
        worst=None,
        p_not_worse=0.5,
        p_worse=0.5,
        needed=None,
        needed_for=None,
        text="Why so.",
    )


def part(value: str, outcome: Outcome = Outcome.FAIL) -> GateSlice:
    names = {"feature": "chat", "judge": "tone", "key": "lang", "value": value}
    return GateSlice(**NUMBERS, **names, outcome=outcome, p_worse=0.01, text="Worse.")


def report(*results: GateResult, slices: tuple[GateSlice, ...] = (), name: str = "release:2") -> GateReport:
    return GateReport(
        baseline="release:1",
        candidate=name,
        margin=0.02,
        outcome=Outcome.UNDECIDED,
        results=list(results),
        slices=list(slices),
        slices_tested=len(slices),
        notes=[name],
    )


def parsed(text: str) -> Xml.Element:
    suite = Xml.fromstring(text.encode("utf-8")).find("testsuite")
    assert suite is not None
    return suite


def test_junit_counts_each_kind_once() -> None:
    """Pass, fail and undecided are a plain case, a failure and an error; a failing slice is a case of its own."""
    suite = parsed(
        junit(report(*map(result, Outcome), slices=(part("de"), part("fr", Outcome.UNDECIDED))), Outcome.UNDECIDED)
    )
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "4", "failures": "2", "errors": "1", "skipped": "0"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("mapped", "tag"), [(Outcome.UNDECIDED, "error"), (Outcome.PASS, "skipped"), (Outcome.FAIL, "failure")]
)
def test_junit_shows_undecided_as_it_is_mapped(mapped: Outcome, tag: str) -> None:
    """A CI that lets the undecided through does not show it as broken."""
    case = parsed(junit(report(result(Outcome.UNDECIDED)), mapped)).find("testcase")
    assert case is not None
    assert [child.tag for child in case if child.tag != "system-out"] == [tag]


@given(st.text(), st.text())
def test_junit_is_xml_whatever_the_names_are(name: str, value: str) -> None:
    """Any text parses, and comes back as it was but for characters that XML cannot hold."""
    suite = parsed(junit(report(result(Outcome.FAIL, name, name), slices=(part(value),), name=name), Outcome.FAIL))
    assert len(suite.findall("testcase")) == 2


def test_junit_and_markdown_take_hostile_names() -> None:
    """Nothing ends an element, becomes markup, mentions anybody or steers a terminal."""
    evil = report(result(Outcome.FAIL, EVIL, EVIL), slices=(part(EVIL),), name=EVIL)
    xml, text = junit(evil, Outcome.FAIL), markdown(evil)
    assert len(parsed(xml).findall("testcase")) == 2
    for forbidden in ("\x1b", "\x00", "\u202e", "\ud800"):
        assert forbidden not in xml + text
    assert not re.search(r"<img|@everyone|\]\(http|`|https?://", text)
    assert not [line for line in text.splitlines() if line.startswith("# ")]


def test_markdown_rows_have_the_columns_of_their_head() -> None:
    """A bar in a name adds no column."""
    lines = markdown(report(result(Outcome.FAIL, "a|b"), slices=(part("x|y|z"),))).splitlines()
    assert {line.count("|") for line in lines if line.startswith("|")} == {7}


def test_markdown_names_what_was_compared() -> None:
    """Rates, difference and n stand in the row."""
    row = next(line for line in markdown(report(result(Outcome.FAIL))).splitlines() if "chat / tone" in line)
    assert row == "| ❌ fail | chat / tone | 90.0 % | 80.0 % | −10.0 [−20.0, +0.0] | 40 pairs by id |"
