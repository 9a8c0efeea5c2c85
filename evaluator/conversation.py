"""A session as one sample: all its turns in order, for judges that take whole conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import dropwhile
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
        said = [
            *joined(said, messages(turn.request)),
            {"role": "assistant", "content": turn.response.get("content") or ""},
        ]
    system = next((text for turn in turns if (text := turn.request.get("system"))), None)
    request = {**last.request, "messages": joined(said, messages(last.request))}
    return replace(last, request=request if system is None else {**request, "system": system})


def fresh(said: Sequence[Message], told: Sequence[Message]) -> list[Message]:
    """What a call tells that was not said before: what follows the last words of users that both know, and the answer.

    >>> hi, hello = {"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello!"}
    >>> fresh([hi, hello], [hi, hello, {"role": "user", "content": "Bye"}])
    [{'role': 'user', 'content': 'Bye'}]
    """
    known = _overlap(_asked(said), _asked(told))
    if not known:
        return list(told)
    places = [place for place, message in enumerate(told) if message.get("role") == "user"]
    return list(dropwhile(lambda message: message.get("role") == "assistant", told[places[known - 1] + 1 :]))


def joined(said: Sequence[Message], told: Sequence[Message]) -> list[Message]:
    """What was said, and what a call then tells, from where the two overlap: by the longest run of users' words.

    Answers may have been edited or cut in between, so they are not compared; the call's own words count.
    """
    places = [place for place, message in enumerate(said) if message.get("role") == "user"]
    known = _overlap(_asked(said), _asked(told))
    return [*said[: places[-known]], *told] if known else [*said, *told]


def messages(request: Mapping[str, Any]) -> list[Message]:
    """The messages of a request; what is none is left out."""
    found = request.get("messages")
    return [message for message in found if isinstance(message, Mapping)] if isinstance(found, list) else []


def _overlap(before: Sequence[str], asked: Sequence[str]) -> int:
    """How many of the last of `before` are the first of `asked`."""
    most = min(len(before), len(asked))
    return next((known for known in range(most, 0, -1) if before[-known:] == asked[:known]), 0)


def _asked(said: Sequence[Message]) -> list[str]:
    return [str(message.get("content")) for message in said if message.get("role") == "user"]
