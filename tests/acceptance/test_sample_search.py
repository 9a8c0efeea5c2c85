"""Samples over HTTP: searched by what they are and what was said, their values, and whole conversations."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import httpx2
import pyarrow.parquet as pq
import pytest

from tests.acceptance.conftest import OpenApi, OpenBoth
from tests.conftest import Clock
from tests.fake_api import HOSTILE
from tests.in_process import sent


async def ids(client: httpx2.AsyncClient, **asked: Any) -> list[str]:
    """The ids that a search finds."""
    answer = await client.get("/v1/search", params=asked)
    assert answer.status_code == 200, answer.text
    return [one["sample_id"] for one in answer.json()["samples"]]


def rows_of(kind: str, data: bytes) -> list[dict[str, Any]]:
    """The samples in an exported file."""
    if kind == "parquet":
        return pq.read_table(io.BytesIO(data)).to_pylist()
    text = data.decode()
    return [json.loads(line) for line in text.splitlines()] if kind == "jsonl" else [*csv.DictReader(io.StringIO(text))]


@pytest.mark.parametrize(
    ("kind", "media_type", "release"),
    [
        ("csv", "text/csv; charset=utf-8", "'=1+1"),
        ("parquet", "application/vnd.apache.parquet", "=1+1"),
        ("jsonl", "application/x-ndjson", "=1+1"),
    ],
)
async def test_a_selection_is_downloaded(api: OpenApi, kind: str, media_type: str, release: str) -> None:
    """The newest matches are a file that says whether there are more; only in CSV is a formula made harmless."""
    item = {"feature": "f", "response": "r", "release": "=1+1"}
    async with api() as client:
        await sent(client, *({**item, "id": f"s{i}", "timestamp": f"2026-11-20T11:0{i}:00Z"} for i in range(3)))
        await sent(client, {**item, "id": "other", "feature": "g"})
        answer = await client.get("/v1/search/export", params={"format": kind, "feature": "f", "limit": 2})
        whole = await client.get("/v1/search/export", params={"format": kind, "feature": "g"})
    assert answer.headers["content-disposition"] == f'attachment; filename="samples.{kind}"'
    assert answer.headers["content-type"] == media_type
    assert [(row["id"], row["release"]) for row in rows_of(kind, answer.content)] == [("s2", release), ("s1", release)]
    assert [row["id"] for row in rows_of(kind, whole.content)] == ["other"]
    told = [(one.headers["x-leadline-rows"], one.headers["x-leadline-cut"]) for one in (answer, whole)]
    assert told == [("2", "true"), ("1", "false")]


async def test_an_empty_service_finds_nothing(api: OpenApi) -> None:
    """Without samples a search is whole at once, and there is nothing to choose from."""
    async with api() as client:
        found = (await client.get("/v1/search")).json()
        facets = (await client.get("/v1/search/facets")).json()
        missing = await client.get("/v1/sessions/none")
    assert found == {"samples": [], "next": None, "searched_until": None, "whole": True}
    assert [facets[name] for name in ("features", "metadata", "labels")] == [[], {}, {}]
    assert missing.status_code == 404


async def test_people_search_as_they_think(api: OpenApi) -> None:
    """Words, the beginning of an id, a session, a user by name or hash, metadata, and how a judge decided."""
    one = {
        "id": "req_1", "feature": "chat", "session_id": "ana@example.com", "user_id": "ana",
        "request": "Refund please", "response": '{"ok": true}', "metadata": {"plan": "pro", "note": "a=b"},
        "latency_ms": 2500, "usage": {"input_tokens": 20, "output_tokens": 64}, "provider": "bedrock",
        "model": "claude-haiku-4-5-20251001",
    }  # fmt: skip
    async with api() as client:
        await sent(client, one, {"id": "x_2", "feature": "chat", "response": "no JSON", "user_id": "ben"})
        hashed = (await client.get("/v1/samples/req_1")).json()["user_id"]
        assert hashed.startswith("u_")
        for asked in (
            {"text": "REFUND"},
            {"id": "req"},
            {"session": "ana@example.com"},
            {"user": "ana"},
            {"user": hashed},
            {"meta": ["plan=pro", "note=a=b"]},
            {"provider": "bedrock"},
            {"min_latency_ms": "2500"},
            {"min_output_tokens": "64"},
            {"min_cost_usd": "0.0003"},
            {"text": "refund", "feature": "chat", "meta": "plan=pro"},
        ):
            assert (asked, await ids(client, **asked)) == (asked, ["req_1"])
        assert sorted(await ids(client, text="", feature="")) == ["req_1", "x_2"]


async def test_samples_are_searched_by_how_a_judge_decided(both: OpenBoth) -> None:
    """Those that it passed, those that it failed, and no others."""
    async with both() as (service, client):
        whole = {"id": "whole", "response": {"content": "yes", "stop_reason": "end_turn"}}
        cut = {"id": "cut", "response": {"content": "ye", "stop_reason": "max_tokens"}}
        await sent(client, whole, cut, {"id": "unknown", "response": "?"})
        await service.pipeline.drain()
        asked = [await ids(client, judge="not_truncated", passed=passed) for passed in (True, False)]
    assert asked == [["whole"], ["cut"]]


async def test_a_list_shows_pieces_and_no_whole_texts(api: OpenApi) -> None:
    """A long text is cut around the word that was looked for; the verdicts come without their words."""
    async with api() as client:
        await sent(
            client, {"id": "a", "feature": "f", "request": "why?", "response": "x " * 4000 + "needle" + " y" * 400}
        )
        (found,) = (await client.get("/v1/search", params={"text": "needle"})).json()["samples"]
    assert "needle" in found["answered"]
    assert (len(found["answered"]) < 300, found["asked"], found["size"] > 8000) == (True, "why?", True)


async def test_pages_go_on_while_samples_arrive(api: OpenApi, clock: Clock) -> None:
    """The cursor leads through all that were there, each once, whatever arrives meanwhile."""
    async with api() as client:
        await sent(client, *({"id": f"s{i}", "feature": "f", "response": "r"} for i in range(7)))
        seen: list[str] = []
        after: dict[str, str] = {}
        while True:
            page = (await client.get("/v1/search", params={"limit": 3, **after})).json()
            seen += [one["sample_id"] for one in page["samples"]]
            clock.advance(seconds=1)
            await sent(client, {"id": f"new{len(seen)}", "feature": "f", "response": "r"})
            if page["whole"]:
                break
            after = {"after": page["next"]}
    assert sorted(seen) == [f"s{i}" for i in range(7)]


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"after": "nonsense"}, "begin again without it"),
        ({"meta": "plan"}, "meta"),
        ({"sort": "up"}, "sort"),
        ({"limit": 0}, "limit"),
        ({"start": "yesterday"}, "start"),
        ({"status": "fine"}, "status"),
        ({"text": " ".join("abcdefghijklmnopqrstuvwxyz")}, "give at most 20"),
    ],
)
async def test_a_search_that_is_no_search_is_refused(api: OpenApi, asked: dict[str, Any], says: str) -> None:
    """What is not known or cannot be read is 422, and named."""
    async with api() as client:
        answer = await client.get("/v1/search", params=asked)
    assert (answer.status_code, says in answer.text) == (422, True)


async def test_hostile_texts_are_only_texts(api: OpenApi) -> None:
    """Whatever is sent as a text, it is found by itself and comes back as it is stored."""
    async with api(redaction={"enabled": False}) as client:
        await sent(client, *({"id": f"h{i}", "feature": "f", "response": text} for i, text in enumerate(HOSTILE)))
        for i, text in enumerate(HOSTILE):
            line = text.split("\n")[0]
            words = " ".join(f'"{piece}"' for piece in line.split('"') if piece.strip())
            holding = {f"h{j}" for j, other in enumerate(HOSTILE) if line in other}
            assert (text, set(await ids(client, text=words))) == (text, holding)
            stored = (await client.get(f"/v1/samples/h{i}")).json()["response"]["content"]
            assert stored == [{"type": "text", "text": text.replace("\0", "\ufffd")}]
        for name in ("feature", "session", "user", "id", "model", "judge", "label"):
            for text in HOSTILE:
                await ids(client, **{name: text})


async def test_a_conversation_is_told_once(both: OpenBoth, clock: Clock) -> None:
    """Each sample adds what is new: the words before it, which clients send with every call, are not told again."""
    ask = {"role": "user", "content": "Weather?"}
    call = {
        "role": "assistant",
        "content": [{"type": "tool_use", "id": "t1", "name": "weather", "input": {"at": "Rome"}}],
    }
    result = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "sunny"}]}
    first = {"id": "1", "session_id": "s", "request": {"system": "Be kind.", "messages": [ask]}}
    second = {"id": "2", "session_id": "s", "request": {"system": "Be kind.", "messages": [ask, call, result]}}
    async with both() as (service, client):
        await sent(client, {**first, "response": {"content": call["content"], "stop_reason": "tool_use"}})
        clock.advance(seconds=2)
        await sent(client, {**second, "response": "Sunny."}, {"id": "other", "response": "x"})
        await service.pipeline.drain()
        told = (await client.get("/v1/sessions/s")).json()
    one, two = told["turns"]
    assert (one["system"], [m["content"] for m in one["said"]]) == ("Be kind.", ["Weather?"])
    assert (two["system"], [m["content"][0]["type"] for m in two["said"]]) == (None, ["tool_result"])
    assert (told["earlier"], told["later"], bool(one["verdicts"])) == (0, 0, True)


async def test_a_huge_sample_is_found_and_its_conversation_bounded(api: OpenApi) -> None:
    """Eight megabytes of text are found by a word at their end; a conversation of such samples leaves texts out."""
    huge = "word " * 1_600_000 + "needle"
    async with api(server={"max_body_mb": 64, "max_item_kb": 9000}) as client:
        for i in range(3):
            await sent(client, {"id": f"h{i}", "feature": "f", "session_id": "s", "response": huge})
        found = (await client.get("/v1/search", params={"text": "needle"})).json()["samples"]
        told = (await client.get("/v1/sessions/s")).json()["turns"]
    assert ([one["answered"] for one in found], found[0]["size"] > 8_000_000) == (["", "", ""], True)
    assert sorted(turn["text"] for turn in told) == ["kept", "left_out", "left_out"]


async def test_text_that_is_not_kept_is_told_so(api: OpenApi) -> None:
    """A sample whose text a setting withholds is found by its fields, and says why there is nothing to read."""
    async with api(text={"keep": "none"}) as client:
        await sent(client, {"id": "a", "feature": "f", "session_id": "s", "request": "secret", "response": "secret"})
        (found,) = (await client.get("/v1/search", params={"feature": "f"})).json()["samples"]
        assert await ids(client, text="secret") == []
        (turn,) = (await client.get("/v1/sessions/s")).json()["turns"]
    assert (found["text"], found["asked"], turn["text"], turn["said"]) == ("withheld", "", "withheld", [])


async def test_values_to_choose_from(both: OpenBoth) -> None:
    """What samples have is offered: features, metadata by key, judges with their labels."""
    async with both() as (service, client):
        await sent(client, {"feature": "f", "response": '{"a": 1}', "model": "m", "metadata": {"plan": "pro"}})
        await service.pipeline.drain()
        facets = (await client.get("/v1/search/facets")).json()
    assert (facets["features"], facets["models"], facets["metadata"]) == (["f"], ["m"], {"plan": ["pro"]})
    assert set(facets["judges"]) == set(facets["judge_versions"]) == {"not_truncated", "smell_heuristic"}
