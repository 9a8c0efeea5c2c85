"""Who serves the models: Anthropic, a cloud, or any server that speaks the Messages API; and how it is reached."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from judges.breaker import BreakerSettings
from judges.errors import JudgeConfigError

if TYPE_CHECKING:
    import anthropic

    Sdk = (
        anthropic.AsyncAnthropic
        | anthropic.AsyncAnthropicBedrock
        | anthropic.AsyncAnthropicVertex
        | anthropic.AsyncAnthropicFoundry
    )

Kind = Literal["anthropic", "bedrock", "vertex", "foundry", "custom"]
CLOUDS: tuple[Kind, ...] = ("bedrock", "vertex", "foundry")
"""They serve Claude under ids of their own."""
ANTHROPIC = "https://api.anthropic.com"
NO_KEY = "not-needed"
KEYS: Mapping[Kind, str] = {
    "anthropic": "ANTHROPIC_API_KEY",
    "bedrock": "AWS_BEARER_TOKEN_BEDROCK",
    "vertex": "VERTEX_ACCESS_TOKEN",
    "foundry": "ANTHROPIC_FOUNDRY_API_KEY",
    "custom": "",
}
"""The environment variable of each kind's key, unless the provider names another."""
SIGNERS: Mapping[Kind, tuple[str, str, str]] = {
    "bedrock": ("boto3", "botocore.exceptions", "BotoCoreError"),
    "vertex": ("google.auth", "google.auth.exceptions", "GoogleAuthError"),
}
"""What signs the requests of a cloud when there is no key: the package, and the error it raises."""
NEEDED: Mapping[Kind, tuple[str, ...]] = {
    "bedrock": ("region",),
    "vertex": ("region", "project"),
    "foundry": ("base_url",),
    "custom": ("base_url",),
}


class ProviderConfig(BaseModel):
    """One provider of the LLM judges' models. They are asked in the order in which they stand."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(
        description="Name of the provider in verdicts, metrics and messages.", pattern=r"^[a-z0-9_-]{1,40}$"
    )
    kind: Kind = Field(description="anthropic, bedrock, vertex, foundry, or custom: any server of the Messages API.")
    base_url: str | None = Field(
        None, description="Address of the server; without it the kind's own. Needed for custom and foundry."
    )
    key_env: str | None = Field(
        None,
        description="Environment variable with the key. Default: ANTHROPIC_API_KEY, AWS_BEARER_TOKEN_BEDROCK, "
        "VERTEX_ACCESS_TOKEN, ANTHROPIC_FOUNDRY_API_KEY, none for custom. Bedrock and Vertex without a key sign with "
        "the cloud's own credentials (pip install '.[bedrock]' or '.[vertex]' in a clone).",
    )
    region: str | None = Field(None, description="Region of Bedrock or Vertex.")
    project: str | None = Field(None, description="Project of Vertex.")
    models: dict[str, str] = Field(
        default_factory=dict,
        description="The provider's own id of a model, by our pinned id; without an entry it is called the same.",
    )
    structured: bool | None = Field(
        None,
        description="Whether it holds answers to a schema. Default: true, but unknown for custom; "
        "false: no schema is sent, the prompt alone asks for JSON.",
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if missing := [name for name in NEEDED.get(self.kind, ()) if not getattr(self, name)]:
            raise ValueError(f"a provider of kind {self.kind} needs {' and '.join(missing)}")
        return self

    def reached(self, environ: Mapping[str, str], common: ClientSettings) -> ClientSettings:
        """How it is reached: its key from the environment, everything else that all share from `common`."""
        key_env = self.key_env or KEYS[self.kind]
        return replace(
            common,
            name=self.name,
            kind=self.kind,
            api_key=environ.get(key_env) or None,
            key_env=key_env,
            base_url=self.base_url,
            region=self.region or "",
            project=self.project or "",
            models=self.models,
            structured=self.structured,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """How to reach one provider. `timeout_seconds` is for one judgement with all its attempts, half of it for each."""

    name: str = "anthropic"
    kind: Kind = "anthropic"
    api_key: str | None = field(default=None, repr=False)
    key_env: str = KEYS["anthropic"]
    base_url: str | None = None
    region: str = ""
    project: str = ""
    models: Mapping[str, str] = field(default_factory=dict)
    structured: bool | None = None
    timeout_seconds: float = 30.0
    max_attempts: int = 4
    backoff_seconds: float = 0.5
    max_backoff_seconds: float = 8.0
    breaker: BreakerSettings = field(default_factory=BreakerSettings)

    @property
    def address(self) -> str:
        """Where it is, whatever the SDK would find in the environment."""
        if self.base_url:
            return self.base_url
        if self.kind == "bedrock":
            return f"https://bedrock-runtime.{self.region}.amazonaws.com"
        if self.kind == "vertex":
            return f"{_vertex(self.region)}/v1"
        return ANTHROPIC

    @property
    def enforces(self) -> bool:
        """Whether it is known to hold an answer to its schema: a server of one's own may ignore it."""
        if self.structured is not None:
            return self.structured
        return self.kind in CLOUDS or self.address.rstrip("/") == ANTHROPIC

    def means(self, told: str, model: str) -> str:
        """Our id of the model that answered; only a cloud calls the very `model` that was asked for otherwise."""
        sent = self.models.get(model, model)
        told = told or sent
        return model if told == sent and self.kind in CLOUDS else told


