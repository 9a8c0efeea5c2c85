"""Who may call: API keys with a role, signatures on ingest, and what a service without keys refuses."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from base64 import b64decode
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fastapi import HTTPException, Request
from pydantic import SecretStr
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError
from starlette.datastructures import Headers
from starlette.responses import JSONResponse

from evaluator.errors import ConfigError

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from evaluator.api.sessions import Person, Sessions

KEY_HEADERS = ("x-api-key", "api-key", "api_key")
HELICONE_HEADER = "helicone-signature"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_HEX = frozenset("0123456789abcdef")


class Role(StrEnum):
    """What a key may do; admin may do all."""

    INGEST = "ingest"
    READ = "read"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Keys:
    """The configured keys as (role, SHA-256 of the key in hex), and the sessions of people where they sign in.

    Without either, whoever reaches the port may do all.
    """

    entries: tuple[tuple[Role, str], ...] = ()
    sessions: Sessions | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, given: Iterable[SecretStr | str]) -> Keys:
        """Keys from `role:sha256hex` entries; ConfigError names the entry that is none, by its number only."""
        return cls(tuple(_entry(number, given) for number, given in enumerate(given, 1)))

    def __bool__(self) -> bool:
        return bool(self.entries) or self.sessions is not None

    def roles(self, presented: str) -> set[Role]:
        """The roles of a presented key or session; every entry is compared, so that the time taken tells nothing."""
        person = self.sessions.person(presented) if self.sessions else None
        return self._key_roles(presented) | ({person.role} if person else set())

    def check(self, headers: Mapping[str, str], role: Role) -> None:
        """HTTP 401 without a known key, 403 when the key has another role."""
        if not self:
            return
        roles = self.held(headers)
        if role not in roles and Role.ADMIN not in roles:
            have = ", ".join(sorted(roles))
            raise HTTPException(403, f"this needs a key with role {role} (or admin); the one sent has {have}")

    def held(self, headers: Mapping[str, str]) -> set[Role]:
        """The roles of everything that a request carries; HTTP 401 where it has none."""
        presented = presented_keys(headers)
        if roles := set().union(*map(self.roles, presented)):
            return roles
        told = "the API key is not known, or the sign-in is over" if presented else "an API key is required"
        raise HTTPException(
            401,
            f"{told}; send Authorization: Bearer KEY, x-api-key: KEY, or the key as Basic password or user",
            {"WWW-Authenticate": 'Bearer realm="leadline"'},
        )

    def person(self, headers: Mapping[str, str]) -> Person | None:
        """Who signed in and sent this request; None when a program did, with a key or without."""
        if self.sessions is None:
            return None
        return next(filter(None, map(self.sessions.person, presented_keys(headers))), None)

    def fingerprint(self, headers: Mapping[str, str]) -> str | None:
        """The beginning of the hash of the known key that a request carries: tells keys apart, and gives none away."""
        return next((_digest(one)[:8] for one in presented_keys(headers) if self._key_roles(one)), None)

    def require(self, role: Role) -> Callable[[Request], Awaitable[None]]:
        """A FastAPI dependency that lets only callers with this role pass."""

        async def allowed(request: Request) -> None:
            self.check(request.headers, role)

        return allowed

    def _key_roles(self, presented: str) -> set[Role]:
        digest = _digest(presented)
        return {role for role, known in self.entries if hmac.compare_digest(known, digest)}


def new_key(role: Role) -> tuple[str, str]:
    """A fresh key and the entry to configure for it: (plain, `role:sha256hex`). The plain key is stored nowhere."""
    plain = f"ll_{role}_{secrets.token_urlsafe(32)}"
    return plain, f"{role}:{_digest(plain)}"


def presented_keys(headers: Mapping[str, str]) -> list[str]:
    """What may be the key of a request: Bearer, the password or the user of Basic, and the headers for keys."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    found = [headers.get(name, "") for name in KEY_HEADERS]
    if scheme.lower() == "bearer":
        found.insert(0, rest.strip())
    elif scheme.lower() == "basic":
        found[:0] = _basic(rest.strip())
    return [key for key in found if key]


def _basic(credentials: str) -> list[str]:
    """Password and user: Langfuse clients send public:secret, others the key as user with an empty password."""
    try:
        user, _, password = b64decode(credentials, validate=True).decode().partition(":")
    except ValueError:
        return []
    return [password, user]


def check_listen(host: str, keys: Keys) -> None:
    """ConfigError when a service without keys would listen beyond this machine."""
    if not keys and not is_loopback(host):
        raise ConfigError(
            f"server.host {host!r} is reachable from other machines, and no API keys are set: make one with"
            " `leadline key new ROLE`, put it into LEADLINE_KEYS, have people sign in (docs/sign-in.md), or listen on"
            " 127.0.0.1"
        )


