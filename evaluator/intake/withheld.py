"""Text that must not reach the disk, between its arrival and its call's settling: in memory, within bounds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from threading import Lock

from evaluator.intake.parts import Json, Part

Name = tuple[str, str]


class Withheld:
    """The texts of parts by group and part. Text beyond `max_bytes` is given up."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._used = 0
        self._texts: dict[Name, tuple[Json, Json, int]] = {}
        self._lock = Lock()

    def take(self, part: Part, size: int) -> Part:
        """The part without its text, which is remembered; `size` is about that of the text in bytes."""
        facts = part.facts
        if facts.has_text:
            with self._lock:
                self._put((part.group_id, part.part_id), (facts.request, facts.response, size))
        return replace(part, facts=replace(facts, request={}, response={}))

    def give_back(self, part: Part) -> Part:
        """The part with its text, if that is still known."""
        request, response, _ = self._texts.get((part.group_id, part.part_id), ({}, {}, 0))
        return replace(part, facts=replace(part.facts, request=request, response=response))

    def forget(self, names: Iterable[Name]) -> None:
        """These parts are dealt with."""
        with self._lock:
            for name in names:
                self._drop(name)

    def _put(self, name: Name, text: tuple[Json, Json, int]) -> None:
        self._drop(name)
        if self._used + text[2] <= self._max_bytes:
            self._texts[name] = text
            self._used += text[2]

    def _drop(self, name: Name) -> None:
        self._used -= self._texts.pop(name, ({}, {}, 0))[2]
