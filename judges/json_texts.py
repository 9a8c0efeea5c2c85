"""Where in a response the JSON is that a judge looks at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from judges.fences import fences
from judges.strict_json import dumps
from judges.text import response_text, tool_uses
from store.records import Sample

On = Literal["text", "fenced", "tool_input"]
ON = (
    "text: the whole response is JSON; fenced: its first ```json block, or its only fenced block; "
    "tool_input: the input of every call of `tool`."
)
"""What the setting says, in words."""


def json_texts(sample: Sample, on: On, tool: str | None) -> Iterator[str]:
    """The JSON texts that count, as `on` says. NotJsonError: a tool's input is nothing that JSON has words for."""
    if on == "tool_input":
        for call in tool_uses(sample):
            if call.get("name") == tool:
                given = call.get("input")
                yield given if isinstance(given, str) else dumps(given)
    elif on == "fenced":
        found = list(fences(response_text(sample)))
        marked = [fence for fence in found if fence.language == "json"]
        if marked or len(found) == 1:
            yield (marked or found)[0].body
    else:
        yield response_text(sample)


def absent(tool: str | None) -> str:
    """That there is no JSON text, in words."""
    lacking = f"no call of the tool {tool}" if tool else "no ```json block, nor a single fenced block"
    return f"The response has {lacking}."
