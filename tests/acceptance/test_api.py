"""The HTTP API over a started service: what it reads, what it refuses, what it does on demand."""

from __future__ import annotations

import json

import pytest

from evaluator.api.auth import Role, new_key
from evaluator.errors import ConfigError
from tests.acceptance.conftest import OpenApi
from tests.in_process import sent


async def test_an_empty_service_answers_everywhere(api: OpenApi) -> None:
    """Without data every list is empty, and nothing fails."""
    async with api() as client:
        for path in ("monitors", "alerts", "samples", "verdicts", "costs", "baselines"):
            answer = await client.get(f"/v1/{path}")
            assert (path, answer.status_code, answer.json()) == (path, 200, [])


async def test_a_sample_can_be_read_back(api: OpenApi) -> None:
    """What was sent is found by its id, with the request and response in one shape."""
    async with api() as client:
        await sent(client, {"id": "a/b c", "feature": "f", "request": "why?", "response": "because"})
        sample = (await client.get("/v1/samples/a%2Fb%20c")).json()
    assert sample["response"]["content"] == [{"type": "text", "text": "because"}]


async def test_unknown_things_are_404(api: OpenApi) -> None:
    """An id that leads nowhere is 404 with a word on what to do."""
    async with api() as client:
        for path in ("samples/x", "monitors/x", "alerts/x"):
            answer = await client.get(f"/v1/{path}")
            assert (path, answer.status_code, bool(answer.json()["detail"])) == (path, 404, True)


async def test_judges_without_a_key_are_listed_as_not_configured(api: OpenApi) -> None:
    """The LLM judge stands in the list with what to set, and no verdict is made for it."""
    async with api(judge={"llm_rate": 1.0}) as client:
        await sent(client, {"response": "hello", "feature": "f"})
        listed = {judge["name"]: judge for judge in (await client.get("/v1/judges")).json()}
        judged = (await client.get("/v1/verdicts")).json()
    assert listed["smell_test"]["state"] == "not_configured"
    assert "ANTHROPIC_API_KEY" in listed["smell_test"]["detail"]
    assert "smell_test" not in {verdict["judge"] for verdict in judged}


async def test_coverage_accounts_for_every_item(api: OpenApi) -> None:
    """Kept, not kept and rejected items add up to what was sent."""
    rule = {"name": "quiet", "when": {"feature": "quiet"}, "rate": 0.0}
    async with api(sampling={"rules": [rule]}) as client:
        stamp = "2026-11-20T11:00:00Z"
        items = [{"feature": name, "response": "x", "id": name, "timestamp": stamp} for name in ("loud", "quiet")]
        await client.post("/v1/samples", json=[*items, {"feature": "broken", "latency_ms": "slow", "response": "x"}])
        window = {"start": "2026-11-20T00:00:00Z", "end": "2026-11-21T00:00:00Z"}
        rows = (await client.get("/v1/coverage", params=window)).json()["traffic"]
    assert {(row["feature"], row["outcome"], row["n"]) for row in rows} == {
        ("loud", "accepted", 1),
        ("quiet", "rate", 1),
        ("broken", "rejected", 1),
    }


async def test_a_look_on_demand_is_reported(api: OpenApi) -> None:
    """POST /v1/checks looks as of the given time and answers with every monitor."""
    async with api() as client:
        report = (await client.post("/v1/checks", json={"now": "2026-11-20T11:59:00Z"})).json()
    assert (report["looked_at"], report["monitors"]) == ("2026-11-20T11:45:00Z", [])


async def test_a_body_that_is_not_said_to_be_json_is_met_with_the_header(api: OpenApi) -> None:
    """What curl sends by itself is refused in words that help."""
    async with api() as client:
        form = {"content-type": "application/x-www-form-urlencoded"}
        answer = await client.post("/v1/backtest", content=b'{"since": "2026-11-01T00:00:00Z"}', headers=form)
    assert (answer.status_code, "send Content-Type: application/json" in answer.json()["detail"]) == (422, True)


