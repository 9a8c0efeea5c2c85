"""Clouds and servers of one's own: what reaches them, against fakes of their paths on loopback."""

from __future__ import annotations

import random
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import ValidationError

from evaluator.settings import JudgeSettings
from judges.client import ClaudeClient, ClientSettings, Completion
from judges.cost import cost_usd
from judges.errors import JudgeConfigError, Stopped, Unavailable
from judges.providers import ProviderConfig
from tests.fake_platforms import FakePlatforms
from tests.fakes import FakeClaude, Reply, says
from tests.unit.judges.conftest import Naps, ask

HAIKU = "claude-haiku-5-5"
BEDROCK_ID = "us.anthropic.claude-haiku-5-5-v1:0"
BEDROCK = {"kind": "bedrock", "region": "eu-central-1", "models": {HAIKU: BEDROCK_ID}}
VERTEX = {"kind": "vertex", "region": "europe-west1", "project": "my-project"}
KEYS = {"AWS_BEARER_TOKEN_BEDROCK": "aws", "VERTEX_ACCESS_TOKEN": "gcp", "ANTHROPIC_FOUNDRY_API_KEY": "azure"}


@pytest.fixture
async def clouds(claude: FakeClaude) -> AsyncIterator[FakePlatforms]:
    """Three clouds with the fake behind them."""
    async with FakePlatforms(claude) as server:
        yield server


def reached(environ: dict[str, str], **config: Any) -> ClientSettings:
    provider = ProviderConfig.model_validate({"name": "mine", **config})
    return provider.reached(environ, ClientSettings(max_attempts=1))


async def answered(naps: Naps, environ: dict[str, str], **config: Any) -> Completion:
    """What a provider of this definition answers."""
    client = ClaudeClient(reached(environ, **config), rng=random.Random(1), clock=naps.clock, sleep=naps)
    try:
        return await client.complete(ask())
    finally:
        await client.close()


async def test_bedrock(clouds: FakePlatforms, claude: FakeClaude, naps: Naps) -> None:
    """The provider's own model id stands in the path, the key in Authorization; the answer names the pinned id."""
    found = await answered(naps, KEYS, **BEDROCK, base_url=clouds.url)
    asked = clouds.asked[0]
    assert asked.path == f"/model/{BEDROCK_ID}/invoke"
    assert asked.headers["authorization"] == "Bearer aws"
    assert asked.body["output_config"]["format"]["type"] == "json_schema"
    assert (found.provider, found.model, found.structured) == ("mine", HAIKU, True)


async def test_bedrock_signs_with_the_clouds_own_credentials(
    clouds: FakePlatforms, claude: FakeClaude, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key the request carries a signature of version 4, for the region and the service."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
    await answered(naps, {}, **BEDROCK, base_url=clouds.url)
    signature = clouds.asked[0].headers["authorization"]
    assert signature.startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-central-1/bedrock/aws4_request" in signature


async def test_vertex(clouds: FakePlatforms, naps: Naps) -> None:
    """Project, region and model stand in the path, the token in Authorization."""
    found = await answered(naps, KEYS, **VERTEX, base_url=f"{clouds.url}/v1")
    asked = clouds.asked[0]
    models = "/v1/projects/my-project/locations/europe-west1/publishers/anthropic/models"
    assert asked.path == f"{models}/{HAIKU}:rawPredict"
    assert asked.headers["authorization"] == "Bearer gcp"
    assert (found.model, found.structured) == (HAIKU, True)


async def test_foundry(clouds: FakePlatforms, naps: Naps) -> None:
    """A resource's address with the Messages API below it, the key in x-api-key."""
    found = await answered(naps, KEYS, kind="foundry", base_url=f"{clouds.url}/anthropic/")
    asked = clouds.asked[0]
    assert (asked.path, asked.headers["x-api-key"]) == ("/anthropic/v1/messages", "azure")
    assert (asked.body["model"], found.structured) == (HAIKU, True)


async def test_a_server_of_ones_own(claude: FakeClaude, naps: Naps) -> None:
    """It is sent the schema; whether it holds to it is not known."""
    found = await answered(naps, {"KEY": "k"}, kind="custom", base_url=claude.url, key_env="KEY")
    assert claude.asked[0].headers["authorization"] == "Bearer k"
    assert "output_config" in claude.asked[0].body
    assert (found.provider, found.structured) == ("mine", False)


@pytest.mark.parametrize(
    ("told", "named"), [("qwen3:8b", "qwen3:8b"), ("qwen3:8b-q4", "qwen3:8b-q4"), ("", "qwen3:8b")]
)
async def test_another_model_at_a_server_of_ones_own_is_called_by_its_name(
    claude: FakeClaude, naps: Naps, told: str, named: str
) -> None:
    """It stands in for the judge's model and is not it: the verdict says which it was, and no price is made up."""
    claude.then(Reply(body={**says("hi", input_tokens=9).body, "model": told}))  # type: ignore[dict-item]
    found = await answered(naps, {}, kind="custom", base_url=claude.url, models={HAIKU: "qwen3:8b"})
    assert claude.asked[0].body["model"] == "qwen3:8b"
    assert (found.model, cost_usd(found.model, found.usage)) == (named, None)


@pytest.mark.parametrize(("structured", "sent"), [(True, True), (False, False)])
async def test_structured_output_may_be_switched(claude: FakeClaude, naps: Naps, structured: bool, sent: bool) -> None:
    """Off: the prompt alone asks for JSON, and no output_config is sent. On: the answer is taken to be held to it."""
    found = await answered(naps, {}, kind="custom", base_url=claude.url, structured=structured)
    assert ("output_config" in claude.asked[0].body, found.structured) == (sent, structured)


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ({"kind": "anthropic"}, "https://api.anthropic.com"),
        (BEDROCK, "https://bedrock-runtime.eu-central-1.amazonaws.com"),
        (VERTEX, "https://europe-west1-aiplatform.googleapis.com/v1"),
        ({**VERTEX, "region": "global"}, "https://aiplatform.googleapis.com/v1"),
        ({**VERTEX, "region": "eu"}, "https://aiplatform.eu.rep.googleapis.com/v1"),
    ],
)
def test_each_kind_has_its_address(kind: dict[str, Any], address: str) -> None:
    """What the SDK would use too, whatever stands in the environment."""
    assert reached(KEYS, **kind).address == address


