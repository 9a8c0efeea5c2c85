"""Who is at the other end of a visit: somebody who signed in, or whoever has the port open."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from evaluator.api.sessions import Person, Sessions
from evaluator.api.sign_in import Refusal, admitted
from evaluator.settings import Settings
from evaluator.settings_sign_in import SignInSettings
from ui.client import Api, connect, service_url

KEY = "key"
"""Where a visit keeps the API key that its reader typed."""
CALLBACK = "/oauth2callback"


@dataclass(frozen=True, slots=True)
class Desk:
    """Where people sign in to this process: by which rules, with whose word the API believes it, and at which address.

    The pages run in threads of the process that serves the API, so they can hold the very object that signs.
    """

    settings: SignInSettings
    sessions: Sessions
    address: str


_desk: Desk | None = None


def open_desk(desk: Desk | None) -> None:
    """From now on people sign in here; None: nobody does."""
    global _desk
    _desk = desk


def desk() -> Desk | None:
    """Where people sign in; None where nobody does."""
    return _desk


def streamlit_secrets(settings: Settings, address: str) -> dict[str, Any]:
    """What Streamlit wants to find in its secrets.toml, from our own settings; nothing where nobody signs in."""
    given, secret = settings.sign_in, settings.sign_in_secret
    if not given.on or secret is None:
        return {}
    cookie = settings.cookie_secret
    return {
        "auth": {
            "redirect_uri": address.rstrip("/") + CALLBACK,
            "cookie_secret": cookie.get_secret_value() if cookie else secrets.token_hex(32),
            "client_id": given.client_id,
            "client_secret": secret.get_secret_value(),
            "server_metadata_url": given.metadata_url,
            "client_kwargs": {"scope": " ".join(given.scopes)},
        }
    }


def visitor() -> Person | Refusal | None:
    """Who signed in, or why they are not let in; None: nobody did, or they signed out in another tab."""
    if _desk is None or not claims().get("is_logged_in"):
        return None
    found = admitted(claims(), _desk.settings, _desk.sessions.clock())
    return None if isinstance(found, Person) and _desk.sessions.ended(found.sign_in) else found


def claims() -> dict[str, Any]:
    """What the provider said of who signed in."""
    return dict(st.user.to_dict())


def reach() -> Api:
    """The API in the name of who signed in; where nobody does, with the key of this visit or LEADLINE_UI_KEY."""
    if _desk is None:
        return connect(st.session_state.get(KEY))
    who = visitor()
    return Api(service_url(), _desk.sessions.token(who) if isinstance(who, Person) else None)


def reach_later() -> Callable[[], Api]:
    """As `reach`, for a file that may be asked for an hour after the page was drawn, when today's token is over.

    Whether they may still have it is the API's to say then.
    """
    here, key = _desk, st.session_state.get(KEY)
    if here is None:
        return lambda: connect(key)
    who = visitor()
    return lambda: Api(service_url(), here.sessions.token(who) if isinstance(who, Person) else None)


def sign_out() -> None:
    """Ends the sign-in for every tab of this browser, and sends this one to the provider's end of it."""
    who = visitor()
    if _desk is not None and isinstance(who, Person):
        _desk.sessions.end(who)
    st.session_state.pop(KEY, None)
    if _desk is not None:
        st.logout()
