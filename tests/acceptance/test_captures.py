"""Every captured client: each field that its payload carries is read, and each call becomes one sample."""

from __future__ import annotations

from collections import Counter
from functools import cache

import pytest

from tests.acceptance import captures
from tests.acceptance.captures import Seen, Truth
from tests.acceptance.fields import FIELDS, Field, user_text

CAPTURES = captures.names()
pytestmark = pytest.mark.skipif(not CAPTURES, reason="the captures (shared/data/payloads) are not on this machine")

EXTRA = {
    "litellm-otel": 1,  # a 17th call to another model, which the truth does not list
    "litellm-generic-api": 0,  # that call is extra, and one streamed call was lost by the client
    "openinference-limits": 1,  # the conversation of 91 messages
    "openllmetry-legacy": -3,  # no spans for calls that failed
}
"""Calls beyond those of the truth, as the capture's README tells."""
EXCEPTIONS = {
    ("litellm-otel", "thinking", "thinking"): "only in the raw span, as Python's text of an object",
    ("openllmetry-events", "max_tokens", "max_tokens"): "the flag saw the count of output tokens, which is 24 as well",
    ("openllmetry-legacy", "max_tokens", "max_tokens"): "the flag saw the count of output tokens, which is 24 as well",
    ("from-docs/langfuse", "tool_call", "tools"): "no column for them",
    ("from-docs/langfuse", "error_429", "error type"): "the status message has no type",
    ("from-docs/langsmith", "multi_turn", "system"): "rows in LangChain's form have the last message only",
    ("from-docs/langsmith", "unicode_pii", "system"): "rows in LangChain's form have the last message only",
    ("from-docs/langsmith", "error_429", "error type"): "the error has its class's name",
    **{("from-docs/helicone", scenario, "tags"): "no place" for scenario in ("basic", "tool_call", "error_429")},
}
"""Carried by the flags, yet nowhere that an honest reader finds it: (capture, scenario, field) -> why."""
COLUMN = 7


@cache
def outcomes(name: str) -> dict[tuple[str, str], str]:
    """(scenario, field) -> ok, miss or - (not carried)."""
    pairs = matched(captures.truth(name), captures.replayed(name))
    return {
        (truth["scenario"], field): _outcome(name, truth, seen, field, rule)
        for truth, seen in pairs
        for field, rule in FIELDS.items()
    }


def _outcome(name: str, truth: Truth, seen: Seen | None, field: str, rule: Field) -> str:
    if not rule.carried(truth) or (name, truth["scenario"], field) in EXCEPTIONS:
        return "-"
    return "ok" if seen is not None and rule.read(truth, seen) else "miss"


def matched(truths: tuple[Truth, ...], seen: tuple[Seen, ...]) -> list[tuple[Truth, Seen | None]]:
    """Each call of the truth with the first in time that is left and can be it."""
    left = list(seen)
    pairs: list[tuple[Truth, Seen | None]] = []
    for truth in truths:
        found = next((one for one in left if _is_it(truth, one)), None)
        if found is not None:
            left.remove(found)
        pairs.append((truth, found))
    return pairs


def _is_it(truth: Truth, seen: Seen) -> bool:
    """By what was asked; without text by what was used, or that it failed."""
    if seen.request.get("messages") and FIELDS["user text"].carried(truth):
        return user_text(seen.request["messages"]) == user_text(truth["request"]["messages"])
    if truth["error"] is not None or seen.error is not None:
        return truth["error"] is not None and seen.error is not None
    return seen.output_tokens in (None, truth["usage"]["output_tokens"])


@pytest.mark.parametrize("name", CAPTURES)
def test_one_sample_per_call(name: str) -> None:
    """As many samples as the application made calls: no second one for a parent span, a log or a raw record."""
    assert len(captures.replayed(name)) == len(captures.truth(name)) + EXTRA.get(name, 0)


@pytest.mark.parametrize("name", CAPTURES)
def test_every_carried_field_is_read(name: str) -> None:
    """What the client sent is in the sample, as it was."""
    assert [place for place, outcome in outcomes(name).items() if outcome == "miss"] == []


@pytest.mark.parametrize("name", ["anthropic-sdk-otel-metadata", "otel-openai-v2-nocontent"])
def test_content_that_was_off(name: str) -> None:
    """A client that keeps content back gives samples without any text: not even the name of a tool is taken for it."""
    assert not any(one.request.get("messages") or one.response.get("content") for one in captures.replayed(name))


@pytest.mark.parametrize(
    ("name", "reason", "count"),
    [("otel-genai-truncated", "cut_json", 5), ("openinference-limits", "dropped_attributes", 1)],
)
def test_text_that_is_not_whole_is_marked(name: str, reason: str, count: int) -> None:
    """JSON cut by a limit on values, attributes dropped by a limit on their number; the other calls are whole."""
    marks = [one.incomplete for one in captures.replayed(name) if one.incomplete]
    assert marks == [reason] * count


def test_table(capsys: pytest.CaptureFixture[str]) -> None:
    """The whole table is printed: what was read of what was carried, capture by field; and most is carried."""
    with capsys.disabled():
        print(f"\n{'':28}" + "".join(f"{field.replace(' ', '')[: COLUMN - 1]:>{COLUMN}}" for field in FIELDS))
        for name in CAPTURES:
            print(f"{name:28}" + "".join(f"{_cell(name, field):>{COLUMN}}" for field in FIELDS))
    assert sum(outcome == "ok" for name in CAPTURES for outcome in outcomes(name).values()) > 1500


def _cell(name: str, field: str) -> str:
    counts = Counter(outcome for (_, one), outcome in outcomes(name).items() if one == field)
    if counts["miss"]:
        return f"{counts['ok']}/{counts['ok'] + counts['miss']}"
    return str(counts["ok"]) if counts["ok"] else "-"
