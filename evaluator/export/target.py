"""The user's backend: takes OTLP logs by HTTP, and says what became of them."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import unquote

import httpx2
from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from evaluator import outbound
from evaluator.errors import ConfigError
from evaluator.settings import ExportSettings
from store.records import Clock

PATH = "/v1/logs"
PROTOBUF = "application/x-protobuf"
ABOUT_THE_EVENTS = frozenset({400, 413, 422})
MAX_ANSWER_BYTES = 64 * 1024
OURS = {
    "content-type": PROTOBUF,
    "content-encoding": "gzip",
    "accept-encoding": "identity",
    "user-agent": "leadline",
}
ENDPOINT = "export.endpoint"


class Fate(StrEnum):
    """What became of a request: taken; refused for what it holds; or not answered in a way that says either."""

    TAKEN = "taken"
    REFUSED = "refused"
    AWAY = "away"


@dataclass(frozen=True, slots=True)
class Answer:
    """The backend's answer. `rejected` counts events of a taken request that it left out."""

    fate: Fate
    why: str = ""
    rejected: int = 0
    retry_after_seconds: float = 0.0


class Target:
    """One address; follows no redirect, uses no proxy. Its headers may be secrets, so no error repeats them."""

    def __init__(self, settings: ExportSettings, headers: Mapping[str, str], clock: Clock) -> None:
        self.url = _url(settings.endpoint or "")
        self._timeout_seconds = settings.timeout_seconds
        self._clock = clock
        self._client = httpx2.AsyncClient(
            verify=outbound.tls(),
            timeout=settings.timeout_seconds,
            trust_env=False,
            headers={**headers, **OURS},
        )

    @property
    def host(self) -> str:
        """Whom it is sent to, without what a URL may hold beside it."""
        return self.url.netloc.decode("ascii")

    async def close(self) -> None:
        """Lets the connections go."""
        await self._client.aclose()

    async def send(self, body: bytes) -> Answer:
        """POSTs the request; every failure is an answer."""
        packed = await asyncio.to_thread(gzip.compress, body, 6)
        try:
            async with (
                asyncio.timeout(self._timeout_seconds),
                self._client.stream("POST", self.url, content=packed) as response,
            ):
                return self._read(response, await _start_of(response))
        except TimeoutError:
            return Answer(Fate.AWAY, "it did not answer in time")
        except httpx2.HTTPError as error:
            return Answer(Fate.AWAY, outbound.why(error))

    def _read(self, response: httpx2.Response, body: bytes) -> Answer:
        status, media_type = response.status_code, response.headers.get("content-type", "")
        if status in ABOUT_THE_EVENTS:
            return Answer(Fate.REFUSED, f"it answered {status}")
        if not 200 <= status < 300:
            after = outbound.retry_after(response.headers.get("retry-after", ""), self._clock())
            return Answer(Fate.AWAY, f"it answered {status}", retry_after_seconds=after or 0.0)
        if "html" in media_type:
            return Answer(Fate.AWAY, f"it answered {status} with a web page: this is no OTLP endpoint")
        return Answer(Fate.TAKEN, rejected=_rejected(body) if PROTOBUF in media_type else 0)


def build(settings: ExportSettings, environ: Mapping[str, str], clock: Clock) -> Target | None:
    """The target of the settings, None when nothing is exported; ConfigError names what is wrong, never its value."""
    if settings.endpoint is None:
        return None
    return Target(settings, _headers(settings.headers_env, environ), clock)


def _url(endpoint: str) -> httpx2.URL:
    if not outbound.is_http(endpoint):
        raise ConfigError(f"{ENDPOINT} is no http:// or https:// URL; it is usually http://HOST:4318{PATH}.")
    url = httpx2.URL(endpoint)
    if url.userinfo:
        raise ConfigError(
            f"{ENDPOINT} holds a user or a password; put an authorization header into the variable of "
            "export.headers_env instead."
        )
    return url.copy_with(path=PATH) if url.path in ("", "/") else url


def _headers(variable: str | None, environ: Mapping[str, str]) -> dict[str, str]:
    """Pairs `name=value`, separated by commas, values percent-encoded: as in OTEL_EXPORTER_OTLP_HEADERS."""
    if variable is None:
        return {}
    told = environ.get(variable, "").strip()
    pairs = [part.partition("=") for part in told.split(",") if part.strip()]
    headers = {name.strip(): unquote(value.strip()) for name, _, value in pairs}
    if not headers or not all(_is_header(name, value) for name, value in headers.items()):
        raise ConfigError(
            f"export.headers_env: {variable} must be set to name=value pairs with commas between them "
            "(authorization=Bearer%20…); set it, or remove export.headers_env."
        )
    return headers


def _is_header(name: str, value: str) -> bool:
    """Whether HTTP can carry it."""
    token = re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", name)
    return token is not None and value != "" and value.isascii() and value.isprintable()


async def _start_of(response: httpx2.Response) -> bytes:
    """As much of the body as an answer of OTLP can have."""
    body = b""
    async for chunk in response.aiter_bytes():
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            break
    return body


def _rejected(body: bytes) -> int:
    answer = ExportLogsServiceResponse()
    try:
        answer.ParseFromString(body)
    except DecodeError:
        return 0
    return max(int(answer.partial_success.rejected_log_records), 0)
