"""The report as a message: short, harmless, and with the most important first."""

from __future__ import annotations

from evaluator.report import text
from tests.reports import HOSTILE, named, report_facts

MANY = tuple(f"f{n}" for n in range(99))


def test_the_message_is_short() -> None:
    """At most forty lines, however much there is to tell, and the link is not lost."""
    lines = text.render(named(MANY)).splitlines()
    assert len(lines) <= 40
    assert lines[-1] == "http://127.0.0.1:8321"


def test_what_is_left_out_is_counted() -> None:
    """Each part says how many more there are."""
    told = text.render(named(MANY))
    assert [line for line in told.splitlines() if line.startswith("- and")] == [
        "- and 94 more, in the report",
        "- and 94 more, in the report",
        "- and 285 more, in the report",
    ]


def test_a_regression_is_one_line() -> None:
    """What fell, from where to where, how far with its interval, since when, beside what, and who has it."""
    line = text.render(named()).splitlines()[3]
    assert line == (
        "- open: support-chat / support-chat: 95.0 % → 82.0 %, −13.0 points (−16.2 to −9.8), since 2026-11-18 13:00; "
        "release support-chat went out 12 minutes before the likeliest onset; support-chat has it"
    )


def test_names_are_no_markup() -> None:
    """What chats and mail programs would read as markup, mentions or links is none."""
    told = text.render(named((*HOSTILE, "@everyone <!channel> http://evil.example")))
    lines = told.replace("http://127.0.0.1:8321", "")
    assert not {mark for mark in ("<", ">", "@", "http:", "`", "|", "\u202e") if mark in lines}


def test_an_empty_report_says_so() -> None:
    """There is a sentence where there is nothing to count."""
    assert text.titled(report_facts()).splitlines() == [
        "Leadline report, 13 Nov to 20 Nov 2026: no regression open",
        "",
        "Nothing is watched yet: monitors appear with the first verdicts.",
        "",
        "No samples arrived.",
        "Judging cost nothing.",
        "http://127.0.0.1:8321",
    ]