def is_loopback(host: str) -> bool:
    """True for localhost, names below it, and loopback addresses (an IPv6 one with or without brackets)."""
    name = host.lower().removeprefix("[").removesuffix("]")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


class Guard:
    """ASGI middleware of a service without keys: what a web page from elsewhere can make a browser send is refused.

    A Host that is no name of this machine is DNS rebinding; an Origin other than the Host, on anything that changes
    something or opens a socket, is another site's script. With keys both are harmless and everything passes.
    """

    def __init__(self, app: ASGIApp, keys: Keys) -> None:
        self._app = app
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        problem = None if self._keys or scope["type"] not in ("http", "websocket") else refusal(scope)
        if problem is None:
            await self._app(scope, receive, send)
        else:
            await refuse(problem, scope, receive, send)


async def refuse(problem: str, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers 403 with the reason, or closes the socket before it opens."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
    else:
        await JSONResponse({"detail": problem}, status_code=403)(scope, receive, send)


def foreign(scope: Scope, known: str) -> str | None:
    """Why the pages refuse this request, with keys or without: a page of another origin sent it; None when none did.

    `known` is the host and port by which people reach the pages, which a proxy may replace by its own in Host.
    """
    headers = Headers(scope=scope)
    origin = headers.get("origin")
    if scope.get("method") in SAFE_METHODS or any(
        _same_origin(origin, one) for one in (headers.get("host", ""), known)
    ):
        return None
    return "a web page of another origin may not do this"


def refusal(scope: Scope) -> str | None:
    """Why a service without keys refuses this request; None when it does not."""
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if not is_loopback(_hostname(f"//{host}")):
        return "without API keys only localhost and 127.0.0.1 are answered; set LEADLINE_KEYS to serve other names"
    if scope.get("method") not in SAFE_METHODS and not _same_origin(headers.get("origin"), host):
        return "a web page of another origin may not do this while no API keys are set"
    return None


class Signature:
    """The Standard-Webhooks signature that every ingest body must carry when a secret is set."""

    def __init__(self, secret: SecretStr | None) -> None:
        try:
            self._webhook = Webhook(secret.get_secret_value()) if secret else None
        except (ValueError, EmptyWebhookSecretError):
            raise ConfigError(
                "LEADLINE_WEBHOOK_SECRET is no Standard-Webhooks secret: it is whsec_ and base64"
            ) from None

    def __bool__(self) -> bool:
        return self._webhook is not None

    def check(self, headers: Mapping[str, str], body: bytes) -> None:
        """HTTP 401 unless webhook-id, webhook-timestamp and webhook-signature fit the body (after decompression)."""
        if self._webhook is None:
            return
        try:
            self._webhook.verify(body, dict(headers), json_parse=False)
        except (ValueError, WebhookVerificationError) as error:
            told = str(error) if isinstance(error, WebhookVerificationError) else "malformed"
            raise HTTPException(401, f"the webhook signature does not hold: {told}") from None


class HeliconeSignature:
    """The HMAC that a Helicone webhook carries: with a key set it stands for an API key, which Helicone cannot send."""

    def __init__(self, key: SecretStr | None) -> None:
        self._key = key.get_secret_value().encode() if key else b""

    def __bool__(self) -> bool:
        return bool(self._key)

    def expect(self, headers: Mapping[str, str]) -> None:
        """HTTP 401 without the header, so that nothing is read from a sender that has none."""
        if not headers.get(HELICONE_HEADER):
            raise HTTPException(401, f"a {HELICONE_HEADER} is required, made with the webhook's HMAC key")

    def check(self, headers: Mapping[str, str], body: bytes) -> None:
        """HTTP 401 unless the header is the HMAC-SHA256 of the body in hex; without a key everything holds."""
        if not self._key:
            return
        told = headers.get(HELICONE_HEADER, "").strip().lower().encode("utf-8", "replace")
        due = hmac.new(self._key, body, hashlib.sha256).hexdigest().encode()
        if not hmac.compare_digest(told, due):
            raise HTTPException(401, f"the {HELICONE_HEADER} does not fit the body; compare LEADLINE_HELICONE_KEY")


def _same_origin(origin: str | None, host: str) -> bool:
    """True for a caller that is no web page (it sends no Origin), and for a page of this very host and port."""
    return origin is None or origin.lower().partition("://")[2] == host.lower()


def _hostname(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _entry(number: int, given: SecretStr | str) -> tuple[Role, str]:
    """One configured key. Its text never reaches the error: somebody may have put the plain key there."""
    text = given if isinstance(given, str) else given.get_secret_value()
    role, _, digest = text.strip().partition(":")
    digest = digest.lower()
    if role not in list(Role) or len(digest) != 64 or not _HEX.issuperset(digest):
        raise ConfigError(
            f"key {number} is not role:sha256-hex (role: ingest, read, admin); `leadline key new` makes one"
        )
    return Role(role), digest
