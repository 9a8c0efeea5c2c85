"""Numbers and foreign text on the pages."""

from __future__ import annotations

import pytest

from evaluator.api.shapes import Bounded, Detectable
from tests.fake_api import HOSTILE, firing, monitor, moved, unlearned
from ui.words import NBSP, cell, count, headline, noticed, one_line, percent, plain, points, span

NOTHING = Bounded(n=0, rate=None, lo=None, hi=None, unscored=0, worst=None, best=None)


@pytest.mark.parametrize("text", [*HOSTILE, "`", "``a`", "a`", "", " ", "\\", "\n\n# x"])
def test_plain_is_one_code_span_that_nothing_inside_can_close(text: str) -> None:
    """The fence is longer than every run of backticks inside, and there is no line break to end the paragraph."""
    shown = plain(text)
    fence = shown[: len(shown) - len(shown.lstrip("`"))]
    inside = shown[len(fence) : -len(fence)]
    assert shown.endswith(fence)
    assert fence not in inside
    assert not {"\n", "\r"} & set(shown)


def test_plain_parts_icon_names() -> None:
    """Streamlit would turn :material/home: into an icon even in code."""
    assert ":material/" not in plain(":material/home:")


def test_plain_keeps_ordinary_names() -> None:
    """A usual name reads as it is."""
    assert plain("support-chat") == "`support-chat`"


def test_one_line_drops_what_cannot_be_seen() -> None:
    """Control characters and marks that turn the direction of writing are gone, line breaks are spaces."""
    assert one_line("a\x00b\u202ec\r\n\td\ud800") == "abc d"


def test_one_line_is_cut_at_its_limit() -> None:
    """A long text ends in an ellipsis at the limit."""
    assert one_line("x" * 300, 10) == "x" * 9 + "…"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_a_cell_is_no_formula(text: str) -> None:
    """A downloaded table cannot make a spreadsheet compute."""
    assert cell(text)[0] == "'"


def test_no_data_is_said_and_never_zero() -> None:
    """A rate, an interval or a drop that is not known reads as no data."""
    assert {percent(None), span(NOTHING), points(None)} == {"no data"}


def test_fractional_votes_show_one_decimal() -> None:
    """One vote per session makes small counts fractional."""
    assert (count(12.0), count(2.5), count(12345.6)) == ("12", "2.5", "12,346")


@pytest.mark.parametrize("text", HOSTILE)
def test_labels_in_a_headline_stay_in_a_code_span(text: str) -> None:
    """A share's words hold labels of samples: what they say is no Markdown, whatever it is."""
    told = moved("chat", "stop_reason", f"with stop reason {text}")
    assert plain(f"with stop reason {text}") in headline(told)


def test_what_cannot_be_noticed_yet_is_said() -> None:
    """No detectable drop reads as not yet, not as zero."""
    assert noticed(monitor("chat", "tone", detectable=[Detectable(days=1, drop=None)]), 1) == "not yet"


@pytest.mark.parametrize(
    ("view", "says"),
    [
        (firing("support-chat", "valid_json"), "`valid_json` on `support-chat` fell from 97.1 % to 88.0 %"),
        (monitor("support-chat", "valid_json"), "is 97.0 %, no sign that it got worse"),
        (unlearned("support-chat", "valid_json"), "has no baseline yet"),
        (monitor("support-chat", "valid_json", state="no_data", current=NOTHING), "has no verdicts of late"),
        (monitor("chat", "", metric="errors", state="no_data", current=NOTHING), "Error rate on `chat` has no samples"),
        (
            moved("chat", "latency_ms", "latency slower than the baseline's p90 (812 ms)"),
            "Latency on `chat` changed: the share slower than the baseline's p90 (812 ms) rose from 10.1 % to 22.4 %",
        ),
        (moved("chat", "errors", "error rate"), "Error rate on `chat` rose from 10.1 % to 22.4 %"),
        (moved("chat", "charm", "charm of *x*"), "Charm on `chat` changed: the share `of *x*` rose from"),
    ],
)
def test_the_headline_says_the_state_in_words(view: object, says: str) -> None:
    """Each state has its own sentence, with the numbers that belong to it."""
    assert says in headline(view).replace(NBSP, " ")  # type: ignore[arg-type]
