"""A session as one sample: all its turns in order, for judges that take whole conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from store.records import Sample

Message = Mapping[str, Any]


def whole(turns: Sequence[Sample]) -> Sample:
    """The last sample, with the whole conversation as its request's messages; `turns` are oldest first, at least one.

    Most clients send the conversation so far with every call; then the last call tells it all. Some send only its last
    turns, or nothing but what is new: then each call goes on from where it overlaps with what was said before.
    """
    last, said = turns[-1], list[Message]()
    for turn in turns[:-1]:
        said = [*_joined(said, _messages(turn)), {"role": "assistant", "content": turn.response.get("content") or ""}]
    system = next((text for turn in turns if (text := turn.request.get("system"))), None)
    request = {**last.request, "messages": _joined(said, _messages(last))}
    return replace(last, request=request if system is None else {**request, "system": system})


def _joined(said: Sequence[Message], told: Sequence[Message]) -> list[Message]:
    """What was said, and what a call then tells, from where the two overlap: by the longest run of users' words.

    Answers may have been edited or cut in between, so they are not compared; the call's own words count.
    """
    places = [place for place, message in enumerate(said) if message.get("role") == "user"]
    before = [_key(said[place]) for place in places]
    asked = [_key(message) for message in told if message.get("role") == "user"]
    for known in range(min(len(before), len(asked)), 0, -1):
        if before[-known:] == asked[:known]:
            return [*said[: places[-known]], *told]
    return [*said, *told]


def _key(message: Message) -> str:
    return str(message.get("content"))


def _messages(sample: Sample) -> list[Message]:
    messages = sample.request.get("messages")
    return [message for message in messages if isinstance(message, Mapping)] if isinstance(messages, list) else []
