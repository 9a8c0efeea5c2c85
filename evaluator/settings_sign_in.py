"""Who may sign in to the pages: the table `sign_in` of leadline.toml. See docs/sign-in.md."""

from __future__ import annotations

from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from evaluator.settings_group import Group

LOCAL = ("localhost", "127.0.0.1", "::1")
GROUP = "group:"
"""Begins an entry of `admins` or `viewers` that means a group; any other means a name."""


def is_private_way(url: str) -> bool:
    """Whether nobody on the way can read what goes to this address: https, or this very machine.

    >>> [is_private_way(url) for url in ("https://id.example", "http://localhost:8321", "http://id.example")]
    [True, True, False]
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOCAL))


def _private(url: str) -> str:
    if not is_private_way(url):
        raise ValueError("must begin with https://; http:// is for this machine only")
    return url


class SignInSettings(Group):
    """Signing in to the pages with OpenID Connect."""

    metadata_url: Annotated[str, AfterValidator(_private)] | None = Field(
        None,
        description="Discovery URL of the provider (…/.well-known/openid-configuration); none: nobody signs in, and "
        "the pages ask for an API key where one is needed.",
    )
    client_id: str = Field("", description="Id of Leadline at the provider.")
    scopes: tuple[str, ...] = Field(
        ("openid", "email", "profile"), description="What is asked of the provider; some need one more for groups."
    )
    name_claim: str = Field(
        "email", description="Claim of the ID token that names the person, in `admins`, `viewers` and the audit log."
    )
    trust_unverified_addresses: bool = Field(
        False,
        description="Whether an e-mail address counts of which the ID token does not say `email_verified`. Only for a "
        "provider that never sends this claim and where nobody but its administrators can set an address: elsewhere "
        "anybody could take an admin's. What it says is not verified never counts.",
    )
    groups_claim: str = Field("groups", description="Claim of the ID token with the person's groups.")
    admins: tuple[str, ...] = Field(
        (), description="Globs of who may see and act: names, or groups as group:NAME (ana@example.com, group:oncall)."
    )
    viewers: tuple[str, ...] = Field((), description="Globs of who may only see. Nobody else gets in.")
    session_hours: float = Field(
        12.0, gt=0, le=720, description="How long somebody stays signed in; then the provider is asked again."
    )

    @property
    def on(self) -> bool:
        """Whether people sign in."""
        return self.metadata_url is not None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.on and not self.client_id:
            raise ValueError("signing in needs client_id, which the provider gave to Leadline")
        if self.on and not (self.admins or self.viewers):
            raise ValueError('nobody could sign in: name somebody in admins or viewers, such as "*@example.com"')
        return self