def _vertex(region: str) -> str:
    if region == "global":
        return "https://aiplatform.googleapis.com"
    if region in ("us", "eu"):
        return f"https://aiplatform.{region}.rep.googleapis.com"
    return f"https://{region}-aiplatform.googleapis.com"


def host(settings: ClientSettings) -> str:
    """The host to name in messages: an address may carry a password."""
    try:
        parts = urlsplit(settings.address)
        found = parts.hostname if parts.scheme in ("http", "https") else None
    except ValueError:
        found = None
    if not found:
        where = "judge.base_url" if settings.name in ("anthropic", "custom") else f"base_url of {settings.name}"
        raise JudgeConfigError(f"{where} is no web address. Write it like http://127.0.0.1:8000.")
    return found


def open_sdk(settings: ClientSettings) -> Sdk:
    """The SDK's client with an explicit key and address: without them it would look for profiles on disk."""
    import anthropic

    for name in ("anthropic", "httpx2"):
        # At DEBUG the SDK logs whole requests: samples do not belong in logs.
        logging.getLogger(name).setLevel(logging.WARNING)
    key = _key(settings)
    common: dict[str, Any] = {"base_url": settings.address, "max_retries": 0, "open_telemetry": False}
    common["http_client"] = anthropic.DefaultAioHttpClient()
    if settings.kind == "bedrock":
        return anthropic.AsyncAnthropicBedrock(api_key=key, aws_region=settings.region, **common)
    if settings.kind == "vertex":
        common |= {"region": settings.region, "project_id": settings.project}
        return anthropic.AsyncAnthropicVertex(access_token=key, **common)
    if settings.kind == "foundry":
        return anthropic.AsyncAnthropicFoundry(api_key=key, **common)
    return anthropic.AsyncAnthropic(api_key=key, **common)


def signing_errors(settings: ClientSettings) -> tuple[type[Exception], ...]:
    """What a cloud's own credentials raise when they cannot be had."""
    if settings.kind not in SIGNERS or settings.api_key:
        return ()
    _, module, name = SIGNERS[settings.kind]
    return (getattr(import_module(module), name), RuntimeError)


def _key(settings: ClientSettings) -> str | None:
    """The key to send; None when the cloud's own credentials sign."""
    key = (settings.api_key or "").strip()
    if not (key.isascii() and key.isprintable()):
        raise JudgeConfigError(f"{settings.key_env} holds characters that no key has. Copy the key again.")
    if key:
        return key
    if settings.kind in SIGNERS:
        _require_extra(settings)
        return None
    if settings.kind == "foundry":
        raise JudgeConfigError(f"Provider {settings.name} has no key. Set {settings.key_env}.")
    if settings.kind == "anthropic" and not settings.base_url:
        raise JudgeConfigError(f"LLM judges need a key or a server. Set {settings.key_env} or judge.base_url.")
    return NO_KEY


def _require_extra(settings: ClientSettings) -> None:
    package, kind = SIGNERS[settings.kind][0], settings.kind
    try:
        there = find_spec(package) is not None
    except ModuleNotFoundError:
        there = False
    if not there:
        raise JudgeConfigError(
            f"Provider {settings.name} has no key in {settings.key_env}, and {package}, which would sign its "
            f"requests, is not installed. Run pip install '.[{kind}]' in a clone of Leadline, or set "
            f"{settings.key_env}."
        )
