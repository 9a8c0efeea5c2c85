"""What must be there before a model is asked: a response, and whatever else the rubric needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from judges.text import blocks, last_request_text, text_of, tool_uses
from store.records import Sample

LONG_MESSAGE = 500
"""Characters from which on a user's message is taken to bring its own material, such as a text to be summarised."""
GIVEN = frozenset({"tool_result", "document", "search_result"})

Missing = tuple[str, str]
"""Reason and sentence of a skipped judgement."""


def missing(sample: Sample, needs: Sequence[str]) -> Missing | None:
    """Why the sample cannot be judged by a rubric with these needs; None when it can."""
    content = sample.response.get("content")
    if sample.error and not content:
        return "request_error", "The request failed, so there is no response to judge."
    if content is None:
        return "no_content", "The response's content was not recorded, so there is nothing to judge."
    if "context" in needs and not has_context(sample):
        return "no_context", "The request gives no material that the response could be compared with."
    if "tools" in needs and not (sample.request.get("tools") or tool_uses(sample)):
        return "no_tools", "The request offers no tools and the response calls none."
    return None


def has_context(sample: Sample) -> bool:
    """Whether the request holds material: a system prompt, a document, a tool's result, or a long message."""
    if text_of(sample.request.get("system")).strip() or len(last_request_text(sample)) >= LONG_MESSAGE:
        return True
    return any(block.get("type") in GIVEN for block in _request_blocks(sample))


def _request_blocks(sample: Sample) -> Iterator[Mapping[str, Any]]:
    messages = sample.request.get("messages")
    for message in messages if isinstance(messages, list) else ():
        if isinstance(message, Mapping):
            yield from blocks(message.get("content"))
