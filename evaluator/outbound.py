"""What every HTTP request of ours to somebody else's server shares: addresses, certificates, answers in words."""

from __future__ import annotations

import re
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache

import httpx2


@cache
def tls() -> ssl.SSLContext:
    """Made once, because reading the certificate authorities takes tens of milliseconds."""
    return httpx2.create_ssl_context()


def is_http(url: str) -> bool:
    """Whether this is an http:// or https:// URL with a host."""
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        return False
    return parsed.scheme in ("http", "https") and re.fullmatch(rb"[A-Za-z0-9._:-]+", parsed.raw_host) is not None


def host(url: str) -> str:
    """The host of a URL, an IPv6 address without its brackets."""
    return httpx2.URL(url).host


def retry_after(value: str, now: datetime) -> float | None:
    """Seconds from a Retry-After header, which holds seconds or a date; None when it holds neither."""
    if re.fullmatch(r"[0-9]{1,9}", value):
        return float(value)
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    return max((until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - now.timestamp(), 0.0)


def why(error: httpx2.HTTPError) -> str:
    """The kind of failure; the library's own text may repeat parts of the URL."""
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "the target's TLS certificate is not valid for it"
    return f"no answer from the target ({type(error).__name__})"
