"""What was said in a call, as text: to look for words in it, and to show a piece of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from evaluator.errors import InputError
from evaluator.intake import clean
from judges.text import blocks, leaves

MOST_WORDS = 20
EXCERPT = 240
BEFORE = 60
"""Characters that are shown before the word that was looked for."""
_WORDS = re.compile(r'"([^"]+)"|(\S+)')


def words_of(text: str) -> tuple[str, ...]:
    """What to look for: words, and what stands between double quotes as one. InputError: too many.

    >>> words_of('refund "not possible"  ')
    ('refund', 'not possible')
    """
    found = [word for quoted, plain in _WORDS.findall(clean.text(text)) if (word := (quoted or plain).strip())]
    if len(found) > MOST_WORDS:
        raise InputError(f"There are {len(found)} words to look for; give at most {MOST_WORDS}.")
    return tuple(found)


def said(request: Mapping[str, Any] | None, response: Mapping[str, Any] | None) -> tuple[list[str], list[str]]:
    """The texts of a request, from its system prompt on, and those of its response."""
    asked, told = request or {}, response or {}
    messages = [*_texts(asked.get("system"))]
    for message in blocks(asked.get("messages")):
        messages += _texts(message.get("content"))
    return messages, list(_texts(told.get("content")))


def holds(words: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether every word stands in one of the texts, in capitals or not."""
    lowered = [text.lower() for text in texts]
    return all(any(word.lower() in text for text in lowered) for word in words)


def excerpt(texts: Sequence[str], words: Sequence[str] = ()) -> str:
    """A piece of the text that holds one of the words, else of the last text; an ellipsis stands where it was cut.

    >>> excerpt(["Where is my invoice?"])
    'Where is my invoice?'
    """
    sought = [word.lower() for word in words]
    for text in reversed(texts):
        lowered = text.lower()
        places = [place for word in sought if (place := lowered.find(word)) >= 0]
        if places:
            return _piece(text, max(0, min(places) - BEFORE))
    return _piece(texts[-1], 0) if texts else ""


def _piece(text: str, start: int) -> str:
    end = start + EXCERPT
    return f"{'…' if start else ''}{text[start:end]}{'…' if end < len(text) else ''}"


def _texts(content: object) -> Iterator[str]:
    """The texts of a message: what is said, tools that are called with their input, and what they answered."""
    for block in blocks(content):
        kind = block.get("type")
        if kind == "text":
            yield str(block.get("text", ""))
        elif kind == "tool_result":
            yield from _texts(block.get("content"))
        else:
            yield " ".join(leaves([value for key, value in block.items() if key != "type"]))
