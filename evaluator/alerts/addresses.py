"""Which network addresses a webhook may reach: public ones only, decided on the address that is then connected to."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable

Resolver = Callable[[str, int], Awaitable[list[str]]]
"""Answers with every address of a host name; OSError when it has none."""

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_SITE_LOCAL = ipaddress.ip_network("fec0::/10")
_IPV4_COMPATIBLE = ipaddress.ip_network("::/96")


async def resolve(host: str, port: int) -> list[str]:
    """Asks the system's resolver, in its order of preference."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def is_public(address: str) -> bool:
    """Whether the address is on the public internet; an IPv6 address that carries an IPv4 one is judged by that one.

    >>> [is_public(a) for a in ("93.184.216.34", "10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "64:ff9b::7f00:1")]
    [True, False, False, False, False]
    """
    parsed = ipaddress.ip_address(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed in _SITE_LOCAL:
            return False
        parsed = _carried(parsed) or parsed
    return parsed.is_global and not parsed.is_multicast


def is_private_literal(host: str) -> bool:
    """Whether a URL's host is itself an address, or localhost, and not a public one: no name server can change that.

    >>> [is_private_literal(host) for host in ("localhost", "10.0.0.1", "::1", "93.184.216.34", "hooks.example")]
    [True, True, True, False, False]
    """
    try:
        return not is_public(host)
    except ValueError:
        return host.rstrip(".").lower() == "localhost"


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64 or address in _IPV4_COMPATIBLE:
        return address.ipv4_mapped or ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour
