"""Passwords in addresses, and what stands beside a name such as password or api_key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from evaluator.redact.finds import Find, View

_USERINFO = re.compile(r"://[^\s/:\"'<>\x00]{0,200}+:([^\s/\"'<>\x00]{1,200})@")
_CORES = (b"pass", b"pwd", b"kennwort", b"contrase", b"senha", b"secret", b"token", b"key", b"credential")
_PLAIN_CORES = _CORES[:3]
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PASSWORD_NAME = re.compile(
    r"(?:.*[_.\s-])?(?:pass(?:word|wd|phrase|wort|code|e)?|passwort|pwd|kennwort|contrase(?:n|ñ)a|senha)(?:[_-]?\d)?"
)
_KEY_NAME = re.compile(
    r"(?:.*[_.\s-])?(?:(?:api|access|secret|private|auth|account|client|shared|signing|encryption|master|service|refresh"
    r"|bot|app|session|security|id|webhook)[_.\s-]?(?:keys?|tokens?|secrets?|credentials?)|secret|token|credentials?"
    r"|apikey|access[_-]?key[_-]?id|secret[_-]?access[_-]?key)"
)
_BACKWARDS = re.compile(r"[\w.-]{0,40}+")
_AFTER = re.compile(r"[\w-]{0,30}")
_VALUE = (
    r"(?:\\\"(?P<escaped>[^\"\\\x00\n]{1,300}+)\\\"|\"(?P<double>(?:[^\"\\\x00\n]|\\[^\x00]){1,300}+)\""
    r"|'(?P<single>[^'\\\x00\n]{1,300}+)'|(?P<bare>[^\s\"'`<>\\\x00]{3,200}+))"
)
_BY = r"(?P<by>=>|:=|={1,3}|:|is\b|ist\b|lautet\b|est\b|es\b)"
_ASSIGNED = re.compile(rf"\\{{0,3}}[\"'`]?\*{{0,2}}[ \t]{{0,3}}{_BY}\*{{0,2}}[ \t]{{0,3}}{_VALUE}")
_NO_PASSWORD = re.compile(
    r"[*•x.…_-]+|<.*|\$.*|\{\{.*|%.*|none|null|nil|undefined|true|false|string|str|text|bytes|any|optional|required|hidden"
    r"|redacted|missing|invalid|incorrect|wrong|empty|value|example|your\W?.*|the|a|an|not|must|should|and|or|in|for|to"
    r"|(?:[a-z_]\w*\.)+[a-z_]\w*",
    re.IGNORECASE,
)
_SEPARATOR = re.compile(r"[&,;(){}\[\]]")
_SAID = frozenset("!@#$%^&*+?~0123456789")
_TOKEN = re.compile(r"(?=[^\s]*[0-9])(?=[^\s]*[A-Za-z])[A-Za-z0-9+/=_.~:-]{16,}")


def passwords(view: View) -> Iterator[Find]:
    """Passwords before the @ of an address, and values that are assigned to a name for one."""
    text = view.text
    if "://" in text and "@" in text:
        for match in _USERINFO.finditer(text):
            yield Find(*match.span(1), "PASSWORD", match[1])
    assigns = "=" in text or ":" in text
    done = 0
    for place in sorted(_places(view.lower, _CORES if assigns else _PLAIN_CORES)):
        if place >= done and (find := _assigned(text, place)) is not None:
            done = find.end
            yield find


def _places(lower: bytes, cores: tuple[bytes, ...]) -> Iterator[int]:
    for core in cores:
        place = lower.find(core)
        while place >= 0:
            yield place
            place = lower.find(core, place + len(core))


def _assigned(text: str, place: int) -> Find | None:
    """What is assigned to the name around this place."""
    after = _AFTER.match(text, place)
    name_end = after.end() if after else place
    before = _BACKWARDS.match(text[max(0, place - 40) : place][::-1])
    name_start = place - before.end() if before else place
    kind = secret_name(text[name_start:name_end])
    match = _ASSIGNED.match(text, name_end) if kind else None
    if kind is None or match is None:
        return None
    group = match.lastgroup or "bare"
    value = match[group] if group != "bare" else _bare(text, name_start, match)
    if not value or not is_secret(kind, value):
        return None
    return Find(match.start(group), match.start(group) + len(value), kind, value)


def _bare(text: str, name_start: int, match: re.Match[str]) -> str | None:
    """A value without quotes: in code and queries up to the next separator, in prose unless it reads like prose."""
    assigned = "=" in match["by"]
    value = _SEPARATOR.split(match["bare"], maxsplit=1)[0] if assigned else match["bare"].rstrip(".,!?;:*)]}")
    end = match.start("bare") + len(value)
    if text[end : end + 1] in ("(", "["):
        return None
    return value if assigned or _said(value) or _is_line(text, name_start, end) else None


def _said(value: str) -> bool:
    """Whether a word that follows `password:` looks like one: prose goes on with plain words."""
    return not _SAID.isdisjoint(value) or (not value.islower() and not value.istitle())


def _is_line(text: str, start: int, end: int) -> bool:
    """Whether name and value are a line of their own, as in YAML."""
    line = text.rfind("\n", max(0, start - 20), start) + 1
    return text[max(line, start - 20) : start].strip(" \t-") == "" and text[end : end + 1] in ("", "\n", "\r", "\x00")


@lru_cache(maxsize=4096)
def secret_name(name: str) -> str | None:
    """PASSWORD or API_KEY when a value with this name is one.

    >>> secret_name("DB_PASSWORD"), secret_name("clientSecret"), secret_name("max_tokens")
    ('PASSWORD', 'API_KEY', None)
    """
    words = _CAMEL.sub("_", name).lower()
    if _PASSWORD_NAME.fullmatch(words):
        return "PASSWORD"
    return "API_KEY" if _KEY_NAME.fullmatch(words) and "public" not in words else None


def is_secret(kind: str, value: str) -> bool:
    """Whether the value of a name for a secret is one, and not a type, a placeholder or a sentence."""
    if kind == "API_KEY":
        return _TOKEN.fullmatch(value) is not None
    return len(value) >= 3 and value.count(" ") < 2 and not _NO_PASSWORD.fullmatch(value) and secret_name(value) is None
