"""A request body → items: one JSON object, an array, or NDJSON, plain or compressed.

What can be kept is kept: a line of NDJSON or an element of an array that cannot be read is one bad item, and its
neighbours stay. Only a body of which nothing can be read raises.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from evaluator.errors import InputError
from evaluator.intake import elements

if TYPE_CHECKING:
    from evaluator.settings import ServerSettings

NDJSON = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
HINT = "send one JSON object, an array of objects, or NDJSON (one object per line)"
MAX_MEMBERS = 100
MAX_BRACKETS = 2_000_000
_BOM = b"\xef\xbb\xbf"
_GZIP = b"\x1f\x8b"
_PLAIN = ("", "identity")
_PACKED = ("gzip", "x-gzip", "deflate")
_STEP = 1_000_000
_LINES_OF_OBJECTS = re.compile(rb"^\{", re.MULTILINE)
_ESCAPES = re.compile(rb"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|\\u[dD][89a-fA-F]..|\\.", re.DOTALL)


class BodyTooLargeError(InputError):
    """The body is beyond a limit: 413."""


class UndecodableError(InputError):
    """Nothing in the body can be read: 400."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes of a body after decompression, bytes of one item, and items of a body."""

    body_bytes: int = 32_000_000
    item_bytes: int = 2_048_000
    items: int = 20_000

    @classmethod
    def of(cls, settings: ServerSettings) -> Limits:
        """The limits that the settings state in MB and kB (powers of ten)."""
        return cls(body_bytes=int(settings.max_body_mb * 1_000_000), item_bytes=settings.max_item_kb * 1000)

    def too_large(self) -> BodyTooLargeError:
        """The error about a body beyond `body_bytes`."""
        size = f"{self.body_bytes / 1_000_000:g} MB"
        return BodyTooLargeError(
            f"the body is larger than {size} (server.max_body_mb); send it in parts", reason="too_large"
        )


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a body: its position, and either its JSON value or why it has none."""

    index: int
    value: Any = None
    error: InputError | None = None


def items(body: bytes, *, content_type: str = "", content_encoding: str = "", limits: Limits) -> list[Item]:
    """The items of a body in order; BodyTooLargeError or UndecodableError when the whole of it cannot be taken."""
    plain = decompressed(body, content_encoding, limits).removeprefix(_BOM)
    check_brackets(plain)
    if not plain.strip():
        raise UndecodableError(f"the body is empty; {HINT}")
    if content_type.partition(";")[0].strip().lower() in NDJSON:
        return _lines(plain, limits)
    try:
        document = parsed(plain)
    except InputError as error:
        return _in_parts(plain, error, limits)
    if isinstance(document, dict):
        return _measured([document], plain, limits)
    if isinstance(document, list):
        return _measured(document, plain, limits)
    raise UndecodableError(f"the body is JSON, but neither an object nor an array; {HINT}")


def is_packed(body: bytes, encoding: str) -> bool:
    """Whether a body must be unpacked: its sender says so, or it is gzip whatever the sender says."""
    return encoding.strip().lower() not in _PLAIN or body[:2] == _GZIP


def decompressed(body: bytes, encoding: str, limits: Limits, grown: Callable[[int], None] = lambda _: None) -> bytes:
    """The body without its Content-Encoding (gzip, deflate); never more than the limit is unpacked.

    `grown` is told the number of bytes unpacked so far, and may stop it all by raising.
    """
    coding = encoding.strip().lower()
    if coding not in _PLAIN + _PACKED:
        raise UndecodableError(f"Content-Encoding {coding[:40]!r} is not known; send gzip, deflate or none")
    unpacked = _inflated(body, limits, grown) if is_packed(body, encoding) else body
    if len(unpacked) > limits.body_bytes:
        raise limits.too_large()
    return unpacked


def check_brackets(text: bytes) -> None:
    """BodyTooLargeError for JSON with so many brackets that its objects would fill the memory."""
    if text.count(b"{") + text.count(b"[") > MAX_BRACKETS:
        raise BodyTooLargeError("the body has millions of brackets, each an object in memory; send it in parts")


def parsed(text: bytes) -> Any:
    """The JSON value of a text; InputError says where it breaks. A lone surrogate escape becomes U+FFFD."""
    try:
        return from_json(text, cache_strings="keys")
    except ValueError as error:
        if b"\\u" not in text or "hex escape" not in str(error):
            raise InputError(_in_words(str(error)), reason="not_json") from None
    try:
        return from_json(_ESCAPES.sub(_without_lone_surrogate, text), cache_strings="keys")
    except ValueError as error:
        raise InputError(_in_words(str(error)), reason="not_json") from None


def _without_lone_surrogate(match: re.Match[bytes]) -> bytes:
    escape = match.group()
    return rb"\ufffd" if len(escape) == 6 else escape


def _in_words(message: str) -> str:
    if message.startswith("recursion limit"):
        return "nested too deeply (about 200 levels); flatten it"
    if message.startswith("invalid unicode code point"):
        return f"not UTF-8: {message}"
    return f"not JSON: {message}"


def _inflated(body: bytes, limits: Limits, grown: Callable[[int], None]) -> bytes:
    """Unpacks member after member in steps, and stops one byte beyond the limit."""
    limit, size, rest = limits.body_bytes + 1, 0, body
    parts: list[bytes] = []
    members = 0
    while rest and size < limit:
        members += 1
        if members > MAX_MEMBERS:
            raise UndecodableError(f"the compressed body has more than {MAX_MEMBERS} members; compress it as one")
        member = zlib.decompressobj(zlib.MAX_WBITS | 32)
        while not member.eof and size < limit:
            parts.append(_step(member, rest, min(_STEP, limit - size)))
            size += len(parts[-1])
            grown(size)
            rest = member.unconsumed_tail
        rest = member.unused_data
    return b"".join(parts)


def _step(member: zlib._Decompress, rest: bytes, room: int) -> bytes:
    """The next bytes of a member; what it gives nothing for, although it has not ended, is cut off."""
    try:
        piece = member.decompress(rest, room)
    except zlib.error as error:
        raise UndecodableError(f"the compressed body is damaged: {error}") from None
    if not piece and not member.eof:
        raise UndecodableError("the compressed body is cut off")
    return piece


def _in_parts(plain: bytes, error: InputError, limits: Limits) -> list[Item]:
    """A body that is no JSON document: lines, or an array with a broken element. At least one part must be readable."""
    found: list[Item] = []
    if plain.lstrip()[:1] == b"[":
        texts = elements.split(plain)
        found = _each(texts, limits) if texts else []
    elif len(_LINES_OF_OBJECTS.findall(plain)) > 1:
        found = _lines(plain, limits)
    if any(item.error is None for item in found):
        return found
    raise UndecodableError(f"the body cannot be read, {error}; {HINT}", reason=error.reason) from None


def _lines(plain: bytes, limits: Limits) -> list[Item]:
    return _each((line for line in plain.split(b"\n") if line.strip()), limits)


def _each(texts: Iterable[bytes], limits: Limits) -> list[Item]:
    found: list[Item] = []
    for index, text in enumerate(texts):
        _check_count(index + 1, limits)
        try:
            found.append(_sized(index, parsed(text), len(text), limits))
        except InputError as error:
            found.append(Item(index, error=error))
    return found


def _measured(values: list[Any], plain: bytes, limits: Limits) -> list[Item]:
    """Items of a document; their single sizes matter only when the whole is beyond the limit of one."""
    _check_count(len(values), limits)
    if len(plain) <= limits.item_bytes:
        return [Item(index, value) for index, value in enumerate(values)]
    return [_sized(index, value, _size(value), limits) for index, value in enumerate(values)]


def _size(value: Any) -> int:
    return len(to_json(value, inf_nan_mode="constants"))


def _sized(index: int, value: Any, size: int, limits: Limits) -> Item:
    if size <= limits.item_bytes:
        return Item(index, value)
    told = f"{size / 1000:,.0f} kB; at most {limits.item_bytes / 1000:,.0f} kB (server.max_item_kb)"
    return Item(index, error=InputError(f"the item is {told}", reason="too_large"))


def _check_count(count: int, limits: Limits) -> None:
    if count > limits.items:
        raise BodyTooLargeError(f"more than {limits.items:,} items in one body; send them in parts", reason="too_large")
