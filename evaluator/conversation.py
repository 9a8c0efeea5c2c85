"""A session as one sample: all its turns in order, for judges that take whole conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from store.records import Sample

Message = Mapping[str, Any]


def whole(turns: Sequence[Sample]) -> Sample:
    """The last sample, with the whole conversation as its request's messages; `turns` are oldest first, at least one.

    Most clients send the conversation so far with every call; then the last call tells it all. Where a call does not
    begin with what was said before, its messages and its answer go on from there.
    """
    last, said = turns[-1], list[Message]()
    for turn in turns[:-1]:
        said = [*_joined(said, _messages(turn)), {"role": "assistant", "content": turn.response.get("content") or ""}]
    system = next((text for turn in turns if (text := turn.request.get("system"))), None)
    request = {**last.request, "messages": _joined(said, _messages(last))}
    return replace(last, request=request if system is None else {**request, "system": system})


def _joined(said: Sequence[Message], told: Sequence[Message]) -> list[Message]:
    """What was said and what a call then tells: the call alone when it repeats what was said."""
    if _repeats(said, told):
        return list(told)
    return [*said, *told]


def _repeats(said: Sequence[Message], told: Sequence[Message]) -> bool:
    """Whether a call's messages hold all that users said before, in order: answers may have been edited or cut."""
    asked = iter([_key(message) for message in told if message.get("role") == "user"])
    return all(_key(message) in asked for message in said if message.get("role") == "user")


def _key(message: Message) -> str:
    return str(message.get("content"))


def _messages(sample: Sample) -> list[Message]:
    messages = sample.request.get("messages")
    return [message for message in messages if isinstance(message, Mapping)] if isinstance(messages, list) else []
