"""E-mail addresses and IP addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address

from evaluator.redact.finds import Find, View

_LOCAL = r"\w.!#$&'*+/=?^`{|}~-"
# One possessive run from one boundary: linear however many @ there are.
_EMAIL = re.compile(rf"(?<![%{_LOCAL}])[%{_LOCAL}]++@[^\W_][\w-]*+(?:\.[\w-]++)++")
_ENCODED = re.compile(r"(?<![\w.+-])[\w.+-]++%40[^\W_][\w-]*+(?:\.[\w-]++)++")
_EDGES = "!#$&'*+/=?^`{|}~."
_USERINFO = re.compile(r"://[^\s/@]{0,200}$")
_FILES = frozenset(
    ("png", "jpg", "jpeg", "gif", "webp", "svg", "ico", "css", "js", "ts", "tsx", "jsx", "py", "txt", "json")
)

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
# It begins with a digit, which the engine looks for first; what stands before it is asked then.
_IPV4 = re.compile(rf"[0-9](?<![\w.+-][0-9])[0-9]{{0,2}}\.(?:{_OCTET}\.){{2}}{_OCTET}(?![\w+]|[.-]\w)")
_IPV6 = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:|:(?=:))[0-9A-Fa-f:]{1,40}(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3})?(?![\w:])"
)
_VERSION = re.compile(
    r"(?:version|ver\.?|release|build|firmware|section|sect?\.|§+|chapter|clause|article|figure|table|appendix"
    r"|abschnitt|kapitel|ziffer|punkt|==|>=|<=|~=|\^|@|[A-Za-z]/)[\s\"':=]{0,4}$",
    re.IGNORECASE,
)
_NOBODY = frozenset(("0.0.0.0", "127.0.0.1", "255.255.255.255", "::", "::1"))  # noqa: S104 - names of no machine
_FIRST_GROUP = re.compile(r"[23][0-9a-f]{3}|f[c-f][0-9a-f]{2}", re.IGNORECASE)


def emails(view: View) -> Iterator[Find]:
    """Addresses with a domain that ends in letters, also with %40 as in a query string."""
    if "@" in view.text:
        for match in _EMAIL.finditer(view.text):
            if (find := _email(view.text, match, "@")) is not None:
                yield find
    if "%" in view.text and "%40" in view.text:
        for match in _ENCODED.finditer(view.text):
            if (find := _email(view.text, match, "%40")) is not None:
                yield find


def _email(text: str, match: re.Match[str], at: str) -> Find | None:
    start = match.start()
    local, _, domain = match[0].partition(at)
    name = local.lstrip(_EDGES)
    start += len(local) - len(name)
    ending = domain.rpartition(".")[2]
    if not name or not ending.isalpha() or len(ending) < 2 or ending.lower() in _FILES:
        return None
    if local == "git" and text[match.end() : match.end() + 1] in (":", "/"):
        return None
    if text[start - 1 : start] == ":" and _USERINFO.search(text, max(0, start - 210), start):
        return None
    return Find(start, match.end(), "EMAIL", f"{name}@{domain}".lower())


def addresses(view: View) -> Iterator[Find]:
    """IPv4 and IPv6 addresses that name a machine; what is called a version or a section is none."""
    if view.has_dotted:
        for match in _IPV4.finditer(view.text):
            if match[0] not in _NOBODY and _is_ipv4(match[0]) and not _numbers_a_version(view.text, match.start()):
                yield Find(match.start(), match.end(), "IP", match[0])
    if view.has_colons():
        for match in _IPV6.finditer(view.text):
            if (found := _ipv6(match[0])) is not None:
                yield Find(match.start(), match.end(), "IP", found)


def _is_ipv4(text: str) -> bool:
    first = text.partition(".")[0]
    return int(first) < 256 and (first == "0" or first[0] != "0")


def _ipv6(text: str) -> str | None:
    """The address in its short form. `a::b` is also how programs name things: two groups must look like a network."""
    groups = [group for group in text.split(":") if group]
    if len(groups) < 2 or not any(char.isdigit() for char in text):
        return None
    try:
        short = IPv6Address(text).compressed
    except AddressValueError:
        return None
    if short in _NOBODY:
        return None
    if "::" not in text:
        # 1:8:28:56:70:56:28:8 is a row of numbers.
        return short if any(len(group) == 4 or not group.isdecimal() for group in groups) else None
    return short if len(groups) >= 3 or (groups and _FIRST_GROUP.fullmatch(groups[0])) else None


def _numbers_a_version(text: str, start: int) -> bool:
    before = text[max(0, start - 16) : start].rstrip()
    if not before or before[-1].isdigit() or before[-1] in ",;([{<|":
        return False
    return _VERSION.search(before) is not None
