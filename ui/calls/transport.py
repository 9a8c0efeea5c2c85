"""Asking the HTTP API: with a key, within a time, and with errors that say what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar, cast
from urllib.parse import quote

import httpx2
from pydantic import TypeAdapter, ValidationError

from evaluator.alerts.actions import UI
from evaluator.api.incidents import CLIENT_HEADER
from ui.calls.one_at_a_time import PAGES

TIMEOUT_SECONDS = 10.0
SLOW_SECONDS = 60.0
"""For what waits for somebody else's server."""

FILE_SECONDS = 600.0
"""For a file of many samples."""

KEPT_SECONDS = 2.0
"""An idle connection is not used after that: the service closes it after five, maybe just as a page asks."""

CLOSED = (httpx2.RemoteProtocolError, httpx2.ReadError, httpx2.WriteError)
"""What a connection ends with that the service has closed meanwhile."""

T = TypeVar("T")


class ApiError(Exception):
    """The API did not answer as it should; the message says what happened and what to do next."""


class UnreachableError(ApiError):
    """Nothing listens at the address, or it does not answer in time."""


class KeyNeededError(ApiError):
    """The API wants a key, or does not accept this one."""


class NotFoundError(ApiError):
    """What was asked for is not there (any more)."""


class ForbiddenError(ApiError):
    """The key may not do this; the message says in the service's words what it takes."""


class RefusedError(ApiError):
    """The service does not do what was asked; the message is its reason."""


class Transport:
    """The way to one Leadline service, in the name of one key."""

    def __init__(self, url: str, key: str | None = None) -> None:
        self.url = url.rstrip("/")
        # What no header can carry is no key: the service refuses it like any wrong one.
        token = "".join(char if char.isascii() and char.isprintable() else "?" for char in key or "")
        self._headers = {CLIENT_HEADER: UI, **({"authorization": f"Bearer {token}"} if token else {})}

    def _get(
        self,
        path: str,
        shape: type[T],
        timeout: float = TIMEOUT_SECONDS,
        /,
        **params: str | float | Sequence[str] | None,
    ) -> T:
        return self._read(self._got(path, timeout, **params), path, shape)

    def _file(self, path: str, **params: str | float | Sequence[str] | None) -> bytes:
        """What a route answers that gives a file."""
        response = self._got(path, FILE_SECONDS, **params)
        if response.status_code == 404:
            raise NotFoundError("There is nothing to put into this file.")
        if response.status_code != 200:
            raise _unusable(response, path)
        return response.content

    def _got(self, path: str, timeout: float, **params: str | float | Sequence[str] | None) -> httpx2.Response:
        wanted = {name: value for name, value in params.items() if value is not None}
        response = self._send("GET", path, params=wanted, timeout=timeout)
        if response.status_code in (401, 403):
            raise KeyNeededError(f"The service says: {_detail(response)}")
        if response.status_code == 422:
            raise RefusedError(_detail(response))
        return response

    def _post(self, path: str, shape: type[T], body: Mapping[str, Any], timeout: float = TIMEOUT_SECONDS) -> T:
        response = self._send("POST", path, json=body, timeout=timeout)
        if response.status_code in (401, 403):
            raise ForbiddenError(_detail(response))
        if response.status_code in (409, 422, 503):
            raise RefusedError(_detail(response))
        return self._read(response, path, shape)

    def _read(self, response: httpx2.Response, path: str, shape: type[T]) -> T:
        if response.status_code == 404:
            raise NotFoundError("The service has no such entry. It may have been removed, or the link is incomplete.")
        if response.status_code not in (200, 201):
            raise _unusable(response, path)
        try:
            answer: T = _adapter(cast("Any", shape)).validate_json(response.content)
        except ValidationError as error:
            raise ApiError(
                f"The answer to {path} has another shape: is {self.url} this version of Leadline?"
            ) from error
        return answer

    def _send(self, method: str, path: str, *, timeout: float = TIMEOUT_SECONDS, **content: Any) -> httpx2.Response:
        told = {"headers": self._headers, "timeout": timeout, **content}
        try:
            with PAGES.asking(briefly=timeout <= TIMEOUT_SECONDS):
                try:
                    return _connection(self.url).request(method, path, **told)
                except CLOSED:
                    # Closed before an answer began. Reading twice changes nothing.
                    if method != "GET":
                        raise
                    return _connection(self.url).request(method, path, **told)
        except httpx2.TimeoutException as error:
            raise UnreachableError(f"{self.url} did not answer within {timeout:g} seconds.") from error
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise UnreachableError(f"Nothing answers at {self.url}.") from error


def quoted(part: str) -> str:
    """A part of a path, whatever is in it."""
    return quote(part, safe="")


def _unusable(response: httpx2.Response, path: str) -> ApiError:
    return ApiError(f"The service answered {response.status_code} to {path}. Its log says why.")


def _detail(response: httpx2.Response) -> str:
    """What the API says against a request, as a sentence: its own, or which field is wrong and why."""
    try:
        detail = response.json()["detail"]
    except (ValueError, KeyError, TypeError):
        return f"It answered {response.status_code}; its log says why."
    if not isinstance(detail, list):
        return str(detail)
    return "; ".join(f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in detail)


@lru_cache(maxsize=64)
def _adapter(shape: Any) -> TypeAdapter[Any]:
    # Made anew it takes longer than reading most answers.
    return TypeAdapter(shape)


@lru_cache(maxsize=8)
def _connection(url: str) -> httpx2.Client:
    # One pool for all browser sessions. No proxy from the environment: the service is on this machine.
    limits = httpx2.Limits(keepalive_expiry=KEPT_SECONDS)
    return httpx2.Client(base_url=url, timeout=TIMEOUT_SECONDS, limits=limits, trust_env=False)
