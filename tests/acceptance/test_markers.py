"""Markers from outside: a deploy script tells one over HTTP or with the command, and everybody can read it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from click.testing import CliRunner, Result

from evaluator.api.auth import Role, new_key
from evaluator.cli.app import leadline
from tests.acceptance.conftest import OpenApi

NOON = "2026-11-20T12:00:00Z"
SECRET = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3"


async def names(client: httpx2.AsyncClient, **query: str) -> list[str]:
    answer = await client.get("/v1/markers", params=query)
    return [one["name"] for one in answer.json()]


async def test_a_marker_needs_no_more_than_a_name(api: OpenApi) -> None:
    """It is then a deploy of all features, now."""
    async with api() as client:
        answer = await client.post("/v1/markers", json={"name": "2026.11.3"})
        assert answer.status_code == 201
        [told] = answer.json()
        assert (told["kind"], told["ts"], told["feature"], told["origin"]) == ("deploy", NOON, None, "api")
        assert (await client.get("/v1/markers")).json() == [told]


async def test_several_markers_come_as_an_array(api: OpenApi) -> None:
    """Each is answered in order, and a feature sees its own and those of all."""
    mine = {"name": "p7", "kind": "prompt_version", "feature": "chat", "ts": "2026-11-20T11:00:00+01:00", "note": "n"}
    async with api() as client:
        answer = await client.post("/v1/markers", json=[mine, {"name": "all"}, {"name": "x", "feature": "search"}])
        assert [one["name"] for one in answer.json()] == ["p7", "all", "x"]
        assert await names(client, feature="chat") == ["all", "p7"]
        assert await names(client, end_at="2026-11-20T11:00:00Z") == ["p7"]
        assert set(await names(client, start_at="2026-11-20T11:00:00Z", feature="search")) == {"all", "x"}


async def test_the_same_marker_again_changes_nothing(api: OpenApi) -> None:
    """A deploy script that repeats itself after a lost answer makes no second marker."""
    told = {"name": "2026.11.3", "ts": NOON}
    async with api() as client:
        first = (await client.post("/v1/markers", json=told)).json()
        assert (await client.post("/v1/markers", json=[told, told])).json() == [*first, *first]
        assert await names(client) == ["2026.11.3"]


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ({}, "name: must be 1 to 256 printable characters"),
        ({"name": "a\u202eb"}, "name: must be 1 to 256 printable"),
        ({"name": "a", "kind": "rollback"}, "kind: must be one of deploy, model"),
        ({"name": "a", "ts": "2026-11-20T12:00:00"}, "ts: must be a time with its zone"),
        ({"name": "a", "ts": "2026-11-22T12:00:00Z"}, "more than a day ahead"),
        ({"name": "a", "ts": "1999-11-22T12:00:00Z"}, "before 2000"),
        ({"name": "a", "when": NOON}, "when: unknown field; known are name, kind"),
        ({"name": "a", "note": "x" * 2001}, "note: must be text of at most 2000"),
        (["no object"], "an item must be a JSON object"),
        ([], "no marker"),
    ],
)
async def test_what_is_no_marker_is_refused_in_words(api: OpenApi, told: Any, complaint: str) -> None:
    """400 with the field and what it must be; nothing is stored, also not what came with it."""
    body = [{"name": "good"}, told] if isinstance(told, dict) else told
    async with api() as client:
        answer = await client.post("/v1/markers", json=body)
        assert (answer.status_code, complaint in answer.json()["detail"]) == (400, True), answer.text
        assert await names(client) == []


async def test_deploy_scripts_hold_ingest_keys(api: OpenApi) -> None:
    """An ingest key tells markers and reads none, a read key the other way round; without a key nothing goes."""
    keys = {role: new_key(role) for role in Role}
    async with api(keys=tuple(entry for _, entry in keys.values()), webhook_secret=SECRET) as client:
        codes = {}
        for role in (*Role, None):
            headers = {"x-api-key": keys[role][0]} if role else {}
            told = await client.post("/v1/markers", json={"name": "a", "ts": NOON}, headers=headers)
            read = await client.get("/v1/markers", headers=headers)
            codes[role] = (told.status_code, read.status_code)
    assert codes == {Role.INGEST: (201, 403), Role.READ: (403, 200), Role.ADMIN: (201, 200), None: (401, 401)}


async def test_the_document_describes_markers(api: OpenApi) -> None:
    """OpenAPI tells the fields of a marker and the parameters of the list."""
    async with api() as client:
        path = (await client.get("/openapi.json")).json()["paths"]["/v1/markers"]
    [one, _] = path["post"]["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    assert set(one["properties"]) == {"name", "kind", "ts", "feature", "note", "by"}
    assert {one["name"] for one in path["get"]["parameters"]} == {"feature", "start_at", "end_at", "limit"}


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Result]:
    """Runs `leadline mark` on an own file."""

    def mark(*words: str) -> Result:
        return CliRunner().invoke(leadline, ["mark", "--database", str(tmp_path / "b.duckdb"), *words])

    return mark


def test_the_command_marks_and_lists(run: Callable[..., Result]) -> None:
    """`leadline mark NAME` says what it marked; `--list` shows it, as a table and as JSON."""
    marked = run("2026.11.3", "--kind", "release", "--feature", "chat", "--ts", NOON, "--note", "a new greeting")
    assert (marked.exit_code, marked.output) == (
        0,
        "marked release 2026.11.3 at 2026-11-20 12:00 UTC, feature chat\n",
    )
    listed = run("--list")
    assert all(word in listed.output for word in ("2026-11-20 12:00", "release", "2026.11.3", "command", "greeting"))
    assert [one["name"] for one in json.loads(run("--list", "--json").output)] == ["2026.11.3"]
    assert json.loads(run("--list", "--json", "--feature", "other").output) == []


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "Give either NAME"),
        (("a", "--list"), "Give either NAME"),
        (("a", "--ts", "yesterday"), "--ts yesterday: not a time"),
        (("a", "--ts", "2099-01-01T00:00:00Z"), "more than a day ahead"),
        (("a", "--kind", "rollback"), "is not one of"),
    ],
)
def test_the_command_says_what_is_wrong(run: Callable[..., Result], words: tuple[str, ...], complaint: str) -> None:
    """Exit code 2 and a sentence."""
    refused = run(*words)
    assert refused.exit_code == 2
    assert complaint in refused.output


def test_a_hostile_name_cannot_steer_the_terminal(run: Callable[..., Result]) -> None:
    """Control characters in a name are refused, and none reaches the screen."""
    refused = run("a\x1b[2Jb")
    assert refused.exit_code == 2
    assert "\x1b" not in refused.output
