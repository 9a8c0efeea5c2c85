"""Reading a sample's text: what the user asked, what the model answered, which tools it called."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from store.records import Sample


def text_of(content: object) -> str:
    """The text of a message's content: a string as it is, blocks joined by newlines, other block types left out.

    >>> text_of([{"type": "text", "text": "a"}, {"type": "tool_use", "name": "t"}, {"type": "text", "text": "b"}])
    'a\\nb'
    """
    if isinstance(content, str):
        return content
    return "\n".join(str(block.get("text", "")) for block in blocks(content) if block.get("type") == "text")


def blocks(content: object) -> Iterator[Mapping[str, Any]]:
    """The content blocks of a message; a plain string is one text block."""
    if isinstance(content, str):
        yield {"type": "text", "text": content}
    elif isinstance(content, list):
        yield from (block for block in content if isinstance(block, Mapping))


def response_text(sample: Sample) -> str:
    """What the model answered, as text."""
    return text_of(sample.response.get("content"))


def tool_uses(sample: Sample) -> list[Mapping[str, Any]]:
    """The tool calls of the response, in order: blocks with `name` and `input`."""
    return [block for block in blocks(sample.response.get("content")) if block.get("type") == "tool_use"]


def last_request_text(sample: Sample) -> str:
    """The last user message, as text."""
    return asked(sample.request)


def asked(request: Mapping[str, Any]) -> str:
    """The last user message of a request, as text.

    >>> asked({"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]})
    'a'
    """
    users = [message for message in blocks(request.get("messages")) if message.get("role") == "user"]
    return text_of(users[-1].get("content")) if users else ""


def leaves(value: object) -> Iterator[str]:
    """Every text and number of a JSON value as text, keys included, in order; a loop, because depth is hostile.

    >>> list(leaves({"city": ["Rome", 7, None]}))
    ['city', 'Rome', '7']
    """
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, Mapping):
            left.extend(part for pair in reversed(list(item.items())) for part in reversed(pair))
        elif isinstance(item, list | tuple):
            left.extend(reversed(item))
        elif isinstance(item, str):
            yield item
        elif isinstance(item, int | float | Decimal) and not isinstance(item, bool):
            yield str(item)


def given_text(sample: Sample) -> str:
    """All that the request says: system prompt, conversation, results of tools, tools on offer."""
    said = [sample.request.get(name) for name in ("system", "tools", "messages")]
    return "\n".join(leaves(said))


def shorten(text: str, characters: int = 80) -> str:
    """The text, cut to so many characters at most; an ellipsis shows the cut."""
    return text if len(text) <= characters else text[: characters - 1] + "…"
