"""Doing something: who acts, what the service says against it, and that it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import streamlit as st

from ui.client import ApiError, ForbiddenError, UnreachableError
from ui.words import one_line

NAME = "acting_name"
FORBIDDEN = "key_may_not"
DONE = "done"
TURN = "sent"

T = TypeVar("T")
Item = TypeVar("Item")


def who_acts() -> None:
    """Asks for the name of who acts, which this visit remembers and the browser offers again; says what was done."""
    if told := st.session_state.pop(DONE, None):
        st.toast(told, icon=":material/check:")
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


def ask_for_admin_key() -> None:
    """Another key for this visit, once the one in use was found to read only."""
    # The place is there in any case: what follows would else be new fields, without what was typed.
    with st.container():
        if st.session_state.get(FORBIDDEN):
            _admin_key_form()


def _admin_key_form() -> None:
    with st.form("admin_key", border=True):
        st.caption(":material/key: The key in use may read, not act. `leadline key new admin` makes one that may.")
        key = st.text_input("API key with the role admin", type="password", autocomplete="off")
        if st.form_submit_button("Use this key") and key.strip():
            st.session_state["key"] = key.strip()
            st.session_state.pop(FORBIDDEN, None)
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
        result = doing(name)
    except ForbiddenError as error:
        st.session_state[FORBIDDEN] = True
        _refused("Your key may not do this.", error)
        return None
    except UnreachableError as error:
        _refused("No answer came: look at the history before you try again.", error)
        return None
    except ApiError as error:
        _refused("Nothing was done.", error)
        return None
    st.session_state.pop(FORBIDDEN, None)
    st.session_state[DONE] = done
    st.session_state[f"{TURN}-{form}"] = turn(form) + 1
    return result


def turn(form: str) -> int:
    """How often this form was sent in this visit: part of the keys of its fields, which are empty again after each."""
    return int(st.session_state.get(f"{TURN}-{form}", 0))


def paged(items: Sequence[Item], per_page: int, key: str) -> Sequence[Item]:
    """The items of the page that the reader chose; without a choice where all fit."""
    pages = -(-len(items) // per_page)
    if pages <= 1:
        return items
    page = min(st.pagination(pages, max_visible_pages=5, key=key), pages)
    return items[(page - 1) * per_page : page * per_page]


def _refused(what: str, error: ApiError) -> None:
    st.error(what, icon=":material/block:")
    st.text(one_line(f"The service says: {error}", 400))
