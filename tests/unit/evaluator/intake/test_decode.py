"""Request bodies become items; what is broken is rejected one by one."""

from __future__ import annotations

import gzip
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import to_json

from evaluator.intake.decode import BodyTooLargeError, Item, Limits, UndecodableError, items
from evaluator.settings import ServerSettings

LIMITS = Limits(body_bytes=10_000, item_bytes=1_000, items=50)
NDJSON = "application/x-ndjson"
DEEP = b"[" * 300 + b"]" * 300


def decode(body: bytes, content_type: str = "", encoding: str = "") -> list[Item]:
    return items(body, content_type=content_type, content_encoding=encoding, limits=LIMITS)


def values(body: bytes, **kind: str) -> list[Any]:
    return [item.value for item in decode(body, **kind)]


def errors(body: bytes, **kind: str) -> dict[int, str]:
    return {item.index: str(item.error) for item in decode(body, **kind) if item.error}


@pytest.mark.parametrize(
    "body",
    [
        b'[{"a": 1}, {"a": 2}]',
        b'{"a": 1}\n{"a": 2}\n',
        b'{"a": 1}\r\n\r\n{"a": 2}',
        b'\xef\xbb\xbf[{"a": 1},\n{"a": 2}]',
        gzip.compress(b'{"a": 1}\n{"a": 2}', mtime=0),
    ],
)
def test_every_form_of_a_body_gives_the_same_items(body: bytes) -> None:
    """An array, lines with either line end, a byte order mark, and gzip that nobody announced are all understood."""
    assert values(body) == [{"a": 1}, {"a": 2}]


def test_one_object_is_one_item() -> None:
    """A single object, also over several lines, is one item."""
    assert values(b'{\n "a": 1\n}') == [{"a": 1}]


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("GZIP", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress)],
)
def test_content_encodings_are_unpacked(encoding: str, pack: Any) -> None:
    """Bodies come plain, in gzip or in deflate."""
    assert values(pack(b'{"a": 1}'), encoding=encoding) == [{"a": 1}]


def test_gzip_members_are_joined() -> None:
    """Several gzip members one after the other are one body."""
    packed = gzip.compress(b'{"a": 1}\n', mtime=0) + gzip.compress(b'{"a": 2}\n')
    assert values(packed, encoding="gzip") == [{"a": 1}, {"a": 2}]


def test_a_broken_line_is_one_bad_item() -> None:
    """Of five lines, a broken one and one that is not UTF-8 are named with index and reason; three are kept."""
    body = b'{"a": 1}\nnot json\n{"a": 2}\n{"a": "\xff"}\n{"a": 3}\n'
    assert errors(body) == {
        1: "not JSON: expected ident at line 1 column 2",
        3: "not UTF-8: invalid unicode code point at line 1 column 8",
    }
    assert [value for value in values(body) if value] == [{"a": 1}, {"a": 2}, {"a": 3}]


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (b'{"a": ' + DEEP + b"}", "nested too deeply"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (b"{oops}", "not JSON"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "number out of range"),
    ],
)
def test_a_broken_element_of_an_array_is_one_bad_item(broken: bytes, why: str) -> None:
    """An element that cannot be parsed costs only itself, not the array around it."""
    body = b'[{"a": "},{"}, ' + broken + b', {"a": 2}]'
    found = decode(body)
    assert [item.value for item in found if not item.error][:1] == [{"a": "},{"}]
    assert why in str(found[1].error)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "the body is empty"),
        (b" \n ", "the body is empty"),
        (b"hello", "not JSON: expected value"),
        (b'{"a": 1', "not JSON: EOF"),
        (b'{"a": "\xff"}', "not UTF-8"),
        (DEEP, "nested too deeply"),
        (b'[{"a": 1}', "not JSON: EOF"),
        (b'[{"a": 1}}, {"b": 2}]', "not JSON"),
        (b"5", "neither an object nor an array"),
        (b"null", "neither an object nor an array"),
    ],
)
def test_a_body_of_which_nothing_can_be_read_is_undecodable(body: bytes, why: str) -> None:
    """The error of a hopeless body says what is wrong and what to send instead."""
    with pytest.raises(UndecodableError, match=why) as caught:
        decode(body)
    assert "send one JSON object, an array of objects, or NDJSON" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "encoding", "why"),
    [
        (b"{}", "br", "Content-Encoding 'br' is not known"),
        (b"{}", "gzip", "the compressed body is damaged"),
        (gzip.compress(b'{"a": 1}', mtime=0)[:-6], "gzip", "cut off"),
        (gzip.compress(b"", mtime=0) * 101, "gzip", "more than 100 members"),
    ],
)
def test_a_damaged_packing_is_undecodable(body: bytes, encoding: str, why: str) -> None:
    """Damaged, cut-off and unknown compression is refused in words."""
    with pytest.raises(UndecodableError, match=why):
        decode(body, encoding=encoding)