@pytest.mark.parametrize(
    ("config", "missing"),
    [
        ({"kind": "bedrock"}, "region"),
        ({"kind": "vertex", "region": "eu"}, "project"),
        ({"kind": "custom"}, "base_url"),
        ({"kind": "foundry"}, "base_url"),
    ],
)
def test_what_a_kind_needs_is_said(config: dict[str, Any], missing: str) -> None:
    """A provider that cannot be reached is found in the settings."""
    with pytest.raises(ValidationError, match=f"needs {missing}"):
        ProviderConfig.model_validate({"name": "mine", **config})


def test_two_providers_of_one_name_are_refused() -> None:
    """Verdicts and metrics would not tell them apart."""
    one = {"name": "mine", "kind": "anthropic"}
    with pytest.raises(ValidationError, match="two providers are called mine"):
        JudgeSettings.model_validate({"providers": [one, one]})


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"kind": "anthropic"}, "ANTHROPIC_API_KEY"),
        ({"kind": "anthropic", "key_env": "OTHER"}, "OTHER"),
        ({"kind": "foundry", "base_url": "http://127.0.0.1:9"}, "ANTHROPIC_FOUNDRY_API_KEY"),
        ({"kind": "custom", "base_url": "nonsense"}, "base_url of mine is no web address"),
    ],
)
def test_a_provider_without_its_key_is_a_mistake(config: dict[str, Any], said: str) -> None:
    """The error names the variable to set."""
    with pytest.raises(JudgeConfigError, match=said):
        ClaudeClient(reached({}, **config), rng=random.Random(1))


@pytest.mark.parametrize(
    ("status", "body", "error", "reason"),
    [
        (403, {"message": "The security token is invalid"}, Stopped, "forbidden"),
        (404, {"error": {"code": 404, "status": "NOT_FOUND"}}, Stopped, "model_not_found"),
        (424, {"message": "ModelErrorException"}, Unavailable, "overloaded"),
        (429, {"message": "Too many tokens"}, Unavailable, "rate_limited"),
        (429, {"error": {"code": 429, "status": "RESOURCE_EXHAUSTED"}}, Unavailable, "rate_limited"),
        (503, {"error": {"code": 503, "status": "UNAVAILABLE"}}, Unavailable, "overloaded"),
    ],
)
async def test_a_clouds_errors_are_understood(
    clouds: FakePlatforms, naps: Naps, status: int, body: dict[str, Any], error: type[Exception], reason: str
) -> None:
    """They are worded unlike Anthropic's; the status says what they mean."""
    clouds.refuses = (status, body)
    with pytest.raises(error) as caught:
        await answered(naps, KEYS, **BEDROCK, base_url=clouds.url)
    assert getattr(caught.value, "reason") == reason  # noqa: B009


async def test_credentials_that_cannot_be_had_are_an_outage(
    clouds: FakePlatforms, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The samples wait until the cloud's credentials are there; none is blamed, and no call leaves."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_BEARER_TOKEN_BEDROCK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(Unavailable, match="credentials") as caught:
        await answered(naps, {}, **{**BEDROCK, "region": "eu-west-1"}, base_url=clouds.url)
    assert (caught.value.reason, caught.value.everyone, clouds.asked) == ("credentials", True, [])


async def test_google_credentials_that_cannot_be_had_are_an_outage(
    clouds: FakePlatforms, naps: Naps, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for Vertex; the error names what was missing, and nothing of where it was looked for."""
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nonexistent/key.json")
    with pytest.raises(Unavailable, match="DefaultCredentialsError") as caught:
        await answered(naps, {}, **VERTEX, base_url=f"{clouds.url}/v1")
    assert (caught.value.reason, caught.value.everyone, clouds.asked) == ("credentials", True, [])
    assert "nonexistent" not in str(caught.value)


@pytest.mark.parametrize(
    ("config", "package", "extra"), [(BEDROCK, "boto3", "bedrock"), (VERTEX, "google.auth", "vertex")]
)
def test_a_missing_extra_is_said(
    config: dict[str, Any], package: str, extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a key and without the package that signs, the error says what to install or to set."""
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(JudgeConfigError, match=rf"pip install '\.\[{extra}\]' in a clone of Leadline, or set "):
        ClaudeClient(reached({}, **config), rng=random.Random(1))
