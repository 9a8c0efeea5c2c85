"""An OpenID provider on loopback that lets in whom a test names, at once and without asking."""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from base64 import urlsafe_b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256

CLIENT, SECRET = "leadline", "secret-of-the-client"


def b64(given: bytes) -> str:
    return urlsafe_b64encode(given).rstrip(b"=").decode()


def number(given: int) -> str:
    return b64(given.to_bytes((given.bit_length() + 7) // 8, "big"))


class FakeProvider:
    """The provider: `user` are the claims of whoever comes next, `age` how many seconds ago they signed in."""

    def __init__(self) -> None:
        self.user: dict[str, Any] = {}
        self.age = 0.0
        self.down = False
        self.key: RSAPrivateKey = generate_private_key(public_exponent=65537, key_size=2048)
        self.signing: RSAPrivateKey = self.key
        self.codes: dict[str, dict[str, str]] = {}
        self.signed_out = 0
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.get(self)

            def do_POST(self) -> None:
                provider.post(self)

            def log_request(self, *_: Any) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://localhost:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def metadata_url(self) -> str:
        return f"{self.url}/.well-known/openid-configuration"

    def get(self, request: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(request.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self.down:
            _answer(request, 503, {"error": "down"})
        elif parts.path == "/authorize":
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            _redirect(request, asked["redirect_uri"], code=code, state=asked["state"])
        elif parts.path == "/logout":
            self.signed_out += 1
            _redirect(request, asked["post_logout_redirect_uri"])
        else:
            _answer(request, 200, self._metadata() if "well-known" in parts.path else self._keys())

    def post(self, request: BaseHTTPRequestHandler) -> None:
        """Trades a code for a token, once, to the client that asked for it."""
        body = request.rfile.read(int(request.headers["content-length"])).decode()
        given = {name: values[0] for name, values in parse_qs(body).items()}
        asked = self.codes.pop(given.get("code", ""), None)
        proof = b64(hashlib.sha256(given.get("code_verifier", "").encode()).digest())
        if asked is None or proof != asked.get("code_challenge") or given["redirect_uri"] != asked["redirect_uri"]:
            _answer(request, 400, {"error": "invalid_grant"})
            return
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": "1", "nonce": asked["nonce"], "exp": now + 3600}
        token = self._signed(claims | {"iat": int(now - self.age)} | self.user)
        _answer(request, 200, {"access_token": "a", "token_type": "Bearer", "expires_in": 3600, "id_token": token})

    def _signed(self, claims: dict[str, Any]) -> str:
        head = {"alg": "RS256", "typ": "JWT", "kid": "1"}
        told = f"{b64(json.dumps(head).encode())}.{b64(json.dumps(claims).encode())}"
        return f"{told}.{b64(self.signing.sign(told.encode(), PKCS1v15(), SHA256()))}"

    def _metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "end_session_endpoint": f"{self.url}/logout",
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def _keys(self) -> dict[str, Any]:
        public = self.key.public_key().public_numbers()
        key = {"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1", "n": number(public.n), "e": number(public.e)}
        return {"keys": [key]}


def _redirect(request: BaseHTTPRequestHandler, to: str, **query: str) -> None:
    request.send_response(302)
    request.send_header("location", f"{to}?{urlencode(query)}" if query else to)
    request.end_headers()


def _answer(request: BaseHTTPRequestHandler, status: int, told: dict[str, Any]) -> None:
    body = json.dumps(told).encode()
    request.send_response(status)
    request.send_header("content-type", "application/json")
    request.send_header("content-length", str(len(body)))
    request.end_headers()
    request.wfile.write(body)
