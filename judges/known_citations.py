"""Citations of the response that the request and its context do not hold: sources that nobody gave."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from fnmatch import translate
from functools import partial
from typing import Any, Literal

from pydantic import Field

from judges.citations import Citation, citations_in, links_in, named
from judges.fences import masked
from judges.judge import Judgement, decided, skipped
from judges.text import blocks, given_text, response_text, shorten
from judges.validator import Validator, ValidatorConfig
from store.records import Sample

SEMANTICS = 1
"""Raise it when the same definition and sample may get another verdict than before: it is part of every version."""
SHOWN = 3
MOST_CHARACTERS = 500_000
"""Of request and response each; what follows is not read."""
_SOURCES = frozenset({"document", "search_result"})
_GIVEN_NUMBER = re.compile(
    r"[\[(【<]{1,2}\^?(\d{1,3})[\])】>†:]"  # [3], (3), 【3†
    r"|(?m:^)[ \t]{0,10}(?:#{1,6}[ \t])?(\d{1,3})[.):]"  # 3. at the beginning of a line
    r"|\b(?:doc(?:ument)?|source|ref(?:erence)?|chunk|passage|result|context|article|snippet|quelle|dokument|index|id"
    r"|nr|no)[\"']?\s?[\s#_:=.-]{0,3}[\"']?(\d{1,3})\b",
    re.IGNORECASE,
)
_GIVEN_NAME = re.compile(r"\b[A-Za-z]{2,20}[ _#:-]?\d{1,4}\b")


class KnownCitationsConfig(ValidatorConfig):
    """A judge of kind "known_citations": the sources that the response cites stand in the request or its context."""

    kind: Literal["known_citations"] = Field(
        description="Cited sources ([3], [doc-2], links) stand in the request or its context, by heuristics."
    )
    least_context: int = Field(
        500, ge=0, description="Characters of request below which there is no context to compare with: skipped."
    )
    allowed: tuple[str, ...] = Field(
        (), description="Globs of links that are known without standing there, without https://: docs.example.com/*."
    )


def build(config: KnownCitationsConfig) -> Validator:
    """The validator of a definition."""
    deciding = config.model_dump(mode="json", include={"least_context", "allowed"})
    globs = (translate(glob.removeprefix("https://").removeprefix("www.")) for glob in config.allowed)
    allowed = re.compile("|".join(globs)) if config.allowed else None
    return config.validator(
        "heuristic",
        {**deciding, "check": config.kind, "semantics": SEMANTICS},
        partial(_decide, config.least_context, allowed),
    )


def _decide(least_context: int, allowed: re.Pattern[str] | None, sample: Sample) -> Judgement:
    given = given_text(sample)[:MOST_CHARACTERS]
    if len(given) < least_context:
        return skipped("no_context", f"The request has {len(given)} characters, too few to be a context.")
    cited = list(citations_in(masked(response_text(sample)[:MOST_CHARACTERS])))
    if not cited:
        return decided(True, "heuristic: the response cites nothing.", label="heuristic: PASS")
    known = _known(given) | set(map(str, range(1, _sources(sample) + 1)))
    unknown = [one for one in cited if one.key not in known and not (allowed and allowed.fullmatch(one.key))]
    if not unknown:
        explanation = f"heuristic: the context holds all {len(cited)} sources that are cited."
        return decided(True, explanation, label="heuristic: PASS")
    shown = ", ".join(_says(one) for one in unknown[:SHOWN])
    more = f", and {len(unknown) - SHOWN} more" if len(unknown) > SHOWN else ""
    return decided(False, f"heuristic: the context does not hold {shown}{more}.", label="heuristic: unknown source")


def _says(citation: Citation) -> str:
    return f"{shorten(citation.text)} at character {citation.start + 1}"


def _known(given: str) -> set[str]:
    """The keys of all that can be cited in a context: its numbered parts, its names, its links and their hosts."""
    links = {link.key for link in links_in(given)}
    numbers = {str(int(next(filter(None, match.groups())))) for match in _GIVEN_NUMBER.finditer(given)}
    names = {named(match[0]) for match in _GIVEN_NAME.finditer(given)}
    return links | {link.partition("/")[0].partition("?")[0] for link in links} | numbers | names


def _sources(sample: Sample) -> int:
    """How many documents and search results the request holds as blocks: they have no number but their place."""
    return sum(block.get("type") in _SOURCES for block in _blocks(sample.request.get("messages")))


def _blocks(messages: object) -> Iterator[Mapping[str, Any]]:
    for message in blocks(messages):
        for block in blocks(message.get("content")):
            yield block
            if block.get("type") == "tool_result":
                yield from blocks(block.get("content"))
