"""Who the reader is to the service, what that allows, and the way out."""

from __future__ import annotations

import streamlit as st

from evaluator.api.auth import Role
from evaluator.api.me import MeView
from ui.sign_in import KEY, sign_out
from ui.words import plain

ROLES = {Role.ADMIN: "admin", Role.READ: "viewer", Role.INGEST: "sender"}
MAY = {Role.ADMIN: "You may see and change everything.", Role.READ: "You may see everything and change nothing."}


def identity(me: MeView) -> None:
    """Who is signed in, or which kind of key is in use, with its role."""
    st.subheader("You", anchor=False)
    st.markdown(who(me))
    st.caption(MAY.get(me.role, ""))
    own_key = bool(st.session_state.get(KEY))
    if (me.via == "sign-in" or own_key) and st.button("Sign out", icon=":material/logout:"):
        sign_out()
        if own_key:
            st.rerun()


def who(me: MeView) -> str:
    """The same as one sentence of Markdown.

    >>> who(MeView(name="ana@example.com", role=Role.READ, via="sign-in"))
    'Signed in as `ana@example.com`, role **viewer**'
    >>> who(MeView(name=None, role=Role.ADMIN, via="open"))
    'Nobody signs in here, and there are no API keys: whoever reaches this port is **admin**'
    """
    role = f"**{ROLES[me.role]}**"
    if me.via == "sign-in":
        return f"Signed in as {plain(me.name)}, role {role}"
    if me.via == "key":
        return f"An API key is in use, role {role}"
    return f"Nobody signs in here, and there are no API keys: whoever reaches this port is {role}"
