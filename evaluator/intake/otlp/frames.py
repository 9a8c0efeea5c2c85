"""The outer layers of an OTLP protobuf body, walked without parsing what is in them.

Traces, logs and metrics have the same layers: a request is a list of resources, each a list of scopes, each a list of
records. Walking them by hand bounds the memory (a span of two bytes would take two hundred once parsed), and keeps a
damaged record from taking its neighbours along. Wire format: protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from evaluator.intake.decode import BodyTooLargeError, UndecodableError

MAX_FRAMES = 100_000
_RESOURCES = 1
_HEAD = 1
_CHILDREN = 2
_SKIP = {1: 8, 5: 4}
_DELIMITED = 2


class Frame(NamedTuple):
    """One record's bytes, with the bytes of its resource and its scope (the same objects for all records of one)."""

    resource: bytes
    scope: bytes
    record: bytes


def records(body: bytes, most: int) -> Iterator[Frame]:
    """The records in order; UndecodableError for what is no such body, BodyTooLargeError beyond `most` of them."""
    walk, found = _Walk(body), 0
    for number, start, end in walk.fields(0, len(body)):
        if number != _RESOURCES:
            continue
        resource, scopes = walk.opened(start, end)
        for scope_start, scope_end in scopes:
            scope, children = walk.opened(scope_start, scope_end)
            found += len(children)
            if found > most:
                raise BodyTooLargeError(f"more than {most:,} records in one body; send them in parts")
            for child_start, child_end in children:
                yield Frame(resource, scope, body[child_start:child_end])


class _Walk:
    def __init__(self, body: bytes) -> None:
        self._body = body
        self._left = MAX_FRAMES

    def opened(self, start: int, end: int) -> tuple[bytes, list[tuple[int, int]]]:
        """Head (resource or scope) and places of the children of one layer, in whatever order they were written."""
        head, children = b"", []
        for number, at, stop in self.fields(start, end):
            if number == _CHILDREN:
                children.append((at, stop))
            elif number == _HEAD:
                head += self._body[at:stop]
        return head, children

    def fields(self, at: int, end: int) -> Iterator[tuple[int, int, int]]:
        """Number, start and end of every field that has a length; the others are skipped."""
        while at < end:
            key, at = self._varint(at, end)
            if key & 7 == _DELIMITED:
                self._count()
                size, at = self._varint(at, end)
                if size > end - at:
                    raise UndecodableError("the body is no OTLP protobuf, or is cut off")
                yield key >> 3, at, at + size
                at += size
            elif key & 7:
                at += _SKIP.get(key & 7, end)
            else:
                at = self._varint(at, end)[1]
        if at > end:
            raise UndecodableError("the body is no OTLP protobuf, or is cut off")

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise BodyTooLargeError(f"more than {MAX_FRAMES:,} resources, scopes and records in one body")

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        body, value, shift = self._body, 0, 0
        while at < end and shift < 70:
            byte = body[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value, at
            shift += 7
        raise UndecodableError("the body is no OTLP protobuf, or is cut off")
