"""Who calls, with which role, and in whose name they act."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from evaluator.api.app import create_app
from evaluator.api.auth import Role, new_key
from evaluator.api.sessions import Person
from evaluator.intake.decode import Item
from evaluator.service import Service
from evaluator.settings import Settings
from evaluator.settings_sign_in import SignInSettings
from judges.checks import MustMatchConfig
from tests.conftest import Clock

SIGN_IN = SignInSettings(
    metadata_url="https://id.example/.well-known/openid-configuration", client_id="leadline", viewers=("*",)
)
SILENCE = {"by": "somebody else", "matchers": {"feature": "*"}, "ends_at": "2026-11-21T12:00:00Z", "reason": "move"}


@asynccontextmanager
async def served(folder: Path, clock: Clock, **settings: Any) -> AsyncIterator[tuple[httpx2.AsyncClient, FastAPI]]:
    """A client of a service on a file of its own, and the app."""
    given = Settings(database=folder / "me.duckdb", **settings)
    async with Service(given, clock=clock, environ={}, scheduled=False) as service:
        app = create_app(service)
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://localhost") as client:
            yield client, app


def signed_in(app: FastAPI, clock: Clock, role: Role, name: str = "ana@example.com") -> dict[str, str]:
    """What the pages send for somebody who signed in."""
    token = app.state.keys.sessions.token(Person(name, role, "s1", clock() + timedelta(hours=1)))
    return {"authorization": f"Bearer {token}"}


async def test_without_keys_everybody_may_do_all(tmp_path: Path, clock: Clock) -> None:
    """An open service says so."""
    async with served(tmp_path, clock) as (client, _):
        told = (await client.get("/v1/me")).json()
    assert told == {"name": None, "role": "admin", "via": "open"}


@pytest.mark.parametrize("role", list(Role))
async def test_a_key_learns_its_role(tmp_path: Path, clock: Clock, role: Role) -> None:
    """Also a key that may only send; a wrong one is asked for another."""
    plain, entry = new_key(role)
    async with served(tmp_path, clock, keys=(SecretStr(entry),)) as (client, _):
        known = await client.get("/v1/me", headers={"x-api-key": plain})
        unknown = await client.get("/v1/me", headers={"x-api-key": "other"})
    assert known.json() == {"name": None, "role": role, "via": "key"}
    assert unknown.status_code == 401


async def test_a_viewer_sees_and_the_api_refuses_the_rest(tmp_path: Path, clock: Clock) -> None:
    """Whatever a page shows, the token of a viewer changes nothing."""
    async with served(tmp_path, clock, sign_in=SIGN_IN, sign_in_secret="s") as (client, app):
        headers = signed_in(app, clock, Role.READ)
        me, seen = await client.get("/v1/me", headers=headers), await client.get("/v1/silences", headers=headers)
        refused = await client.post("/v1/silences", headers=headers, json=SILENCE)
        nobody = await client.get("/v1/silences")
    assert me.json() == {"name": "ana@example.com", "role": "read", "via": "sign-in"}
    assert (seen.status_code, refused.status_code, nobody.status_code) == (200, 403, 401)


async def test_who_signed_in_acts_in_their_own_name(tmp_path: Path, clock: Clock) -> None:
    """The audit log has the name that the provider vouched for, whatever name the request gives."""
    async with served(tmp_path, clock, sign_in=SIGN_IN, sign_in_secret="s") as (client, app):
        headers = signed_in(app, clock, Role.ADMIN)
        made = await client.post("/v1/silences", headers=headers, json=SILENCE)
        (line,) = (await client.get("/v1/audit", headers=headers)).json()
    assert (made.json()["created_by"], line["actor"], line["via"]) == ("ana@example.com", "ana@example.com", "ui")


async def test_who_signed_in_is_asked_in_their_own_name(tmp_path: Path, clock: Clock) -> None:
    """Whatever name the request gives, the sample that is handed out is held by who asked, and is no second one."""
    judges = (MustMatchConfig(kind="must_match", name="loud", pattern="!"),)
    given = Settings(database=tmp_path / "me.duckdb", sign_in=SIGN_IN, sign_in_secret=SecretStr("s"), judges=judges)
    asked = {"judge": "loud", "feature": "f"}
    async with Service(given, clock=clock, environ={}, scheduled=False) as service:
        app = create_app(service)
        ana = signed_in(app, clock, Role.ADMIN)
        await service.intake.accept([Item(i, {"feature": "f", "request": "?", "response": "!"}) for i in range(2)])
        await service.pipeline.drain()
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://localhost") as client:
            answers = [
                await client.get("/v1/labels/next", params={**asked, "by": by}, headers=ana) for by in ("Eve", "Ben")
            ]
    assert len({answer.json()["sample"]["sample_id"] for answer in answers}) == 1
