"""An HTTP server that alerts are posted to: called at the address that was checked, never by a redirect or a proxy."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime

import httpx2

from evaluator import outbound
from evaluator.alerts import addresses
from evaluator.alerts.message import DeliveryError

TIMEOUT_SECONDS = 10.0
RETRY_STATUS = frozenset({408, 425, 429})


class Target:
    """A URL that takes posts. It may carry secrets, so that it is in no error and in no log line."""

    def __init__(
        self,
        url: str,
        *,
        allow_private: bool = False,
        resolve: addresses.Resolver = addresses.resolve,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._url = httpx2.URL(url)
        self._host = self._url.raw_host.decode("ascii")
        self._allow_private = allow_private
        self._resolve = resolve
        self._timeout_seconds = timeout_seconds

    async def post(self, body: str, headers: Mapping[str, str], now: datetime) -> None:
        """Posts JSON to the first address of the target that can be reached; DeliveryError when it is not taken."""
        named = {
            "content-type": "application/json",
            "user-agent": "leadline",
            "host": self._url.netloc.decode("ascii"),
            **headers,
        }
        try:
            async with asyncio.timeout(self._timeout_seconds):
                await self._post(body, named, now)
        except TimeoutError:
            raise DeliveryError("the target did not answer in time", retry=True) from None

    async def _post(self, body: str, headers: Mapping[str, str], now: datetime) -> None:
        reachable = await self._addresses()
        # An address that swallows packets must leave time for the next one.
        waits = httpx2.Timeout(self._timeout_seconds, connect=self._timeout_seconds / 3)
        async with httpx2.AsyncClient(verify=outbound.tls(), timeout=waits, trust_env=False) as client:
            for address in reachable:
                # The checked address itself is called: a second answer of the name server cannot move the target.
                pinned, named = self._url.copy_with(host=address), {"sni_hostname": self._host}
                request = client.build_request("POST", pinned, content=body, headers=headers, extensions=named)
                try:
                    response = await client.send(request, stream=True)
                except httpx2.HTTPError as error:
                    unreachable = isinstance(error, httpx2.ConnectError | httpx2.ConnectTimeout)
                    if unreachable and address != reachable[-1]:
                        continue
                    raise DeliveryError(outbound.why(error), retry=True) from None
                await response.aclose()
                _raise_unless_taken(response, now)
                return

    async def _addresses(self) -> list[str]:
        port = self._url.port or (443 if self._url.scheme == "https" else 80)
        try:
            found = await self._resolve(self._host, port)
        except OSError:
            found = []
        if not found:
            raise DeliveryError("the target's host name has no address now", retry=True)
        if not self._allow_private and not all(addresses.is_public(address) for address in found):
            raise DeliveryError(
                "the target's host is on a private, loopback or link-local address; "
                "set allow_private = true for this channel if that is meant",
                retry=False,
            )
        return found


def _raise_unless_taken(response: httpx2.Response, now: datetime) -> None:
    """Raises DeliveryError unless the answer is 2xx; only 408, 425, 429 and 5xx are worth another attempt."""
    status = response.status_code
    if 200 <= status < 300:
        return
    if 300 <= status < 400:
        raise DeliveryError(f"the target answered {status}: redirects are not followed, set the final URL", retry=False)
    retry = status in RETRY_STATUS or status >= 500
    after = outbound.retry_after(response.headers.get("retry-after", ""), now) if retry else None
    raise DeliveryError(f"the target answered {status}", retry=retry, retry_after_seconds=after)
