"""known_citations: cited sources against those that the request holds."""

from __future__ import annotations

from typing import Any

import pytest

from store.records import Status
from tests.builders import make_sample
from tests.judging import judged

FILLING = "Plain words that say nothing of interest to anybody. " * 12


@pytest.mark.parametrize(
    ("context", "text"),
    [
        ("[1] Tides. [2] Moon.", "So it is [1][2]."),
        ("[1] Tides. [2] Moon.", "So it is [1, 2]."),
        ("Source 1: a\nSource 2: b\nSource 3: c", "So it is [1-3]."),
        ('<document index="4">', "So it is [4]."),
        ("3. Moon", "So it is[^3]"),
        ("doc-2 says so", "So it is [doc-2]."),
        ("Doc 2 says so", "So it is [doc_2]."),
        ("【3†moon.pdf】", "So it is【3†source】."),
        ("https://www.Example.com/a/b?x=1", "See http://example.com/a/b/?x=1#top."),
        ("https://example.com/a_(b)", "See (https://example.com/a_(b))."),
        ("https://example.com/a/b", "See [the site](https://example.com)."),
        ("nothing", "See docs.example.org, item[3], [x], [ ] and [Yes]; [3](a) and `a[7]`."),
        ("nothing", "```\na = [3]\n```"),
        ("nothing", "No source."),
    ],
)
async def test_a_given_source_is_known(context: str, text: str) -> None:
    """Numbers, names and links that the request holds are known, however they are written."""
    judgement = await judged(make_sample(ask=FILLING + "\n" + context, text=text), "known_citations")
    assert judgement.passed is True, judgement.explanation


@pytest.mark.parametrize(
    ("context", "text", "unknown"),
    [
        ("[1] Tides.", "So it is [1, 2].", "[1, 2] at character 10"),
        ("[1] Tides.", "So it is [7].", "[7] at character 10"),
        ("doc-2 says so", "So it is [doc-3].", "[doc-3] at character 10"),
        ("https://example.com/a", "See https://example.com/b.", "https://example.com/b at character 5"),
        (
            "https://example.com/a",
            "See https://example.com.evil.test/a",
            "https://example.com.evil.test/a at character 5",
        ),
        ("nothing", "See www.example.org/x, or so", "www.example.org/x at character 5"),
    ],
)
async def test_a_source_that_nobody_gave_fails(context: str, text: str, unknown: str) -> None:
    """A source that the request lacks is told with its place, and the label says that it is a guess."""
    judgement = await judged(make_sample(ask=FILLING + "\n" + context, text=text), "known_citations")
    assert judgement.explanation == f"heuristic: the context does not hold {unknown}."
    assert judgement.label == "heuristic: unknown source"


@pytest.mark.parametrize(
    "content",
    [
        [{"type": "document", "title": "a"}, {"type": "document", "title": FILLING}],
        [{"type": "tool_result", "content": [{"type": "search_result", "title": FILLING}, {"type": "search_result"}]}],
    ],
)
async def test_documents_are_numbered_by_their_place(content: list[dict[str, Any]]) -> None:
    """Two documents, also in the result of a tool, are [1] and [2], and there is no [3]."""
    request = {"messages": [{"role": "user", "content": content}]}
    assert (await judged(make_sample(request=request, text="So [2]."), "known_citations")).passed is True
    assert (await judged(make_sample(request=request, text="So [3]."), "known_citations")).passed is False


@pytest.mark.parametrize(("link", "passed"), [("https://docs.example.com/a", True), ("https://example.com/a", False)])
async def test_allowed_links_are_known(link: str, passed: bool) -> None:
    """Links of one's own site need not stand in the request."""
    sample = make_sample(ask=FILLING, text=f"See {link}.")
    assert (await judged(sample, "known_citations", allowed=["https://docs.example.com/*"])).passed is passed


async def test_without_context_there_is_no_verdict() -> None:
    """A short question gives no sources: skipped."""
    judgement = await judged("So it is [1].", "known_citations")
    assert (judgement.status, judgement.reason) == (Status.SKIPPED, "no_context")
