"""Who somebody is that the provider vouches for, and what they may do: from the claims of an ID token to a person."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from evaluator.api.auth import Role
from evaluator.api.sessions import Person
from evaluator.errors import ConfigError
from evaluator.settings import Settings
from evaluator.settings_sign_in import GROUP, SignInSettings, is_private_way

LONGEST_NAME = 200


class Refusal(StrEnum):
    """Why somebody who signed in is not let in."""

    NAMELESS = "nameless"
    UNVERIFIED = "unverified"
    STRANGER = "stranger"
    EXPIRED = "expired"


def admitted(claims: Mapping[str, Any], settings: SignInSettings, now: datetime) -> Person | Refusal:
    """The person with their role, or why they are not let in. Who is an admin and a viewer is an admin.

    `iat`, when the provider signed the token, begins the session.
    """
    began_at = _moment(claims.get("iat"))
    if began_at is None or now >= (until := began_at + timedelta(hours=settings.session_hours)):
        return Refusal.EXPIRED
    name = claims.get(settings.name_claim)
    if not isinstance(name, str) or not name.isprintable() or not 0 < len(name.strip()) <= LONGEST_NAME:
        return Refusal.NAMELESS
    # An address that nobody proved to be theirs could be anybody's.
    vouched = claims.get("email_verified", settings.trust_unverified_addresses)
    if settings.name_claim == "email" and str(vouched).lower() != "true":
        return Refusal.UNVERIFIED
    role = role_of(name.strip(), _groups(claims.get(settings.groups_claim)), settings)
    return Person(name.strip(), role, _sign_in(claims), until) if role else Refusal.STRANGER


def role_of(name: str, groups: Iterable[str], settings: SignInSettings) -> Role | None:
    """What somebody may do; None: nothing. Names match in any case, groups as they are written.

    >>> given = SignInSettings(admins=("group:oncall",), viewers=("*@example.com",))
    >>> role_of("Ana@Example.com", [], given), role_of("eve@example.org", ["oncall"], given)
    (<Role.READ: 'read'>, <Role.ADMIN: 'admin'>)
    >>> role_of("group:oncall", [], given)
    """
    known = tuple(groups)
    for entries, role in ((settings.admins, Role.ADMIN), (settings.viewers, Role.READ)):
        if any(_matches(entry, name, known) for entry in entries):
            return role
    return None


def check_sign_in(settings: Settings) -> None:
    """ConfigError when people are to sign in and something that it takes is missing."""
    if not settings.sign_in.on:
        return
    if settings.sign_in_secret is None:
        raise ConfigError(
            "sign_in.metadata_url is set, and LEADLINE_SIGN_IN_SECRET is not: put the client secret that the provider"
            " gave to Leadline into the environment"
        )
    if settings.alerts.public_url and not is_private_way(settings.alerts.public_url):
        raise ConfigError(
            f"people sign in at alerts.public_url, and {settings.alerts.public_url!r} is not private: it must begin"
            " with https:// (http:// is for this machine only)"
        )


def _matches(entry: str, name: str, groups: Iterable[str]) -> bool:
    if entry.startswith(GROUP):
        return any(fnmatchcase(group, entry.removeprefix(GROUP)) for group in groups)
    return not name.startswith(GROUP) and fnmatchcase(name.lower(), entry.lower())


def _groups(claim: object) -> list[str]:
    """The groups of a claim; some providers send a single one as it is."""
    listed = claim if isinstance(claim, list) else [claim]
    return [one for one in listed if isinstance(one, str)]


def _moment(claim: object) -> datetime | None:
    if isinstance(claim, bool) or not isinstance(claim, int | float):
        return None
    try:
        return datetime.fromtimestamp(claim, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _sign_in(claims: Mapping[str, Any]) -> str:
    """An id of this very sign-in: the provider's answer carries a nonce that was made for it alone."""
    told = json.dumps([claims.get(name) for name in ("iss", "sub", "iat", "nonce")], default=str)
    return hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32]
