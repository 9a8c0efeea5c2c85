"""The door of the pages, where people sign in: nothing is shown before, and it says why somebody is not let in."""

from __future__ import annotations

from urllib.parse import urlsplit

import streamlit as st

from evaluator.api.sessions import Person
from evaluator.api.sign_in import Refusal
from ui.answers import FAILED
from ui.sign_in import Desk, claims, desk, sign_out, visitor
from ui.words import plain

WHY = {
    Refusal.NAMELESS: "The provider did not say who you are: its token has no {claim}. Whoever runs Leadline can "
    "choose another claim with sign_in.name_claim.",
    Refusal.UNVERIFIED: "The provider does not vouch for your address yet. Confirm it there, then sign in again.",
    Refusal.STRANGER: "You are known, and not let in: neither your name nor a group of yours is among those who may "
    "see this service. Whoever runs it can name you in sign_in.viewers.",
}


def gate() -> None:
    """Ends the page here unless its reader is let in. Where nobody signs in everybody is; the API asks for a key."""
    here = desk()
    if here is None or isinstance(who := visitor(), Person):
        return
    sign_in_page(here, who, "gate")
    st.stop()


def sign_in_page(here: Desk, who: Refusal | None, part: str) -> None:
    """Who must sign in, who must sign in again, and who is not let in; in this part of the page."""
    st.subheader(":material/lock: Sign in to Leadline", anchor=False)
    if st.query_params.get("sign_in") == FAILED:
        st.error(
            "The sign-in did not succeed. Try again; if it stays so, the log of Leadline says why.",
            icon=":material/error:",
        )
    if who in WHY:
        _refused(here, who, part)
        return
    if not _at_home(here):
        st.text("Signing in works at the address that the provider knows:")
        st.link_button(here.address, here.address)
        return
    st.text("Your sign-in is over. Sign in again to go on." if who else "Who you are decides what you see and may do.")
    if st.button("Sign in", type="primary", icon=":material/login:", key=f"sign-in-{part}"):
        st.login()


def _refused(here: Desk, who: Refusal, part: str) -> None:
    name = claims().get(here.settings.name_claim)
    if name:
        st.markdown(f"Signed in as {plain(name)}")
    st.warning(WHY[who].format(claim=plain(here.settings.name_claim, 60)), icon=":material/block:")
    with st.container(horizontal=True):
        if st.button("Sign in as somebody else", icon=":material/switch_account:", key=f"other-{part}"):
            st.login()
        if st.button("Sign out", icon=":material/logout:", key=f"sign-out-{part}"):
            sign_out()


def _at_home(here: Desk) -> bool:
    """Whether the reader came by the address that the provider sends them back to, as its cookie demands."""
    url = st.context.url
    return not url or urlsplit(url)[:2] == urlsplit(here.address)[:2]