async def test_a_look_with_a_typo_is_refused(api: OpenApi) -> None:
    """An unknown name in the body is an error, not ignored."""
    async with api() as client:
        assert (await client.post("/v1/checks", json={"nwo": None})).status_code == 422


async def test_a_baseline_nobody_watches_is_refused(api: OpenApi) -> None:
    """A baseline for an unknown monitor is 422 with the reason."""
    async with api() as client:
        body = {"feature": "f", "judge": "j", "end": "2026-11-20T00:00:00Z"}
        answer = await client.post("/v1/baselines", json=body)
    assert (answer.status_code, "no monitor" in answer.json()["detail"]) == (422, True)


async def test_a_baseline_in_two_ways_is_refused(api: OpenApi) -> None:
    """Baselines are listed by series; a request that nobody could mean, or with a typo, is 422."""
    async with api() as client:
        listed = await client.get("/v1/baselines", params={"feature": "f", "judge": "", "history": True})
        typo = await client.post("/v1/baselines", json={"feature": "f", "judge": "j", "relase": "1"})
    assert (listed.status_code, listed.json(), typo.status_code) == (200, [], 422)


async def test_nothing_redirects(api: OpenApi) -> None:
    """A trailing slash is served or not found, never a redirect, which exporters would not follow with their body."""
    async with api() as client:
        codes = {(await client.get(path)).status_code for path in ("/v1/monitors/", "/v1/samples/", "/healthz/")}
    assert not codes & {301, 302, 303, 307, 308}


async def test_roles_are_kept_apart(api: OpenApi) -> None:
    """A read key reads, does not ingest and does not change; without a key nothing but the health is told."""
    plain, hashed = new_key(Role.READ)
    async with api(keys=(hashed,)) as client:
        assert (await client.get("/v1/monitors")).status_code == 401
        assert (await client.get("/metrics")).status_code == 401
        assert (await client.get("/healthz")).status_code == 200
        client.headers["authorization"] = f"Bearer {plain}"
        assert (await client.get("/v1/monitors")).status_code == 200
        assert (await client.post("/v1/samples", json={"response": "x"})).status_code == 403
        assert (await client.post("/v1/baselines", json={})).status_code == 403


async def test_listening_beyond_this_machine_needs_keys(api: OpenApi) -> None:
    """Without keys the service refuses to be built for another address than loopback."""
    with pytest.raises(ConfigError, match="LEADLINE_KEYS"):
        async with api(server={"host": "0.0.0.0"}):
            pass


async def test_metrics_count_what_came(api: OpenApi) -> None:
    """/metrics counts items by what became of them."""
    async with api() as client:
        await client.post("/v1/samples", json=[{"response": "x", "id": "a", "timestamp": "2026-11-20T11:00:00Z"}, {}])
        text = (await client.get("/metrics")).text
    assert 'leadline_samples_total{outcome="accepted"} 1.0' in text
    assert 'leadline_samples_total{outcome="rejected"} 1.0' in text


async def test_the_api_describes_itself(api: OpenApi) -> None:
    """The OpenAPI document names every public route."""
    async with api() as client:
        paths = (await client.get("/openapi.json")).json()["paths"]
    assert {"/v1/samples", "/v1/monitors", "/v1/checks", "/v1/alerts", "/healthz", "/metrics"} <= set(paths)


async def test_the_gate_names_only_what_is_stored(api: OpenApi) -> None:
    """A path is refused, and so are a name without verdicts and a field that is not known."""
    async with api() as client:
        for field, value, why in (
            ("baseline", "/etc/passwd", "nothing that is stored"),
            ("baseline", "release:1", "no verdict on release:1"),
            ("margins", 0.1, "margins"),
            ("candidate", "release:\ud800\x00", "no verdict on"),
        ):
            body = {"feature": "f", "baseline": "release:0", "candidate": "release:2", field: value}
            sent_as = {"content-type": "application/json"}
            answer = await client.post("/v1/gate", content=json.dumps(body).encode(), headers=sent_as)
            assert (answer.status_code, why in answer.text) == (422, True), answer.text
