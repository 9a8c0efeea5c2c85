"""People who signed in: who gets in with which role, and the tokens that the API takes for them."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any

import pytest
from fastapi import HTTPException
from pydantic import SecretStr, ValidationError

from evaluator.api.auth import Keys, Role, check_listen, new_key
from evaluator.api.sessions import Person, Sessions, keys_of
from evaluator.api.sign_in import Refusal, admitted, check_sign_in
from evaluator.errors import ConfigError
from evaluator.settings import Settings
from evaluator.settings_sign_in import SignInSettings
from tests.builders import NOON
from tests.conftest import Clock

PROVIDER = "https://id.example/.well-known/openid-configuration"
GIVEN: dict[str, Any] = {"metadata_url": PROVIDER, "client_id": "leadline"}
SIGN_IN = SignInSettings(**GIVEN, admins=("ana@example.com", "group:on*"), viewers=("*@example.com", "group:product"))
CLAIMS = {"sub": "1", "email": "ana@example.com", "email_verified": True, "iat": NOON.timestamp(), "nonce": "n1"}


def person_of(now: datetime = NOON, **claims: Any) -> Person | Refusal:
    return admitted({**CLAIMS, **claims}, SIGN_IN, now)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def answer(keys: Keys, token: str, role: Role) -> int:
    try:
        keys.check(bearer(token), role)
    except HTTPException as error:
        return error.status_code
    return 200


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({}, "admin"),
        ({"email": "ANA@example.com"}, "admin"),
        ({"email": "ben@example.com"}, "read"),
        ({"email": "ben@example.com", "groups": ["oncall"]}, "admin"),
        ({"email": "ben@example.com", "groups": "oncall"}, "admin"),
        ({"email": "eve@example.org", "groups": ["product", 3, None]}, "read"),
        ({"email": "ben@example.com", "groups": {"oncall": True}}, "read"),
    ],
)
def test_names_and_groups_give_a_role(claims: dict[str, Any], role: str) -> None:
    """An admin by name or group is an admin, a viewer a reader; who is both is an admin."""
    found = person_of(**claims)
    assert isinstance(found, Person)
    assert found.role == role


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"email": "eve@example.org"}, Refusal.STRANGER),
        ({"email": "eve@example.com.evil.org"}, Refusal.STRANGER),
        ({"email": "group:oncall"}, Refusal.STRANGER),
        ({"email": "eve@example.org", "groups": ["ana@example.com"]}, Refusal.STRANGER),
        ({"email": "eve@example.org", "groups": ["ONCALL"]}, Refusal.STRANGER),
        ({"email_verified": False}, Refusal.UNVERIFIED),
        ({"email_verified": "false"}, Refusal.UNVERIFIED),
        ({"email": None}, Refusal.NAMELESS),
        ({"email": " "}, Refusal.NAMELESS),
        ({"email": "ana@example.com\n"}, Refusal.NAMELESS),
        ({"email": "a" * 300 + "@example.com"}, Refusal.NAMELESS),
        ({"iat": None}, Refusal.EXPIRED),
        ({"iat": "soon"}, Refusal.EXPIRED),
        ({"iat": 1e300}, Refusal.EXPIRED),
        ({"iat": (NOON - timedelta(hours=12)).timestamp()}, Refusal.EXPIRED),
    ],
)
def test_nobody_else_gets_in(claims: dict[str, Any], why: Refusal) -> None:
    """A name is no group and a group no name; what nobody vouches for, or vouched for too long ago, opens nothing."""
    assert person_of(**claims) is why


@pytest.mark.parametrize(
    ("told", "trusted", "let_in"), [({}, False, False), ({}, True, True), ({"email_verified": False}, True, False)]
)
def test_an_address_counts_when_somebody_vouches_for_it(told: dict[str, Any], trusted: bool, let_in: bool) -> None:
    """Where the provider says nothing of it, a setting must; what it says is not verified counts nowhere."""
    claims = {name: claim for name, claim in CLAIMS.items() if name != "email_verified"} | told
    given = SIGN_IN.model_copy(update={"trust_unverified_addresses": trusted})
    assert isinstance(admitted(claims, given, NOON), Person) is let_in


def ana(clock: Clock, role: Role = Role.READ) -> Person:
    return Person("ana@example.com", role, "s1", clock() + timedelta(hours=1))


def test_a_token_opens_what_its_role_allows(clock: Clock) -> None:
    """A viewer's token reads and does nothing else; an admin's does all."""
    sessions = Sessions(clock)
    keys = Keys(sessions=sessions)
    viewer, admin = (sessions.token(ana(clock, role)) for role in (Role.READ, Role.ADMIN))
    assert [answer(keys, viewer, role) for role in (Role.READ, Role.INGEST, Role.ADMIN)] == [200, 403, 403]
    assert [answer(keys, admin, role) for role in Role] == [200, 200, 200]


def test_a_token_says_who_it_is(clock: Clock) -> None:
    """The person comes back as they were, and is no API key."""
    keys = Keys(sessions=Sessions(clock))
    assert keys.sessions is not None
    headers = bearer(keys.sessions.token(ana(clock)))
    assert (keys.person(headers), keys.fingerprint(headers)) == (ana(clock), None)


def test_a_token_lasts_minutes_and_never_longer_than_its_sign_in(clock: Clock) -> None:
    """Five minutes, or the rest of the session when that is shorter."""
    sessions = Sessions(clock)
    long, short = (
        sessions.token(ana(clock)),
        sessions.token(Person("b", Role.READ, "s", clock() + timedelta(minutes=1))),
    )
    clock.advance(minutes=1)
    assert (sessions.person(long) is not None, sessions.person(short)) == (True, None)
    clock.advance(minutes=4)
    assert sessions.person(long) is None


def test_signing_out_ends_every_token_of_the_sign_in(clock: Clock) -> None:
    """A token that was made before is worth nothing afterwards; other sign-ins of the same person go on."""
    sessions, other = Sessions(clock), Person("ana@example.com", Role.READ, "s2", clock() + timedelta(hours=1))
    tokens = [sessions.token(ana(clock)), sessions.token(other)]
    sessions.end(ana(clock))
    assert [sessions.person(token) is not None for token in tokens] == [False, True]


def altered(token: str) -> list[str]:
    body, _, mac = token.removeprefix("lls_").partition(".")
    told = json.loads(urlsafe_b64decode(body))
    forged = urlsafe_b64encode(json.dumps([told[0], "admin", *told[2:]]).encode()).decode()
    return [f"lls_{forged}.{mac}", f"lls_{body}.", f"lls_{body}", f"lls_{body}.{mac[:-1]}", "lls_", "lls_é.é", body]


def test_an_altered_token_opens_nothing(clock: Clock) -> None:
    """Another role, no signature, a shorter one: the answer is 401 as for any unknown key."""
    sessions = Sessions(clock)
    keys = Keys(sessions=sessions)
    assert {answer(keys, token, Role.READ) for token in altered(sessions.token(ana(clock)))} == {401}


def test_another_processs_token_opens_nothing(clock: Clock) -> None:
    """The secret is made anew by every process, and shows nowhere."""
    token = Sessions(clock).token(ana(clock))
    keys = Keys(sessions=Sessions(clock))
    assert answer(keys, token, Role.READ) == 401
    assert "Sessions" not in repr(keys)


def test_where_people_sign_in_programs_need_keys(clock: Clock) -> None:
    """With sign-in and no keys nothing is open, so it may be reached from elsewhere; keys open what they always did."""
    plain, entry = new_key(Role.READ)
    settings = Settings(sign_in=SIGN_IN, keys=(SecretStr(entry),))
    without, with_key = keys_of(settings.model_copy(update={"keys": ()}), clock), keys_of(settings, clock)
    assert [answer(without, "", Role.READ), answer(with_key, plain, Role.READ)] == [401, 200]
    check_listen("0.0.0.0", without)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"metadata_url": PROVIDER, "admins": ["a"]}, "needs client_id"),
        (GIVEN, "nobody could sign in"),
        ({**GIVEN, "metadata_url": "http://id.example/x"}, "must begin with https://"),
        ({**GIVEN, "metadata_url": "https://"}, "must begin with https://"),
    ],
)
def test_half_a_configuration_is_refused(given: dict[str, Any], told: str) -> None:
    """What is missing, and a provider that others could read along with, is said when the settings are read."""
    with pytest.raises(ValidationError, match=told):
        SignInSettings(**given)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "LEADLINE_SIGN_IN_SECRET is not"),
        ({"sign_in_secret": "s", "alerts": {"public_url": "http://leadline.example"}}, "is not private"),
    ],
)
def test_a_sign_in_that_cannot_work_does_not_start(given: dict[str, Any], told: str) -> None:
    """Without its secret, or at an address where cookies could be read along the way, the service does not start."""
    with pytest.raises(ConfigError, match=told):
        check_sign_in(Settings(sign_in=SIGN_IN, **given))
    check_sign_in(Settings(**{**given, "alerts": {}}))