@pytest.mark.parametrize("encoding", ["", "gzip"])
def test_a_bomb_is_not_unpacked(encoding: str) -> None:
    """A body is measured after decompression, and unpacking stops at the limit: 20 MB of zeros cost no memory."""
    packer = zlib.compressobj(wbits=31)
    bomb = b"".join(packer.compress(bytes(1_000_000)) for _ in range(20)) + packer.flush()
    with pytest.raises(BodyTooLargeError, match=r"larger than 0\.01 MB"):
        decode(bomb, encoding=encoding)


def test_too_many_items_are_too_large() -> None:
    """A body of very many tiny items is refused as a whole."""
    with pytest.raises(BodyTooLargeError, match="more than 50 items"):
        decode(b"[" + b"1," * 50 + b"1]")
    with pytest.raises(BodyTooLargeError, match="more than 50 items"):
        decode(b"{}\n" * 51)


def test_millions_of_brackets_are_too_large() -> None:
    """A body that would become millions of small objects is refused before it is parsed."""
    with pytest.raises(BodyTooLargeError, match="brackets"):
        items(b"[" + b"[]," * 2_000_000 + b"1]", limits=Limits())


@pytest.mark.parametrize("body", [b'[{"a": "%s"}, {"b": 1}]', b'{"a": "%s"}\n{"b": 1}'])
def test_a_huge_item_is_one_bad_item(body: bytes) -> None:
    """An item beyond its own limit is rejected with its size; its neighbour stays."""
    found = decode(body % (b"x" * 2000))
    assert str(found[0].error) == "the item is 2 kB; at most 1 kB (server.max_item_kb)"
    assert found[1].value == {"b": 1}


def test_a_declared_line_may_be_anything() -> None:
    """With the NDJSON type a single broken line is a bad item and no bad body."""
    assert errors(b'{"a": 1', content_type=f"{NDJSON}; charset=utf-8") == {
        0: "not JSON: EOF while parsing an object at line 1 column 7"
    }


def test_lone_surrogates_become_the_replacement_character() -> None:
    """An emoji that a client cut in half is replaced; whole ones and escaped backslashes stay."""
    assert values(rb'{"a": "\ud83d|\\ud83d|\ud83d\ude00|\udc00"}') == [{"a": "\ufffd|\\ud83d|😀|\ufffd"}]


def test_limits_come_from_the_settings() -> None:
    """The settings count MB and kB in powers of ten."""
    limits = Limits.of(ServerSettings(max_body_mb=1.5, max_item_kb=10))
    assert (limits.body_bytes, limits.item_bytes) == (1_500_000, 10_000)


@given(st.lists(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3), max_size=8))
def test_arrays_and_lines_carry_the_same(batch: list[dict[str, str]]) -> None:
    """Whatever the texts contain, an array and lines of the same objects give the same items."""
    lines = b"\n".join(to_json(item) for item in batch)
    assert values(to_json(batch)) == batch
    assert not batch or values(lines, content_type=NDJSON) == batch


@given(st.binary(max_size=200), st.sampled_from(["", "gzip", "deflate"]), st.sampled_from(["", NDJSON]))
def test_any_bytes_give_items_or_a_clear_refusal(body: bytes, encoding: str, content_type: str) -> None:
    """No bytes whatsoever lead to anything but items or one of the two refusals."""
    try:
        found = decode(body, content_type, encoding)
    except (UndecodableError, BodyTooLargeError):
        return
    assert [item.index for item in found] == list(range(len(found)))
