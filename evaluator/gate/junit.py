"""The report as JUnit XML, which CI systems show: one test case per judge, and per slice that fails."""

from __future__ import annotations

import unicodedata
from xml.etree import ElementTree as Xml

from evaluator.api.gate_shapes import GateReport, GateResult, GateSlice, Outcome

ELEMENTS = {Outcome.FAIL: "failure", Outcome.UNDECIDED: "error"}


def junit(report: GateReport, undecided: Outcome) -> str:
    """The XML. What is undecided is an error, or, where that was mapped to pass or fail, skipped or a failure."""
    suites = Xml.Element("testsuites", name="leadline gate")
    suite = Xml.SubElement(suites, "testsuite", name=_clean(f"{report.candidate} against {report.baseline}"))
    failing = [one for one in report.slices if one.outcome is Outcome.FAIL]
    elements = ELEMENTS | {Outcome.UNDECIDED: _element(undecided)}
    judged: list[GateResult | GateSlice] = [*report.results, *failing]
    for one in judged:
        case = Xml.SubElement(suite, "testcase", classname=_clean(one.feature), name=_clean(_name(one)))
        if one.outcome in elements:
            told = Xml.SubElement(case, elements[one.outcome], message=_clean(one.text))
            if told.tag != "skipped":
                told.set("type", one.outcome.value)
        Xml.SubElement(case, "system-out").text = _clean(one.text)
    for name in ("failure", "error", "skipped"):
        plural = name if name == "skipped" else f"{name}s"
        suite.set(plural, str(len(suite.findall(f"testcase/{name}"))))
    suite.set("tests", str(len(suite)))
    Xml.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(suites, encoding="unicode") + "\n"


def _element(undecided: Outcome) -> str:
    return {Outcome.PASS: "skipped", Outcome.FAIL: "failure"}.get(undecided, "error")


def _name(one: GateResult | GateSlice) -> str:
    return f"{one.judge} [{one.key}={one.value}]" if isinstance(one, GateSlice) else one.judge


def _clean(text: str) -> str:
    """XML has no place for control characters and lone surrogates; those that turn text around mislead readers."""
    return "".join("?" if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Cn", "Co") else char for char in text)
