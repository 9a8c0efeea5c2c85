"""Doing something: who acts, what the service says against it, and that it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import streamlit as st

from evaluator.api.auth import Role
from evaluator.api.me import MeView
from ui.client import ApiError, ForbiddenError, NotFoundError, RefusedError, UnreachableError
from ui.sign_in import KEY, reach
from ui.words import one_line, plain

NAME = "acting_name"
ME = "me"
DONE = "done"
TURN = "sent"
MAY_NOT = "You may see this, not change it."
LOOK_FIRST = "look at the history before you try again."
"""What was asked for may have been done all the same."""

T = TypeVar("T")
Item = TypeVar("Item")


def who_acts() -> None:
    """Says who acts, or asks for their name, which this visit remembers; says what was done.

    Who signed in acts in their own name; who may not act is asked for none. The browser offers a name again.
    """
    if told := st.session_state.pop(DONE, None):
        st.toast(told, icon=":material/check:")
    me = st.session_state[ME] = _me()
    if not may_act():
        return
    if me and me.name:
        st.session_state[NAME] = me.name
        st.markdown(f":material/person: You act as {plain(me.name, 60)}")
        return
    # Kept beside the field, whose own state is lost now and then when a page without it comes in between.
    given = st.text_input(
        "Your name",
        value=st.session_state.get(NAME, ""),
        key=f"{NAME}_field",
        max_chars=80,
        autocomplete="name",
        placeholder="Who acts",
        help="Stands beside what you do: in the history, the audit log and messages.",
        width=260,
    )
    st.session_state[NAME] = given or ""


def may_act() -> bool:
    """Whether the reader's role lets them act, as far as `who_acts` found out; the API decides in any case."""
    me: MeView | None = st.session_state.get(ME)
    return me is None or me.role == Role.ADMIN


def lock() -> dict[str, Any]:
    """What switches a button off, with the reason, for a reader who may not act."""
    return {} if may_act() else {"disabled": True, "help": MAY_NOT}


def ask_for_admin_key() -> None:
    """Says to a reader who may not act what it takes: another role, or another key for this visit."""
    # The place is there in any case: what follows would else be new fields, without what was typed.
    with st.container():
        if may_act():
            return
        if st.session_state[ME].via == "sign-in":
            st.info(
                f"{MAY_NOT} You are a viewer; whoever runs Leadline can make you an admin (`sign_in.admins`).",
                icon=":material/visibility:",
            )
        else:
            _admin_key_form()


def _me() -> MeView | None:
    """Who the API takes the reader for; None when it does not say, as the page itself will tell."""
    try:
        return reach().me()
    except ApiError:
        return None


def _admin_key_form() -> None:
    with st.form("admin_key", border=True):
        st.caption(":material/key: The key in use may read, not act. `leadline key new admin` makes one that may.")
        key = st.text_input("API key with the role admin", type="password", autocomplete="off")
        if st.form_submit_button("Use this key") and key.strip():
            st.session_state[KEY] = key.strip()
            st.rerun()


def attempt(doing: Callable[[str], T], done: str, form: str = "") -> T | None:
    """Does it in the name of who acts; `done` is what the page says when it is shown anew. None: it was not done.

    Then the reason stands where this was called, beside the button, and what was typed stays. Done, `form` is emptied.
    """
    name = str(st.session_state.get(NAME) or "").strip()
    if not name:
        st.error("Nothing was done: write your name above first.", icon=":material/person:")
        return None
    try:
        with st.spinner("Doing it …", show_time=True):
            result = doing(name)
    except ForbiddenError as error:
        _refused("You may not do this.", error)
        return None
    except (RefusedError, NotFoundError) as error:
        _refused("Nothing was done.", error)
        return None
    except UnreachableError as error:
        _refused(f"No answer came: {LOOK_FIRST}", error)
        return None
    except ApiError as error:
        _refused(f"No clear answer came: {LOOK_FIRST}", error)
        return None
    st.session_state[DONE] = done
    st.session_state[f"{TURN}-{form}"] = turn(form) + 1
    return result


def turn(form: str) -> int:
    """How often this form was sent in this visit: part of the keys of its fields, which are empty again after each."""
    return int(st.session_state.get(f"{TURN}-{form}", 0))


def paged(items: Sequence[Item], per_page: int, key: str) -> Sequence[Item]:
    """The items of the page that the reader chose, in the address as `key`; without a choice where all fit."""
    pages = -(-len(items) // per_page)
    if pages <= 1:
        return items
    page = min(st.pagination(pages, max_visible_pages=5, key=key, bind="query-params"), pages)
    return items[(page - 1) * per_page : page * per_page]


def _refused(what: str, error: ApiError) -> None:
    st.error(what, icon=":material/block:")
    st.text(one_line(f"The service says: {error}", 400))
